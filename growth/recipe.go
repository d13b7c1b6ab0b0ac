package growth

import (
	"growlab/growth/shape"
)

// Recipe is everything about a run that affects its numbers. It is written as TOML and stored with the run.
type Recipe struct {
	Version int    `toml:"recipe" comment:"format of this file"`
	Name    string `toml:"name"`
	Title   string `toml:"title,omitempty"`
	About   string `toml:"about,omitempty"`
	// RivalOf names the recipe that this one is compared with: a twin, or a fixed size. Rivals get no card of their own.
	RivalOf string `toml:"rival_of,omitempty"`

	Model      Model      `toml:"model"`
	Train      Train      `toml:"train"`
	Eval       Eval       `toml:"eval"`
	Sample     Sample     `toml:"sample"`
	Checkpoint Checkpoint `toml:"checkpoint"`
	Teacher    Teacher    `toml:"teacher,omitempty"`
	Stages     []Stage    `toml:"stage"`
}

// Model is what all stages share.
type Model struct {
	// Family sets the five fields below it that are left empty: flm (layernorm, gelu, xpos, bias, tied), llama (rmsnorm,
	// swiglu, rope, no bias, untied), gpt2 (layernorm, gelu, learned, bias, tied).
	Family string `toml:"family"`
	Norm   string `toml:"norm,omitempty"`
	Act    string `toml:"act,omitempty"`
	Pos    string `toml:"pos,omitempty"`
	Bias   *bool  `toml:"bias,omitempty"`
	Tied   *bool  `toml:"tied,omitempty"`

	Vocab      int     `toml:"vocab"` // 256: bytes
	Context    int     `toml:"context"`
	HeadDim    int     `toml:"head_dim"`
	OutputMult float64 `toml:"output_mult"`
	BaseWidth  int     `toml:"base_width" comment:"muP base width, 0 is off"`
	InitStd    float64 `toml:"init_std"`
}

// Train holds the optimizer's settings. LR is the peak; stages scale it.
type Train struct {
	Seed        uint64  `toml:"seed"`
	Batch       Tokens  `toml:"batch" comment:"tokens in one optimizer step"`
	MicroBatch  int     `toml:"micro_batch" comment:"sequences in memory at once, 0 is the whole batch"`
	LR          float64 `toml:"lr"`
	LRFinal     float64 `toml:"lr_final" comment:"at the end, as a fraction of lr"`
	Beta1       float64 `toml:"beta1"`
	Beta2       float64 `toml:"beta2"`
	Eps         float64 `toml:"eps"`
	WeightDecay float64 `toml:"weight_decay"`
	Clip        float64 `toml:"clip" comment:"largest gradient norm, 0 is off"`
	Precision   string  `toml:"precision" comment:"of matrix products: fp32, bf16, or auto, what the device does faster"`
	// Recompute trades a third more work for memory on GPUs; numbers stay.
	Recompute bool `toml:"recompute,omitempty" comment:"on GPUs: activations are computed again on the way back, not kept"`
}

// Precisions lists the values that Train.Precision may have. A run stores fp32 or bf16, never auto.
var Precisions = []string{"auto", "fp32", "bf16"}

// Eval says how often and on how much held-out text the loss is measured.
type Eval struct {
	Every       Tokens `toml:"every"`
	Tokens      Tokens `toml:"tokens"`
	FinalTokens Tokens `toml:"final_tokens"`
}

// Sample says how often text is generated, and from what.
type Sample struct {
	Every       Tokens   `toml:"every" comment:"0 is only at the end of stages"`
	Prompt      string   `toml:"prompt"`
	Prompts     []string `toml:"prompts,omitempty" comment:"more prompts, each of which is gone on from at the same steps"`
	Tokens      int      `toml:"tokens"`
	Temperature float64  `toml:"temperature"`
}

// Checkpoint says how often the run is saved besides transitions and the end.
type Checkpoint struct {
	Every Tokens `toml:"every"`
	Keep  int    `toml:"keep" comment:"besides those at transitions"`
}

