// Package event says what happened in a run: a sealed set of plain structs that the trainer emits and that the run file,
// the terminal (--json prints them one a line) and the window all consume. It is a leaf.
//
// Numbers are exact copies of what the trainer used. Loss is in nats per token; on byte tokens bits per byte is
// loss/ln 2. Tokens and FLOPs count from the start of the run, Seconds is active time: pauses do not count.
package event

import (
	"encoding/json"
	"fmt"
	"math"
)

// Event is one of the structs of this package.
//
//sumtype:decl
type Event interface {
	// Kind is the value of the field "event" in JSON.
	Kind() string
	sealed()
}

// StageInfo describes one stage of a run as planned.
type StageInfo struct {
	Shape      string `json:"shape"` // "5L × 96"
	Layers     int    `json:"layers"`
	Hidden     int    `json:"hidden"`
	Heads      int    `json:"heads"`
	FFN        int    `json:"ffn"`
	Params     int64  `json:"params"`
	FromTokens int64  `json:"from_tokens"` // tokens seen when it starts
	Tokens     int64  `json:"tokens"`      // its budget
	FromStep   int64  `json:"from_step"`
	Steps      int64  `json:"steps"`
	RampTokens int64  `json:"ramp_tokens"`
	RampOrder  string `json:"ramp_order,omitempty"` // "ffn, layers, hidden": one after another; "" is together
	Operator   string `json:"operator"`             // how it is reached: "" for the first
}

// Start opens a run or a resumed part of it.
type Start struct {
	Run    string `json:"run"` // id
	Name   string `json:"name"`
	Recipe string `json:"recipe"` // name of the recipe
	File   string `json:"file"`
	Device string `json:"device"`
	// Precision of the matrix products, "fp32" or "bf16"; "" in runs from before it was recorded, which are fp32.
	Precision string `json:"precision,omitempty"`
	// Ranks is how many processes train together, each on such a device; 0 is one.
	Ranks   int         `json:"ranks,omitempty"`
	Seed    uint64      `json:"seed"`
	Stages  []StageInfo `json:"stages"`
	Tokens  int64       `json:"tokens"` // planned, whole run
	Steps   int64       `json:"steps"`
	Resumed int64       `json:"resumed_at_step"` // 0 for a new run
}

// Replan puts a changed plan in place of that of s.
func (s *Start) Replan(plan []StageInfo) {
	s.Stages, s.Tokens, s.Steps = plan, 0, 0
	for _, stage := range plan {
		s.Tokens += stage.Tokens
		s.Steps += stage.Steps
	}
}

// Step is one optimizer step.
type Step struct {
	Step         int64   `json:"step"` // counts from 1
	Tokens       int64   `json:"tokens"`
	Stage        int     `json:"stage"` // counts from 1
	Loss         float64 `json:"loss"`
	LR           float64 `json:"lr"`
	GradNorm     float64 `json:"grad_norm"` // before clipping
	Mask         float64 `json:"mask"`      // m, the mean over growing dimensions; 1 when no growth is in progress
	TokensPerSec float64 `json:"tokens_per_s"`
	FLOPs        float64 `json:"flops"`
	Seconds      float64 `json:"seconds"`
}

// Eval is a measurement on held-out text. Final ones use more of it.
type Eval struct {
	Step        int64   `json:"step"`
	Tokens      int64   `json:"tokens"`
	Stage       int     `json:"stage"`
	Loss        float64 `json:"loss"`
	BitsPerByte float64 `json:"bits_per_byte"`
	EvalTokens  int64   `json:"eval_tokens"`
	Final       bool    `json:"final"`
	// With a teacher: the held-out propositions, and the part of them that the network judges rightly.
	Labels        int64   `json:"labels,omitempty"`
	LabelAccuracy float64 `json:"label_accuracy,omitempty"`
}

// Blocks tells what one step did to each part of the network, at the steps that an evaluation follows.
type Blocks struct {
	Step   int64        `json:"step"`
	Tokens int64        `json:"tokens"`
	Stage  int          `json:"stage"`
	Blocks []BlockNorms `json:"blocks"` // what is in no block first, then block by block
}

// BlockNorms are the norms of one block, its entries from before the last growth and those that it added apart.
type BlockNorms struct {
	Layer int       `json:"layer"` // counts from 0; -1 is embedding, final norm and output matrix
	Old   PartNorms `json:"old"`
	New   PartNorms `json:"new"`
}

