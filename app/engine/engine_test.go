package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/control"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// TestMain is also an engine process that kills itself: GROWLAB_TEST_DIE is a step, or "grew" or "save" for the moment after
// the first such event that follows the step GROWLAB_TEST_AFTER. GROWLAB_TEST_SET changes its recipe.
func TestMain(m *testing.M) {
	if when := os.Getenv("GROWLAB_TEST_DIE"); when != "" {
		os.Exit(trainAndDie(when))
	}
	os.Exit(m.Run())
}

func trainAndDie(when string) int {
	after, err := strconv.ParseInt(os.Getenv("GROWLAB_TEST_AFTER"), 10, 64)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	var step int64
	watch := func(e event.Event) {
		if s, ok := e.(event.Step); ok {
			step = s.Step
		}
		if step >= after && e.Kind() == when {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // does not return
		}
	}
	h, err := session.Open()
	if err != nil {
		fmt.Println(err)
		return 2
	}
	var e *engine.Engine
	if file := os.Getenv("GROWLAB_TEST_RESUME"); file != "" {
		e, err = engine.Resume(file, session.Launch{}, engine.Options{Watch: watch})
	} else {
		e, err = engine.New(h, "killed", tiny(strings.Fields(os.Getenv("GROWLAB_TEST_SET"))...), engine.Options{Watch: watch})
	}
	if err == nil {
		_, err = e.Train(context.Background())
	}
	fmt.Println("survived:", err)
	return 2
}

func tiny(sets ...string) session.Launch {
	return session.Launch{Recipe: "testdata/tiny.toml", Threads: 2, Set: sets}
}

// long makes the first stage so long that a test can do things during it.
const long = "stage.1.tokens=100M"

