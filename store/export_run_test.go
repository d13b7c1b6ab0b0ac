package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

// TestExport: the copy of a run has its journal and the chosen steps, no checkpoints, and no folders of the machine.
func TestExport(t *testing.T) {
	run := newRun(t)
	run.Emit(event.Start{Run: testMeta.ID, File: "/home/someone/runs/a.growlab", Stages: []event.StageInfo{stage1}})
	for n := range int64(25) {
		run.Emit(step(n + 1))
	}
	run.Emit(event.Eval{Step: 25, Tokens: 25 * 4096, Stage: 1, Loss: 2.5, EvalTokens: 65536, Final: true})
	get[int64](t)(run.Save(checkpoint(25, 5000)))
	path := filepath.Join(t.TempDir(), "to", "copy.growlab")
	r := reader(t, run.Path())
	tenth := func(n int64) bool { return n%10 == 0 }
	if err := r.Export(path, tenth); err == nil || !strings.Contains(err.Error(), "is running; only one that is done") {
		t.Errorf("a run that goes on: %v", err)
	}
	run.Emit(event.Ended{State: "done", Step: 25, Tokens: 25 * 4096})
	must(t, run.Close())
	must(t, r.Export(path, tenth))

	c := reader(t, path)
	equal(t, "meta", get[store.Meta](t)(c.Meta()), testMeta)
	equal(t, "steps", get[[]event.Step](t)(c.Steps(0, 0)), []event.Step{step(10), step(20), step(25)})
	sum := get[store.Summary](t)(c.Summary())
	if sum.State != store.Done || sum.Checkpoints != 0 || sum.Evals != 1 {
		t.Errorf("summary %+v", sum)
	}
	journal, was := get[[]store.Journalled](t)(c.Events(0)), get[[]store.Journalled](t)(r.Events(0))
	if len(journal) != len(was) || !journal[0].Time.Equal(was[0].Time) || journal[0].Event.(event.Start).File != "a.growlab" {
		t.Errorf("journal %+v, was %+v", journal, was)
	}
	if err := r.Export(path, tenth); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second time: %v", err)
	}
}
