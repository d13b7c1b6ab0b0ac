//go:build linux

package gpucheck

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"growlab/assets"
	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/bench"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/optim"
)

// speed is how fast a network trains.
type speed struct {
	Shape     string  `json:"shape"`
	Params    int64   `json:"params"`
	Context   int     `json:"context"`
	Micro     int     `json:"micro_batch_sequences"`
	Batch     int     `json:"batch_tokens"`
	Steps     int     `json:"steps_timed"`
	Median    float64 `json:"tokens_per_s"` // of the steps
	Best      float64 `json:"best_tokens_per_s"`
	Worst     float64 `json:"worst_tokens_per_s"`
	TFLOPS    float64 `json:"model_tflops_per_s"`        // nanoGPT's count, attention with all pairs
	CausalTF  float64 `json:"model_tflops_per_s_causal"` // llm.c's, attention's causal half
	Engine    string  `json:"engine"`
	FirstStep float64 `json:"first_step_seconds"` // with what is compiled, timed and captured once
	// Loss of the last step: of random tokens, ln of their number and a little more.
	Loss float64 `json:"loss"`
	// Products is how each product was computed, and which the library refused.
	Products []string `json:"products,omitempty"`
}

// explaining is an engine that tells how it computes products.
type explaining interface{ Products() []string }

// gpt2 is GPT-2 124M, its vocabulary padded to a multiple of 128 as nanoGPT and llm.c do.
func gpt2(small bool) shape.Config {
	c := shape.Config{
		Vocab: 50304, Context: 1024, Layers: 12, Hidden: 768, Heads: 12, HeadDim: 64, FFN: 3072,
		Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Bias: true, Tied: true, OutputMult: 1,
	}
	if small {
		c.Vocab, c.Context, c.Layers, c.Hidden, c.Heads, c.HeadDim, c.FFN = 256, 32, 1, 32, 2, 16, 128
	}
	return c
}

// TestPartGPT2 times GPT-2 124M, T = 1024, bf16, half a million tokens a step.
func TestPartGPT2(t *testing.T) {
	small := part(t)
	batch, lasting := 1<<19, 40*time.Second
	if small {
		batch, lasting = 128, time.Millisecond
	}
	s, err := fastest(t, gpt2(small), batch, []int{64, 32, 16, 8, 4}, lasting)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s)
}

// row is an operation of a step.
type row struct {
	Phase     string  `json:"phase"`
	Operation string  `json:"operation"`
	Calls     int64   `json:"calls"`
	Time      float64 `json:"ms"`
	Rate      float64 `json:"tflops,omitempty"`
}