// home gives the test a data folder and a place for sockets.
func home(t *testing.T) *session.Home {
	t.Helper()
	t.Setenv("GROWLAB_HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	h, err := session.Open()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// log keeps the events of an engine.
type log struct{ events []event.Event }

func (l *log) note(e event.Event) { l.events = append(l.events, e) }

func (l *log) steps() (s []event.Step) {
	for _, e := range l.events {
		if e, ok := e.(event.Step); ok {
			s = append(s, e)
		}
	}
	return s
}

// train runs e to its end and closes it.
func train(t *testing.T, e *engine.Engine, err error) event.Ended {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	end, err := e.Train(t.Context())
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return end
}

// uninterrupted is the run that others are compared with.
func uninterrupted(t *testing.T, h *session.Home, l session.Launch) (*log, event.Ended) {
	t.Helper()
	var seen log
	e, err := engine.New(h, store.NewID(), l, engine.Options{Watch: seen.note})
	return &seen, train(t, e, err)
}

// numbers are the fields of a run's steps that training determines; times are not.
func numbers(steps []event.Step) []event.Step {
	out := slices.Clone(steps)
	for i := range out {
		out[i].TokensPerSec, out[i].Seconds = 0, 0
	}
	return out
}

// stored reads the steps and the last evaluation of a run file.
func stored(t *testing.T, file string) ([]event.Step, event.Eval) {
	t.Helper()
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	steps, err := r.Steps(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	evals, err := r.Evals()
	if err != nil || len(evals) == 0 {
		t.Fatalf("%d evaluations, %v", len(evals), err)
	}
	return steps, evals[len(evals)-1]
}

func TestRunFromRecipeToFile(t *testing.T) {
	h := home(t)
	l := tiny("train.lr=1e-3")
	l.Name = "a name/with: things"
	seed := uint64(7)
	l.Seed = &seed
	var seen log
	e, err := engine.New(h, "run1", l, engine.Options{Version: "v9", Watch: seen.note})
	if err != nil {
		t.Fatal(err)
	}
	file := e.File()
	end := train(t, e, nil)
	if end.State != "done" || end.Step != 130 || len(end.Stages) != 3 {
		t.Errorf("ended as %+v", end)
	}
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	meta, err := r.Meta()
	if err != nil {
		t.Fatal(err)
	}
	if meta.ID != "run1" || meta.Name != l.Name || meta.Seed != 7 || meta.Version != "v9" || meta.RecipeName != "tiny" {
		t.Errorf("meta %+v", meta)
	}
	again, err := growth.Parse(meta.RecipeName, []byte(meta.Recipe))
	if err != nil || again.Train.LR != 1e-3 || again.Train.Seed != 7 {
		t.Errorf("the stored recipe gives lr %v, seed %d, %v", again.Train.LR, again.Train.Seed, err)
	}
	steps, final := stored(t, file)
	if !slices.Equal(steps, seen.steps()) {
		t.Error("the steps in the file are not those that were emitted")
	}
	if !final.Final || final.Loss != end.Loss {
		t.Errorf("the last evaluation is %+v, the run ended with %v", final, end.Loss)
	}
	picture, err := os.ReadFile(engine.PicturePath(file))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || p.Width < 500 {
		t.Errorf("the picture is %+v, %v", p, err)
	}
	left, err := filepath.Glob(filepath.Join(h.RunFolder(), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestThreadsDoNotChangeNumbers(t *testing.T) {
	h := home(t)
	l := tiny()
	l.Threads = 1
	one, _ := uninterrupted(t, h, l)
	l.Threads = 3
	three, _ := uninterrupted(t, h, l)
	if !slices.Equal(numbers(one.steps()), numbers(three.steps())) {
		t.Error("steps differ between 1 and 3 threads")
	}
}

// TestKilledAndResumed kills engine processes in all stages, in ramps, and between a growth and its checkpoint, one after
// the other on the same run, and expects the numbers of a run that was not killed.
func TestKilledAndResumed(t *testing.T) {
	h := home(t)
	want, _ := uninterrupted(t, h, tiny())
	var file string
	for _, kill := range []struct {
		when  string
		after int
	}{
		{"step", 4},   // before the first checkpoint
		{"step", 37},  // stage 1, between checkpoints
		{"grew", 50},  // the network has grown, its checkpoint is not made
		{"step", 63},  // in the ramp
		{"saved", 65}, // in the ramp, at a checkpoint
		{"eval", 75},
		{"step", 104}, // the second ramp
		{"eval", 130}, // after the last step, before the end
		{"saved", 130},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "GROWLAB_TEST_DIE="+kill.when, fmt.Sprint("GROWLAB_TEST_AFTER=", kill.after), "GROWLAB_TEST_RESUME="+file)
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%v: %v: %s", kill, err, out)
		}
		info, err := h.Find("killed")
		if err != nil {
			t.Fatal(err)
		}
		if info.State != session.Interrupted {
			t.Errorf("%v: the run is %s, want interrupted", kill, info.State)
		}
		file = info.File
	}
	l := session.Launch{Threads: 1} // threads do not matter
	e, err := engine.Resume(file, l, engine.Options{})
	end := train(t, e, err)
	got, final := stored(t, file)
	if !slices.Equal(numbers(got), numbers(want.steps())) {
		for i, s := range numbers(want.steps()) {
			if i >= len(got) || numbers(got)[i] != s {
				t.Fatalf("from step %d on the numbers differ", s.Step)
			}
		}
		t.Fatalf("%d steps, want %d", len(got), len(want.steps()))
	}
	last := want.events[len(want.events)-1].(event.Ended)
	if end.Loss != last.Loss || final.Loss != last.Loss || end.FLOPs != last.FLOPs {
		t.Errorf("final loss %v after %v FLOPs, in the file %v; uninterrupted %v after %v", end.Loss, end.FLOPs, final.Loss, last.Loss, last.FLOPs)
	}
}

// unhurried makes each step of the stages from stage on take a fifth of a second more, until hurry is called: what a test does during a
// short stage comes in time then, also where the machine is busy.
func unhurried(stage int) (watch func(event.Event), hurry func()) {
	hurried := make(chan struct{})
	return func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Stage >= stage {
			select {
			case <-hurried:
			case <-time.After(200 * time.Millisecond):
			}
		}
	}, sync.OnceFunc(func() { close(hurried) })
}

// live starts a long run in this process and returns its client and a function that waits for its end.
func live(t *testing.T, h *session.Home, id string) (*engine.Engine, *control.Client, func() (event.Ended, error)) {
	t.Helper()
	return liveWith(t, h, id, nil)
}

// liveWith is live with a function that sees the events.
func liveWith(t *testing.T, h *session.Home, id string, watch func(event.Event)) (*engine.Engine, *control.Client, func() (event.Ended, error)) {
	t.Helper()
	e, err := engine.New(h, id, tiny(long), engine.Options{Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		end event.Ended
		err error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		end, err := e.Train(ctx)
		done <- result{end, errors.Join(err, e.Close())}
	}()
	c, err := control.Dial(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e, c, func() (event.Ended, error) {
		select {
		case r := <-done:
			return r.end, r.err
		case <-time.After(2 * time.Minute):
			t.Fatal("the engine does not end")
			return event.Ended{}, nil
		}
	}
}

func send(t *testing.T, c *control.Client, cmd control.Command) {
	t.Helper()
	if err := c.Send(t.Context(), cmd); err != nil {
		t.Fatalf("%s: %v", cmd.Verb, err)
	}
}

// waitFor returns the next event of a kind.
func waitFor(t *testing.T, events <-chan event.Event, kind string) event.Event {
	t.Helper()
	late := time.After(2 * time.Minute)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %s", kind)
			}
			if e.Kind() == kind {
				return e
			}
		case <-late:
			t.Fatalf("no %s came", kind)
		}
	}
}

func TestCommandsOverTheSocket(t *testing.T) {
	h := home(t)
	_, c, wait := live(t, h, "run1")
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, events, "step")

	send(t, c, control.Command{Verb: control.Pause})
	paused := waitFor(t, events, "paused").(event.Paused)
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the file follows within a moment
		info, err := h.Find("run1")
		if err == nil && info.State == session.Paused {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("the run is %s, %v; want paused", info.State, err)
		}
	}
	if err := c.Send(t.Context(), control.Command{Verb: control.Pause}); err == nil {
		t.Error("a second pause was accepted")
	}
	send(t, c, control.Command{Verb: control.Sample, Prompt: "Ho", Tokens: 3, Temperature: 0.5})
	if s := waitFor(t, events, "sampled").(event.Sampled); s.Prompt != "Ho" || s.Temperature != 0.5 || s.Step != paused.Step {
		t.Errorf("sampled %+v at step %d", s, paused.Step)
	}
	send(t, c, control.Command{Verb: control.Eval})
	waitFor(t, events, "eval")
	send(t, c, control.Command{Verb: control.Resume})
	if s := waitFor(t, events, "step").(event.Step); s.Step != paused.Step+1 {
		t.Errorf("the run paused at step %d and went on with %d", paused.Step, s.Step)
	}
	send(t, c, control.Command{Verb: control.Save})
	waitFor(t, events, "saved")
	err = c.Send(t.Context(), control.Command{Verb: control.Postpone})
	var refused *control.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "postpone") {
		t.Errorf("postpone was answered by %v", err)
	}
	send(t, c, control.Command{Verb: control.Stop})
	end, err := wait()
	if !errors.Is(err, engine.ErrStopped) || end.State != "stopped" {
		t.Errorf("stopped with state %s, %v", end.State, err)
	}
	last := event.Event(nil)
	for e := range events {
		last = e
	}
	if e, ok := last.(event.Ended); !ok || e.Step != end.Step {
		t.Errorf("the last event is %+v", last)
	}
	info, err := h.Find("run1")
	if err != nil || info.State != session.Stopped || info.Step != end.Step {
		t.Errorf("the run is %s at step %d, %v; it stopped at %d", info.State, info.Step, err, end.Step)
	}
}

