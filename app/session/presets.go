package session

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"growlab/assets"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/event"
)

// Presets are the recipes that come with the program, the cheapest first, without those that are only compared with
// another. The first call measures this machine's speed, which takes a moment.
func (h *Home) Presets() []Preset {
	var all []Preset
	var recipes []growth.Recipe
	for _, name := range assets.Recipes() {
		recipe, err := LoadRecipe(Launch{Recipe: name})
		if err != nil {
			panic(fmt.Sprintf("session: preset %s: %v", name, err)) // a test parses them all
		}
		if recipe.RivalOf == "" {
			all, recipes = append(all, preset(name, recipe)), append(recipes, recipe)
		}
	}
	_ = h.estimate(all, recipes) // without it, cards say neither time nor memory; training will say what is wrong
	slices.SortStableFunc(all, func(a, b Preset) int { return cmp.Compare(a.FLOPs, b.FLOPs) })
	return all
}

func preset(name string, r growth.Recipe) Preset {
	plan := r.Plan()
	return Preset{
		Name: name, Title: cmp.Or(r.Title, name), About: r.About, Stages: Stages(plan),
		Params: plan.Stages[len(plan.Stages)-1].Params, Tokens: plan.Tokens, FLOPs: plan.FLOPs,
	}
}

// estimate says what each preset takes on this machine's processor, in the precision that it would choose.
func (h *Home) estimate(all []Preset, recipes []growth.Recipe) (err error) {
	dev, err := OpenDevice("cpu", h.Threads, "auto")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	speed, err := h.speeds.of(dev, "auto")
	if err != nil {
		return err
	}
	for i, r := range recipes {
		p := &all[i]
		for stage, took := range speed.Estimate(r.Plan()) {
			p.Estimate += took
			p.Memory = max(p.Memory, StageMemory(r, stage, 1, dev))
		}
		p.Estimate = p.Estimate.Round(time.Second)
	}
	return nil
}

// Stages are the stages of a plan as events and run files describe them.
func Stages(p growth.Plan) []event.StageInfo {
	out := make([]event.StageInfo, len(p.Stages))
	for i, s := range p.Stages {
		out[i] = trainer.StageInfo(s)
	}
	return out
}
