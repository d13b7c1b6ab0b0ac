package engine_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/store"
)

// TestMeasureIsTheEvaluation: where the final evaluation is on the windows of those before, measuring again gives its loss.
func TestMeasureIsTheEvaluation(t *testing.T) {
	h := home(t)
	e, err := engine.New(h, "again", tiny("eval.final_tokens=256", "train.precision=fp32"), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := e.File()
	end := train(t, e, nil)
	dev, err := session.OpenDevice("cpu", 1, "fp32")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	m, err := engine.Measure(file, dev)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, l := range m.Losses {
		sum += l
	}
	if got := sum / float64(len(m.Losses)); len(m.Losses) != 16 || m.Step != end.Step || math.Abs(got-end.Loss) > 1e-6 {
		t.Errorf("%d windows at step %d with loss %.9f; want 16 at step %d with %.9f", len(m.Losses), m.Step, got, end.Step, end.Loss)
	}
}

// TestSameData: the text of a run is known by its hash, wherever it lies.
func TestSameData(t *testing.T) {
	h := home(t)
	text := filepath.Join(t.TempDir(), "text.txt")
	fill := func(path, sentence string) {
		if err := os.WriteFile(path, []byte(strings.Repeat(sentence, 500)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fill(text, "in the beginning was the word. ")
	l := tiny("stage.1.tokens=1280", "stage.2.tokens=1280", "stage.3.tokens=1280", "stage.2.ramp=0", "stage.3.ramp=0")
	l.Data = text
	e, err := engine.New(h, "data", l, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := e.File()
	train(t, e, nil)
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := r.Meta()
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if err := engine.SameData(meta); err != nil {
		t.Errorf("the same text: %v", err)
	}
	moved := filepath.Join(t.TempDir(), "text.txt")
	if err := os.Rename(text, moved); err != nil {
		t.Fatal(err)
	}
	meta.DataPath = moved
	if err := engine.SameData(meta); err != nil {
		t.Errorf("the text elsewhere: %v", err)
	}
	fill(moved, "and the word was changed since. ")
	if err := engine.SameData(meta); !errors.Is(err, engine.ErrMismatch) {
		t.Errorf("another text: error %v, want ErrMismatch", err)
	}
}
