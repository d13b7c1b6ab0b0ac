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
