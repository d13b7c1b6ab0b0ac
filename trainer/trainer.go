package trainer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/control"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/model"
	"growlab/trainer/optim"
	"growlab/trainer/ranks"
)

// ErrDiverged is wrapped when the loss or the gradient is not finite any more, or the loss is beyond all hope.
var ErrDiverged = errors.New("the run diverged")

// Sink takes what a run produces.
type Sink interface {
	// Emit takes an event, in order, and does not keep the trainer waiting.
	Emit(event.Event)
	// Save keeps a checkpoint and returns its size once it is safe.
	Save(Checkpoint) (bytes int64, err error)
	// Problem is the sentence on why events can not be kept at present (a full disk), nil if they can. While it is not nil
	// the run pauses.
	Problem() error
}

// Options are what a run needs.
type Options struct {
	Recipe growth.Recipe
	Device compute.Device
	Data   *data.Set
	Sink   Sink
	// Requests are commands to be taken between steps; nil is none.
	Requests <-chan control.Request
	// Resume is where to go on; nil is the beginning.
	Resume *Checkpoint
	// Replay is the journal of another run that this one follows; nil is none.
	Replay *Replay
	// Ranks are the processes that train the run together, each with an equal share of every batch; nil is this one alone. All of
	// them have the same Recipe, Data, Resume and Replay. The requests and the sink that count are those of rank 0.
	Ranks *ranks.Group
	// Meter measures the devices; nil is none.
	Meter Meter
	// Memory is the bytes of the machine's memory that this process holds, 0 if that is not known; nil: nobody asks.
	Memory func() int64
	// Start fills the identity fields (Run, Name, File) of the event that opens the run.
	Start event.Start
}

// Trainer is one run on one device.
type Trainer struct {
	Options
	plan growth.Plan

	stage int // of net
	net   *model.Model
	adam  *optim.AdamW
	loss  compute.Total // of a step, this rank's share

	tokens    int64
	progress  progress
	evaluated float64 // the last loss on held-out text
	paused    bool
	clock     stopwatch
	weighed   weighing
	room      int            // sequences that the device has memory for at a time; 0: as many as the recipe says
	shrunk    []event.Shrank // not told yet
}

// New prepares a run: it checks that the data fits the recipe and puts the network on the device. Close frees it.
func New(o Options) (*Trainer, error) {
	if err := o.Recipe.Validate(); err != nil {
		return nil, err
	}
	if o.Recipe.Teacher.On() != (o.Data.Teacher != nil) {
		return nil, fmt.Errorf("%w: teacher.file is %q, but the data %q came with propositions: %v",
			growth.ErrRecipe, o.Recipe.Teacher.File, o.Data.Name, o.Data.Teacher != nil)
	}
	t := &Trainer{Options: o, plan: o.Recipe.Plan()}
	if err := t.fits(t.plan.Stages, 0); err != nil {
		return nil, err
	}
	t.progress.Costs = make([]event.StageCost, len(t.plan.Stages))
	if o.Resume != nil {
		return t, t.restore(*o.Resume)
	}
	if err := t.place(0); err != nil {
		return nil, err
	}
	t.net.Load(o.Recipe.Init(0))
	return t, nil
}

// fits says whether the data is long enough for the batches of some stages, the first of which is number first from 0, and the
// batches large enough for all ranks.
func (t *Trainer) fits(stages []growth.StagePlan, first int) error {
	for i, s := range stages {
		seqs := int(s.Batch) / s.Config.Context
		if err := t.Data.Fits(seqs, s.Config.Context); err != nil {
			return fmt.Errorf("stage %d: %w", first+i+1, err)
		}
		if seqs < t.Ranks.Size() {
			return fmt.Errorf("%w: stage %d: a batch of %d sequences cannot be shared by %d ranks; give a larger batch, or fewer ranks",
				growth.ErrRecipe, first+i+1, seqs, t.Ranks.Size())
		}
	}
	return nil
}

// Close frees the device's memory. The device stays open.
func (t *Trainer) Close() {
	if t.net != nil {
		t.net.Free()
	}
	if t.adam != nil {
		t.adam.Free()
	}
	if t.loss != nil {
		t.loss.Free()
	}
	t.net, t.adam, t.loss = nil, nil, nil
}

