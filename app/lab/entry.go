package lab

import (
	"cmp"
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
	Task   Task
	Stages []event.StageInfo
	Ended  event.Ended
	Evals  []event.Eval
	Grew   []event.Grew
	// Changes are what people changed while it went, so that it is not its recipe alone.
	Changes []growth.Edit
	// Measured is the precision in which the last network was measured, and Why says why if it is not the run's; "" if it was not.
	Measured, Why string
	Run           verdict.Run
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
	e.Task = TaskOf(e.Meta, e.Recipe)
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
	course, err := engine.ReadCourse(info.File)
	if err != nil {
		return e, err
	}
	e.Changes = course.Asked
	e.Run = verdict.Run{ID: info.ID, Seed: e.Meta.Seed}
	e.note(journal)
	return e, e.points(steps)
}

// note takes devices, growths and the end from the journal.
func (e *Entry) note(journal []store.Journalled) {
	var devices []string
	for _, j := range journal {
		switch x := j.Event.(type) {
		case event.Start:
			if !slices.Contains(devices, x.Device) {
				devices = append(devices, x.Device)
			}
		case event.Grew:
			e.Grew = append(e.Grew, x)
		case event.Ended:
			e.Ended = x
		case event.Command:
			if x.Verb == control.Set && strings.HasPrefix(x.Detail, "threads=") { // times are of another device from here on
				devices = append(devices, x.Detail)
			}
		case event.Step, event.Eval, event.Blocks, event.GPUs, event.Memory, event.Shrank, event.Saved, event.Sampled, event.Paused, event.Resumed:
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
// final losses, in the precision that the run has; open opens the device for it. Where it has none such, it is fp32, and the entry
// says why. Where a run cannot be measured, none is, and the error says why; the entries can be compared all the same.
func Measure(entries []Entry, open func(precision string) (compute.Device, error)) error {
	devices := map[string]*opened{}
	err := measure(entries, func(precision string) *opened {
		if devices[precision] == nil {
			dev, err := open(precision)
			devices[precision] = &opened{dev, err}
		}
		return devices[precision]
	})
	for _, d := range devices {
		if d.dev != nil {
			err = errors.Join(err, d.dev.Close())
		}
	}
	return err
}

// opened is a device, or why there is none.
type opened struct {
	dev compute.Device
	err error
}

func measure(entries []Entry, device func(precision string) *opened) error {
	done := make([]Entry, len(entries))
	for i, e := range entries {
		e.Measured = cmp.Or(e.precision(), compute.FP32.String())
		d := device(e.Measured)
		if d.err != nil && e.Measured != compute.FP32.String() {
			e.Measured, e.Why = compute.FP32.String(), d.err.Error()
			d = device(e.Measured)
		}
		if d.err != nil {
			return d.err
		}
		m, err := engine.Measure(e.Info.File, d.dev)
		if err != nil {
			return err
		}
		if m.Step != e.Ended.Step {
			return fmt.Errorf("the last checkpoint of run %s is of step %d, not of its end at %d", e.Info.ID, m.Step, e.Ended.Step)
		}
		e.Run.Windows = m.Losses
		done[i] = e
	}
	copy(entries, done)
	return nil
}

// precision is that of the run's products; "" if it is from before runs stored theirs, which is fp32.
func (e Entry) precision() string {
	if p := e.Recipe.Train.Precision; p != "auto" {
		return p
	}
	return ""
}
