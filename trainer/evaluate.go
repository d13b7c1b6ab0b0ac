package trainer

import (
	"errors"
	"fmt"

	"growlab/growth"
	"growlab/trainer/event"
)

// evaluate measures the loss on about tokens tokens of held-out text, the same windows every time, and, with a teacher, how many of
// the held-out propositions the network judges rightly.
func (t *Trainer) evaluate(tokens growth.Tokens, final bool) error {
	c := t.plan.Stages[t.stage].Config
	windows := max(int(tokens)/c.Context, 1)
	spread, micro := t.Data.Spread(windows), t.micro(t.stage)
	var sum float64
	for first, end := t.share(windows); first < end; first += micro {
		b := newBatch(min(micro, end-first), c.Context)
		spread.Fill(int64(first), b.Seqs, b.T, b.Inputs, b.Targets)
		sum += t.net.Loss(b)
	}
	sum, err := t.Ranks.Sum(sum)
	right, asked, failed := t.examine()
	if err = errors.Join(err, failed, t.Device.Sync()); err != nil {
		return err
	}
	e := event.Eval{
		Step: t.steps(), Tokens: t.tokens, Stage: t.stage + 1, Loss: sum / float64(windows*c.Context),
		EvalTokens: int64(windows * c.Context), Final: final,
	}
	if !finite(e.Loss) {
		return fmt.Errorf("%w: validation loss %v at step %d", ErrDiverged, e.Loss, e.Step)
	}
	e.BitsPerByte = event.BitsPerByte(e.Loss)
	if asked > 0 {
		e.Labels, e.LabelAccuracy = int64(asked), right/asked
	}
	t.evaluated = e.Loss
	if final {
		t.progress.Final = &e
	}
	t.spend()
	t.Sink.Emit(e)
	return nil
}
