package desk

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
)

// tiny is a recipe that trains in a moment: two stages of a few steps.
var tiny = []string{
	"train.batch=256", "train.precision=fp32", "eval.every=512", "eval.tokens=512", "eval.final_tokens=1024", "sample.tokens=4", "checkpoint.every=1024",
	"stage.1.tokens=4096", "stage.1.layers=1", "stage.1.hidden=16", "stage.1.warmup=256",
	"stage.2.tokens=2048", "stage.2.layers=1", "stage.2.hidden=32", "stage.2.ramp=512",
	"stage.3.tokens=2048", "stage.3.layers=2", "stage.3.hidden=32", "stage.3.ramp=512",
}

// train trains a recipe in this process.
func train(t *testing.T, d Desk, l session.Launch) session.Info {
	t.Helper()
	l.Threads = 1
	e, err := engine.New(d.Home, store.NewID(), l, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Train(t.Context()); err != nil {
		t.Fatal(errors.Join(err, e.Close()))
	}
	id := e.ID()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := d.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestARunAndItsTwinAreCompared(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	d := Desk{&session.Home{Dir: t.TempDir(), Threads: 1}}
	run := train(t, d, session.Launch{Recipe: "flm-1m", Set: tiny})
	r, data, err := d.RecipeOf(run.ID)
	if err != nil || data != "" || len(r.Stages) != 3 || r.Stages[0].Hidden != 16 {
		t.Fatalf("got %d stages on %q (%v), want the recipe that was trained", len(r.Stages), data, err)
	}
	c, err := d.Course(run.ID)
	if err != nil || c.Step != run.Step || c.Tokens != run.Tokens || c.Edits != 0 || !reflect.DeepEqual(c.Now.Stages[1].Hidden, 32) {
		t.Errorf("got course at step %d (%v), want the end at %d", c.Step, err, run.Step)
	}
	rival, _, err := d.Rival(run.ID, growth.RivalTwin)
	if err != nil || len(rival.Stages) != 1 || rival.Stages[0].Hidden != 32 {
		t.Fatalf("got rival %+v (%v), want the last size alone", rival.Stages, err)
	}
	var twin session.Info
	err = withDraft(rival, func(path string) error {
		twin = train(t, d, session.Launch{Recipe: path, Name: rival.Name})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	v, err := d.Compare(t.Context(), []string{run.ID, twin.ID}, func(s string) { told = append(told, s) })
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Groups) != 2 || v.Groups[0].Entries[0].Info.ID != run.ID || len(v.Verdict.Pairs) != 1 || v.Verdict.Sentence == "" {
		t.Errorf("got %d groups and verdict %q", len(v.Groups), v.Verdict.Sentence)
	}
	if s := strings.Join(told, "; "); !strings.Contains(s, "reading "+run.ID) || !strings.Contains(s, "measuring the last network of flm-1m-twin, 2 of 2") {
		t.Errorf("was told %q", s)
	}
	for _, n := range v.Verdict.Notes {
		if strings.Contains(n, "as they were measured") {
			t.Errorf("the networks were not measured: %s", n)
		}
	}
	if _, err := d.Compare(t.Context(), []string{run.ID, run.ID}, func(string) {}); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("a run against itself: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Compare(ctx, []string{run.ID, twin.ID}, func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	d := Desk{&session.Home{Dir: t.TempDir()}}
	if _, _, err := d.RecipeOf("gone"); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("got %v", err)
	}
	if _, err := d.Course("gone"); err == nil {
		t.Error("a course of a run that is not there")
	}
	if _, _, err := d.Rival("gone", growth.RivalTwin); err == nil {
		t.Error("a rival of a run that is not there")
	}
	if err := d.EnqueueRecipe(t.Context(), growth.Recipe{Name: "empty"}, ""); err == nil || !strings.Contains(err.Error(), "recipe") {
		t.Errorf("a recipe without sense was queued: %v", err)
	}
}
