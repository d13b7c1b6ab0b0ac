package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/store"
)

// TestTeacher: a run with the propositions in the program, and with some in a file named from another folder, says in its file how
// well it judges; it is not taken up again when the propositions have changed.
func TestTeacher(t *testing.T) {
	h := home(t)
	folder := t.TempDir()
	recipe, err := filepath.Abs(tiny().Recipe)
	if err != nil {
		t.Fatal(err)
	}
	lines := func(n int) []byte {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{\"text\": \"%d\", \"label\": %v}\n", i, i%2 == 0)
		}
		return []byte(b.String())
	}
	path := filepath.Join(folder, "even.jsonl")
	if err := os.WriteFile(path, lines(40), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	for file, held := range map[string]int64{"builtin": 200, "even.jsonl": 4} {
		l := tiny("teacher.file="+file, "teacher.share=0.5", "model.context=64", "train.batch=256")
		l.Recipe = recipe
		e, err := engine.New(h, file[:4], l, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		train(t, e, nil)
		r, err := store.OpenReader(e.File())
		if err != nil {
			t.Fatal(err)
		}
		evals, err := r.Evals()
		meta, fault := r.Meta()
		if err = errors.Join(err, fault, r.Close()); err != nil || len(evals) == 0 {
			t.Fatalf("%d evaluations: %v", len(evals), err)
		}
		for _, e := range evals {
			if e.Labels != held || e.LabelAccuracy < 0 || e.LabelAccuracy > 1 {
				t.Errorf("%s: %d propositions judged, %v of them rightly; want %d", file, e.Labels, e.LabelAccuracy, held)
			}
		}
		t.Chdir(h.RunFolder())
		if err := engine.SameData(meta); err != nil {
			t.Errorf("%s, asked from another folder: %v", file, err)
		}
		if err := os.WriteFile(path, lines(42), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := engine.SameData(meta); errors.Is(err, engine.ErrMismatch) != (file != "builtin") {
			t.Errorf("%s, with other propositions in the file: %v", file, err)
		}
		t.Chdir(folder)
		if err := os.WriteFile(path, lines(40), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
