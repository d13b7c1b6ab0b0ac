package trainer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/event"
	"growlab/trainer/model"
)

// ErrCheckpoint is wrapped when a checkpoint does not belong to the recipe.
var ErrCheckpoint = errors.New("the checkpoint does not fit the recipe")

// ReasonEdit is the Reason of a checkpoint of the state before an edit, which is the last of its journal.
const ReasonEdit = "edit"

// Checkpoint is all that an exact resume needs besides the recipe and the data. Masks, learning rate and data position are
// not in it, since they follow from Tokens and from the journal of edits, which is in Meta.
type Checkpoint struct {
	Step, Tokens int64
	Stage        int    // of the network, from 0
	Reason       string // as in event.Saved
	Pinned       bool   // transitions, edits and the end are kept for ever
	Meta         []byte // JSON
	Params, M, V shape.Tree
}

// Trees names the three trees, in the order in which they are stored.
func (c *Checkpoint) Trees() []struct {
	Prefix string
	Tree   *shape.Tree
} {
	return []struct {
		Prefix string
		Tree   *shape.Tree
	}{{"param/", &c.Params}, {"adam.m/", &c.M}, {"adam.v/", &c.V}}
}

// Each calls f with every tensor and its name in the checkpoint, in a fixed order.
func (c *Checkpoint) Each(f func(name string, data []float32)) {
	for _, tree := range c.Trees() {
		for _, t := range tree.Tree.Config.Tensors() {
			f(tree.Prefix+t.Name, tree.Tree.Data[t.Name])
		}
	}
}

// Fill sets the trees from get, which returns the tensor of a name (as Each gives them) or nil, for a checkpoint of r whose
// other fields are set.
func (c *Checkpoint) Fill(r growth.Recipe, get func(name string) []float32) error {
	if c.Stage < 0 || c.Stage >= len(r.Stages) {
		return fmt.Errorf("%w: it is of stage %d, the recipe has %d", ErrCheckpoint, c.Stage+1, len(r.Stages))
	}
	for _, tree := range c.Trees() {
		*tree.Tree = shape.Tree{Config: r.Config(c.Stage), Data: map[string][]float32{}}
		for _, t := range tree.Tree.Config.Tensors() {
			data := get(tree.Prefix + t.Name)
			if len(data) != t.Len() {
				return fmt.Errorf("%w: tensor %s has %d numbers, the recipe wants %d", ErrCheckpoint, t.Name, len(data), t.Len())
			}
			tree.Tree.Data[t.Name] = data
		}
	}
	return nil
}

// Open puts the network of a checkpoint on dev, masks set, for looking at and sampling from; room is for one sequence.
func Open(dev compute.Device, r growth.Recipe, c Checkpoint) (*model.Model, error) {
	net, err := model.New(dev, c.Params.Config, 1)
	if err != nil {
		return nil, err
	}
	net.Load(c.Params)
	_, r, err = c.progress(r)
	if err != nil {
		net.Free()
		return nil, err
	}
	net.SetMasks(r.Masks(c.Stage, factorsAt(r, c)))
	return net, nil
}

// Journal is the edits of the run until c, the last of which may have been made at c itself and take effect after it. r is the
// run's recipe.
func (c Checkpoint) Journal(r growth.Recipe) ([]growth.Edit, error) {
	p, _, err := c.progress(r)
	return p.Edits, err
}