// place puts an empty network and optimizer of stage i on the device, with room for fewer sequences at a time where the memory of
// some rank does not do.
func (t *Trainer) place(i int) error {
	for {
		was, err := t.micro(i), t.put(i)
		short, lost := t.someRankIsShort(errors.Is(err, compute.ErrNoMemory))
		switch {
		case lost != nil:
			return errors.Join(err, lost)
		case err != nil && !errors.Is(err, compute.ErrNoMemory), !short:
			return err
		case was == 1:
			return cmp.Or(err, errors.New("the device of another rank has no memory for one sequence at a time"))
		}
		t.Close()
		t.room = (was + 1) / 2
		reason := "another rank is short of memory"
		if err != nil {
			reason = err.Error()
		}
		t.shrunk = append(t.shrunk, event.Shrank{Tokens: t.tokens, Stage: i + 1, From: was, To: t.room, Reason: reason})
	}
}

// someRankIsShort reports whether the memory of any rank's device did not do.
func (t *Trainer) someRankIsShort(mine bool) (short bool, lost error) {
	if t.Ranks.Size() == 1 {
		return mine, nil
	}
	var n float64
	if mine {
		n = 1
	}
	n, lost = t.Ranks.Sum(n)
	return n > 0, lost
}

// tellShrunk emits what place found, once there is a run to tell it of.
func (t *Trainer) tellShrunk() {
	for _, e := range t.shrunk {
		e.Step = t.steps()
		t.Sink.Emit(e)
	}
	t.shrunk = nil
}

// put is place with room for micro sequences.
func (t *Trainer) put(i int) error {
	t.Close()
	c, seqs := t.plan.Stages[i].Config, t.micro(i)
	t.weighed = weighing{}
	if dev, ok := t.Device.(compute.Planned); ok {
		f := Footprint(dev, c, seqs, t.Ranks, ModelOptions(t.Recipe)...)
		if err := dev.Reserve(f); err != nil {
			return fmt.Errorf("stage %d: %w", i+1, err)
		}
		t.weighed.reserved = f.Total()
	}
	set := t.Recipe.Train
	net, adam, err := build(t.Device, c, seqs, optim.Settings{
		Beta1: set.Beta1, Beta2: set.Beta2, Eps: set.Eps, WeightDecay: set.WeightDecay, Clip: set.Clip,
	}, t.Ranks, ModelOptions(t.Recipe)...)
	if err != nil {
		return err
	}
	t.stage, t.net, t.adam = i, net, adam
	if t.loss, err = t.Device.Total(); err != nil {
		return fmt.Errorf("stage %d: %w", i+1, err)
	}
	return nil
}

// errStop ends the loop in good order.
var errStop = errors.New("stopped")

// Run trains until the recipe is done, ctx is cancelled or a stop is asked for; the last two save a checkpoint and end in
// state "stopped". The returned event is also the last one emitted. The error is why the state is "failed"; other ranks hear it.
func (t *Trainer) Run(ctx context.Context) (event.Ended, error) {
	ctx, release := t.joinStop(ctx)
	defer release()
	t.clock.meter = t.Meter
	t.clock.start()
	t.Sink.Emit(t.startEvent())
	t.tellShrunk()
	err := t.loop(ctx)
	state := "done"
	switch {
	case errors.Is(err, errStop):
		state, err = "stopped", t.save(ctx, "asked")
	case err == nil:
		err = t.finish(ctx)
	}
	if err == nil {
		err = t.Device.Sync()
	}
	end := t.endEvent(state)
	if err != nil {
		end.State, end.Error = "failed", err.Error()
		t.Ranks.Fail(err)
	}
	t.Sink.Emit(end)
	return end, err
}

func (t *Trainer) loop(ctx context.Context) error {
	if err := t.growIfDue(ctx); err != nil { // killed between being asked to and growing
		return err
	}
	for {
		if err := t.between(ctx); err != nil {
			return err
		}
		pos := t.Recipe.At(t.tokens)
		if pos.Done {
			return nil
		}
		if err := t.step(pos); err != nil {
			return err
		}
		if err := t.after(ctx, pos); err != nil {
			return err
		}
	}
}

