package search

import (
	"context"
	"fmt"
	"slices"

	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
)

// Tuner gives each contender of a comparison the best of the same number of learning rates. Every trial is a run of the contender's
// full length, so all of them have the same share of their own tokens.
type Tuner struct {
	Contenders []growth.Recipe
	Seed       uint64    // of the trials
	Factors    []float64 // rates to begin with, times the recipe's own; three at least tell whether the best is at the edge
	// Most is how many trials a contender gets at most. While the best rate of any is at the edge of what was tried, every one
	// gets another: one that is at the edge beyond it, any other between its best two.
	Most int
	// Train trains recipes that were not trained before, and returns their outcomes: Queue.Run.
	Train func(context.Context, []growth.Recipe) ([]Outcome, error)
}

// Check says what is wrong with the settings.
func (t Tuner) Check() error {
	switch {
	case len(t.Factors) < 1:
		return session.Usagef("there are no learning rates to try; give factors such as 0.5,1,2")
	case t.Most < len(t.Factors):
		return session.Usagef("%d runs for each contender are fewer than the %d factors", t.Most, len(t.Factors))
	}
	for i, r := range t.Contenders {
		for _, o := range t.Contenders[:i] {
			if Same(o, r) {
				return session.Usagef("%s and %s are one recipe; a contender is named once", o.Name, r.Name)
			}
		}
	}
	return nil
}

// Run tunes. The contenders come back in their order.
func (t Tuner) Run(ctx context.Context) ([]lab.Tuned, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	all := make([]lab.Tuned, len(t.Contenders))
	rates := make([][]float64, len(t.Contenders))
	for i, r := range t.Contenders {
		all[i].Name = r.Name
		for _, f := range t.Factors {
			rates[i] = append(rates[i], r.Train.LR*f)
		}
	}
	for n := len(t.Factors); ; n++ {
		if err := t.try(ctx, all, rates); err != nil {
			return nil, err
		}
		if n == t.Most || !slices.ContainsFunc(all, lab.Tuned.Edge) {
			return all, nil
		}
		for i := range all {
			rates[i] = []float64{all[i].Next()}
		}
	}
}

// try trains each contender at its rates and adds what came of it.
func (t Tuner) try(ctx context.Context, all []lab.Tuned, rates [][]float64) error {
	var recipes []growth.Recipe
	var of []int
	for i, r := range t.Contenders {
		for _, lr := range rates[i] {
			x := At(r, lr, t.Seed)
			if err := x.Validate(); err != nil {
				return err
			}
			recipes, of = append(recipes, x), append(of, i)
		}
	}
	outcomes, err := t.Train(ctx, recipes)
	if err != nil {
		return err
	}
	for k, o := range outcomes {
		trial := lab.Trial{LR: recipes[k].Train.LR, Run: o.Run, Found: o.Found}
		if !o.Diverged {
			trial.Loss = &outcomes[k].Loss
		}
		all[of[k]].Trials = append(all[of[k]].Trials, trial)
	}
	for i := range all {
		all[i].Settle()
	}
	return nil
}

// At is r at a learning rate and a seed.
func At(r growth.Recipe, lr float64, seed uint64) growth.Recipe {
	r.Name = fmt.Sprintf("%s-lr%s-seed%d", r.Name, short(lr), seed)
	r.Train.LR, r.Train.Seed = lr, seed
	return r
}

// Carry is the rate of a recipe that follows from the best rate of another, tuned at its own size, and the rule in words: under muP
// of one base width the same rate; without muP the rate times the width of the first stage there over the width of the first stage
// here, rounded to two digits.
func Carry(best float64, from, to growth.Recipe) (lr float64, rule string, err error) {
	a, b := from.Model.BaseWidth, to.Model.BaseWidth
	switch {
	case a != b:
		return 0, "", session.Usagef("%s has muP base width %d and %s has %d (0 is no muP): no rule carries a learning rate from one to the other",
			from.Name, a, to.Name, b)
	case a > 0:
		return best, fmt.Sprintf("that of %s by muP", from.Name), nil
	}
	a, b = from.Stages[0].Hidden, to.Stages[0].Hidden
	return growth.Rounded(best*float64(a)/float64(b), 2), fmt.Sprintf("%g of %s times %d/%d, width over width", best, from.Name, a, b), nil
}
