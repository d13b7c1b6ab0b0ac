package microscope

import (
	"fmt"
	"math"
	"strconv"

	"growlab/app/words"
	"growlab/trainer/event"
)

// Judgement is what a transition did to the function that the network computes.
type Judgement int

// The judgements.
const (
	Preserved    Judgement = iota // equal to rounding
	Nearly                        // more than rounding explains
	Broken                        // an operator that promises to preserve did not
	NotPromised                   // the operator does not promise it
	NothingToSay                  // no logits were measured
)

// nearlyLevel is the difference, as a part of the largest logit, up to which more than rounding is still not much.
func nearlyLevel(g event.Grew) float64 { return max(1e-3, 2*g.Rounding()) }

// relative is the largest logit difference as a part of the largest logit.
func relative(g event.Grew) float64 {
	if g.MaxLogit > 0 {
		return g.MaxLogitDiff / g.MaxLogit
	}
	return g.MaxLogitDiff
}

// Judge judges a transition by its logits on the frozen batch.
func Judge(g event.Grew) Judgement {
	r := relative(g)
	switch {
	case !g.Preserves:
		return NotPromised
	case math.IsNaN(r):
		return NothingToSay
	case r <= g.Rounding():
		return Preserved
	case r <= nearlyLevel(g):
		return Nearly
	}
	return Broken
}

// precisionOf names the precision whose rounding a transition is judged by.
func precisionOf(g event.Grew) string {
	if g.Precision == "bf16" {
		return "bfloat16"
	}
	return "float32"
}

// Verdict says in words what a transition did to the function that the network computes.
func Verdict(g event.Grew) string {
	change := fmt.Sprintf("the loss on the frozen batch went from %.4f to %.4f (%+.4f)", g.LossBefore, g.LossAfter, g.LossAfter-g.LossBefore)
	switch Judge(g) {
	case Preserved:
		if g.MaxLogitDiff == 0 {
			return "Function preserved exactly. On one frozen batch the larger network gives the same logits bit for bit."
		}
		return fmt.Sprintf("Function preserved. On one frozen batch the larger network gives the same logits to %s of the largest one: "+
			"%s rounding, no more.", share(relative(g)), precisionOf(g))
	case Nearly:
		return fmt.Sprintf("Nearly preserved. The logits moved by up to %s of the largest one, more than %s rounding explains; %s.",
			share(relative(g)), precisionOf(g), change)
	case Broken:
		return fmt.Sprintf("Not preserved, although %s promises it: the logits moved by up to %s of the largest one and %s.",
			g.Operator, share(relative(g)), change)
	case NotPromised:
		return fmt.Sprintf("Not preserving by design: operator %s changes what the network computes; %s.", g.Operator, change)
	case NothingToSay:
	}
	return "No verdict: the logits were not finite."
}

// LogitsMoved says by how much a transition moved the logits.
func LogitsMoved(g event.Grew) string {
	if g.MaxLogitDiff == 0 {
		return "logits unchanged"
	}
	return fmt.Sprintf("logits moved by at most %.1e", g.MaxLogitDiff)
}

// share writes a small ratio as one part in many, or as a percentage once it is large.
func share(r float64) string {
	if r < 1e-3 {
		return "1 part in " + words.Count(int64(math.Round(1/r)))
	}
	return strconv.FormatFloat(100*r, 'g', 2, 64) + " %"
}
