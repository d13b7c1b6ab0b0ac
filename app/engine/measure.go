package engine

import (
	"errors"
	"fmt"

	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/compute"
)

// Measured is what the last network of a run makes of the held-out text that evaluations during the run are made on.
type Measured struct {
	Step   int64     // of the checkpoint
	Losses []float64 // mean of each window, nats per token
}

// Measure evaluates the network of the newest checkpoint of the run in file, window by window. The text must be the one that
// the run began on; the error wraps ErrMismatch if it is not. Kernels and precision are those of dev, which moves the losses in
// their last digits where the run had others.
func Measure(file string, dev compute.Device) (m Measured, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return m, err
	}
	meta, err := r.Meta()
	if err = errors.Join(err, r.Close()); err != nil {
		return m, err
	}
	set, err := (&Engine{}).sameData(meta)
	if err != nil {
		return m, err
	}
	last, err := LastCheckpoint(file)
	if err != nil {
		return m, err
	}
	net, err := trainer.Open(dev, last.Recipe, last.Checkpoint)
	if err != nil {
		return m, fmt.Errorf("run %s: %w", meta.ID, err)
	}
	defer net.Free()
	context := last.Recipe.Model.Context
	windows := max(int(last.Recipe.Eval.Tokens)/context, 1) // as trainer.evaluate has them
	spread := set.Spread(windows)
	b := compute.Batch{Seqs: 1, T: context, Inputs: make([]int32, context), Targets: make([]int32, context)}
	m.Step = last.Checkpoint.Step
	for i := range windows {
		spread.Fill(int64(i), 1, context, b.Inputs, b.Targets)
		m.Losses = append(m.Losses, net.Loss(b)/float64(context))
	}
	return m, dev.Sync()
}

// SameData says whether the text of a run is still the one that it began on: nil, or an error that wraps ErrMismatch. It is the
// text at m.DataPath, or the embedded corpus.
func SameData(m store.Meta) error {
	_, err := (&Engine{}).sameData(m)
	return err
}

// TextHash is the SHA-256 of the text that a run trains on, without the propositions that its teacher may have. Where it has one,
// text and propositions are read again, and the error says why they are not those that it began on.
func TextHash(m store.Meta, teacher growth.Teacher) (string, error) {
	if !teacher.On() {
		return m.DataHash, nil
	}
	set, err := (&Engine{}).sameData(m)
	if err != nil {
		return "", err
	}
	return set.Text, nil
}
