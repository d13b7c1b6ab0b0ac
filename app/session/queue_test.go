package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/control"
)

// brief is a run of three steps.
var brief = []string{"stage.1.tokens=128", "stage.1.warmup=0", "stage.2.tokens=128", "stage.2.ramp=0", "stage.3.tokens=128", "stage.3.ramp=0"}

func enqueue(t *testing.T, h *session.Home, name string, sets ...string) session.Queued {
	t.Helper()
	e, err := h.Enqueue(session.Launch{Recipe: recipe, Name: name, Threads: 1, Set: sets})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// names are the names in a queue with their states: "a:waiting b:done".
func names(t *testing.T, h *session.Home) string {
	t.Helper()
	q, err := h.Queue()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range q.Entries {
		all = append(all, e.Name+":"+e.State)
	}
	return strings.Join(all, " ")
}

// work works on the queue in this process, and returns what was told.
func work(t *testing.T, h *session.Home) (told []string) {
	t.Helper()
	err := h.RunQueue(t.Context(), func() {}, func(e session.Queued) { told = append(told, e.Name+":"+e.State) })
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// TestQueueTrainsInOrder: one after the other, what was queued and not what became of its file, and a run that fails stops nobody.
func TestQueueTrainsInOrder(t *testing.T) {
	h := home(t)
	enqueue(t, h, "a", brief...)
	text, err := os.ReadFile(recipe)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	corpus := filepath.Join(t.TempDir(), "short.txt")
	if err := os.WriteFile(corpus, []byte("too short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Enqueue(session.Launch{Recipe: file, Name: "b", Data: corpus, Threads: 1, Set: brief}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Enqueue(session.Launch{Recipe: file, Name: "c", Threads: 1, Set: brief}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	told := work(t, h)
	q, err := h.Queue()
	if err != nil {
		t.Fatal(err)
	}
	if want := "a:running a:done b:running b:failed c:running c:done"; strings.Join(told, " ") != want {
		t.Errorf("told %v, want %s; the queue is %+v", told, want, q)
	}
	if e := q.Entries[1]; !strings.Contains(e.Error, "short") {
		t.Errorf("the entry that failed says %q", e.Error)
	}
	for _, i := range []int{0, 2} {
		if info, err := h.Find(q.Entries[i].Run); err != nil || info.Name != q.Entries[i].Name || info.Step != 3 {
			t.Errorf("entry %s has run %+v, %v", q.Entries[i].Name, info, err)
		}
	}
	if err := h.ClearQueue(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, h); got != "" {
		t.Errorf("cleared, the queue has %s", got)
	}
}

// TestQueueIsOrdered by people, who can also hold it and take things out.
func TestQueueIsOrdered(t *testing.T) {
	h := home(t)
	a, b := enqueue(t, h, "a", brief...), enqueue(t, h, "b", brief...)
	c := enqueue(t, h, "c", brief...)
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return h.MoveQueued(c.ID, 0) }, "c:waiting a:waiting b:waiting"},
		{func() error { return h.MoveQueued(c.ID, 2) }, "a:waiting b:waiting c:waiting"},
		{func() error { return h.Dequeue(a.ID) }, "b:waiting c:waiting"},
		{func() error { return h.HoldQueue(true) }, "b:waiting c:waiting"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := names(t, h); got != step.want {
			t.Errorf("the queue is %s, want %s", got, step.want)
		}
	}
	if told := work(t, h); len(told) != 0 {
		t.Errorf("held, it trains %v", told)
	}
	if err := h.StartQueue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, works := h.QueueRunner(); works {
		t.Error("held, somebody works on it")
	}
	for name, x := range map[string]struct {
		err  error
		want string
	}{
		"no such entry": {h.Dequeue("zzz"), `no entry "zzz"`},
		"no such place": {h.MoveQueued(b.ID, 2), "it must be from 1 to 2"},
	} {
		if !errors.Is(x.err, session.ErrUsage) || !strings.Contains(x.err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, x.err, x.want)
		}
	}
}

// TestLookingDoesNotEndTheQueue: who looks whether somebody works on it does not keep anybody from it.
func TestLookingDoesNotEndTheQueue(t *testing.T) {
	h := home(t)
	stop := make(chan struct{})
	var lookers sync.WaitGroup
	for range 4 {
		lookers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					h.QueueRunner()
				}
			}
		})
	}
	for range 200 {
		work(t, h) // nothing to do, but it has to be the one who does it
	}
	close(stop)
	lookers.Wait()
}

// TestQueueRefuses what could not train, when it is put in.
func TestQueueRefuses(t *testing.T) {
	h := home(t)
	for name, x := range map[string]struct {
		launch session.Launch
		is     error
	}{
		"a bad recipe": {session.Launch{Recipe: recipe, Set: []string{"train.lr=-1"}}, growth.ErrRecipe},
		"no text":      {session.Launch{Recipe: recipe, Data: "/nowhere/at/all.txt"}, session.ErrUsage},
		"a bad name":   {session.Launch{Recipe: recipe, Name: "a\x00"}, session.ErrUsage},
	} {
		if _, err := h.Enqueue(x.launch); !errors.Is(err, x.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := names(t, h); got != "" {
		t.Errorf("the queue has %s", got)
	}
}

// TestQueueSurvives the death of who works on it: the run goes on, the next one waits for it, and what was stopped is gone on with.
func TestQueueSurvives(t *testing.T) {
	h := home(t)
	enqueue(t, h, "long", long)
	enqueue(t, h, "after", brief...)
	ctx, cancel := context.WithCancel(t.Context())
	began := make(chan session.Queued, 8)
	ended := make(chan error, 1)
	go func() { ended <- h.RunQueue(ctx, func() {}, func(e session.Queued) { began <- e }) }()
	e := <-began
	waitLive(t, h, e.Run)
	if err := h.RunQueue(t.Context(), func() {}, func(session.Queued) {}); !errors.Is(err, session.ErrQueueRuns) {
		t.Errorf("a second one: %v", err)
	}
	if err := h.Dequeue(e.ID); !errors.Is(err, session.ErrUsage) {
		t.Errorf("removed while it trains: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if info, err := h.Find(e.Run); err != nil || !info.Live() {
		t.Fatalf("the run is %+v, %v", info, err)
	}

	if err := h.StartQueue(t.Context()); err != nil { // a process of its own
		t.Fatal(err)
	}
	if pid, works := h.QueueRunner(); !works || pid == os.Getpid() {
		t.Errorf("process %d works: %v", pid, works)
	}
	if err := h.Send(t.Context(), e.Run, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return names(t, h) == "long:stopped after:done" })
	until(t, func() bool { _, works := h.QueueRunner(); return !works })

	again, err := h.EnqueueResume(e.Run)
	if err != nil || again.Run != e.Run {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := h.EnqueueResume(e.Run); !errors.Is(err, session.ErrUsage) {
		t.Errorf("a second time: %v", err)
	}
	q, err := h.Queue()
	if err != nil {
		t.Fatal(err)
	}
	done := slices.IndexFunc(q.Entries, func(e session.Queued) bool { return e.State == session.Done })
	if _, err := h.EnqueueResume(q.Entries[done].Run); !errors.Is(err, session.ErrUsage) {
		t.Errorf("a run that is done: %v", err)
	}
}

func waitLive(t *testing.T, h *session.Home, run string) {
	t.Helper()
	until(t, func() bool {
		info, err := h.Find(run)
		return err == nil && info.Live() && info.Step > 0
	})
}

func until(t *testing.T, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 3*time.Minute {
			t.Fatal("it does not come to that")
		}
	}
}