func TestCancelSavesAndSaysWhy(t *testing.T) {
	h := home(t)
	why := engine.Signal(syscall.SIGTERM)
	ctx, cancel := context.WithCancelCause(t.Context())
	e, err := engine.New(h, "run1", tiny(long), engine.Options{Watch: func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step == 7 {
			cancel(why)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	end, err := e.Train(ctx)
	if !errors.Is(err, why) || end.State != "stopped" || end.Step != 7 {
		t.Errorf("ended %s at step %d: %v", end.State, end.Step, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	last, err := engine.LastCheckpoint(e.File())
	if err != nil || last.Checkpoint.Step != 7 {
		t.Errorf("the last checkpoint is at step %d, %v", last.Checkpoint.Step, err)
	}
}

func TestSecondEngineIsRefused(t *testing.T) {
	h := home(t)
	e, c, wait := live(t, h, "run1")
	if _, err := engine.Resume(e.File(), session.Launch{}, engine.Options{}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a second engine: %v, want ErrBusy", err)
	}
	if _, err := engine.New(h, "run1", tiny(), engine.Options{}); !errors.Is(err, control.ErrTaken) {
		t.Errorf("another run with the same id: %v, want ErrTaken", err)
	}
	send(t, c, control.Command{Verb: control.Stop})
	if _, err := wait(); !errors.Is(err, engine.ErrStopped) {
		t.Error(err)
	}
}

func TestDoneRunIsNotResumed(t *testing.T) {
	h := home(t)
	_, end := uninterrupted(t, h, tiny())
	info, err := h.Find("tiny")
	if err != nil || info.State != session.Done || info.ValLoss != end.Loss {
		t.Fatalf("%+v, %v", info, err)
	}
	before, err := os.ReadFile(info.File)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Resume(info.File, session.Launch{}, engine.Options{}); !errors.Is(err, engine.ErrDone) {
		t.Errorf("Resume = %v, want ErrDone", err)
	}
	if after, err := os.ReadFile(info.File); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file of a run that is done changed, %v", err)
	}
}

func TestDataMustBeTheSame(t *testing.T) {
	h := home(t)
	path := filepath.Join(t.TempDir(), "text.txt")
	text := strings.Repeat("All work and no play makes Jack a dull boy.\n", 200)
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	l := tiny(long)
	l.Data = path
	ctx, cancel := context.WithCancel(t.Context())
	e, err := engine.New(h, "run1", l, engine.Options{Watch: func(e event.Event) {
		if e.Kind() == "step" {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	write(text + "x")
	if _, err := engine.Resume(e.File(), session.Launch{}, engine.Options{}); !errors.Is(err, engine.ErrMismatch) || !strings.Contains(err.Error(), path) {
		t.Errorf("with another text: %v, want ErrMismatch", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Resume(e.File(), session.Launch{}, engine.Options{}); !errors.Is(err, data.ErrData) {
		t.Errorf("without the text: %v, want ErrData", err)
	}
	write(text)
	e, err = engine.Resume(e.File(), session.Launch{}, engine.Options{})
	if err != nil {
		t.Fatalf("with the old text: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestBadLaunchLeavesNothing(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.txt")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short.txt")
	if err := os.WriteFile(short, []byte("too short"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*session.Launch)
		want   error
	}{
		"recipe":  {func(l *session.Launch) { l.Set = []string{"train.batch=0"} }, growth.ErrRecipe},
		"seed":    {func(l *session.Launch) { l.Seed = new(uint64); *l.Seed = 1 << 63 }, growth.ErrRecipe},
		"empty":   {func(l *session.Launch) { l.Data = empty }, data.ErrData},
		"short":   {func(l *session.Launch) { l.Data = short }, data.ErrData},
		"missing": {func(l *session.Launch) { l.Data = "/no/such/text" }, data.ErrData},
		"cuda":    {func(l *session.Launch) { l.Device = "cuda:0" }, session.ErrDevice},
		"device":  {func(l *session.Launch) { l.Device = "tpu" }, session.ErrUsage},
		"threads": {func(l *session.Launch) { l.Threads = -1 }, session.ErrUsage},
		"name":    {func(l *session.Launch) { l.Name = "a\x1b[31m" }, session.ErrUsage},
		"memory": {func(l *session.Launch) {
			l.Set = []string{"stage.3.hidden=131072", "stage.3.layers=64"}
		}, session.ErrMemory},
	} {
		t.Run(name, func(t *testing.T) {
			h := home(t)
			l := tiny()
			tt.change(&l)
			_, err := engine.New(h, "run1", l, engine.Options{})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if found, err := os.ReadDir(h.Dir); err != nil || len(found) > 0 {
				t.Errorf("left behind: %v, %v", found, err)
			}
			if _, err := control.Dial(t.Context(), "run1"); !errors.Is(err, control.ErrNoEngine) {
				t.Errorf("a socket is left: %v", err)
			}
		})
	}
}

func TestUnwritableFolder(t *testing.T) {
	h := home(t)
	if err := os.WriteFile(filepath.Join(h.Dir, "runs"), []byte("a file where the folder should be"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := engine.New(h, "run1", tiny(), engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "GROWLAB_HOME") {
		t.Errorf("got %v, want a sentence that names GROWLAB_HOME", err)
	}
	if _, err := control.Dial(t.Context(), "run1"); !errors.Is(err, control.ErrNoEngine) {
		t.Errorf("a socket is left: %v", err)
	}
}