// Stage is one size of the network and its share of the tokens.
type Stage struct {
	// One of Tokens and FLOPs says when the stage ends.
	Tokens Tokens `toml:"tokens,omitempty"`
	FLOPs  FLOPs  `toml:"flops,omitempty" comment:"instead of tokens: as many as this pays for"`
	// Plateau is after how many evaluations without a gain of PlateauGain nats the stage ends early; not for the last.
	Plateau     int     `toml:"plateau,omitempty" comment:"ends early after so many evaluations without a gain; 0 is never"`
	PlateauGain float64 `toml:"plateau_gain,omitempty" comment:"nats that count as a gain"`

	Layers int `toml:"layers"`
	Hidden int `toml:"hidden"`
	Heads  int `toml:"heads,omitempty" comment:"hidden / head_dim if absent"`
	FFN    int `toml:"ffn,omitempty" comment:"4 * hidden if absent"`

	LR     float64 `toml:"lr" comment:"at the start of the stage, as a fraction of the peak"`
	Warmup Tokens  `toml:"warmup"`
	Batch  Tokens  `toml:"batch,omitempty" comment:"tokens in one step, if not train.batch"`

	// How the stage is reached; not for the first.
	Operator string `toml:"operator,omitempty"`
	Depth    string `toml:"depth,omitempty" comment:"stack: new layers on top; interleave: each after its source; middle: the middle ones twice"`
	Moments  string `toml:"moments,omitempty" comment:"of Adam: carry, zero, or fresh (zero and steps counted anew)"`
	Ramp     Tokens `toml:"ramp,omitempty" comment:"tokens over which the masks go from 0 to 1"`
	// RampShape is how they go, RampOrder one dimension after another (ramp.go); LRPolicy is what the growth does to the learning
	// rate (position.go).
	RampShape string   `toml:"ramp_shape,omitempty" comment:"linear, cosine, or step (0 until the ramp ends)"`
	RampOrder []string `toml:"ramp_order,omitempty" comment:"hidden, heads, ffn, layers one after another, each an equal part of ramp; absent: together"`
	LRPolicy  string   `toml:"lr_policy,omitempty" comment:"continue, rewind (to the peak), or rewarm (to lr, over warmup)"`

	since mark // of the last Edit that bent the stage's course
	micro int  // sequences in memory at once, whatever Batch an Edit has set; 0 if none has
}

// Default is the recipe that Parse starts from: everything but the stages.
func Default() Recipe {
	return Recipe{
		Version: 1,
		Model:   Model{Family: "flm", Vocab: 256, Context: 128, HeadDim: 16, OutputMult: 1, InitStd: 0.02},
		Train: Train{
			Seed: 1, Batch: 1536, LR: 4e-3, LRFinal: 0.015,
			Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Clip: 1, Precision: "auto",
		},
		Eval:       Eval{Every: 100_000, Tokens: 6144, FinalTokens: 61_440},
		Sample:     Sample{Tokens: 200, Temperature: 0.8, Prompt: "And "},
		Checkpoint: Checkpoint{Every: 500_000, Keep: 3},
	}
}

// Families lists the names that Model.Family may have.
var Families = []string{"flm", "llama", "gpt2"}

// Config is the shape of stage i.
func (r Recipe) Config(i int) shape.Config {
	c := map[string]shape.Config{
		"flm":   {Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true},
		"llama": {Norm: shape.RMSNorm, Act: shape.SwiGLU, Pos: shape.RoPE},
		"gpt2":  {Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Bias: true, Tied: true},
	}[r.Model.Family]
	m, s := r.Model, r.Stages[i]
	for _, f := range []struct{ dst, src *string }{{&c.Norm, &m.Norm}, {&c.Act, &m.Act}, {&c.Pos, &m.Pos}} {
		if *f.src != "" {
			*f.dst = *f.src
		}
	}
	for _, f := range []struct {
		dst *bool
		src *bool
	}{{&c.Bias, m.Bias}, {&c.Tied, m.Tied}} {
		if f.src != nil {
			*f.dst = *f.src
		}
	}
	c.Vocab, c.Context, c.HeadDim = r.vocab(), m.Context, m.HeadDim
	c.OutputMult, c.BaseWidth = m.OutputMult, m.BaseWidth
	c.Layers, c.Hidden, c.Heads, c.FFN = s.Layers, s.Hidden, s.Heads, s.FFN
	if c.Heads == 0 && c.HeadDim > 0 {
		c.Heads = c.Hidden / c.HeadDim
	}
	if c.FFN == 0 {
		c.FFN = 4 * c.Hidden
	}
	return c
}

// Grows reports whether the network becomes larger: a stage may also keep the shape of the one before, and change its schedule only.
func (r Recipe) Grows() bool { return r.Config(0) != r.Final() }

// Final is the shape of the last stage.
func (r Recipe) Final() shape.Config { return r.Config(len(r.Stages) - 1) }

// batch is the tokens of one step in stage i.
func (r Recipe) batch(i int) int64 {
	if b := r.Stages[i].Batch; b > 0 {
		return int64(b)
	}
	return int64(r.Train.Batch)
}

// MicroBatch is how many sequences of stage i are in memory at once.
func (r Recipe) MicroBatch(i int) int {
	n := int(r.batch(i)) / r.Config(i).Context
	m := r.Train.MicroBatch
	if s := r.Stages[i]; s.micro > 0 {
		m = s.micro
	}
	if m > 0 && m < n {
		return m
	}
	return n
}
