package growth

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Validate returns every fault of r, one sentence each, joined. All wrap ErrRecipe.
func (r Recipe) Validate() error {
	var errs []error
	bad := func(format string, a ...any) {
		errs = append(errs, faultf("recipe %q: %s", r.Name, fmt.Sprintf(format, a...)))
	}
	if r.Version != 1 {
		bad("recipe = %d; this program reads format 1, so the file must say recipe = 1", r.Version)
	}
	if !slices.Contains(Families, r.Model.Family) {
		bad("model.family is %q; it must be one of %s", r.Model.Family, strings.Join(Families, ", "))
	}
	if !slices.Contains(Precisions, r.Train.Precision) {
		bad("train.precision is %q; it must be one of %s", r.Train.Precision, strings.Join(Precisions, ", "))
	}
	r.validateNumbers(bad)
	r.validateTeacher(bad)
	if len(r.Stages) == 0 {
		bad("it has no [[stage]]; at least one is needed")
	}
	if len(errs) > 0 { // shapes make sense only on sound ground
		return errors.Join(errs...)
	}
	said := map[string]bool{} // what all stages share is wrong in each of them, and said once
	for i := range r.Stages {
		r.validateStage(i, func(format string, a ...any) {
			if fault := fmt.Sprintf(format, a...); !said[fault] {
				said[fault] = true
				bad("stage %d: %s", i+1, fault)
			}
		})
	}
	return errors.Join(errs...)
}

func (r Recipe) validateNumbers(bad func(string, ...any)) {
	t := r.Train
	for _, f := range []struct {
		name    string
		v       float64
		lo, hi  float64 // inclusive
		wanting string
	}{
		{"model.vocab", float64(r.Model.Vocab), 256, 256, "256, since text is read as bytes"},
		{"model.init_std", r.Model.InitStd, 1e-9, 10, "above 0 and at most 10"},
		{"train.batch", float64(t.Batch), 1, 1 << 40, "at least 1 token"},
		{"train.micro_batch", float64(t.MicroBatch), 0, 1 << 30, "0 (the whole batch) or more sequences"},
		{"train.lr", t.LR, 1e-12, 10, "above 0 and at most 10"},
		{"train.lr_final", t.LRFinal, 0, 1, "between 0 and 1, a fraction of lr"},
		{"train.beta1", t.Beta1, 0, 1 - 1e-9, "at least 0 and below 1"},
		{"train.beta2", t.Beta2, 0, 1 - 1e-9, "at least 0 and below 1"},
		{"train.eps", t.Eps, 1e-30, 1, "above 0 and at most 1"},
		{"train.weight_decay", t.WeightDecay, 0, 1e3, "0 or more"},
		{"train.clip", t.Clip, 0, math.MaxFloat64, "0 (off) or more"},
		{"eval.every", float64(r.Eval.Every), 0, 1 << 60, "0 (never) or more tokens"},
		{"eval.tokens", float64(r.Eval.Tokens), 1, 1 << 60, "at least 1 token"},
		{"eval.final_tokens", float64(r.Eval.FinalTokens), 1, 1 << 60, "at least 1 token"},
		{"sample.every", float64(r.Sample.Every), 0, 1 << 60, "0 (only at the end of stages) or more tokens"},
		{"sample.tokens", float64(r.Sample.Tokens), 0, 1 << 20, "0 (no samples) or more"},
		{"sample.temperature", r.Sample.Temperature, 0, 100, "between 0 (greedy) and 100"},
		{"checkpoint.every", float64(r.Checkpoint.Every), 0, 1 << 60, "0 (only at transitions and the end) or more tokens"},
		{"checkpoint.keep", float64(r.Checkpoint.Keep), 1, 1 << 30, "at least 1"},
	} {
		if !(f.v >= f.lo && f.v <= f.hi) {
			bad("%s is %v; it must be %s", f.name, f.v, f.wanting)
		}
	}
}

func (r Recipe) validateStage(i int, bad func(string, ...any)) {
	s, c := r.Stages[i], r.Config(i)
	if s.Heads == 0 && c.HeadDim > 0 && s.Hidden%c.HeadDim != 0 {
		bad("hidden %d is not a multiple of head_dim %d; make it one, or give heads", s.Hidden, c.HeadDim)
	} else if err := c.Validate(); err != nil {
		bad("%s", oneLine(err))
	}
	b := r.batch(i)
	if b%int64(c.Context) != 0 {
		bad("batch %d is not a multiple of context %d; a step needs whole sequences", b, c.Context)
	}
	r.validateLength(i, bad)
	r.validateLessons(i, c, bad)
	if !(s.LR > 0 && s.LR <= 10) && (i == 0 || s.LRPolicy != LRRewind) {
		bad("lr is %v; it must be a fraction of train.lr, above 0 and at most 10", s.LR)
	}
	if i == 0 {
		if s.Operator != "" || s.Depth != "" || s.Ramp != 0 || s.Moments != "" || s.RampShape != "" || len(s.RampOrder) > 0 || s.LRPolicy != "" {
			bad("operator, depth, moments, ramp, ramp_shape, ramp_order and lr_policy say how a stage is reached; the first stage has none")
		}
		return
	}
	r.validateSchedule(i, bad)
	if !slices.Contains(depths, s.Depth) && s.Depth != "" {
		bad("depth is %q; it must be one of %s", s.Depth, strings.Join(depths, ", "))
	}
	if !slices.Contains(momentsKinds, s.Moments) && s.Moments != "" {
		bad("moments is %q; it must be one of %s", s.Moments, strings.Join(momentsKinds, ", "))
	}
	if err := r.Config(i - 1).CanGrow(c); err != nil {
		bad("%s", oneLine(err))
		return
	}
	r.validateOperator(i, bad)
}

