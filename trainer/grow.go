package trainer

import (
	"context"
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
	t.tellShrunk()
	t.net.Load(grown.State.Params)
	t.adam.Load(grown.State.M, grown.State.V)
	t.adam.Steps = steps
	t.net.SetMasks(t.Recipe.Masks(i, t.Recipe.At(t.tokens).Factors))
	lossAfter, after := t.measure(frozen)
	if err := t.Device.Sync(); err != nil {
		return err
	}

	e := event.Grew{
		Step: t.steps(), Tokens: t.tokens, Stage: i + 1, Operator: op.Name, Preserves: t.Recipe.Preserves(i),
		From: StageInfo(t.plan.Stages[i-1]), To: StageInfo(t.plan.Stages[i]),
		LossBefore: lossBefore, LossAfter: lossAfter, MomentsCarried: grown.Carried, MomentsNew: grown.New,
		NewLayers: []int{}, RampTokens: t.plan.Stages[i].Ramp, Precision: t.Device.Precision().String(), Seconds: time.Since(begin).Seconds(),
	}
	e.MaxLogitDiff, e.MaxLogit = compare(before, after)
	for l, added := range grown.NewLayer {
		if added {
			e.NewLayers = append(e.NewLayers, l)
		}
	}
	if t.progress.endedHere(t.tokens) {
		e.Plan = t.stageInfos()
	}
	t.progress.Evals = nil
	t.spend()
	t.Sink.Emit(e)
	return nil
}

// plateaued takes the evaluation just made at position now into account, and reports whether it ends the stage. Evaluations
// that a person asks for do not count: they would make the run depend on who looks.
func (t *Trainer) plateaued(now growth.Position) bool {
	if now.Mask < 1 {
		return false
	}
	t.progress.Evals = append(t.progress.Evals, t.evaluated)
	return t.Recipe.Stages[now.Stage].Plateaued(t.progress.Evals)
}

// growIfDue grows if the stage of the network is over, and saves what came of it.
func (t *Trainer) growIfDue(ctx context.Context) error {
	now := t.Recipe.At(t.tokens)
	if now.Done || now.Stage == t.stage {
		return nil
	}
	t.sampleDue()
	if err := t.grow(now.Stage); err != nil {
		return err
	}
	return t.save(ctx, "transition")
}

// endStage ends the present stage here, as its recipe wants it, and plans the rest anew. The growth is the caller's.
func (t *Trainer) endStage() error {
	e := t.dated(growth.EditEnd, "")
	r, err := t.Recipe.Edit(e)
	if err != nil {
		return fmt.Errorf("step %d: end a stage on its plateau: %w", e.Step, err)
	}
	t.progress.Edits = append(t.progress.Edits, e)
	t.follow(r)
	return nil
}

// frozen is the batch for the transition into stage i.
func (t *Trainer) frozen(i int) compute.Batch {
	seqs := min(model.LogitSeqs(t.plan.Stages[i].Config), t.micro(i-1), t.micro(i))
	b := newBatch(seqs, t.plan.Stages[i].Config.Context)
	t.Data.Spread(seqs).Fill(0, b.Seqs, b.T, b.Inputs, b.Targets)
	return b
}

// measure gives the loss and the logits of b, as many sequences at a time as there is room for.
func (t *Trainer) measure(b compute.Batch) (loss float64, logits []float32) {
	micro := t.micro(t.stage)
	for first := 0; first < b.Seqs; first += micro {
		n := min(micro, b.Seqs-first)
		part := compute.Batch{Seqs: n, T: b.T, Inputs: b.Inputs[first*b.T:][:n*b.T], Targets: b.Targets[first*b.T:][:n*b.T]}
		loss += t.net.Loss(part)
		logits = append(logits, t.net.Logits(part)...)
	}
	return loss / float64(b.Seqs*b.T), logits
}

// compare returns the largest difference, and the largest size before.
func compare(before, after []float32) (diff, size float64) {
	for i, x := range before {
		diff = max(diff, math.Abs(float64(x)-float64(after[i])))
		size = max(size, math.Abs(float64(x)))
	}
	return diff, size
}
