package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/control"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// Options are what a caller may choose about an engine, besides the run.
type Options struct {
	Version string            // of the program, for the run file
	Watch   func(event.Event) // called with each event in order, between two steps; may be nil
	Warn    func(string)      // called with sentences for a person; may be nil
	// Ranks are the processes that train together; nil is this one alone. The caller closes it after the engine. Job is theirs
	// (ranks.World.Job), for FindJob.
	Ranks *ranks.Group
	Job   string
}

// Engine is a run with all it needs to train.
type Engine struct {
	options Options
	id      string
	dev     compute.Device
	trainer *trainer.Trainer
	server  *control.Server
	run     *store.Run
	sink    sink
	meter   *meter          // nil: there is no GPU, or none that can be measured
	text    string          // path of the data, "" for the embedded corpus
	replay  *trainer.Replay // nil for a run of its own
	crew    *crew           // nil unless this engine has several GPUs
}

// New makes a run under id and is ready to train it. When it fails, no run file is left.
func New(h *session.Home, id string, l session.Launch, o Options) (*Engine, error) {
	e := &Engine{options: o, id: id}
	if err := e.begin(h, l); err != nil {
		return nil, e.abandon(err)
	}
	return e, nil
}

// abandon closes an engine that did not become ready, and tells the other ranks why.
func (e *Engine) abandon(err error) error {
	e.options.Ranks.Fail(err)
	return errors.Join(err, e.Close())
}

func (e *Engine) begin(h *session.Home, l session.Launch) error {
	recipe, err := session.LoadRecipe(l)
	if err != nil {
		return err
	}
	if l.Name == "" {
		l.Name = recipe.Name
	}
	if err := session.CheckName(l.Name); err != nil {
		return err
	}
	if err = e.openDevice(l.Device, l.Threads, recipe.Train.Precision); err != nil {
		return err
	}
	recipe.Train.Precision = e.dev.Precision().String() // auto is decided once, here
	if recipe.Teacher, err = absolute(recipe.Teacher); err != nil {
		return err
	}
	set, path, err := openData(l.Data, recipe.Teacher)
	if err != nil {
		return err
	}
	e.text = path
	return e.create(h, recipe, set, store.Meta{Name: l.Name, DataPath: path, Threads: l.Threads}, told{Device: l.Device, Set: l.Set, Job: e.options.Job})
}

// create makes the run file, in which m has what neither the recipe nor the data tells, once the run is ready to train.
func (e *Engine) create(h *session.Home, recipe growth.Recipe, set *data.Set, m store.Meta, how told) error {
	file := filepath.Join(h.RunFolder(), store.FileName(m.Name, e.id))
	if err := e.prepare(recipe, set, nil, event.Start{Run: e.id, Name: m.Name, File: file}); err != nil {
		return err
	}
	text, err := recipe.TOML()
	if err != nil {
		return err
	}
	if m.Options, err = json.Marshal(how); err != nil {
		return fmt.Errorf("run %s: %w", e.id, err)
	}
	m.ID, m.RecipeName, m.Recipe, m.Seed = e.id, recipe.Name, string(text), recipe.Train.Seed
	m.DataName, m.DataHash, m.Version, m.Device = set.Name, set.Hash, e.options.Version, e.dev.Name()
	if e.run, err = store.Create(file, m); err != nil {
		return err
	}
	e.connect(recipe)
	return nil
}

// told is what the run file keeps of how a run was started besides the recipe.
type told struct {
	Device string          `json:"device,omitempty"`
	Set    []string        `json:"set,omitempty"`
	Replay *trainer.Replay `json:"replay,omitempty"`
	Fork   *session.Forked `json:"fork,omitempty"`
	Job    string          `json:"job,omitempty"` // of a launcher that started several ranks
}

// prepare makes the trainer and the control socket: all that can fail before the run file is touched.
func (e *Engine) prepare(recipe growth.Recipe, set *data.Set, from *trainer.Checkpoint, start event.Start) (err error) {
	if e.server, err = control.Listen(e.id); err != nil {
		return err
	}
	if err := e.enlist(recipe, set, from, start); err != nil {
		return err
	}
	return e.prepareTrainer(recipe, set, from, start)
}

// connect leads what the trainer produces to the run file, the socket and the caller.
func (e *Engine) connect(recipe growth.Recipe) {
	e.run.Keep(recipe.Checkpoint.Keep)
	e.sink = sink{run: e.run, server: e.server, watch: e.options.Watch}
}

// ID is the run's.
func (e *Engine) ID() string { return e.id }

// File is the run's file; "" on a rank other than 0.
func (e *Engine) File() string {
	if e.run == nil {
		return ""
	}
	return e.run.Path()
}

// Save asks for a checkpoint and waits until the trainer has taken the request. On a rank other than 0 it does nothing.
func (e *Engine) Save(ctx context.Context) error {
	if e.server == nil {
		return nil
	}
	return e.server.Do(ctx, control.Command{Verb: control.Save})
}

// Train runs to the end of the recipe, or of the replay, and returns nil then. When ctx ends, or somebody stops the run, it saves a checkpoint
// first; the error is then the cause of ctx's end, or ErrStopped. Other errors are why the run failed. At the end the curve
// of the run is drawn beside its file.
func (e *Engine) Train(ctx context.Context) (event.Ended, error) {
	end, err := e.trainer.Run(ctx)
	if e.run != nil {
		err = e.finish(end, err)
	}
	if err != nil || end.State == string(store.Done) || e.replay != nil && e.replay.Until > 0 && end.Step >= e.replay.Until {
		return end, err
	}
	if ctx.Err() != nil {
		return end, context.Cause(ctx)
	}
	return end, ErrStopped
}

// finish writes what is left to write. err is why the run failed, if it did.
func (e *Engine) finish(end event.Ended, err error) error {
	if flush := e.run.Flush(); err == nil {
		err = flush
	}
	if end.Step > 0 {
		if err := draw(e.run.Path()); err != nil {
			e.warn("%v", err)
		}
	}
	return err
}

// Close ends the control socket, the run file and the device.
func (e *Engine) Close() error {
	var errs []error
	if e.server != nil {
		errs = append(errs, e.server.Close())
	}
	if e.run != nil {
		errs = append(errs, e.run.Close())
	}
	if e.trainer != nil {
		e.trainer.Close()
	}
	errs = append(errs, e.meter.close())
	if e.dev != nil {
		errs = append(errs, e.dev.Close())
	}
	return errors.Join(append(errs, e.crew.dismiss())...)
}

// warn tells a person.
func (e *Engine) warn(format string, a ...any) {
	if e.options.Warn != nil {
		e.options.Warn(fmt.Sprintf(format, a...))
	}
}
