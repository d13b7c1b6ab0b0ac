package search

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/event"
)

// bench is a data folder for one test.
func bench(t *testing.T) *session.Home {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	return &session.Home{Dir: t.TempDir()}
}

var genesis = strings.Repeat("in the beginning was the word, ", 200)

// text is a file to train on, so that no test reads the whole Bible.
func text(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, []byte(genesis), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// grid is proxies of tiny, 20 steps each.
func grid(t *testing.T, lr ...float64) []growth.Recipe {
	t.Helper()
	points, err := Space{Recipe: recipe(t, tiny), Width: 16, Tokens: 2560, LR: lr}.Points()
	if err != nil {
		t.Fatal(err)
	}
	var all []growth.Recipe
	for _, p := range points {
		all = append(all, p.Recipe)
	}
	return all
}

func queue(h *session.Home, data string, watch func(i int, e event.Event)) *Queue {
	return &Queue{
		Home: h, Launch: session.Launch{Data: data, Device: "cpu", Threads: 1},
		Begin: func(i int, _ growth.Recipe) engine.Options {
			return engine.Options{Version: "test", Watch: func(e event.Event) {
				if watch != nil {
					watch(i, e)
				}
			}}
		},
	}
}

// TestInterruptedSearchGoesOn: in a wider grid what was done stays, what was begun goes on to the same loss in the same file, and
// the rest is trained.
func TestInterruptedSearchGoesOn(t *testing.T) {
	data, recipes := text(t), grid(t, 1e-3, 3e-3, 9e-3)
	whole, err := queue(bench(t), data, nil).Run(t.Context(), recipes[1:2])
	if err != nil || len(whole) != 1 {
		t.Fatalf("%d outcomes, %v", len(whole), err)
	}
	h := bench(t)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	interrupt := errors.New("interrupted")
	second := ""
	part, err := queue(h, data, func(i int, e event.Event) {
		if s, is := e.(event.Start); is {
			second = s.Run
		}
		if s, is := e.(event.Step); is && i == 1 && s.Step == 13 {
			stop(interrupt)
		}
	}).Run(ctx, recipes[:2])
	if !errors.Is(err, interrupt) || !strings.Contains(err.Error(), "1 of 2 runs are done") || len(part) != 1 {
		t.Fatalf("%d outcomes, %v", len(part), err)
	}
	first := map[int]int64{} // the step that each training began with
	all, err := queue(h, data, func(i int, e event.Event) {
		if s, is := e.(event.Step); is && first[i] == 0 {
			first[i] = s.Step
		}
	}).Run(t.Context(), recipes)
	if err != nil {
		t.Fatal(err)
	}
	if first[0] != 0 || first[1] != 14 || first[2] != 1 || !all[0].Found || all[0] != (Outcome{Run: part[0].Run, Loss: part[0].Loss, Found: true}) || all[1].Run != second {
		t.Errorf("went on at steps %v with %+v; before: %+v, %s", first, all, part, second)
	}
	if all[1].Loss != whole[0].Loss {
		t.Errorf("the interrupted run ends at %v, uninterrupted at %v", all[1].Loss, whole[0].Loss)
	}
}

// TestOtherRunsAreNotFound: a run of another seed, text or length, and one whose course somebody changed, is not taken.
func TestOtherRunsAreNotFound(t *testing.T) {
	h, data := bench(t), text(t)
	recipes := grid(t, 3e-3)
	all, err := queue(h, data, nil).Run(t.Context(), recipes)
	if err != nil {
		t.Fatal(err)
	}
	finds := func(name string, r growth.Recipe, data string, want bool) {
		t.Helper()
		q := queue(h, data, nil)
		var err error
		if q.past, err = q.remember(); err != nil {
			t.Fatal(err)
		}
		if r, err = q.settled(r); err != nil {
			t.Fatal(err)
		}
		info, found, err := q.find(r)
		if err != nil || found != want || found && info.ID != all[0].Run {
			t.Errorf("%s: found %v, %s, %v", name, found, info.ID, err)
		}
	}
	seed, length, name := recipes[0], grid(t, 3e-3)[0], recipes[0]
	name.Sample.Every, name.Checkpoint.Every = 640, 320
	seed.Train.Seed, length.Stages[0].Tokens, name.Name = 2, 1280, "of another name"
	finds("the same", recipes[0], data, true)
	finds("name", name, data, true)
	finds("seed", seed, data, false)
	finds("length", length, data, false)
	finds("text", recipes[0], text(t), false)
	if err := os.WriteFile(data, []byte(strings.Repeat("and the word was with God, ", 200)), 0o644); err != nil {
		t.Fatal(err)
	}
	finds("another text in its place", recipes[0], data, false)
	if err := os.WriteFile(data, []byte(genesis), 0o644); err != nil {
		t.Fatal(err)
	}
	finds("the text again", recipes[0], data, true)
	seed.Train.Seed = 3
	outcomes, err := queue(h, data, nil).Run(t.Context(), []growth.Recipe{seed})
	if err != nil {
		t.Fatal(err)
	}
	info, err := h.Find(outcomes[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := h.Checkpoints(info.ID)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := engine.Fork(h, "changed", session.Fork{Run: info.File, Step: saved[0].Step, Set: []string{"lr=0.5x"}}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(changed.Close(), os.Remove(info.File)); err != nil {
		t.Fatal(err)
	}
	finds("changed while it trained", seed, data, false)
}

// TestDivergedRunIsAnOutcome: the queue goes on after it, and does not try it again.
func TestDivergedRunIsAnOutcome(t *testing.T) {
	h, data := bench(t), text(t)
	recipes := grid(t, 3e-3, 4e-3)
	recipes[0].Model.OutputMult, recipes[0].Model.InitStd = 1e38, 9
	for _, found := range []bool{false, true} {
		all, err := queue(h, data, nil).Run(t.Context(), recipes)
		if err != nil || len(all) != 2 || !all[0].Diverged || all[1].Diverged || all[1].Loss <= 0 || all[0].Found != found {
			t.Errorf("outcomes %+v, %v", all, err)
		}
	}
}

// TestLiveRunIsLeftAlone: what another engine trains is neither trained twice nor waited for.
func TestLiveRunIsLeftAlone(t *testing.T) {
	h, data := bench(t), text(t)
	recipes := grid(t, 3e-3)
	met := error(nil)
	_, err := queue(h, data, func(_ int, e event.Event) {
		if s, is := e.(event.Step); is && s.Step == 5 {
			_, met = queue(h, data, nil).Run(context.Background(), recipes)
		}
	}).Run(t.Context(), recipes)
	if err != nil || met == nil || !strings.Contains(met.Error(), "is running in another process") {
		t.Errorf("the second queue met %v; the first %v", met, err)
	}
}

func TestQueueSaysWhatIsWrong(t *testing.T) {
	h := bench(t)
	if _, err := queue(h, "/no/such/text", nil).Run(t.Context(), grid(t, 3e-3)); err == nil || strings.Contains(err.Error(), "runs are done") {
		t.Errorf("without a text: %v", err)
	}
	if err := queue(h, "", nil).Save(t.Context()); err != nil {
		t.Errorf("nothing trains, so nothing is saved: %v", err)
	}
}
