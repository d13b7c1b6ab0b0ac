package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"growlab/app/session"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// ErrDiffers is wrapped when a replay does not give the numbers of the run that it replays.
var ErrDiffers = errors.New("the replay differs")

// Replay is ready to carry out the run in file once more, from its first step, as a new run under id: the same recipe, seed,
// precision and text, every edit of its journal at its step. It stops after step to; 0 is where the run itself stands. Of l only
// Device and Threads count, as in Resume. The numbers are the same, bit for bit, on the same kernels; on others Options.Warn is told.
func Replay(h *session.Home, id, file string, to int64, l session.Launch, o Options) (*Engine, error) {
	e := &Engine{options: o, id: id}
	if err := e.reenact(h, file, to, l); err != nil {
		return nil, e.abandon(err)
	}
	return e, nil
}

func (e *Engine) reenact(h *session.Home, file string, to int64, l session.Launch) error {
	old, err := readOriginal(file)
	if err != nil {
		return err
	}
	if e.replay, err = old.replay(to); err != nil {
		return err
	}
	if l.Device == "" {
		l.Device = old.told.Device
	}
	if l.Threads == 0 {
		l.Threads = old.meta.Threads
	}
	recipe := old.course.Recipe
	if err = e.openDevice(l.Device, l.Threads, recipe.Train.Precision); err != nil {
		return fmt.Errorf("a replay of run %s keeps its precision %s: %w", old.meta.ID, recipe.Train.Precision, err)
	}
	for _, was := range old.kernels {
		if is := kernels(e.dev.Name()); was != is {
			e.warn("the run was trained with %s and is replayed with %s: its numbers may differ in the last digits", was, is)
		}
	}
	var set *data.Set
	if set, err = e.sameData(old.meta); err != nil {
		return err
	}
	return e.create(h, recipe, set, store.Meta{
		Name: old.meta.Name + " replay", DataPath: old.meta.DataPath, Threads: l.Threads, Parent: old.meta.ID,
	}, told{Device: l.Device, Set: old.told.Set, Replay: e.replay})
}

// original is a run to be replayed.
type original struct {
	meta    store.Meta
	told    told
	state   store.State
	course  Course
	kernels []string // each that trained a part of it
}

func readOriginal(file string) (o original, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if o.state, err = r.State(); err != nil {
		return o, err
	}
	if o.meta, err = r.Meta(); err != nil {
		return o, err
	}
	if o.state == store.Running || o.state == store.Paused {
		return o, fmt.Errorf("run %s is %s; a replay wants one that has ended or was stopped", o.meta.ID, o.state)
	}
	if o.told, err = tellings(r, o.meta); err != nil {
		return o, err
	}
	if o.course, err = course(r); err != nil {
		return o, err
	}
	o.kernels, err = kernelsOf(r)
	return o, err
}

// kernelsOf are the kernels with which the parts of a run were trained, each once.
func kernelsOf(r *store.Reader) (all []string, err error) {
	journal, err := r.Events(0)
	for _, j := range journal {
		if s, ok := j.Event.(event.Start); ok {
			if k := kernels(s.Device); !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all, err
}

// replay is what a replay of o up to step to follows.
func (o original) replay(to int64) (*trainer.Replay, error) {
	last := o.course.Step
	switch {
	case last == 0:
		return nil, session.Usagef("run %s has taken no step; there is nothing to replay", o.meta.ID)
	case to < 0 || to > last:
		return nil, session.Usagef("--to is %d; run %s has the steps 1 to %d", to, o.meta.ID, last)
	case to == 0:
		to = last
	}
	if to == last && o.state == store.Done {
		to = 0
	}
	return &trainer.Replay{Edits: o.course.Journal, Until: to}, nil
}

// Comparison is what comes of comparing the steps of a run and its replay.
type Comparison struct {
	Steps int64  `json:"steps"` // compared
	Equal bool   `json:"equal"` // in every bit
	First int64  `json:"first_difference,omitempty"`
	What  string `json:"what,omitempty"` // of the first step that differs: "loss 1.25, then 1.26"
}

// String is the comparison in one line.
func (c Comparison) String() string {
	if c.Equal {
		return fmt.Sprintf("the replay is the run, bit for bit: losses, gradient norms, learning rates and masks of all %d steps", c.Steps)
	}
	return fmt.Sprintf("the replay differs from the run at step %d of %d: %s", c.First, c.Steps, c.What)
}

// Err wraps ErrDiffers if the two differ.
func (c Comparison) Err() error {
	if c.Equal {
		return nil
	}
	return fmt.Errorf("%w at step %d: %s", ErrDiffers, c.First, c.What)
}

// Compare compares the steps of the run file again with the first ones of the run file was.
func Compare(was, again string) (c Comparison, err error) {
	replayed, err := steps(again)
	if err != nil {
		return c, err
	}
	run, err := steps(was)
	if err != nil {
		return c, err
	}
	c.Steps, c.Equal = int64(len(replayed)), true
	for i, s := range replayed {
		if what := differs(run, i, s); what != "" {
			c.Equal, c.First, c.What = false, s.Step, what
			break
		}
	}
	return c, nil
}

func steps(file string) (all []event.Step, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.Steps(0, 0)
}

// differs says in what the replayed step s differs from step number i of the run, "" if in nothing that training determines.
func differs(run []event.Step, i int, s event.Step) string {
	if i >= len(run) || run[i].Step != s.Step {
		return "the run has no such step"
	}
	var all []string
	for _, x := range []struct {
		name    string
		was, is float64
	}{
		{"tokens", float64(run[i].Tokens), float64(s.Tokens)},
		{"loss", run[i].Loss, s.Loss},
		{"gradient norm", run[i].GradNorm, s.GradNorm},
		{"learning rate", run[i].LR, s.LR},
		{"mask", run[i].Mask, s.Mask},
	} {
		if math.Float64bits(x.was) != math.Float64bits(x.is) {
			all = append(all, fmt.Sprintf("%s %v, then %v", x.name, x.was, x.is))
		}
	}
	return strings.Join(all, "; ")
}
