package store_test

import (
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

func kinds(t *testing.T, r *store.Reader) (all []string) {
	t.Helper()
	for _, j := range get[[]store.Journalled](t)(r.Events(0)) {
		all = append(all, j.Event.Kind())
	}
	return all
}

// A run saves at step 10, grows and measures at that same step, pauses, goes on to step 15 and dies.
func TestTrimAfter(t *testing.T) {
	run := newRun(t)
	emitTo := func(from, to int64) {
		for n := from; n <= to; n++ {
			run.Emit(step(n))
		}
	}
	run.Emit(event.Start{Run: testMeta.ID})
	emitTo(1, 10)
	run.Emit(eval(10)) // before the checkpoint: stays
	get[int64](t)(run.Save(checkpoint(10, 100)))
	run.Emit(event.Saved{Step: 10, Tokens: 40960})
	run.Emit(event.Grew{Step: 10, Tokens: 40960})
	run.Emit(event.Eval{Step: 10, Tokens: 40960, Loss: 2})
	run.Emit(event.Sampled{Step: 10, Tokens: 40960, Text: "x"})
	run.Emit(event.Paused{Step: 10, Tokens: 40960})
	run.Emit(event.Resumed{Step: 10, Tokens: 40960})
	emitTo(11, 15)
	run.Emit(event.Sampled{Step: 12, Tokens: 49152, Text: "y"})
	run.Emit(event.Command{Step: 13, Verb: "set"})
	get[int64](t)(run.Save(checkpoint(14, 100)))
	r := reader(t, run.Path())
	before := get[[]store.Journalled](t)(r.Events(0))
	newest := before[len(before)-1].ID

	must(t, run.TrimAfter(10))
	equal(t, "journal", kinds(t, r), []string{"start", "eval", "saved", "paused", "resumed", "command"})
	added := get[[]store.Journalled](t)(r.Events(newest))
	if len(added) != 1 {
		t.Fatalf("events after the newest id: got %d, want the note of the trim", len(added))
	}
	equal(t, "note", added[0].Event, event.Event(event.Command{
		Step: 10, Tokens: 40960, Verb: "trim", Detail: "removed 5 steps, 1 checkpoint, 5 events after step 10, to be computed again",
	}))
	equal(t, "evals", get[[]event.Eval](t)(r.Evals()), []event.Eval{eval(10)})
	if n := len(get[[]event.Sampled](t)(r.Samples())); n != 0 {
		t.Errorf("samples: got %d, want 0", n)
	}
	if n := len(get[[]event.Step](t)(r.Steps(0, 0))); n != 10 {
		t.Errorf("steps: got %d, want 10", n)
	}
	all := get[[]store.CheckpointInfo](t)(r.Checkpoints())
	if len(all) != 1 || all[0].Step != 10 {
		t.Errorf("checkpoints: got %+v, want the one at step 10", all)
	}
	if n := orphans(t, run.Path()); n != 0 {
		t.Errorf("chunks of the removed checkpoint: got %d, want 0", n)
	}

	must(t, run.TrimAfter(10)) // nothing to do, nothing to say
	equal(t, "journal after the second trim", len(kinds(t, r)), 6)

	must(t, run.TrimAfter(0)) // from the start: before any checkpoint
	equal(t, "journal after trimming all", kinds(t, r), []string{"start", "command"})
	must(t, run.Close())
}

func TestKeepsLastAndPinned(t *testing.T) {
	run := newRun(t)
	save := func(n int64, pinned bool) {
		c := checkpoint(n, 500_000)
		c.Pinned = pinned
		get[int64](t)(run.Save(c))
	}
	r := reader(t, run.Path())
	steps := func() (all []int64) {
		for _, c := range get[[]store.CheckpointInfo](t)(r.Checkpoints()) {
			all = append(all, c.Step)
		}
		return all
	}
	save(1, true)
	for n := range int64(5) {
		save(n+2, n == 1)
	}
	equal(t, "steps kept", steps(), []int64{1, 3, 4, 5, 6})
	run.Keep(1)
	save(7, false)
	equal(t, "steps kept with Keep(1)", steps(), []int64{1, 3, 7})
	for _, c := range get[[]store.CheckpointInfo](t)(r.Checkpoints()) {
		got := get[store.Checkpoint](t)(r.LoadCheckpoint(c.ID))
		want := checkpoint(c.Step, 500_000)
		want.Pinned = c.Pinned
		equal(t, "checkpoint", got, want)
	}
	must(t, run.Close())
}

// The file does not grow with every checkpoint.
func TestReusesPages(t *testing.T) {
	run := newRun(t)
	var sizes []int64
	for n := range int64(12) {
		get[int64](t)(run.Save(checkpoint(n+1, 1<<18)))
		r := get[*store.Reader](t)(store.OpenReader(run.Path()))
		pages := int64(0)
		_, rows, err := r.Query("PRAGMA page_count")
		must(t, err)
		for row, err := range rows {
			must(t, err)
			pages = row[0].(int64)
		}
		sizes = append(sizes, pages*8192)
		must(t, r.Close())
	}
	must(t, run.Close())
	if grown := sizes[11] - sizes[4]; grown > 1<<20 {
		t.Errorf("the file grew by %d bytes from the 5th to the 12th checkpoint of 1 MiB", grown)
	}
	if sizes[11] > 5<<20 {
		t.Errorf("size with 3 checkpoints of 1 MiB: got %d, want 5 MiB at most", sizes[11])
	}
}

// What a run goes back behind is kept apart, each time by itself; an older file has nothing to tell.
func TestUndoneStepsAreKept(t *testing.T) {
	run := newRun(t)
	for n := range int64(10) {
		run.Emit(step(n + 1))
	}
	must(t, run.TrimAfter(7))
	again := step(8)
	again.Loss = 9
	run.Emit(again)
	must(t, run.TrimAfter(6))
	must(t, run.TrimAfter(6)) // nothing more to undo
	must(t, run.Close())
	parts := get[[][]event.Step](t)(reader(t, run.Path()).Undone())
	equal(t, "undone", parts, [][]event.Step{{step(8), step(9), step(10)}, {step(7), again}})

	alter(t, run.Path(), "DROP TABLE undone; DROP TABLE tag; PRAGMA user_version=1")
	if parts, err := reader(t, run.Path()).Undone(); err != nil || parts != nil {
		t.Errorf("a file of schema 1: got %v, %v; want nothing", parts, err)
	}
	must(t, get[*store.Run](t)(store.OpenWriter(run.Path())).Close()) // brings it up to date
	if parts, err := reader(t, run.Path()).Undone(); err != nil || len(parts) != 0 {
		t.Errorf("brought up to date: got %v, %v; want an empty table", parts, err)
	}
}