// WithJournal is c in a run of r with another journal: what the run did until c is then the consequence of these edits. The caller
// answers for that; the error wraps ErrCheckpoint if r cannot have them.
func (c Checkpoint) WithJournal(r growth.Recipe, edits []growth.Edit) (Checkpoint, error) {
	var p progress
	if err := json.Unmarshal(c.Meta, &p); err != nil {
		return c, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if _, err := r.Edited(edits); err != nil {
		return c, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	p.Edits, p.Ends, p.Final = edits, nil, nil
	p.Costs = append(p.Costs, make([]event.StageCost, max(len(r.Stages)-len(p.Costs), 0))...)[:len(r.Stages)]
	var err error
	c.Meta, err = json.Marshal(p)
	return c, err
}

// progress reads Meta, and makes r the recipe as edited until c.
func (c Checkpoint) progress(r growth.Recipe) (p progress, now growth.Recipe, err error) {
	if err := json.Unmarshal(c.Meta, &p); err != nil {
		return p, r, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if len(p.Costs) != len(r.Stages) {
		return p, r, fmt.Errorf("%w: it counts %d stages, the recipe has %d", ErrCheckpoint, len(p.Costs), len(r.Stages))
	}
	if err := p.adopt(r); err != nil {
		return p, r, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if now, err = r.Edited(p.Edits); err != nil {
		return p, r, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return p, now, nil
}

// factorsAt are the masks' under which a checkpoint's network stands.
func factorsAt(r growth.Recipe, c Checkpoint) shape.Factors {
	if pos := r.At(c.Tokens); pos.Stage == c.Stage {
		return pos.Factors
	}
	return shape.Joint(1)
}

// restore goes on from c.
func (t *Trainer) restore(c Checkpoint) error {
	p, r, err := c.progress(t.Recipe)
	if err != nil {
		return err
	}
	t.follow(r)
	stage := c.Stage
	if p.endedHere(c.Tokens) && r.At(c.Tokens).Stage == stage+1 {
		stage++ // the run was to grow here and has not yet
	}
	if pos := t.Recipe.At(c.Tokens); pos.Step != c.Step || (!pos.Done && pos.Stage != stage) {
		return fmt.Errorf("%w: it is of step %d and stage %d at %d tokens, the recipe is at step %d and stage %d there",
			ErrCheckpoint, c.Step, c.Stage+1, c.Tokens, pos.Step, pos.Stage+1)
	}
	t.tokens, t.progress = c.Tokens, p
	return t.load(c)
}

// load puts the network of c on the device, under the recipe and the progress that t has.
func (t *Trainer) load(c Checkpoint) error {
	if err := t.place(c.Stage); err != nil {
		return err
	}
	t.net.Load(c.Params)
	t.adam.Load(c.M, c.V)
	t.adam.Steps = t.progress.AdamSteps
	t.net.SetMasks(t.Recipe.Masks(c.Stage, factorsAt(t.Recipe, c)))
	return t.Device.Sync()
}

// snapshot copies the state off the device.
func (t *Trainer) snapshot(reason string) (Checkpoint, error) {
	t.progress.AdamSteps = t.adam.Steps
	meta, err := json.Marshal(t.progress)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c := Checkpoint{
		Step: t.steps(), Tokens: t.tokens, Stage: t.stage, Reason: reason, Meta: meta,
		Pinned: reason == "transition" || reason == "edit" || reason == "end",
		Params: t.net.Download(t.Device, t.net.Params()),
	}
	c.M, c.V = t.adam.Moments()
	if err := errors.Join(t.adam.Err(), t.Device.Sync()); err != nil {
		return c, err
	}
	return c, t.sameWeights(c)
}

// saveRetry is how long a failed save waits before it is tried again.
const saveRetry = 2 * time.Second

// save keeps a checkpoint of the present state.
func (t *Trainer) save(ctx context.Context, reason string) error {
	c, err := t.snapshot(reason)
	if err != nil {
		return err
	}
	return t.keep(ctx, c)
}

// keep keeps a checkpoint. If that fails, for want of room say, the run pauses with the reason and tries again until it works or
// ctx is cancelled.
func (t *Trainer) keep(ctx context.Context, c Checkpoint) error {
	begin, waiting := time.Now(), false
	for {
		bytes, err := t.Sink.Save(c)
		if err == nil {
			if waiting {
				t.Sink.Emit(event.Resumed{Step: c.Step, Tokens: c.Tokens})
				t.clock.start()
			}
			t.spend()
			t.Sink.Emit(event.Saved{
				Step: c.Step, Tokens: c.Tokens, Stage: c.Stage + 1, Reason: c.Reason, Bytes: bytes, Seconds: time.Since(begin).Seconds(),
			})
			return nil
		}
		if !waiting {
			t.Sink.Emit(event.Paused{Step: c.Step, Tokens: c.Tokens, Reason: err.Error()})
			waiting = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("saving a checkpoint: %w", err)
		case <-time.After(saveRetry):
		}
	}
}
