package growth

import "slices"

// Plateaued reports whether the stage ends early after losses, its evaluations at full mask, the oldest first: none of the
// last Plateau ones was better by PlateauGain than the best before them.
func (s Stage) Plateaued(losses []float64) bool {
	n := len(losses) - s.Plateau
	if s.Plateau == 0 || n < 1 {
		return false
	}
	return slices.Min(losses[n:]) > slices.Min(losses[:n])-s.PlateauGain
}

// Ended is r as its run went: where ends[i] is not 0, stage i ended after so many of its tokens, earlier than r says. The ends are
// the run's journal, kept with its checkpoints. Where a run stands is then again a pure function, of recipe, journal and tokens.
func (r Recipe) Ended(ends []int64) Recipe {
	r.Stages = slices.Clone(r.Stages)
	for i, n := range ends {
		if n > 0 {
			r.Stages[i].Tokens, r.Stages[i].FLOPs = Tokens(n), 0
		}
	}
	return r
}
