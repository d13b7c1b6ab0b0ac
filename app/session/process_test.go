package session_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"growlab/app/cli"
	"growlab/app/session"
	"growlab/store"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// TestMain is also the program that engine processes, terminals, and those that look for GPUs, run.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"engine", "train", "devices", "sample", "runs", "queue", "remote"}, os.Args[1]) {
		os.Exit(cli.Main(cli.Program{}, os.Args[1:]))
	}
	os.Exit(runAll(m))
}

// shared is a folder for what several tests build once.
var shared string

func runAll(m *testing.M) (code int) {
	var err error
	if shared, err = os.MkdirTemp("", "growlab-test"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(shared) }() // a temporary folder
	return m.Run()
}

const (
	recipe = "../engine/testdata/tiny.toml"
	long   = "stage.1.tokens=100M" // so that the first stage does not end during a test
)

// home gives the test a data folder and a place for sockets, and ends the engines that the test leaves.
func home(t *testing.T) *session.Home {
	t.Helper()
	t.Setenv("GROWLAB_HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	h, err := session.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		infos, err := h.Runs()
		if err != nil {
			t.Error(err)
		}
		for _, i := range infos {
			if pid, busy := store.Busy(i.File); busy && pid > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
				gone(t, i.File)
			}
		}
	})
	return h
}

// gone waits until no engine works on the file.
func gone(t *testing.T, file string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, busy := store.Busy(file); !busy {
			return
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatal("the engine does not end")
		}
	}
}