// PartNorms are Euclidean norms over Params entries, sums in float64. Without entries all are 0.
type PartNorms struct {
	Params int64   `json:"params"`
	Weight float64 `json:"weight"` // before the step
	Grad   float64 `json:"grad"`   // before clipping
	Update float64 `json:"update"` // of the difference that the step made
}

// Ratio is how far the step moved the weights, relative to their size; 0 where there is no weight.
func (p PartNorms) Ratio() float64 {
	if p.Weight == 0 {
		return 0
	}
	return p.Update / p.Weight
}

// Grew is a transition: the network after Step steps became larger, and what it computes was compared on one frozen batch.
type Grew struct {
	Step           int64     `json:"step"`
	Tokens         int64     `json:"tokens"`
	Stage          int       `json:"stage"` // the stage that begins
	Operator       string    `json:"operator"`
	From           StageInfo `json:"from"`
	To             StageInfo `json:"to"`
	LossBefore     float64   `json:"loss_before"`
	LossAfter      float64   `json:"loss_after"`
	MaxLogitDiff   float64   `json:"max_logit_diff"`
	MaxLogit       float64   `json:"max_logit"`       // largest |logit| before, the scale of MaxLogitDiff
	MomentsCarried int64     `json:"moments_carried"` // entries of m (and of v) copied
	MomentsNew     int64     `json:"moments_new"`     // entries that start at zero
	NewLayers      []int     `json:"new_layers"`      // indices in the grown network
	RampTokens     int64     `json:"ramp_tokens"`
	Preserves      bool      `json:"preserves"` // whether the operator promises to keep the function
	Seconds        float64   `json:"seconds"`   // how long growing took
	// Precision of the matrix products, "fp32" or "bf16"; "" in events from before it was recorded, which are fp32.
	Precision string `json:"precision,omitempty"`
	// Plan is the run as planned from here on, all its stages, if the one before ended early.
	Plan []StageInfo `json:"plan,omitempty"`
}

// Rounding is the difference of logits, as a part of the largest, up to which rounding alone explains it. An operator that
// changes no old weight and adds exact zeros, as msg does, moves nothing at all; one that scales or splits weights has every
// product rounded anew. In fp32 logits are sums of some thousand products, each rounded at 6e-8. In bf16 operands are rounded at
// 2^-9; differences of up to three times that were seen in networks of five layers, and sixteen times are let pass.
func (g Grew) Rounding() float64 {
	if g.Precision == "bf16" {
		return 16.0 / 512
	}
	return 2e-5
}

// Kept reports whether the function stayed, as far as rounding can tell.
func (g Grew) Kept() bool { return g.MaxLogitDiff <= g.Rounding()*max(g.MaxLogit, 1) }

// Saved is a checkpoint that is safely in the run file.
type Saved struct {
	Step    int64   `json:"step"`
	Tokens  int64   `json:"tokens"`
	Stage   int     `json:"stage"`
	Reason  string  `json:"reason"` // "cadence", "transition", "pause", "asked", "edit", "end"
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"took_seconds"`
}

// Sampled is generated text.
type Sampled struct {
	Step        int64   `json:"step"`
	Tokens      int64   `json:"tokens"`
	Stage       int     `json:"stage"`
	Prompt      string  `json:"prompt"`
	Text        string  `json:"text"` // without the prompt
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k,omitempty"` // only the likeliest so many tokens were drawn from; 0 is all
	TopP        float64 `json:"top_p,omitempty"` // only the likeliest that together have this probability; 0 is all
}

// Paused says that the run waits.
type Paused struct {
	Step   int64 `json:"step"`
	Tokens int64 `json:"tokens"`
	// Reason is "" when a person asked, else a sentence ("the disk is full: …").
	Reason string `json:"reason"`
}

// Resumed says that a paused run goes on.
type Resumed struct {
	Step   int64 `json:"step"`
	Tokens int64 `json:"tokens"`
}

// Command journals an accepted command of the control socket.
type Command struct {
	Step   int64  `json:"step"`
	Tokens int64  `json:"tokens"`
	Verb   string `json:"verb"`
	Detail string `json:"detail"`
	// Plan is the run as planned from here on, all its stages, if the command changed its course.
	Plan []StageInfo `json:"plan,omitempty"`
}