// TestPartProfile says where a step of GPT-2 124M goes: each operation is waited for, so that all together take longer than a step does.
func TestPartProfile(t *testing.T) {
	b := bench.Shape{Name: "GPT-2 124M", Config: gpt2(part(t)), Seqs: 32}
	if part(t) {
		b.Seqs = 4
	}
	dev := open(t, kind{"bf16", false})
	r, err := bench.Run(dev, b, bench.Options{Runs: bench.LeastRuns, Each: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	rows := []row{}
	for _, x := range r.Profile.Rows {
		rows = append(rows, row{x.Phase, x.Operation, x.Calls, x.Time.Seconds() * 1e3, x.FLOPs / max(x.Time.Seconds(), 1e-9) / 1e12})
	}
	write(t, map[string]any{
		"tokens_of_a_step": b.Seqs * b.Config.Context, "step_ms": r.Profile.Step.Seconds() * 1e3, "tokens_per_s_unprofiled": r.Plain.Median(), "rows": rows,
	})
	if len(rows) == 0 {
		t.Error("no operation was booked")
	}
}

// TestPartFLM101M times the stages of flm-101m, and of its twin, and works out how long both take end to end, without evaluations.
func TestPartFLM101M(t *testing.T) {
	small := part(t)
	preset, err := assets.Recipe("flm-101m")
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse("flm-101m", preset)
	if err != nil {
		t.Fatal(err)
	}
	var stages []speed
	var grown, twin float64
	for i, p := range r.Plan().Stages {
		c, batch, lasting := p.Config, int(p.Batch), 8*time.Second
		if small {
			c, batch, lasting = gpt2(true), 128, time.Millisecond
		}
		s, err := fastest(t, c, batch, []int{64, 32, 16, r.MicroBatch(i), 4}, lasting)
		if err != nil {
			t.Fatal(err)
		}
		stages = append(stages, s)
		grown += float64(p.Tokens) / s.Median
	}
	twin = float64(r.Plan().Tokens) / stages[len(stages)-1].Median
	write(t, map[string]any{"stages": stages, "grown_seconds_estimated": grown, "twin_seconds_estimated": twin})
}

// fastest times steps of batch tokens, taken in parts of as many sequences as memory has room for.
func fastest(t *testing.T, c shape.Config, batch int, micros []int, lasting time.Duration) (speed, error) {
	t.Helper()
	for _, micro := range micros {
		if micro*c.Context > batch || batch%(micro*c.Context) != 0 {
			continue
		}
		s, err := timed(t, c, batch, micro, lasting)
		if !errors.Is(err, compute.ErrNoMemory) {
			return s, err
		}
		t.Logf("%d sequences at a time do not fit: %v", micro, err)
	}
	return speed{}, fmt.Errorf("no micro-batch of %v sequences fits: %w", micros, compute.ErrNoMemory)
}

// timed trains on random tokens: at least five steps after two, until lasting is over.
func timed(t *testing.T, c shape.Config, batch, micro int, lasting time.Duration) (s speed, err error) {
	t.Helper()
	dev := mustOpen(t, kind{"bf16", false})
	defer func() { err = errors.Join(err, dev.Close()) }()
	b := bench.Shape{Config: c, Seqs: micro}
	if planned, ok := dev.(compute.Planned); ok {
		if err := planned.Reserve(planned.Measure(func(d compute.Device) { walk(d, b) })); err != nil {
			return s, err
		}
	}
	tr, err := newTraining(dev, b, batch)
	if err != nil {
		return s, err
	}
	defer tr.free()
	s = speed{
		Shape: c.String(), Params: c.Params(), Context: c.Context, Micro: micro, Batch: batch, Engine: dev.Name(),
	}
	var rates bench.Rates
	begin := time.Now()
	for step := 0; step < 7 || time.Since(begin) < lasting; step++ {
		took, err := tr.step()
		if err != nil {
			return s, err
		}
		if step == 0 {
			s.FirstStep = took.Seconds()
		}
		if step >= 2 {
			rates = append(rates, float64(batch)/took.Seconds())
		}
	}
	s.Steps, s.Median, s.Best, s.Worst, s.Loss = len(rates), rates.Median(), rates.Best(), rates.Worst(), tr.loss
	if e, ok := dev.(explaining); ok {
		s.Products = e.Products()
	}
	s.TFLOPS, s.CausalTF = s.Median*b.FLOPsPerToken()/1e12, s.Median*growth.FLOPsPerToken(c)/1e12
	return s, nil
}

// walk goes through a step, for a device that only counts memory.
func walk(dev compute.Device, s bench.Shape) {
	if tr, err := newTraining(dev, s, s.Tokens()); err == nil { // that it does not fit, Reserve says
		_, _ = tr.step()
		tr.free()
	}
}

// training is a network under training, a batch in several parts.
type training struct {
	dev   compute.Device
	net   *model.Model
	adam  *optim.AdamW
	sum   compute.Total // of the losses of a step
	parts []compute.Batch
	loss  float64
}

func newTraining(dev compute.Device, s bench.Shape, batch int) (*training, error) {
	net, err := model.New(dev, s.Config, s.Seqs)
	if err != nil {
		return nil, err
	}
	adam, err := optim.New(dev, net.Layout, optim.Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Clip: 1})
	if err != nil {
		net.Free()
		return nil, err
	}
	sum, err := dev.Total()
	if err != nil {
		adam.Free()
		net.Free()
		return nil, err
	}
	tr := &training{dev: dev, net: net, adam: adam, sum: sum}
	rng := rand.New(rand.NewPCG(1, 2))
	tree := shape.NewTree(s.Config)
	for _, x := range s.Config.Tensors() {
		for i := range tree.Data[x.Name] {
			switch x.Role {
			case shape.Gain:
				tree.Data[x.Name][i] = 1
			case shape.Shift:
			default:
				tree.Data[x.Name][i] = float32(0.02 * rng.NormFloat64())
			}
		}
	}
	net.Load(tree)
	for range batch / s.Tokens() {
		b := compute.Batch{Seqs: s.Seqs, T: s.Config.Context}
		for range s.Tokens() {
			b.Inputs = append(b.Inputs, int32(rng.IntN(s.Config.Vocab)))
			b.Targets = append(b.Targets, int32(rng.IntN(s.Config.Vocab)))
		}
		tr.parts = append(tr.parts, b)
	}
	return tr, nil
}

// step is forward and backward of all parts and one update, issued without waiting in between, as a run does.
func (tr *training) step() (time.Duration, error) {
	begin := time.Now()
	tokens := 0
	for _, b := range tr.parts {
		tokens += len(b.Inputs)
	}
	tr.net.ZeroGrads()
	for _, b := range tr.parts {
		tr.net.Learn(b, 1/float64(tokens), tr.sum)
	}
	norm := tr.adam.Update(tr.net, 6e-4, shape.Masks{})
	sum := tr.dev.Take(tr.sum)
	if err := tr.dev.Sync(); err != nil {
		return 0, err
	}
	tr.loss = sum / float64(tokens)
	if x := tr.loss + norm; math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("loss %v, gradient norm %v; they must be finite", tr.loss, norm)
	}
	return time.Since(begin), nil
}

