package store_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

var (
	stage1 = event.StageInfo{Shape: "2L × 64", Layers: 2, Hidden: 64, Heads: 2, FFN: 256, Params: 115_000, Tokens: 1 << 20, Steps: 256}
	stage2 = event.StageInfo{
		Shape: "4L × 96", Layers: 4, Hidden: 96, Heads: 3, FFN: 384, Params: 460_000, FromTokens: 1 << 20, Tokens: 1 << 21,
		FromStep: 256, Steps: 512, RampTokens: 1 << 18, Operator: "msg",
	}
)

// allKinds has an event of every kind, in an order that a run could have.
var allKinds = []event.Event{
	event.Start{
		Run: "k3p5vv2a", Name: "king james", Recipe: "flm-1m", File: "x", Device: "cpu", Seed: 1<<63 + 7,
		Stages: []event.StageInfo{stage1, stage2}, Tokens: 3 << 20, Steps: 768,
	},
	step(1), step(2),
	event.Eval{Step: 2, Tokens: 8192, Stage: 1, Loss: 2.5, BitsPerByte: 3.6, EvalTokens: 65536},
	event.Eval{Step: 2, Tokens: 8192, Stage: 1, Loss: 2.7, BitsPerByte: 3.9, EvalTokens: 65536, Final: true},
	event.Grew{
		Step: 2, Tokens: 8192, Stage: 2, Operator: "msg", From: stage1, To: stage2, LossBefore: 2.5, LossAfter: 2.5, MaxLogitDiff: 1e-6,
		MaxLogit: 9, MomentsCarried: 10, MomentsNew: 20, NewLayers: []int{1, 3}, RampTokens: 1 << 18, Preserves: true, Seconds: 0.01,
	},
	event.Saved{Step: 2, Tokens: 8192, Stage: 2, Reason: "transition", Bytes: 1e6, Seconds: 0.5},
	event.Sampled{Step: 2, Tokens: 8192, Stage: 2, Prompt: "In the", Text: " beginning\x00 €", Temperature: 0.8},
	event.Paused{Step: 2, Tokens: 8192, Reason: "the disk is full"},
	event.Resumed{Step: 2, Tokens: 8192},
	event.Command{Step: 2, Tokens: 8192, Verb: "set", Detail: "lr=1e-3"},
	event.Ended{
		State: "failed", Error: "loss is not finite", Step: 2, Tokens: 8192, Loss: 2.5, BitsPerByte: 3.6, FLOPs: 1e12, Seconds: 9,
		TwinFLOPs: 2e12, FLOPsSaved: 0.5, Stages: []event.StageCost{{Tokens: 8192, FLOPs: 1e12, Seconds: 9}},
	},
}

func TestRoundTrip(t *testing.T) {
	run := newRun(t)
	before := time.Now().Truncate(time.Millisecond)
	for _, e := range allKinds {
		run.Emit(e)
	}
	must(t, run.Close())
	r := reader(t, run.Path())

	meta := get[store.Meta](t)(r.Meta())
	equal(t, "meta", meta, testMeta)
	equal(t, "stages", get[[]event.StageInfo](t)(r.Stages()), []event.StageInfo{stage1, stage2})
	equal(t, "steps", get[[]event.Step](t)(r.Steps(0, 0)), []event.Step{step(1), step(2)})
	equal(t, "first step", get[[]event.Step](t)(r.Steps(0, 1)), []event.Step{step(1)})
	equal(t, "steps after 1", get[[]event.Step](t)(r.Steps(1, 9)), []event.Step{step(2)})
	evals := get[[]event.Eval](t)(r.Evals())
	equal(t, "evals", evals, []event.Eval{allKinds[3].(event.Eval), allKinds[4].(event.Eval)})
	equal(t, "samples", get[[]event.Sampled](t)(r.Samples()), []event.Sampled{allKinds[7].(event.Sampled)})

	var got, want []event.Event
	journal := get[[]store.Journalled](t)(r.Events(0))
	for i, j := range journal {
		got = append(got, j.Event)
		if j.Time.Before(before) || time.Since(j.Time) < 0 {
			t.Errorf("event %d: time %v is not between %v and now", j.ID, j.Time, before)
		}
		if later := get[[]store.Journalled](t)(r.Events(j.ID)); len(later) != len(journal)-i-1 {
			t.Errorf("events after id %d: got %d, want %d", j.ID, len(later), len(journal)-i-1)
		}
	}
	for _, e := range allKinds {
		if e.Kind() != "step" {
			want = append(want, e)
		}
	}
	equal(t, "journal", got, want)

	s := get[store.Summary](t)(r.Summary())
	ended := allKinds[len(allKinds)-1].(event.Ended)
	if s.Ended.Before(before) || s.Bytes < 4096 {
		t.Errorf("summary: ended %v, bytes %d", s.Ended, s.Bytes)
	}
	last := step(2)
	equal(t, "summary", s, store.Summary{
		State: store.Failed, Error: ended.Error, Created: testMeta.Created, Ended: s.Ended, Last: &last,
		LastEval: &evals[1], BestEval: &evals[0], Evals: 2, Samples: 1, Bytes: s.Bytes,
	})
}