func start(t *testing.T, h *session.Home, sets ...string) session.Info {
	t.Helper()
	info, err := h.Start(t.Context(), session.Launch{Recipe: recipe, Threads: 1, Set: sets})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func watch(t *testing.T, h *session.Home, id string) <-chan []event.Event {
	t.Helper()
	ch, err := h.Watch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// all collects events until the channel closes or, if until is not nil, it is true of one.
func all(t *testing.T, ch <-chan []event.Event, until func(event.Event) bool) (events []event.Event) {
	t.Helper()
	late := time.After(3 * time.Minute)
	for {
		select {
		case batch, ok := <-ch:
			if !ok {
				if until != nil {
					t.Fatalf("the channel closed after %d events", len(events))
				}
				return events
			}
			events = append(events, batch...)
			for _, e := range batch {
				if until != nil && until(e) {
					return events
				}
			}
		case <-late:
			t.Fatalf("%d events came, and then none", len(events))
		}
	}
}

func atStep(n int64) func(event.Event) bool {
	return func(e event.Event) bool {
		s, ok := e.(event.Step)
		return ok && s.Step >= n
	}
}

// stored is what the file says happened.
func stored(t *testing.T, h *session.Home, id string) []event.Event {
	t.Helper()
	return all(t, watch(t, h, id), nil) // no engine: all of it is from the file
}

func TestWatchFromStartToEnd(t *testing.T) {
	h := home(t)
	info := start(t, h)
	if !info.Live() && info.State != session.Done || info.Stages != 3 || info.PlanTokens != 16640 {
		t.Errorf("started as %+v", info)
	}
	first, second := watch(t, h, info.ID), watch(t, h, info.ID[:6])
	got := all(t, first, nil)
	gone(t, info.File)
	want := stored(t, h, info.ID)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d events were watched, the file has %d, or in another order", len(got), len(want))
	}
	if again := all(t, second, nil); !reflect.DeepEqual(again, want) {
		t.Errorf("the second watcher saw %d events, the file has %d, or in another order", len(again), len(want))
	}
	if e, ok := got[len(got)-1].(event.Ended); !ok || e.State != "done" {
		t.Errorf("the last event is %+v", got[len(got)-1])
	}
	if log, err := os.ReadFile(h.LogFile(info.ID)); err != nil || !strings.Contains(string(log), "grew") {
		t.Errorf("the log is %q, %v", log, err)
	}
}

func TestAttachLateAndCommand(t *testing.T) {
	h := home(t)
	info := start(t, h, long)
	all(t, watch(t, h, info.ID), atStep(50)) // somebody watches, and goes away
	ch := watch(t, h, info.ID)
	events := all(t, ch, atStep(150))
	for i := range 3 {
		if err := h.Send(t.Context(), info.ID, control.Command{Verb: control.Pause}); err != nil {
			t.Fatalf("pause %d: %v", i, err)
		}
		events = append(events, all(t, ch, func(e event.Event) bool { return e.Kind() == "paused" })...)
		if err := h.Send(t.Context(), info.ID, control.Command{Verb: control.Resume}); err != nil {
			t.Fatalf("resume %d: %v", i, err)
		}
	}
	if err := h.Send(t.Context(), info.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	events = append(events, all(t, ch, nil)...)
	gone(t, info.File)
	if want := stored(t, h, info.ID); !reflect.DeepEqual(events, want) {
		t.Errorf("%d events were watched, the file has %d, or in another order", len(events), len(want))
	}
	after, err := h.Find(info.ID)
	if err != nil || after.State != session.Stopped {
		t.Errorf("the run is %s, %v; want stopped", after.State, err)
	}
	if err := h.Send(t.Context(), info.ID, control.Command{Verb: control.Pause}); !errors.Is(err, control.ErrNoEngine) {
		t.Errorf("a command to a stopped run: %v, want ErrNoEngine", err)
	}
}

// TestKilledWhileWatched: the watcher sees the stream end, the run is interrupted, and Resume goes on with it.
func TestKilledWhileWatched(t *testing.T) {
	h := home(t)
	info := start(t, h, "stage.1.tokens=256k", "stage.1.warmup=1k")
	ch := watch(t, h, info.ID)
	all(t, ch, atStep(100))
	pid, busy := store.Busy(info.File)
	if !busy || pid == os.Getpid() {
		t.Fatalf("process %d works on the run, busy %v", pid, busy)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	all(t, ch, nil)
	dead, err := h.Find(info.ID)
	if err != nil || dead.State != session.Interrupted || !dead.Resumable() {
		t.Errorf("the run is %s, %v; want interrupted", dead.State, err)
	}
	again, err := h.Resume(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != info.ID || again.State != session.Running {
		t.Errorf("resumed as %+v", again)
	}
	if _, err := h.Resume(t.Context(), info.ID); err == nil {
		t.Error("a live run was resumed")
	}
	events := all(t, watch(t, h, info.ID), nil)
	if e, ok := events[len(events)-1].(event.Ended); !ok || e.State != "done" {
		t.Errorf("the last event is %+v", events[len(events)-1])
	}
	var steps int64
	for _, e := range events {
		if s, ok := e.(event.Step); ok {
			if s.Step != steps+1 {
				t.Fatalf("step %d follows step %d", s.Step, steps)
			}
			steps = s.Step
		}
	}
	if steps != 2070 {
		t.Errorf("%d steps, want 2070", steps)
	}
}

// TestWatchAcrossARestart: an engine dies and is resumed so fast that the watcher does not see the file free.
func TestWatchAcrossARestart(t *testing.T) {
	h := home(t)
	info := start(t, h, long)
	ch := watch(t, h, info.ID)
	all(t, ch, atStep(60))
	pid, _ := store.Busy(info.File)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, info.File)
	if _, err := h.Resume(t.Context(), info.ID); err != nil {
		t.Fatal(err)
	}
	resumed := false
	for batch := range ch { // either the channel closes, as no engine was there, or the new engine's Start comes
		for _, e := range batch {
			if s, ok := e.(event.Start); ok && s.Resumed > 0 {
				resumed = true
			}
			if resumed && atStep(200)(e) {
				return
			}
		}
	}
	if resumed {
		t.Error("the channel closed while the second engine worked")
	}
}

// TestAttachToATerminal: a run that a terminal started is watched and stopped from here.
func TestAttachToATerminal(t *testing.T) {
	h := home(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "train", "--recipe", recipe, "--set", long)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var infos []session.Info
	for began := time.Now(); len(infos) == 0; time.Sleep(20 * time.Millisecond) {
		var err error
		if infos, err = h.Runs(); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatal("no run appeared")
		}
	}
	ch := watch(t, h, infos[0].ID)
	events := all(t, ch, atStep(30))
	if err := h.Send(t.Context(), infos[0].ID, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	events = append(events, all(t, ch, nil)...)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 75 {
		t.Errorf("the terminal's exit code is %d, want 75", cmd.ProcessState.ExitCode())
	}
	if want := stored(t, h, infos[0].ID); !reflect.DeepEqual(events, want) {
		t.Errorf("%d events were watched, the file has %d, or in another order", len(events), len(want))
	}
}

func TestStartFailsWithTheEnginesSentence(t *testing.T) {
	h := home(t)
	for name, tt := range map[string]struct {
		launch session.Launch
		code   int
		says   string
	}{
		"no recipe":  {session.Launch{}, 3, "no recipe was named"},
		"no preset":  {session.Launch{Recipe: "flm-9z"}, 3, "flm-1m"},
		"no file":    {session.Launch{Recipe: "nowhere.toml"}, 3, "nowhere.toml"},
		"bad set":    {session.Launch{Recipe: recipe, Set: []string{"train.lr=-1"}}, 3, "train.lr"},
		"no text":    {session.Launch{Recipe: recipe, Data: "nowhere.txt"}, 7, "nowhere.txt"},
		"cuda":       {session.Launch{Recipe: recipe, Device: "cuda"}, 4, "device cuda: "},
		"bad device": {session.Launch{Recipe: recipe, Device: "abacus"}, 2, "abacus"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Start(t.Context(), tt.launch)
			var failed *session.StartError
			if !errors.As(err, &failed) || failed.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %#v, want code %d and %q", err, tt.code, tt.says)
			}
		})
	}
	if left, err := filepath.Glob(filepath.Join(h.Dir, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestEngineThatDiesAtOnce(t *testing.T) {
	h := home(t)
	h.Program = []string{"/bin/sh", "-c", "echo one; echo 'the library is missing' >&2; exit 3", "sh"}
	_, err := h.Start(t.Context(), session.Launch{Recipe: recipe})
	if err == nil || !strings.Contains(err.Error(), "died as it started: the library is missing") {
		t.Errorf("got %v", err)
	}
	h.Program = []string{"/no/such/program"}
	if _, err := h.Start(t.Context(), session.Launch{Recipe: recipe}); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
}

func TestStartWaitsNoLongerThanAsked(t *testing.T) {
	h := home(t)
	h.Program = []string{"/bin/sh", "-c", "sleep 2", "sh"}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := h.Start(ctx, session.Launch{Recipe: recipe}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func TestRunsLists(t *testing.T) {
	h := home(t)
	if infos, err := h.Runs(); err != nil || len(infos) != 0 {
		t.Errorf("%d runs in an empty folder, %v", len(infos), err)
	}
	info := start(t, h)
	all(t, watch(t, h, info.ID), nil)
	foreign := filepath.Join(h.RunFolder(), "notes.growlab")
	if err := os.WriteFile(foreign, []byte("these are not the bytes of a run"), 0o644); err != nil {
		t.Fatal(err)
	}
	infos, err := h.Runs()
	if err != nil || len(infos) != 2 {
		t.Fatalf("%d runs, %v; want 2", len(infos), err)
	}
	byFile := map[string]session.Info{}
	for _, i := range infos {
		byFile[i.File] = i
	}
	got := byFile[info.File]
	if got.State != session.Done || got.Step != 130 || got.Steps != 130 || got.Stage != 3 || got.Params == 0 || got.ValLoss == 0 || got.Created.IsZero() {
		t.Errorf("the run is listed as %+v", got)
	}
	if bad := byFile[foreign]; bad.State != session.Failed || !strings.Contains(bad.Error, "not a Growlab run file") {
		t.Errorf("the foreign file is listed as %+v", bad)
	}
}
