package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"growlab/app/verdict"
)

// Ranked is a point of the grid with what became of it.
type Ranked struct {
	Values
	Outcome
	Name   string   `json:"name"` // of the run's recipe
	Loss   *float64 `json:"loss"` // final validation loss, nats per token; nil if it diverged
	Behind *float64 `json:"behind"`
}

// Ranking is a finished search, best first; runs that diverged come last.
type Ranking struct {
	Recipe    string   `json:"recipe"`
	Shape     string   `json:"shape"` // of the proxy
	Params    int64    `json:"params"`
	Tokens    int64    `json:"tokens"` // that each run saw
	BaseWidth int      `json:"base_width"`
	Runs      []Ranked `json:"runs"`
	Best      *Values  `json:"best"` // nil if all diverged
	Notes     []string `json:"notes"`
}

// Rank sorts the points of s by their outcomes.
func Rank(s Space, points []Point, outcomes []Outcome) Ranking {
	plan := points[0].Recipe.Plan()
	r := Ranking{
		Recipe: s.Recipe.Name, Shape: plan.Stages[0].Config.String(), Params: plan.Stages[0].Params, Tokens: plan.Tokens,
		BaseWidth: s.BaseWidth(), Notes: []string{},
	}
	for i, p := range points {
		x := Ranked{Values: p.Values, Outcome: outcomes[i], Name: p.Recipe.Name}
		if !x.Diverged {
			x.Loss = &outcomes[i].Loss
		}
		r.Runs = append(r.Runs, x)
	}
	slices.SortStableFunc(r.Runs, func(a, b Ranked) int { return cmp.Compare(a.order(), b.order()) })
	if best := r.Runs[0]; best.Loss != nil {
		r.Best = &best.Values
		for i, x := range r.Runs {
			if x.Loss != nil {
				behind := *x.Loss - *best.Loss
				r.Runs[i].Behind = &behind
			}
		}
	}
	r.note(s)
	return r
}

// order is what runs are sorted by.
func (x Ranked) order() float64 {
	if x.Loss == nil {
		return math.Inf(1)
	}
	return *x.Loss
}

// Tied is how many runs are as good as the best as far as one seed tells, itself included.
func (r Ranking) Tied() int {
	n := 0
	for _, x := range r.Runs {
		if x.Behind != nil && *x.Behind < verdict.OneSeed {
			n++
		}
	}
	return n
}

// note says what weakens the ranking.
func (r *Ranking) note(s Space) {
	note := func(format string, a ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, a...)) }
	if r.Best == nil {
		note("every run diverged; try lower learning rates")
		return
	}
	note("one seed each: another seed, or another order of rounding, moves a final loss by up to about %g nats; runs that near to the best, itself included: %d of %d",
		verdict.OneSeed, r.Tied(), len(r.Runs))
	for _, a := range []struct {
		name string
		all  []float64
		best float64
	}{{"learning rate", s.LR, r.Best.LR}, {"initial standard deviation", s.InitStd, r.Best.InitStd}, {"output multiplier", s.OutputMult, r.Best.OutputMult}} {
		switch {
		case len(a.all) < 2:
		case a.best == slices.Min(a.all):
			note("the best %s, %g, is the smallest tried: a smaller one may be better", a.name, a.best)
		case a.best == slices.Max(a.all):
			note("the best %s, %g, is the largest tried: a larger one may be better", a.name, a.best)
		}
	}
	if own := s.Recipe.Plan().Stages[0].Tokens; r.Tokens < own {
		note("each run saw %d tokens, %.2g of what the recipe's first stage sees: in longer runs a lower learning rate may be better", r.Tokens, float64(r.Tokens)/float64(own))
	}
	note("muP carries these values over widths; of another depth or batch, as later stages may have, it says nothing")
}
