package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"growlab/app/engine"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
)

// Queue trains recipes one after another in this process, each as an ordinary run. Those that were trained before, on the same
// text, are not trained again, and those that were begun go on from their last checkpoint.
type Queue struct {
	Home *session.Home
	// Launch says on what text and device; its recipe and what changes recipes do not count.
	Launch session.Launch
	// Begin is called before recipe i trains, and gives the options of its engine.
	Begin func(i int, r growth.Recipe) engine.Options
	// Done is called after recipe i, also if it was found done; may be nil.
	Done func(i int, o Outcome)

	now  atomic.Pointer[engine.Engine]
	past []past
}

// Outcome is what became of one recipe.
type Outcome struct {
	Run      string  `json:"run"` // id
	Loss     float64 `json:"-"`   // the final one, nats per token; 0 if it diverged
	Diverged bool    `json:"diverged"`
	// Found says that the run was there already and nothing was trained.
	Found bool `json:"found"`
}

// Run trains the recipes in their order and returns their outcomes, as many as there are when ctx ends or one fails. A run that
// diverges is an outcome, not a failure.
func (q *Queue) Run(ctx context.Context, recipes []growth.Recipe) (all []Outcome, err error) {
	defer func() {
		if err != nil && (len(all) > 0 || ctx.Err() != nil) {
			err = fmt.Errorf("%d of %d runs are done, and the same command goes on from here: %w", len(all), len(recipes), err)
		}
	}()
	if q.past, err = q.remember(); err != nil {
		return nil, err
	}
	for i, r := range recipes {
		if ctx.Err() != nil {
			return all, context.Cause(ctx)
		}
		o, err := q.one(ctx, i, r)
		if err != nil {
			return all, err
		}
		all = append(all, o)
		if q.Done != nil {
			q.Done(i, o)
		}
	}
	return all, nil
}

// Save asks the run that trains now for a checkpoint.
func (q *Queue) Save(ctx context.Context) error {
	if e := q.now.Load(); e != nil {
		return e.Save(ctx)
	}
	return nil
}

// one is the outcome of recipe i.
func (q *Queue) one(ctx context.Context, i int, r growth.Recipe) (Outcome, error) {
	r, err := q.settled(r)
	if err != nil {
		return Outcome{}, err
	}
	info, found, err := q.find(r)
	switch {
	case err != nil:
		return Outcome{}, err
	case found && info.State == session.Done:
		return Outcome{Run: info.ID, Loss: info.ValLoss, Found: true}, nil
	case found && info.State == session.Failed && diverged(info):
		return Outcome{Run: info.ID, Diverged: true, Found: true}, nil
	case found && info.Live():
		return Outcome{}, fmt.Errorf("run %s, %s, is %s in another process; wait until it is done, or stop it", info.ID, info.Name, info.State)
	case found:
		e, err := engine.Resume(info.File, q.where(), q.Begin(i, r))
		return q.train(ctx, e, err)
	}
	return q.fresh(ctx, r, q.Begin(i, r))
}

// diverged reports whether a failed run did; the file keeps the sentence alone.
func diverged(info session.Info) bool {
	return strings.HasPrefix(info.Error, trainer.ErrDiverged.Error())
}

// where is the launch without what would change the recipe.
func (q *Queue) where() session.Launch {
	return session.Launch{Data: q.Launch.Data, Device: q.Launch.Device, Threads: q.Launch.Threads}
}

// settled is r with the precision that its run will have: auto is what the device does faster.
func (q *Queue) settled(r growth.Recipe) (growth.Recipe, error) {
	if r.Train.Precision != "auto" {
		return r, nil
	}
	dev, err := session.OpenDevice(q.Launch.Device, q.Launch.Threads, r.Train.Precision)
	if err != nil {
		return r, err
	}
	r.Train.Precision = dev.Precision().String()
	return r, dev.Close()
}

// fresh trains r from its first step.
func (q *Queue) fresh(ctx context.Context, r growth.Recipe, o engine.Options) (out Outcome, err error) {
	draft, err := lab.Draft(r)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(filepath.Dir(draft))) }()
	l := q.where()
	l.Recipe = draft
	e, err := engine.New(q.Home, store.NewID(), l, o)
	return q.train(ctx, e, err)
}

// train trains what was opened, to its end.
func (q *Queue) train(ctx context.Context, e *engine.Engine, opened error) (Outcome, error) {
	if opened != nil {
		return Outcome{}, opened
	}
	q.now.Store(e)
	end, err := e.Train(ctx)
	q.now.Store(nil)
	id := e.ID()
	closed := e.Close()
	if errors.Is(err, trainer.ErrDiverged) {
		return Outcome{Run: id, Diverged: true}, closed
	}
	return Outcome{Run: id, Loss: end.Loss}, errors.Join(err, closed)
}
