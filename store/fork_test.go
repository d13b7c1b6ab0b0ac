package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

// pastAt reads the past of a run until its checkpoint at a step.
func pastAt(t *testing.T, path string, at int64) store.Past {
	t.Helper()
	r := reader(t, path)
	for _, c := range get[[]store.CheckpointInfo](t)(r.Checkpoints()) {
		if c.Step == at {
			return get[store.Past](t)(r.Past(c.ID))
		}
	}
	t.Fatalf("no checkpoint at step %d", at)
	return store.Past{}
}

// TestFork: a fork has all that the run did until the checkpoint, nothing that it did then, and goes on from there.
func TestFork(t *testing.T) {
	run := newRun(t)
	want := []event.Event{
		allKinds[0],
		event.Eval{Step: 2, Tokens: 8192, Stage: 1, Loss: 2.5, BitsPerByte: 3.6, EvalTokens: 65536},
		event.Command{Step: 2, Tokens: 8192, Verb: "set", Detail: "lr=1e-3"},
	}
	for _, e := range slices.Concat(want[:1], []event.Event{step(1), step(2)}, want[1:]) {
		run.Emit(e)
	}
	kept := checkpoint(2, 5, 3000, 0, 100)
	get[int64](t)(run.Save(kept))
	for _, e := range []event.Event{
		event.Eval{Step: 2, Tokens: 8192, Stage: 1, Loss: 2.4, EvalTokens: 65536},
		step(3),
		event.Eval{Step: 3, Tokens: 12288, Stage: 1, Loss: 2.3, EvalTokens: 65536},
	} {
		run.Emit(e)
	}
	get[int64](t)(run.Save(checkpoint(3, 5)))
	past := pastAt(t, run.Path(), 2) // while an engine has it open
	run.Emit(step(4))
	must(t, run.Close())

	m := testMeta
	m.ID, m.Parent = "child", testMeta.ID
	path := filepath.Join(t.TempDir(), "runs", "child.growlab")
	must(t, store.Fork(path, m, past))
	r := reader(t, path)
	equal(t, "meta", get[store.Meta](t)(r.Meta()), m)
	equal(t, "steps", get[[]event.Step](t)(r.Steps(0, 0)), []event.Step{step(1), step(2)})
	equal(t, "evaluations", get[[]event.Eval](t)(r.Evals()), []event.Eval{want[1].(event.Eval)})
	equal(t, "stages", get[[]event.StageInfo](t)(r.Stages()), []event.StageInfo{stage1, stage2})
	var journal []event.Event
	for i, j := range get[[]store.Journalled](t)(r.Events(0)) {
		journal = append(journal, j.Event)
		if !j.Time.Equal(past.Journal[i].Time) {
			t.Errorf("event %d: time %v, was %v", i, j.Time, past.Journal[i].Time)
		}
	}
	equal(t, "journal", journal, want)
	sum := get[store.Summary](t)(r.Summary())
	if sum.State != store.Stopped || sum.Ended.IsZero() || sum.Checkpoints != 1 {
		t.Errorf("it is %s, ended %v, with %d checkpoints; want stopped with 1", sum.State, sum.Ended, sum.Checkpoints)
	}
	info := get[store.CheckpointInfo](t)(r.LatestCheckpoint())
	equal(t, "checkpoint", get[store.Checkpoint](t)(r.LoadCheckpoint(info.ID)), kept)

	again := get[*store.Run](t)(store.OpenWriter(path))
	must(t, again.TrimAfter(2))
	again.Emit(step(3))
	must(t, again.Close())
	equal(t, "journal after a resume", len(get[[]store.Journalled](t)(r.Events(0))), len(want)) // nothing was trimmed
	equal(t, "steps after a resume", len(get[[]event.Step](t)(r.Steps(0, 0))), 3)
}

// TestForkLeavesNothing where it cannot be made.
func TestForkLeavesNothing(t *testing.T) {
	past := pastAt(t, finished(t), 2)
	dir := t.TempDir()
	path := filepath.Join(dir, "child.growlab")
	m := testMeta
	m.ID = ""
	if err := store.Fork(path, m, past); err == nil || !strings.Contains(err.Error(), "has no id") {
		t.Errorf("without an id: %v", err)
	}
	bad := past
	bad.Checkpoint.Tensors = append(slices.Clone(past.Checkpoint.Tensors), past.Checkpoint.Tensors[0])
	if err := store.Fork(path, testMeta, bad); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("with a tensor twice: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("the folder has %v, %v", files, err)
	}
	must(t, store.Fork(path, testMeta, past))
	if err := store.Fork(path, testMeta, past); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second time: %v", err)
	}
	r := reader(t, path)
	if _, err := r.Past(77); !errors.Is(err, store.ErrNoCheckpoint) {
		t.Errorf("the past until no checkpoint: %v", err)
	}
}
