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
	"growlab/store"
	"growlab/trainer/event"
)

// bench is a data folder for one test.
func bench(t *testing.T) *session.Home {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	return &session.Home{Dir: t.TempDir()}
}

// text is a file to train on, so that no test reads the whole Bible.
func text(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("in the beginning was the word, ", 200)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// grid is three proxies of tiny, 20 steps each.
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

// TestInterruptedSearchGoesOn: what was done stays, what was begun goes on to the same loss in the same file, and a wider grid
// trains only what is new.
func TestInterruptedSearchGoesOn(t *testing.T) {
	data, recipes := text(t), grid(t, 1e-3, 3e-3, 9e-3)
	whole, err := queue(bench(t), data, nil).Run(t.Context(), recipes)
	if err != nil || len(whole) != 3 {
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
	}).Run(ctx, recipes)
	if !errors.Is(err, interrupt) || !strings.Contains(err.Error(), "1 of 3 runs are done") || len(part) != 1 {
		t.Fatalf("%d outcomes, %v", len(part), err)
	}
	first := map[int]int64{} // the step that each training began with
	rest, err := queue(h, data, func(i int, e event.Event) {
		if s, is := e.(event.Step); is && first[i] == 0 {
			first[i] = s.Step
		}
	}).Run(t.Context(), recipes)
	if err != nil {
		t.Fatal(err)
	}
	if first[0] != 0 || first[1] != 14 || first[2] != 1 || !rest[0].Found || rest[0].Run != part[0].Run || rest[1].Run != second {
		t.Errorf("went on at steps %v with %+v; before: %+v, %s", first, rest, part, second)
	}
	for i := range whole {
		if rest[i].Loss != whole[i].Loss {
			t.Errorf("run %d ends at %v, uninterrupted at %v", i, rest[i].Loss, whole[i].Loss)
		}
	}
	wider, err := queue(h, data, nil).Run(t.Context(), grid(t, 1e-3, 3e-3, 9e-3, 2e-2))
	if err != nil || !wider[0].Found || !wider[2].Found || wider[3].Found || wider[1].Loss != rest[1].Loss {
		t.Errorf("a wider grid: %+v, %v", wider, err)
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
	other := func(name string, r growth.Recipe, data string) {
		t.Helper()
		again, err := queue(h, data, nil).Run(t.Context(), []growth.Recipe{r})
		if err != nil || again[0].Found {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
	}
	seed := recipes[0]
	seed.Train.Seed = 2
	other("seed", seed, data)
	other("text", recipes[0], text(t))
	info, err := h.Find(all[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.OpenWriter(info.File)
	if err != nil {
		t.Fatal(err)
	}
	w.Emit(event.Command{Step: 20, Verb: "set", Detail: "lr=1", Plan: []event.StageInfo{{}}})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	other("changed while it trained", recipes[0], data)
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