// TestEarlyEnd: a growth that came before its time brings the new plan with it, and so does a command that changed it.
func TestEarlyEnd(t *testing.T) {
	run := newRun(t)
	short, later := stage1, stage2
	short.Tokens, short.Steps = short.Tokens/2, short.Steps/2
	later.FromTokens, later.FromStep = short.Tokens, short.Steps
	run.Emit(event.Start{Run: "r", Stages: []event.StageInfo{stage1, stage2}})
	run.Emit(event.Grew{Step: short.Steps, Stage: 2, NewLayers: []int{}})
	must(t, run.Flush())
	r := reader(t, run.Path())
	equal(t, "stages after a growth as planned", get[[]event.StageInfo](t)(r.Stages()), []event.StageInfo{stage1, stage2})
	run.Emit(event.Grew{Step: short.Steps, Stage: 2, NewLayers: []int{}, Plan: []event.StageInfo{short, later}})
	must(t, run.Flush())
	equal(t, "stages after an early one", get[[]event.StageInfo](t)(r.Stages()), []event.StageInfo{short, later})
	run.Emit(event.Command{Step: short.Steps, Verb: "set", Detail: "lr=0.5x"})
	later.Tokens, later.Steps = 2*later.Tokens, 2*later.Steps
	run.Emit(event.Command{Step: short.Steps, Verb: "extend", Detail: "more", Plan: []event.StageInfo{short, later}})
	must(t, run.Close())
	equal(t, "stages after more tokens", get[[]event.StageInfo](t)(r.Stages()), []event.StageInfo{short, later})
}

func TestCheckpointRoundTrip(t *testing.T) {
	run := newRun(t)
	const chunk = 4 << 20 / 4 // entries
	want := checkpoint(7, 1, 0, chunk-1, 3, chunk+5, 17)
	want.Pinned = true
	run.Emit(step(1))
	bytes := get[int64](t)(run.Save(want))
	if n := int64(4 * (1 + chunk - 1 + 3 + chunk + 5 + 17)); bytes != n {
		t.Errorf("bytes: got %d, want %d", bytes, n)
	}
	r := reader(t, run.Path()) // while the engine has it open
	info := get[store.CheckpointInfo](t)(r.LatestCheckpoint())
	if info.Step != 7 || info.Bytes != bytes || !info.Pinned || time.Since(info.Time) > time.Minute {
		t.Errorf("latest checkpoint: got %+v", info)
	}
	equal(t, "checkpoint", get[store.Checkpoint](t)(r.LoadCheckpoint(info.ID)), want)
	if n := len(get[[]event.Step](t)(r.Steps(0, 0))); n != 1 {
		t.Errorf("steps that came before the checkpoint: got %d, want 1", n)
	}
	must(t, run.Close())
}

// A finished run is one file: no log, no lock, no draft.
func TestOneFile(t *testing.T) {
	run := newRun(t)
	r := get[*store.Reader](t)(store.OpenReader(run.Path()))
	run.Emit(step(1))
	must(t, run.Close())
	if n := len(get[[]event.Step](t)(r.Steps(0, 0))); n != 1 {
		t.Errorf("steps: got %d, want 1", n)
	}
	_, rows, err := r.Query("select 1")
	must(t, err)
	for _, err := range rows {
		must(t, err)
	}
	must(t, r.Close())
	files := get[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(run.Path())))
	if len(files) != 1 {
		t.Errorf("files beside the run file: %v", files)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