// step is one optimizer step from position pos.
func (t *Trainer) step(pos growth.Position) error {
	begin := time.Now()
	c := t.plan.Stages[pos.Stage].Config
	masks := t.Recipe.Masks(pos.Stage, pos.Factors)
	t.net.SetMasks(masks)
	t.net.ZeroGrads()
	micro, seqs, before := t.micro(pos.Stage), int(pos.Batch)/c.Context, t.tokens/int64(c.Context)
	first, end := t.share(seqs)
	texts, lessons := t.cut(before+int64(first), before+int64(end))
	allTexts, allLessons := t.cut(before, before+int64(seqs))
	ahead := t.Ranks.Size() > 1 && lessons.len() == 0 && !t.watches(pos) // whoever watches wants this rank's share
	t.read(texts, c.Context, micro, 1/float64(pos.Batch), ahead)
	t.learn(lessons, c.Context, micro, t.labelScale(allLessons, seqs, c.Context))
	watch := t.watchBlocks(pos)
	gradNorm := t.adam.Update(t.net, pos.LR, masks)
	sum, err := t.Ranks.Sum(t.Device.Take(t.loss))
	if err = errors.Join(watch.fault(), t.adam.Err(), err, t.Device.Sync()); err != nil {
		return err
	}
	loss := sum / float64(allTexts.len()*c.Context)
	if !finite(gradNorm) || !(loss < t.hopeless()) {
		return fmt.Errorf("%w at step %d: loss %v, gradient norm %v; start again with a lower train.lr (it is %g)",
			ErrDiverged, pos.Step+1, loss, gradNorm, t.Recipe.Train.LR)
	}
	t.tokens += pos.Batch
	t.account(pos, loss)
	t.Sink.Emit(event.Step{
		Step: pos.Step + 1, Tokens: t.tokens, Stage: pos.Stage + 1, Loss: loss, LR: pos.LR, GradNorm: gradNorm, Mask: pos.Mask,
		TokensPerSec: float64(pos.Batch) / time.Since(begin).Seconds(), FLOPs: t.progress.FLOPs, Seconds: t.progress.Seconds,
	})
	t.emitBlocks(pos, watch)
	t.measured()
	return nil
}

// hopeless is a loss that no training comes back from: a hundred times that of a uniform guess.
func (t *Trainer) hopeless() float64 { return 100 * math.Log(float64(t.Recipe.Model.Vocab)) }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// after does what is due once the step from position was taken.
func (t *Trainer) after(ctx context.Context, was growth.Position) error {
	due := func(every growth.Tokens) bool {
		return every > 0 && t.tokens/int64(every) != (t.tokens-was.Batch)/int64(every)
	}
	now := t.Recipe.At(t.tokens)
	grow, r := now.Stage != was.Stage, t.Recipe
	t.net.SetMasks(t.Recipe.Masks(was.Stage, factorsBefore(now, was)))
	if due(r.Eval.Every) && !now.Done {
		if err := t.evaluate(r.Eval.Tokens, false); err != nil {
			return err
		}
		if !grow && t.plateaued(now) {
			if err := t.endStage(); err != nil {
				return err
			}
			now, grow = t.Recipe.At(t.tokens), true
		}
	}
	if grow && !now.Done {
		return t.growIfDue(ctx)
	}
	if due(r.Sample.Every) && !now.Done {
		t.sampleDue()
	}
	if due(r.Checkpoint.Every) && !now.Done {
		return t.save(ctx, "cadence")
	}
	return nil
}

// factorsBefore are the masks' under which the network stands after the step from was: the next step's, or 1 at a stage's end.
func factorsBefore(now, was growth.Position) shape.Factors {
	if now.Stage != was.Stage {
		return shape.Joint(1)
	}
	return now.Factors
}

// finish measures the final loss and closes the run.
func (t *Trainer) finish(ctx context.Context) error {
	if t.progress.Final != nil { // resumed after the end
		return nil
	}
	if err := t.evaluate(t.Recipe.Eval.FinalTokens, true); err != nil {
		return err
	}
	t.sampleDue()
	return t.save(ctx, "end")
}

func newBatch(seqs, t int) compute.Batch {
	return compute.Batch{Seqs: seqs, T: t, Inputs: make([]int32, seqs*t), Targets: make([]int32, seqs*t)}
}