// Shrank says that a stage's network did not fit into the device's memory, so that it takes fewer sequences at a time. The tokens
// of a step stay, in more parts.
type Shrank struct {
	Step   int64  `json:"step"`
	Tokens int64  `json:"tokens"`
	Stage  int    `json:"stage"`  // counts from 1
	From   int    `json:"from"`   // sequences at a time
	To     int    `json:"to"`     // and now
	Reason string `json:"reason"` // what the device said
}

// StageCost is what one stage took.
type StageCost struct {
	Tokens  int64   `json:"tokens"`
	FLOPs   float64 `json:"flops"`
	Seconds float64 `json:"seconds"`
	Joules  float64 `json:"joules,omitempty"` // of the GPUs, 0 where nothing measures them
}

// Ended closes a run, or this part of it if State is "stopped".
type Ended struct {
	State       string      `json:"state"` // "done", "stopped" (resumable), "failed"
	Error       string      `json:"error,omitempty"`
	Step        int64       `json:"step"`
	Tokens      int64       `json:"tokens"`
	Loss        float64     `json:"loss"` // validation loss if done, else the last training loss
	BitsPerByte float64     `json:"bits_per_byte"`
	FLOPs       float64     `json:"flops"`
	Seconds     float64     `json:"seconds"`
	Joules      float64     `json:"joules,omitempty"` // of the GPUs, 0 where nothing measures them
	TwinFLOPs   float64     `json:"twin_flops"`       // the final shape on the same tokens
	FLOPsSaved  float64     `json:"flops_saved"`      // 1 - flops/twin_flops
	Stages      []StageCost `json:"stages"`
}

func (Start) Kind() string   { return "start" }
func (Step) Kind() string    { return "step" }
func (Eval) Kind() string    { return "eval" }
func (Blocks) Kind() string  { return "blocks" }
func (Grew) Kind() string    { return "grew" }
func (Saved) Kind() string   { return "saved" }
func (Sampled) Kind() string { return "sampled" }
func (Paused) Kind() string  { return "paused" }
func (Resumed) Kind() string { return "resumed" }
func (Command) Kind() string { return "command" }
func (Shrank) Kind() string  { return "shrank" }
func (Ended) Kind() string   { return "ended" }

func (Start) sealed()   {}
func (Step) sealed()    {}
func (Eval) sealed()    {}
func (Blocks) sealed()  {}
func (Grew) sealed()    {}
func (Saved) sealed()   {}
func (Sampled) sealed() {}
func (Paused) sealed()  {}
func (Resumed) sealed() {}
func (Command) sealed() {}
func (Shrank) sealed()  {}
func (Ended) sealed()   {}

// BitsPerByte turns nats per byte-level token into bits per byte.
func BitsPerByte(loss float64) float64 { return loss / math.Ln2 }

// Marshal is the one-line JSON form: the fields of e with "event" in front. A number that is not finite is
// null.
func Marshal(e Event) ([]byte, error) {
	body, err := marshalBody(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Kind(), err)
	}
	head := `{"event":"` + e.Kind() + `"`
	if string(body) == "{}" {
		return []byte(head + "}"), nil
	}
	return append([]byte(head+","), body[1:]...), nil
}

// Unmarshal is the inverse of Marshal; a null number is NaN.
func Unmarshal(line []byte) (Event, error) {
	var head struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	switch head.Event {
	case "start":
		return decode[Start](line)
	case "step":
		return decode[Step](line)
	case "eval":
		return decode[Eval](line)
	case "blocks":
		return decode[Blocks](line)
	case "grew":
		return decode[Grew](line)
	case "saved":
		return decode[Saved](line)
	case "sampled":
		return decode[Sampled](line)
	case "paused":
		return decode[Paused](line)
	case "resumed":
		return decode[Resumed](line)
	case "command":
		return decode[Command](line)
	case "shrank":
		return decode[Shrank](line)
	case "gpus":
		return decode[GPUs](line)
	case "memory":
		return decode[Memory](line)
	case "ended":
		return decode[Ended](line)
	}
	return nil, fmt.Errorf("event: unknown kind %q", head.Event)
}

func decode[E Event](line []byte) (Event, error) {
	var e E
	expectNull(line, &e)
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Kind(), err)
	}
	return e, nil
}
