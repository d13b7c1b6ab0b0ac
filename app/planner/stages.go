package planner

import (
	"errors"
	"fmt"
	"slices"

	"growlab/growth"
)

// Stages is how many there are.
func (d *Draft) Stages() int { return len(d.recipe.Stages) }

// AddStage appends a stage that is a little larger than the last one and shares its tokens with it.
func (d *Draft) AddStage() {
	r := d.recipe
	last := len(r.Stages) - 1
	c := r.Config(last)
	s := growth.Stage{Layers: c.Layers + max(c.Layers/4, 1), Hidden: c.Hidden + max(c.Hidden/4/c.HeadDim, 1)*c.HeadDim, LR: 1}
	s.Operator = growth.MSG.Name
	r.Stages = append(slices.Clone(r.Stages), s)
	batch := batchOf(r, last)
	budget := r.Plan().Stages[last].Tokens
	half := growth.Tokens(max(budget/2/batch, 1) * batch)
	r.Stages[last].Tokens, r.Stages[last].FLOPs = max(growth.Tokens(budget)-half, growth.Tokens(batch)), 0
	r.Stages[last+1].Tokens = half
	r.Stages[last+1].Ramp = growth.Tokens(max(int64(half)/10/batch, 1) * batch)
	r.Stages[last+1].LR = r.Stages[last].LR
	d.clearStages()
	d.take(r)
}

// RemoveStage takes stage n out, which counts from 1; its tokens go to the one before, or after the first.
func (d *Draft) RemoveStage(n int) {
	if len(d.recipe.Stages) < 2 || n < 1 || n > len(d.recipe.Stages) {
		return
	}
	r := d.recipe
	lengths := r.Plan().Stages
	r.Stages = slices.Delete(slices.Clone(r.Stages), n-1, n)
	heir := max(n-2, 0)
	kept := lengths[heir].Tokens
	if n == 1 {
		kept = lengths[1].Tokens
	}
	r.Stages[heir].Tokens, r.Stages[heir].FLOPs = growth.Tokens(kept+lengths[n-1].Tokens), 0
	if n == 1 { // nothing comes before the first stage
		s := &r.Stages[0]
		s.Operator, s.Depth, s.Moments, s.Ramp, s.RampShape, s.LRPolicy = "", "", "", 0, "", ""
	}
	if last := len(r.Stages) - 1; heir == last {
		r.Stages[last].Plateau, r.Stages[last].PlateauGain = 0, 0
	}
	d.clearStages()
	d.take(r)
}

// clearStages forgets what was typed for stages, whose numbers change.
func (d *Draft) clearStages() {
	for key := range d.typed {
		if stageOf(key) > 0 {
			delete(d.typed, key)
			delete(d.why, key)
		}
	}
}

// MoveBoundary moves the end of stage n, which counts from 1, to so many tokens from the beginning of the run, as near as
// whole steps and the stages on both sides allow; what one of them gains the other loses.
func (d *Draft) MoveBoundary(n int, to int64) {
	if n < 1 || n >= len(d.recipe.Stages) || d.broken() {
		return
	}
	r := d.recipe
	plan := r.Plan().Stages
	left, right := plan[n-1], plan[n]
	step := max(left.Batch, right.Batch)
	begin, end := left.Begin, right.Begin+right.Tokens
	first := begin + max(left.Batch, left.Ramp, left.Warmup)
	last := end - max(right.Batch, right.Ramp, right.Warmup)
	to = begin + (to-begin+step/2)/step*step
	for to < first {
		to += step
	}
	for to > last {
		to -= step
	}
	if to < first {
		return // there is no room
	}
	r.Stages = slices.Clone(r.Stages)
	r.Stages[n-1].Tokens, r.Stages[n-1].FLOPs = growth.Tokens(to-begin), 0
	r.Stages[n].Tokens, r.Stages[n].FLOPs = growth.Tokens(end-to), 0
	d.clearStages()
	d.take(r)
}

// broken reports whether shapes and lengths are too wrong to be planned.
func (d *Draft) broken() bool {
	_, ok := d.Plan()
	return !ok
}

// Plan is the plan of the recipe; false if it is too wrong to be laid out.
func (d *Draft) Plan() (growth.Plan, bool) {
	r := d.recipe
	if len(r.Stages) == 0 || !slices.Contains(growth.Families, r.Model.Family) {
		return growth.Plan{}, false
	}
	for i := range r.Stages {
		c := r.Config(i)
		if c.Validate() != nil || batchOf(r, i) < 1 || r.Stages[i].Tokens < 0 || r.Stages[i].Ramp < 0 {
			return growth.Plan{}, false
		}
	}
	return r.Plan(), true
}

// batchOf is the tokens of a step in stage i.
func batchOf(r growth.Recipe, i int) int64 {
	if b := r.Stages[i].Batch; b > 0 {
		return int64(b)
	}
	return int64(r.Train.Batch)
}

// Derive replaces the draft by the recipe that follows from a goal. Its error is a sentence.
func (d *Draft) Derive(g Goal) error {
	params, err := growth.ParseParams(g.Params)
	if err != nil {
		return err
	}
	budget, err := growth.ParseTokens(g.Budget)
	if err != nil {
		return err
	}
	if budget <= 0 {
		return fmt.Errorf("the budget is %q; it must be a positive number of tokens, such as 30M", g.Budget)
	}
	r, err := growth.Derive(growth.Goal{Params: params, Tokens: budget})
	if err != nil {
		return errors.New(sentence(err))
	}
	r.Train.Seed, r.Train.Precision = d.recipe.Train.Seed, d.recipe.Train.Precision
	clear(d.typed)
	clear(d.why)
	d.origin = Origin{Goal: g}
	d.base = r
	d.take(r)
	return nil
}
