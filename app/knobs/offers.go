package knobs

import (
	"fmt"

	"growlab/app/form"
	"growlab/app/words"
	"growlab/trainer/control"
)

// Offers are values that a person may want for a key, so that nothing has to be typed; nil if there are none.
func (s *Staged) Offers(key string) []form.Offer {
	if s.course == nil || s.course.Now.At(s.course.Tokens).Done {
		return nil
	}
	var all []form.Offer
	switch key {
	case "lr":
		all = multiples(s.course.Now.Train.LR, 0.25, 0.5, 0.8, 1.25, 2)
	case "weight_decay":
		all = multiples(s.course.Now.Train.WeightDecay, 0, 0.5, 2)
	case "clip":
		all = multiples(s.course.Now.Train.Clip, 0, 0.5, 2)
	case "batch":
		all = s.batches()
	case "ramp":
		all = s.ramps()
	case control.Postpone, control.Extend:
		all = s.delays(key)
	case "eval.every":
		all = cadences(int64(s.course.Now.Eval.Every))
	case "sample.every":
		all = cadences(int64(s.course.Now.Sample.Every))
	case "checkpoint.every":
		all = cadences(int64(s.course.Now.Checkpoint.Every))
	}
	if _, staged := s.values[key]; staged {
		all = append(all, form.Offer{Label: "as it is", Text: ""})
	}
	return all
}

// multiples of a number, in three digits.
func multiples(now float64, by ...float64) []form.Offer {
	var all []form.Offer
	for _, m := range by {
		switch text := words.About(now*m, 3); {
		case m == 0:
			all = append(all, form.Offer{Label: "none · 0", Text: "0"})
		case now != 0:
			all = append(all, form.Offer{Label: fmt.Sprintf("× %g · %s", m, text), Text: text})
		}
	}
	return all
}

// amount offers a number of tokens.
func amount(label string, n int64) form.Offer {
	text := words.Thousands(n)
	return form.Offer{Label: label + " · " + text, Text: text}
}

// batches are half and twice the batch, where they are whole contexts.
func (s *Staged) batches() []form.Offer {
	var all []form.Offer
	now, context := s.course.Now.At(s.course.Tokens).Batch, int64(s.course.Now.Model.Context)
	if half := now / 2; half >= context && half%context == 0 && now%2 == 0 {
		all = append(all, amount("half", half))
	}
	return append(all, amount("twice", 2*now))
}

// ramps shorten and lengthen what is left of the ramp.
func (s *Staged) ramps() []form.Offer {
	left, on := s.Ramping()
	if !on {
		return nil
	}
	return []form.Offer{{Label: "at once · 0", Text: "0"}, amount("half as long", left/2), amount("twice as long", 2*left)}
}

// delays are parts of the stage that would be made longer, in whole steps: of the present one, which another has to follow, or of
// the last.
func (s *Staged) delays(key string) []form.Offer {
	stages := s.course.Now.Plan().Stages
	stage, of := stages[len(stages)-1], "the last stage"
	if key == control.Postpone {
		at := s.course.Now.At(s.course.Tokens).Stage
		if at == len(stages)-1 {
			return nil
		}
		stage, of = stages[at], "this stage"
	}
	var all []form.Offer
	for _, percent := range []int64{5, 10, 25, 50} {
		steps := max(stage.Tokens*percent/100/stage.Batch, 1)
		all = append(all, amount(fmt.Sprintf("%d %% of %s", percent, of), steps*stage.Batch))
	}
	return all
}

// cadences are more and less often than now.
func cadences(now int64) []form.Offer {
	if now <= 0 {
		return nil
	}
	return []form.Offer{amount("twice as often", max(now/2, 1)), amount("half as often", 2*now), {Label: "never · 0", Text: "0"}}
}
