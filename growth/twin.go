package growth

import (
	"fmt"
	"math"
	"strings"
)

// What a grown run is compared with.
const (
	RivalTwin   = "twin"   // the last stage's shape from the first step, on the same tokens
	RivalSmall  = "small"  // the first stage's shape alone, for the FLOPs of the whole run
	RivalMiddle = "middle" // the middle stage's, likewise
	RivalLarge  = "large"  // the last stage's, likewise
	RivalStack  = "stack"  // the same plan, grown by plain copies
)

// Rivals lists them all.
var Rivals = []string{RivalTwin, RivalSmall, RivalMiddle, RivalLarge, RivalStack}

// RivalKinds are those of Rivals that r has: of two stages none is the middle one. A recipe that does not grow has none at all, as
// Rival says.
func (r Recipe) RivalKinds() []string {
	if len(r.Stages) == 2 {
		return []string{RivalTwin, RivalSmall, RivalLarge, RivalStack}
	}
	return Rivals
}

// Spent is what a run has taken. A zero field means what its recipe plans.
type Spent struct {
	Tokens int64
	FLOPs  float64
}

// Rival is the recipe of a rival of r, one of Rivals. It has the text, its order, the evaluations and the optimizer of r, since
// it copies everything but the stages, so that the two differ in what is compared only.
//
// The fixed sizes have one stage, with the batch of the stage whose shape they have and as much of it for warm-up as r's first
// stage has. Their peak learning rate is r's times width over width, of the first stage over theirs (flm-1m and its twin: 8e-3
// at 64 channels, 4e-3 at 128); under muP, which transfers the rate by itself, it is r's. That is a rule of thumb, not a tuned
// value.
func (r Recipe) Rival(kind string, spent Spent) (Recipe, error) {
	plan := r.Plan()
	if spent.Tokens == 0 {
		spent.Tokens = plan.Tokens
	}
	if spent.FLOPs == 0 {
		spent.FLOPs = plan.FLOPs
	}
	last := len(r.Stages) - 1
	if last == 0 {
		return r, faultf("recipe %q: it has one stage, so nothing grows and it has no rivals", r.Name)
	}
	switch kind {
	case RivalTwin:
		return r.alone(last, kind, float64(spent.Tokens), "from the first step, on the same tokens in the same order")
	case RivalSmall:
		return r.paidBy(0, kind, spent.FLOPs)
	case RivalMiddle:
		if last < 2 {
			return r, faultf("recipe %q: it has two stages, a small and a large one, and no middle", r.Name)
		}
		return r.paidBy((last+1)/2, kind, spent.FLOPs)
	case RivalLarge:
		return r.paidBy(last, kind, spent.FLOPs)
	case RivalStack:
		return r.stacked()
	}
	return r, faultf("recipe %q: there is no rival %q; it must be one of %s", r.Name, kind, strings.Join(Rivals, ", "))
}

// paidBy is stage i's shape alone, on as many tokens as flops pay for.
func (r Recipe) paidBy(i int, kind string, flops float64) (Recipe, error) {
	return r.alone(i, kind, flops/FLOPsPerToken(r.Config(i)), "alone, for the FLOPs of the whole grown run")
}

// alone is stage i's shape trained from scratch on about so many tokens.
func (r Recipe) alone(i int, kind string, tokens float64, how string) (Recipe, error) {
	first, s := r.Stages[0], r.Stages[i]
	batch := float64(r.batch(i))
	whole := func(n float64) float64 { return batch * math.Round(n/batch) }
	out := r.named(kind, fmt.Sprintf("%s %s.", r.Config(i), how))
	out.Train.LR *= first.LR
	if r.Model.BaseWidth == 0 {
		out.Train.LR = Rounded(out.Train.LR*float64(first.Hidden)/float64(s.Hidden), 3)
	}
	tokens = math.Max(whole(tokens), batch)
	warmup := whole(tokens * float64(first.Warmup) / float64(r.budget(0)))
	out.Stages = []Stage{{
		Tokens: Tokens(tokens), Layers: s.Layers, Hidden: s.Hidden, Heads: s.Heads, FFN: s.FFN, LR: 1, Warmup: Tokens(warmup), Batch: s.Batch,
	}}
	return out, out.Validate()
}

// stacked is the plan of r with every growth by plain copies.
func (r Recipe) stacked() (Recipe, error) {
	out := r.named(RivalStack, "The same plan grown by plain copies: what is new takes part at once.")
	for i := range out.Stages {
		if s := &out.Stages[i]; i > 0 {
			s.Operator, s.Depth, s.Ramp, s.RampShape, s.RampOrder = Stack.Name, "", 0, "", nil
		}
	}
	return out, out.Validate()
}

// named is a copy of r under the name of its rival.
func (r Recipe) named(kind, about string) Recipe {
	out := r
	out.Name, out.RivalOf = r.Name+"-"+kind, r.Name
	out.Title, out.About = "Rival of "+r.Name+": "+kind, about
	out.Stages = append([]Stage(nil), r.Stages...)
	return out
}
