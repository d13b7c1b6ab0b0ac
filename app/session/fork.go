package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"growlab/store"
	"growlab/trainer/control"
)

// Fork says from where a run is forked, and what is different from there on. The fork is a run of its own, whose file begins with
// the past of the other up to a checkpoint; the other stays as it is. Only Run is required.
type Fork struct {
	Run string // what is forked: id, its beginning, name or file
	// Checkpoint is the id of a checkpoint of the run; 0 is the newest one of Step.
	Checkpoint int64
	// Step is one that has a checkpoint; 0 is the newest that there is.
	Step int64
	// Revert goes on without the edit that the checkpoint was saved before: the last edit if neither Checkpoint nor Step is set. A
	// run that trains is stopped first.
	Revert bool
	Name   string // of the fork; "" for the run's with "fork" or "revert" behind it
	// Set are changes, each "key=value": what a live run can change (growth.Settable, such as lr=0.5x), or a key of the recipe that
	// concerns nothing that has been (stage.3.operator=stack).
	Set     []string
	Device  string // "" and 0 are the run's
	Threads int
}

// Args are the flags and the argument of growlab fork, revert or engine fork that mean f.
func (f Fork) Args() []string {
	l := Launch{Name: f.Name, Device: f.Device, Threads: f.Threads, Set: f.Set}
	args := l.Args()
	if f.Checkpoint != 0 {
		args = append(args, "--checkpoint="+strconv.FormatInt(f.Checkpoint, 10))
	}
	if f.Step != 0 {
		args = append(args, "--at="+strconv.FormatInt(f.Step, 10))
	}
	return append(args, f.Run)
}

// Saved is a checkpoint of a run, from which one can fork.
type Saved struct {
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Step   int64     `json:"step"`
	Tokens int64     `json:"tokens"`
	Stage  int       `json:"stage"` // counts from 1
	// Reason is why it was saved: cadence, transition (just after a growth), edit (just before an edit), asked, pause or end.
	Reason string `json:"reason"`
	Pinned bool   `json:"pinned"` // stays when newer ones push others out
	Bytes  int64  `json:"bytes"`
}

// Checkpoints lists the checkpoints of a run, oldest first.
func (h *Home) Checkpoints(run string) (all []Saved, err error) {
	if r := h.remote(run); r != nil {
		return r.checkpoints(context.Background())
	}
	path, err := store.Find(h.RunFolder(), run)
	if err != nil {
		return nil, err
	}
	r, err := store.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	infos, err := r.Checkpoints()
	for _, c := range infos {
		all = append(all, Saved{c.ID, c.Time, c.Step, c.Tokens, c.Stage, c.Reason, c.Pinned, c.Bytes})
	}
	return all, err
}

// Fork makes the fork and begins to train it in an engine process of its own, as Start does.
func (h *Home) Fork(ctx context.Context, f Fork) (Info, error) {
	if r := h.remote(f.Run); r != nil {
		return h.forkFar(ctx, r, f)
	}
	f, err := h.Aim(ctx, f)
	if err != nil {
		return Info{}, err
	}
	id, verb := store.NewID(), "fork"
	if f.Revert {
		verb = "revert"
	}
	return h.spawn(ctx, id, append([]string{"engine", verb, "--ready", "--id", id}, f.Args()...))
}

// Aim finds the run that f means and puts its file for it. One that trains and is to be reverted is stopped.
func (h *Home) Aim(ctx context.Context, f Fork) (Fork, error) {
	info, err := h.Find(f.Run)
	if err != nil {
		return f, err
	}
	f.Run = info.File
	if f.Revert {
		err = h.Halt(ctx, info)
	}
	return f, err
}

// Halt stops a run that trains, with a checkpoint, and returns once its engine is gone.
func (h *Home) Halt(ctx context.Context, info Info) error {
	if _, busy := store.Busy(info.File); !busy {
		return nil
	}
	if err := h.Send(ctx, info.ID, control.Command{Verb: control.Stop}); err != nil && !errors.Is(err, control.ErrNoEngine) {
		return err
	}
	for {
		if _, busy := store.Busy(info.File); !busy {
			return nil
		}
		select {
		case <-time.After(pollEnding):
		case <-ctx.Done():
			return fmt.Errorf("run %s is stopping: %w", info.ID, ctx.Err())
		}
	}
}
