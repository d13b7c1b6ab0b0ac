package lab

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/app/verdict"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/compute"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// Entry is a run as it is compared.
type Entry struct {
	Info   session.Info
	Meta   store.Meta
	Recipe growth.Recipe
	Stages []event.StageInfo
	Ended  event.Ended
	Evals  []event.Eval
	// Changes are what people changed while it went, so that it is not its recipe alone.
	Changes []event.Command
	Run     verdict.Run
}

// Read reads a run, which must be done: a verdict on part of a run would compare schedules that were cut off.
func Read(info session.Info) (e Entry, err error) {
	if info.State != session.Done {
		return e, session.Usagef("run %s is %s at step %d of %d; a verdict takes runs that are done", info.ID, info.State, info.Step, info.Steps)
	}
	r, err := store.OpenReader(info.File)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	e.Info = info
	if e.Meta, err = r.Meta(); err != nil {
		return e, err
	}
	if e.Recipe, err = growth.Parse(e.Meta.RecipeName, []byte(e.Meta.Recipe)); err != nil {
		return e, fmt.Errorf("run file %s: %w", info.File, err)
	}
	if e.Stages, err = r.Stages(); err != nil {
		return e, err
	}
	if e.Evals, err = r.Evals(); err != nil {
		return e, err
	}
	steps, err := r.Steps(0, 0)
	if err != nil {
		return e, err
	}
	journal, err := r.Events(0)
	if err != nil {
		return e, err
	}
	e.Run = verdict.Run{ID: info.ID, Seed: e.Meta.Seed}
	e.note(journal)
	return e, e.points(steps)
}

// note takes devices, changes and the end from the journal.
func (e *Entry) note(journal []store.Journalled) {
	var devices []string
	for _, j := range journal {
		switch x := j.Event.(type) {
		case event.Start:
			if !slices.Contains(devices, x.Device) {
				devices = append(devices, x.Device)
			}
		case event.Ended:
			e.Ended = x
		case event.Command:
			switch x.Verb {
			case control.Set, control.Grow, control.Postpone:
				e.Changes = append(e.Changes, x)
			}
			if x.Verb == control.Set && strings.HasPrefix(x.Detail, "threads=") { // times are of another device from here on
				devices = append(devices, x.Detail)
			}
		case event.Step, event.Eval, event.Blocks, event.Grew, event.Saved, event.Sampled, event.Paused, event.Resumed:
		}
	}
	e.Run.Device = strings.Join(devices, ", then ")
	if n := len(e.Ended.Stages); n > 0 {
		last := e.Ended.Stages[n-1]
		e.Run.Last.Tokens, e.Run.Last.Seconds = float64(last.Tokens), last.Seconds
	}
}

// points places the evaluations, of which the journal knows the step, in compute and time.
func (e *Entry) points(steps []event.Step) error {
	if len(steps) == 0 {
		return session.Usagef("run %s has no steps", e.Info.ID)
	}
	end := steps[len(steps)-1]
	var final *event.Eval
	for _, v := range e.Evals {
		i, found := slices.BinarySearchFunc(steps, v.Step, func(s event.Step, step int64) int { return int(s.Step - step) })
		switch {
		case v.Final:
			final = &v
		case !found || v.Step == end.Step || math.IsNaN(v.Loss):
		case v.EvalTokens != e.curveTokens(): // asked for by a person, on other windows
		default:
			s := steps[i]
			if n := len(e.Run.Points); n == 0 || s.FLOPs > e.Run.Points[n-1].FLOPs {
				e.Run.Points = append(e.Run.Points, verdict.Point{Tokens: float64(s.Tokens), FLOPs: s.FLOPs, Seconds: s.Seconds, Loss: v.Loss})
			}
		}
	}
	if final == nil {
		return session.Usagef("run %s has no final evaluation, on which a verdict rests", e.Info.ID)
	}
	if len(e.Run.Points) == 0 {
		return session.Usagef("run %s has no evaluation before the last: its eval.every of %d tokens is too long to draw a curve", e.Info.ID, e.Recipe.Eval.Every)
	}
	e.Run.End = verdict.Point{Tokens: float64(end.Tokens), FLOPs: end.FLOPs, Seconds: end.Seconds, Loss: final.Loss}
	e.Run.EndWindows = int(final.EvalTokens) / e.Recipe.Model.Context
	return nil
}

// curveTokens is how much text evaluations during the run are made on.
func (e *Entry) curveTokens() int64 {
	context := int64(e.Recipe.Model.Context)
	return max(int64(e.Recipe.Eval.Tokens)/context, 1) * context
}

// Measure evaluates the last network of each run on the windows of its curve, so that curves can be shifted to end in their
// final losses. Where one cannot be, none is, and the error says why; the entries can be compared all the same.
func Measure(entries []Entry, dev compute.Device) error {
	all := make([][]float64, len(entries))
	for i, e := range entries {
		m, err := engine.Measure(e.Info.File, dev)
		if err != nil {
			return err
		}
		if m.Step != e.Ended.Step {
			return fmt.Errorf("the last checkpoint of run %s is of step %d, not of its end at %d", e.Info.ID, m.Step, e.Ended.Step)
		}
		all[i] = m.Losses
	}
	for i := range entries {
		entries[i].Run.Windows = all[i]
	}
	return nil
}