// validateLength checks what is counted in tokens.
func (r Recipe) validateLength(i int, bad func(string, ...any)) {
	s, b := r.Stages[i], r.batch(i)
	switch {
	case s.Tokens != 0 && s.FLOPs != 0:
		bad("it has tokens and flops; one of them ends the stage")
		return
	case s.FLOPs != 0 && !(s.FLOPs > 0 && r.budget(i) < 1<<60):
		bad("flops is %g; it must be positive and pay for fewer than 2^60 tokens", float64(s.FLOPs))
		return
	case s.FLOPs != 0 && r.budget(i) < b:
		bad("flops %g pays for %d tokens, less than one batch of %d", float64(s.FLOPs), r.budget(i), b)
	case s.FLOPs == 0 && int64(s.Tokens) < b:
		bad("tokens %d is less than one batch of %d", s.Tokens, b)
	}
	switch {
	case s.Plateau < 0 || !(s.PlateauGain >= 0 && s.PlateauGain <= 100):
		bad("plateau is %d evaluations and plateau_gain %v nats; both must be 0 or more, and a gain at most 100", s.Plateau, s.PlateauGain)
	case s.Plateau > 0 && i == len(r.Stages)-1:
		bad("plateau is %d; the last stage ends with the run, so leave plateau out", s.Plateau)
	case s.Plateau > 0 && r.Eval.Every == 0:
		bad("plateau is %d evaluations, but eval.every is 0, which is never", s.Plateau)
	case s.Plateau == 0 && s.PlateauGain > 0:
		bad("plateau_gain is %v without plateau, the number of evaluations that it is asked of", s.PlateauGain)
	}
	if s.Warmup < 0 || int64(s.Warmup) > r.budget(i) {
		bad("warmup is %d tokens; it must lie between 0 and the stage's %d", s.Warmup, r.budget(i))
	}
	if s.Ramp < 0 || int64(s.Ramp) > r.budget(i) {
		bad("ramp is %d tokens; it must lie between 0 and the stage's %d", s.Ramp, r.budget(i))
	}
}

// validateSchedule checks the shapes of ramp and learning rate after a growth.
func (r Recipe) validateSchedule(i int, bad func(string, ...any)) {
	s := r.Stages[i]
	if !slices.Contains(rampShapes, s.RampShape) && s.RampShape != "" {
		bad("ramp_shape is %q; it must be one of %s", s.RampShape, strings.Join(rampShapes, ", "))
	}
	r.validateOrder(i, bad)
	switch s.LRPolicy {
	case "", LRContinue:
	case LRRewind:
		if s.LR != 0 && s.LR != r.Stages[0].LR {
			bad("lr is %v; lr_policy rewind goes back to the first stage's %v, so lr must be that or absent", s.LR, r.Stages[0].LR)
		}
		if s.Warmup != 0 {
			bad("warmup is %d tokens; lr_policy rewind goes to the peak at once, so leave it out or choose rewarm", s.Warmup)
		}
	case LRRewarm:
		if s.Warmup == 0 {
			bad("lr_policy rewarm needs warmup, the tokens over which the rate rises to lr")
		}
	default:
		bad("lr_policy is %q; it must be one of %s", s.LRPolicy, strings.Join(lrPolicies, ", "))
	}
}

// validateOrder checks that each dimension that grows has its turn.
func (r Recipe) validateOrder(i int, bad func(string, ...any)) {
	order := r.Stages[i].RampOrder
	if len(order) == 0 {
		return
	}
	for n, d := range order {
		if !slices.Contains(dims, d) {
			bad("ramp_order names %q; it must be made of %q", d, dims)
		}
		if slices.Contains(order[:n], d) {
			bad("ramp_order names %s twice", d)
		}
	}
	left := slices.DeleteFunc(r.growing(i), func(d string) bool { return slices.Contains(order, d) })
	if len(left) > 0 {
		bad("ramp_order %q leaves out %s; name each dimension that grows", order, strings.Join(left, ", "))
	}
}

func (r Recipe) validateOperator(i int, bad func(string, ...any)) {
	s := r.Stages[i]
	op, err := Lookup(s.Operator)
	if err != nil {
		bad("%v", err)
		return
	}
	if op.OnlyDepth && s.Depth != "" && s.Depth != op.Depth {
		bad("depth is %q; operator %s has an order of its own, so depth must be %q or absent", s.Depth, op.Name, op.Depth)
	}
	if from := r.Config(i - 1); from.Validate() == nil {
		if err := op.Takes(from, r.Config(i)); err != nil {
			bad("%v", err)
		}
	}
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
