package trainer

import (
	"fmt"
	"math"
	"time"

	"growlab/growth"
	"growlab/trainer/compute"
	"growlab/trainer/event"
	"growlab/trainer/model"
)

// grow replaces the network of stage i-1 by that of stage i, and measures on one frozen batch of held-out text what the
// network computed just before and what it computes just after, its masks at their first value.
func (t *Trainer) grow(i int) error {
	begin := time.Now()
	op, err := growth.Lookup(t.Recipe.Stages[i].Operator)
	if err != nil {
		return err
	}
	frozen := t.frozen(i)
	lossBefore, before := t.measure(frozen)

	m, v := t.adam.Moments()
	grown, err := t.Recipe.Grow(i, growth.State{Params: t.net.Download(t.Device, t.net.Params()), M: m, V: v})
	if err != nil {
		return err
	}
	steps := t.adam.Steps
	if grown.Restart {
		steps = 0
	}
	if err := t.place(i); err != nil {
		return fmt.Errorf("growing to %v: %w", t.plan.Stages[i].Config, err)
	}
	t.net.Load(grown.State.Params)
	t.adam.Load(grown.State.M, grown.State.V)
	t.adam.Steps = steps
	t.net.SetMasks(t.Recipe.Masks(i, t.Recipe.At(t.tokens).Mask))
	lossAfter, after := t.measure(frozen)
	if err := t.Device.Sync(); err != nil {
		return err
	}

	e := event.Grew{
		Step: t.steps(), Tokens: t.tokens, Stage: i + 1, Operator: op.Name(), Preserves: t.Recipe.Preserves(i),
		From: StageInfo(t.plan.Stages[i-1]), To: StageInfo(t.plan.Stages[i]),
		LossBefore: lossBefore, LossAfter: lossAfter, MomentsCarried: grown.Carried, MomentsNew: grown.New,
		NewLayers: []int{}, RampTokens: t.plan.Stages[i].Ramp, Seconds: time.Since(begin).Seconds(),
	}
	e.MaxLogitDiff, e.MaxLogit = compare(before, after)
	for l, added := range grown.NewLayer {
		if added {
			e.NewLayers = append(e.NewLayers, l)
		}
	}
	t.spend()
	t.Sink.Emit(e)
	return nil
}

// frozen is the batch for the transition into stage i.
func (t *Trainer) frozen(i int) compute.Batch {
	seqs := min(model.LogitSeqs, t.Recipe.MicroBatch(i-1), t.Recipe.MicroBatch(i))
	b := newBatch(seqs, t.plan.Stages[i].Config.Context)
	t.Data.Spread(seqs).Fill(0, b.Seqs, b.T, b.Inputs, b.Targets)
	return b
}

func (t *Trainer) measure(b compute.Batch) (loss float64, logits []float32) {
	return t.net.Loss(b) / float64(b.Seqs*b.T), t.net.Logits(b)
}

// compare returns the largest difference, and the largest size before.
func compare(before, after []float32) (diff, size float64) {
	for i, x := range before {
		diff = max(diff, math.Abs(float64(x)-float64(after[i])))
		size = max(size, math.Abs(float64(x)))
	}
	return diff, size
}
