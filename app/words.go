package app

import (
	"fmt"
	"math"
	"strconv"

	"growlab/app/words"
	"growlab/trainer/event"
)

// Judgement of a transition.
type judgement int

const (
	preserved    judgement = iota // equal to rounding
	nearly                        // more than rounding explains
	broken                        // an operator that promises to preserve did not
	notPromised                   // the operator does not promise it
	nothingToSay                  // no logits were measured
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

func judge(g event.Grew) judgement {
	r := relative(g)
	switch {
	case !g.Preserves:
		return notPromised
	case math.IsNaN(r):
		return nothingToSay
	case r <= g.Rounding():
		return preserved
	case r <= nearlyLevel(g):
		return nearly
	}
	return broken
}

// precisionOf names the precision whose rounding a transition is judged by.
func precisionOf(g event.Grew) string {
	if g.Precision == "bf16" {
		return "bfloat16"
	}
	return "float32"
}

// verdict says in words what a transition did to the function that the network computes.
func verdict(g event.Grew) string {
	change := fmt.Sprintf("the loss on the frozen batch went from %.4f to %.4f (%+.4f)", g.LossBefore, g.LossAfter, g.LossAfter-g.LossBefore)
	switch judge(g) {
	case preserved:
		if g.MaxLogitDiff == 0 {
			return "Function preserved exactly. On one frozen batch the larger network gives the same logits bit for bit."
		}
		return fmt.Sprintf("Function preserved. On one frozen batch the larger network gives the same logits to %s of the largest one: "+
			"%s rounding, no more.", share(relative(g)), precisionOf(g))
	case nearly:
		return fmt.Sprintf("Nearly preserved. The logits moved by up to %s of the largest one, more than %s rounding explains; %s.",
			share(relative(g)), precisionOf(g), change)
	case broken:
		return fmt.Sprintf("Not preserved, although %s promises it: the logits moved by up to %s of the largest one and %s.",
			g.Operator, share(relative(g)), change)
	case notPromised:
		return fmt.Sprintf("Not preserving by design: operator %s changes what the network computes; %s.", g.Operator, change)
	case nothingToSay:
	}
	return "No verdict: the logits were not finite."
}

// logitsMoved says by how much a transition moved the logits.
func logitsMoved(g event.Grew) string {
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
