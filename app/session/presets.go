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
	speed, err := h.speed()
	if err != nil {
		speed = Speed{} // the cards then say no time; training will say what is wrong
	}
	var all []Preset
	for _, name := range assets.Recipes() {
		recipe, err := LoadRecipe(Launch{Recipe: name})
		if err != nil {
			panic(fmt.Sprintf("session: preset %s: %v", name, err)) // a test parses them all
		}
		if recipe.RivalOf == "" {
			all = append(all, preset(name, recipe, speed))
		}
	}
	slices.SortStableFunc(all, func(a, b Preset) int { return cmp.Compare(a.FLOPs, b.FLOPs) })
	return all
}

func preset(name string, r growth.Recipe, s Speed) Preset {
	plan := r.Plan()
	p := Preset{
		Name: name, Title: cmp.Or(r.Title, name), About: r.About, Stages: Stages(plan),
		Params: plan.Stages[len(plan.Stages)-1].Params, Tokens: plan.Tokens, FLOPs: plan.FLOPs,
	}
	for _, d := range s.Estimate(plan) {
		p.Estimate += d
	}
	p.Estimate = p.Estimate.Round(time.Second)
	return p
}

// Stages are the stages of a plan as events and run files describe them.
func Stages(p growth.Plan) []event.StageInfo {
	out := make([]event.StageInfo, len(p.Stages))
	for i, s := range p.Stages {
		out[i] = trainer.StageInfo(s)
	}
	return out
}

// speed is that of this machine in the precision that it would choose.
func (h *Home) speed() (s Speed, err error) {
	dev, err := OpenDevice("cpu", h.Threads, "auto")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	return h.speeds.of(dev, "auto")
}
