package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"growlab/app/knobs"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/control"
)

// desk is a machine of made-up runs on which everything else can be done too; what was asked for is in sent.
type fakeDesk struct {
	*fakeSessions
	queue session.Queue
	saved []session.Saved
	edits int
	judge func(ctx context.Context, runs []string) (lab.Comparison, error)
}

func newDesk(f *fakeSessions) *fakeDesk { return &fakeDesk{fakeSessions: f} }

func (d *fakeDesk) note(format string, a ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, fmt.Sprintf(format, a...))
	return d.fail
}

func (d *fakeDesk) change(id string, do func(*session.Info)) (session.Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.infos {
		if d.infos[i].ID == id {
			do(&d.infos[i])
			return d.infos[i], nil
		}
	}
	return session.Info{}, errors.New("no such run")
}

func (d *fakeDesk) Rename(run, name string) (session.Info, error) {
	if err := d.note("rename %s %s", run, name); err != nil {
		return session.Info{}, err
	}
	return d.change(run, func(i *session.Info) { i.Name = name })
}

func (d *fakeDesk) Tag(run string, add, remove []string) (session.Info, error) {
	if err := d.note("tag %s +%s -%s", run, strings.Join(add, ","), strings.Join(remove, ",")); err != nil {
		return session.Info{}, err
	}
	return d.change(run, func(i *session.Info) { i.Tags = strings.Join(add, " ") })
}

func (d *fakeDesk) Weight(session.Info) int64 { return 12_300_000 }

func (d *fakeDesk) Remove(info session.Info) (int64, error) {
	if err := d.note("remove %s", info.ID); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.infos = slices.DeleteFunc(d.infos, func(i session.Info) bool { return i.ID == info.ID })
	return d.Weight(info), nil
}

func (d *fakeDesk) Checkpoints(string) ([]session.Saved, error) { return d.saved, d.fail }

func (d *fakeDesk) Fork(_ context.Context, f session.Fork) (session.Info, error) {
	if err := d.note("fork %s at %d revert %v set %s", f.Run, f.Checkpoint, f.Revert, strings.Join(f.Set, " ")); err != nil {
		return session.Info{}, err
	}
	info := session.Info{ID: f.Run + "-fork", Name: f.Run + " fork", Parent: f.Run, Fork: &session.Forked{Step: 800}, State: session.Running, Stages: 3, PlanTokens: planTokens}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.infos = append([]session.Info{info}, d.infos...)
	return info, nil
}

func (d *fakeDesk) Queue() (session.Queue, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue, nil
}

func (d *fakeDesk) MoveQueued(id string, place int) error { return d.note("move %s %d", id, place) }
func (d *fakeDesk) Dequeue(id string) error               { return d.note("dequeue %s", id) }
func (d *fakeDesk) HoldQueue(on bool) error               { return d.note("hold %v", on) }
func (d *fakeDesk) ClearQueue() error                     { return d.note("clear") }
func (d *fakeDesk) StartQueue(context.Context) error      { return d.note("start the queue") }

func (d *fakeDesk) Price(r growth.Recipe) (session.Cost, error) {
	c := session.Cost{Device: "cpu · 2 threads", Memory: 156e6, Free: 7.8e9, Seconds: 112}
	for range r.Stages {
		c.Stages = append(c.Stages, session.StageCost{Memory: 156e6, Seconds: 112 / float64(len(r.Stages))})
	}
	return c, nil
}

func (d *fakeDesk) RecipeOf(run string) (growth.Recipe, string, error) {
	r, err := session.LoadRecipe(session.Launch{Recipe: "flm-1m"})
	if run != "flm-1m" {
		r.Train.LR, r.Name = 4e-3, run
	}
	return r, "", err
}

func (d *fakeDesk) StartRecipe(ctx context.Context, r growth.Recipe, data string) (session.Info, error) {
	if err := d.note("train %s lr %g on %q", r.Name, r.Train.LR, data); err != nil {
		return session.Info{}, err
	}
	info := session.Info{ID: r.Name + "-new", Name: r.Name, Recipe: r.Name, State: session.Running, Stages: len(r.Stages), PlanTokens: planTokens}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.infos = append([]session.Info{info}, d.infos...)
	return info, nil
}

func (d *fakeDesk) EnqueueRecipe(_ context.Context, r growth.Recipe, data string) error {
	if err := d.note("enqueue %s on %q", r.Name, data); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue.Entries = append(d.queue.Entries, session.Queued{ID: r.Name, Name: r.Name, State: session.Waiting})
	return nil
}

func (d *fakeDesk) Course(string) (knobs.Course, error) {
	r, err := session.LoadRecipe(session.Launch{Recipe: "flm-1m"})
	d.mu.Lock()
	defer d.mu.Unlock()
	return knobs.Course{Now: r, Step: 100, Tokens: 100 * batch, Edits: d.edits}, err
}

func (d *fakeDesk) Rival(run, kind string) (growth.Recipe, string, error) {
	r, _, err := d.RecipeOf("flm-1m")
	if err != nil {
		return r, "", err
	}
	r, err = r.Rival(kind, growth.Spent{})
	return r, "", err
}

func (d *fakeDesk) Compare(ctx context.Context, runs []string, tell func(string)) (lab.Comparison, error) {
	if err := d.note("compare %s", strings.Join(runs, " ")); err != nil {
		return lab.Comparison{}, err
	}
	tell("measuring")
	if d.judge == nil {
		return lab.Comparison{}, errors.New("the runs saw different texts")
	}
	return d.judge(ctx, runs)
}

// Send notes commands whole.
func (d *fakeDesk) Send(_ context.Context, id string, c control.Command) error {
	return d.note("%s", strings.TrimSpace(c.Verb+" "+c.Detail()))
}