func (tr *training) free() {
	tr.net.Free()
	tr.adam.Free()
	tr.sum.Free()
}

// TestPartFLM101MRun carries flm-101m and its twin out, on the embedded text over and over: that takes more than the ten minutes of all
// other parts, and is done only when asked for.
func TestPartFLM101MRun(t *testing.T) {
	sets := []string{"train.micro_batch=64", "sample.tokens=0", "checkpoint.every=0"}
	if part(t) {
		sets = append(sets, "model.context=32", "train.batch=64", "stage.1.tokens=128", "stage.1.warmup=64", "stage.2.tokens=128", "stage.2.ramp=64",
			"stage.3.tokens=128", "stage.3.ramp=64", "stage.1.layers=1", "stage.1.hidden=64", "stage.2.layers=1", "stage.2.hidden=64", "stage.3.layers=1",
			"stage.3.hidden=128", "eval.every=0", "eval.tokens=64", "eval.final_tokens=64")
	}
	preset, err := assets.Recipe("flm-101m")
	if err != nil {
		t.Fatal(err)
	}
	grown, err := growth.Parse("flm-101m", preset, sets...)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := grown.Rival(growth.RivalTwin, growth.Spent{})
	if err != nil {
		t.Fatal(err)
	}
	took, loss := map[string]float64{}, map[string]float64{}
	for name, r := range map[string]growth.Recipe{"grown": grown, "twin": twin} {
		dev := open(t, kind{"bf16", false})
		begin := time.Now()
		h := train(t, dev, r)
		took[name], loss[name] = time.Since(begin).Seconds(), h.eval.Loss
		if !(h.eval.Loss > 0) || math.IsInf(h.eval.Loss, 0) {
			t.Errorf("%s: the loss is %v", name, h.eval.Loss)
		}
	}
	write(t, map[string]any{"seconds": took, "final_validation_loss": loss})
}
