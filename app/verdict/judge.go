package verdict

import (
	"fmt"
	"math"
)

// Verdict is a run against all its rivals.
type Verdict struct {
	Run   Side   `json:"run"`
	Pairs []Pair `json:"pairs"`
	// Winner is who has the lowest loss at the FLOPs of the run, "" if nobody by more than noise, or nobody else spent as much.
	Winner   string `json:"winner"`
	Sentence string `json:"sentence"`
	// PaperWallClock is the 3.56x as the paper has it: the run's tokens at the throughput of its last stage, over the time that
	// the run took. nil for a run that did not grow.
	PaperWallClock *float64 `json:"paper_wall_clock_ratio"`
	Notes          []string `json:"notes"`
}

// Judge compares run with each rival.
func Judge(run Contender, rivals []Contender) Verdict {
	v := Verdict{Run: sideOf(run), Notes: []string{}}
	for _, r := range rivals {
		v.Pairs = append(v.Pairs, compare(run, r))
	}
	if run.Grown {
		v.PaperWallClock = paperWallClock(run)
	}
	v.decide()
	return v
}

// paperWallClock is the paper's own estimate of what growing saved.
func paperWallClock(c Contender) *float64 {
	var sum float64
	for _, r := range c.Runs {
		if r.Last.Tokens <= 0 || r.Last.Seconds <= 0 || r.End.Seconds <= 0 {
			return nil
		}
		sum += r.End.Tokens * r.Last.Seconds / r.Last.Tokens / r.End.Seconds
	}
	ratio := sum / float64(len(c.Runs))
	return &ratio
}

// budget is how far FLOPs may differ, as a ratio, and still be called the same budget: whole steps do not come out even.
const budget = 1.03

// sameBudget reports whether the rival of p spent as much as the run, on a schedule made for it.
func (p Pair) sameBudget() bool {
	return p.Rival.FLOPs <= p.Run.FLOPs*budget && p.Rival.FLOPs*budget >= p.Run.FLOPs
}

// decide names the winner at the compute of the run: among the rivals that learn the same, or, if none of those got that far, among
// all.
func (v *Verdict) decide() {
	fixed := false
	for _, p := range v.Pairs {
		fixed = fixed || p.sameBudget() && !p.Rival.Grown && p.Caution == ""
	}
	best := v.closest(func(p Pair) bool { return p.Caution == "" })
	if best < 0 {
		best = v.closest(func(Pair) bool { return true })
	}
	if v.Run.Grown && !fixed {
		v.Notes = append(v.Notes, "no fixed size that spent the same FLOPs on a schedule of its own is among the rivals; "+
			"growlab twin RUN --rival small, middle or large makes one, and only those show whether growing paid")
	}
	if best < 0 {
		v.Sentence = fmt.Sprintf("No rival spent the %s of %s, so nothing is said about who wins at equal compute.", flops(v.Run.FLOPs), v.Run.Name)
		return
	}
	p := v.Pairs[best]
	v.Winner = p.LossAtFLOPs.Winner
	v.Sentence = v.ruling(p)
}

// closest is the pair of the rival that has the lowest loss at the FLOPs of the run, of those that got that far and are let in; -1 if
// there is none.
func (v *Verdict) closest(lets func(Pair) bool) int {
	best, second := -1, math.Inf(1)
	for i, p := range v.Pairs {
		if p.LossAtFLOPs == nil || p.Rival.FLOPs*budget < v.Run.FLOPs || !lets(p) {
			continue
		}
		if d := p.LossAtFLOPs.Difference.Value; d < second {
			best, second = i, d
		}
	}
	return best
}
