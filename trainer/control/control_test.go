package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"growlab/trainer/event"
)

// alone gives the test a runtime folder of its own.
func alone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

func serve(t *testing.T, run string, keep int) (*Server, *Client) {
	t.Helper()
	s, err := listen(run, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	c, err := Dial(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func step(n int) event.Step {
	return event.Step{Step: int64(n), Tokens: int64(n) * 512, Stage: 1, Loss: 5}
}

// next receives an event, or fails the test after a while.
func next(t *testing.T, events <-chan event.Event) event.Event {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(2 * time.Minute):
		t.Fatal("no event came")
	}
	return nil
}

func TestSocketIsPrivate(t *testing.T) {
	dir := alone(t)
	s, _ := serve(t, "r1", keep)
	if want := filepath.Join(dir, "growlab", "r1.sock"); s.Path() != want {
		t.Errorf("socket at %s, want %s", s.Path(), want)
	}
	for path, want := range map[string]os.FileMode{s.Path(): 0o600, filepath.Dir(s.Path()): 0o700} {
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, fi.Mode().Perm(), want)
		}
	}
}

func TestOpenFolderIsClosed(t *testing.T) {
	dir := alone(t)
	if err := os.Mkdir(filepath.Join(dir, "growlab"), 0o755); err != nil {
		t.Fatal(err)
	}
	serve(t, "r1", keep)
	fi, err := os.Stat(filepath.Join(dir, "growlab"))
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %o, want 700", fi.Mode().Perm())
	}
}

func TestPathFallsBackWhenLong(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("d", 90))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", long)
	s, c := serve(t, "long-path-test", keep)
	if len(s.Path()) > maxPath || strings.HasPrefix(s.Path(), long) {
		t.Errorf("socket at %s (%d bytes)", s.Path(), len(s.Path()))
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLongRunID(t *testing.T) {
	alone(t)
	run := strings.Repeat("x", 300)
	s, c := serve(t, run, keep)
	if len(s.Path()) > maxPath {
		t.Errorf("path of %d bytes", len(s.Path()))
	}
	st, err := c.Status(t.Context())
	if err != nil || st.Run != run {
		t.Errorf("Status = %+v, %v", st, err)
	}
}

func TestForeignRunIDs(t *testing.T) {
	alone(t)
	for _, run := range []string{"", "..", ".hidden", "a/b", "a\x00b"} {
		if s, err := Listen(run); err == nil {
			t.Errorf("Listen(%q) opened %s", run, s.Path())
		}
	}
}

func TestForeignFolderIsNotUsed(t *testing.T) {
	dir := alone(t)
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "growlab")); err != nil {
		t.Fatal(err)
	}
	s, _ := serve(t, "foreign-folder-test", keep)
	if strings.HasPrefix(s.Path(), dir) {
		t.Errorf("socket at %s, behind a link", s.Path())
	}
}

func TestEventsArriveInOrder(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	s.Publish(event.Start{Run: "r1", Steps: 3})
	s.Publish(step(1))
	all, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	late, _, err := c.Events(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := c.Events(t.Context(), Now)
	if err != nil {
		t.Fatal(err)
	}
	s.Publish(step(2))
	s.Publish(event.Ended{State: "done", Step: 2})
	for name, r := range map[string]struct {
		events <-chan event.Event
		want   []string
	}{
		"from 0":   {all, []string{"start", "step", "step", "ended"}},
		"from 2":   {late, []string{"step", "ended"}},
		"from now": {now, []string{"step", "ended"}},
	} {
		for i, want := range r.want {
			if got := next(t, r.events).Kind(); got != want {
				t.Errorf("%s: event %d is %s, want %s", name, i, got, want)
			}
		}
	}
}

func TestCloseDeliversTheLastEvents(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		s.Publish(step(i + 1))
	}
	go func() { _ = s.Close() }() // its error is the cleanup's
	n := 0
	for range events {
		n++
	}
	if n != 1000 {
		t.Errorf("%d of 1000 events came before the stream closed", n)
	}
	if _, err := os.Stat(s.Path()); !errors.Is(err, os.ErrNotExist) {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.Path()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	}
}

func TestSlowSubscriberIsDisconnected(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", 16)
	events, _, err := c.Events(t.Context(), Now) // and never read while the ring turns over
	if err != nil {
		t.Fatal(err)
	}
	// Large lines, so that the socket's and the client's buffers do not hide the slowness.
	text := strings.Repeat("x", 64<<10)
	for i := range 400 { // would not end if it waited for the subscriber, whom nobody drains yet
		s.Publish(event.Sampled{Step: int64(i), Text: text})
	}
	n := 0
	for range events {
		n++
	}
	if n >= 400 {
		t.Errorf("all %d events came through a ring of 16", n)
	}
	if _, _, err := c.Events(t.Context(), int64(n)); !errors.Is(err, ErrBehind) {
		t.Errorf("asking for event %d: %v, want ErrBehind", n, err)
	}
	if _, _, err := c.Events(t.Context(), 395); err != nil {
		t.Errorf("asking for event 395 of 400: %v", err)
	}
}

func TestEventsThatAreNotAtHand(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", 4)
	for i := range 10 {
		s.Publish(step(i))
	}
	for _, from := range []int64{0, 5, 11} {
		if _, _, err := c.Events(t.Context(), from); !errors.Is(err, ErrBehind) {
			t.Errorf("from %d: %v, want ErrBehind", from, err)
		}
	}
}

func TestUnspeakableEventKeepsItsNumber(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	nan := step(1)
	nan.Loss /= 0 * nan.Loss
	s.Publish(nan)
	s.Publish(step(2))
	events, _, err := c.Events(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := next(t, events).(event.Step); !ok || e.Step != 2 {
		t.Errorf("event 1 is %+v, want step 2", e)
	}
}

func TestCommandsReachTheTrainer(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	taken := make(chan Command, 1)
	go func() {
		r := <-s.Requests()
		taken <- r.Command
		r.Reply(nil)
		r = <-s.Requests()
		r.Reply(errors.New("growing by hand is not possible in this version"))
	}()
	want := Command{Verb: Sample, Prompt: "In the beginning", Tokens: 20, Temperature: 0.8}
	if err := c.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got := <-taken; got != want {
		t.Errorf("the trainer got %+v, want %+v", got, want)
	}
	err := c.Send(t.Context(), Command{Verb: Grow})
	var refused *RefusedError
	if !errors.As(err, &refused) || err.Error() != "growing by hand is not possible in this version" {
		t.Errorf("Send(grow) = %v", err)
	}
}

func TestCommandsOfTheSameProcess(t *testing.T) {
	alone(t)
	s, _ := serve(t, "r1", keep)
	go func() {
		r := <-s.Requests()
		r.Reply(errors.New("not now"))
	}()
	if err := s.Do(t.Context(), Command{Verb: Save}); err == nil || err.Error() != "not now" {
		t.Errorf("Do = %v, want the trainer's refusal", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Do(ctx, Command{Verb: Save}); !errors.Is(err, context.Canceled) {
		t.Errorf("Do = %v, want the end of its context", err)
	}
}

func TestCommandWithdrawn(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Send(ctx, Command{Verb: Stop}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Send = %v", err)
	}
	// The server sees the lost connection a moment later.
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case r := <-s.Requests():
			r.Reply(nil)
			t.Log("taken in the moment between")
			return
		case <-deadline:
			t.Fatal("no command was taken after one was withdrawn")
		case <-time.After(200 * time.Millisecond):
			return // withdrawn
		}
	}
}

func TestCloseAnswersWaitingCommands(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	answered := make(chan error, 2)
	go func() { answered <- c.Send(t.Context(), Command{Verb: Save}) }() // never taken
	go func() { answered <- c.Send(t.Context(), Command{Verb: Stop}) }() // one of them is taken, and not answered
	r := <-s.Requests()
	time.Sleep(50 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-answered; err == nil {
			t.Error("a command that nobody obeyed was accepted")
		}
	}
	r.Reply(nil) // too late, and harmless
}

func TestBadCommandsAreRefused(t *testing.T) {
	alone(t)
	_, c := serve(t, "r1", keep)
	for name, cmd := range map[string]Command{
		"no verb":        {},
		"unknown":        {Verb: "explode"},
		"prompt":         {Verb: Pause, Prompt: "x"},
		"long prompt":    {Verb: Sample, Prompt: strings.Repeat("x", MaxPrompt+1)},
		"not UTF-8":      {Verb: Sample, Prompt: "\xff"},
		"tokens":         {Verb: Sample, Tokens: -1},
		"many tokens":    {Verb: Sample, Tokens: MaxTokens + 1},
		"cold":           {Verb: Sample, Temperature: -0.1},
		"stop with temp": {Verb: Stop, Temperature: 1},
	} {
		var refused *RefusedError
		if err := c.Send(t.Context(), cmd); !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

func TestStatusFollowsEvents(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	s.Publish(event.Start{Resumed: 4})
	s.Publish(step(5))
	s.Publish(event.Grew{Stage: 2})
	s.Publish(event.Paused{Step: 5})
	want := Status{Run: "r1", PID: os.Getpid(), Paused: true, Step: 5, Tokens: 5 * 512, Stage: 2, Events: 4}
	if got, err := c.Status(t.Context()); err != nil || got != want {
		t.Errorf("Status = %+v, %v, want %+v", got, err, want)
	}
	s.Publish(event.Resumed{})
	s.Publish(event.Ended{State: "done"})
	want.Paused, want.Ended, want.Events = false, true, 6
	if got, err := c.Status(t.Context()); err != nil || got != want {
		t.Errorf("Status = %+v, %v, want %+v", got, err, want)
	}
}

func TestSecondListenerIsRefused(t *testing.T) {
	alone(t)
	s, _ := serve(t, "r1", keep)
	if _, err := Listen("r1"); !errors.Is(err, ErrTaken) {
		t.Errorf("second Listen = %v, want ErrTaken", err)
	}
	if _, err := Dial(t.Context(), "r1"); err != nil {
		t.Errorf("the first no longer answers: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Listen("r1")
	if err != nil {
		t.Fatalf("Listen after Close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestManyListenersOneWins(t *testing.T) {
	alone(t)
	for round := range 20 {
		var wg sync.WaitGroup
		servers := make([]*Server, 8)
		for i := range servers {
			wg.Go(func() {
				s, err := Listen("r1")
				if err != nil && !errors.Is(err, ErrTaken) {
					t.Errorf("round %d: %v", round, err)
				}
				servers[i] = s
			})
		}
		wg.Wait()
		won := 0
		for _, s := range servers {
			if s == nil {
				continue
			}
			won++
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d servers on one run, want 1", round, won)
		}
	}
}

func TestNoEngine(t *testing.T) {
	dir := alone(t)
	if _, err := Dial(t.Context(), "r1"); !errors.Is(err, ErrNoEngine) {
		t.Errorf("Dial with no socket = %v, want ErrNoEngine", err)
	}
	// A socket that a dead engine left behind.
	if err := os.Mkdir(filepath.Join(dir, "growlab"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "growlab", "r1.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), "r1"); !errors.Is(err, ErrNoEngine) {
		t.Errorf("Dial of a dead socket = %v, want ErrNoEngine", err)
	}
	serve(t, "r1", keep) // replaces it
}

// TestKilledEngine kills a process that listens, and expects its clients to notice and its place to be free.
func TestKilledEngine(t *testing.T) {
	const run = "killed"
	if os.Getenv("GROWLAB_TEST_SERVE") != "" {
		s, err := Listen(run)
		if err != nil {
			t.Fatal(err)
		}
		s.Publish(event.Start{Run: run})
		time.Sleep(5 * time.Minute)
		t.Fatal("nobody killed the server")
	}
	alone(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledEngine$")
	cmd.Env = append(os.Environ(), "GROWLAB_TEST_SERVE=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c *Client
	for began := time.Now(); c == nil; time.Sleep(10 * time.Millisecond) {
		var err error
		if c, err = Dial(t.Context(), run); err != nil && time.Since(began) > 2*time.Minute {
			t.Fatal(err)
		}
	}
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.Kind() != "start" {
		t.Errorf("first event is %s", e.Kind())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the killed process ended well")
	}
	for e := range events {
		t.Errorf("event %s from a dead engine", e.Kind())
	}
	if err := c.Send(t.Context(), Command{Verb: Pause}); !errors.Is(err, ErrNoEngine) {
		t.Errorf("Send = %v, want ErrNoEngine", err)
	}
	serve(t, run, keep)
}

func TestManySubscribersWhileTraining(t *testing.T) {
	alone(t)
	s, c := serve(t, "r1", keep)
	const events, subscribers = 2000, 6
	var wg sync.WaitGroup
	for range subscribers {
		ch, _, err := c.Events(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for want := range events {
				e, ok := (<-ch).(event.Step)
				if !ok || e.Step != int64(want) {
					t.Errorf("got %+v, want step %d", e, want)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if err := c.Send(t.Context(), Command{Verb: Save}); err != nil {
				t.Error(err)
			}
		}
	})
	handled := 0
	for i := 0; i < events || handled < 20; i++ {
		if i < events {
			s.Publish(step(i))
		}
		select {
		case r := <-s.Requests():
			handled++
			r.Reply(nil)
		default:
		}
	}
	wg.Wait()
}

func ExampleServer() {
	s, err := Listen(fmt.Sprintf("example-%d", os.Getpid()))
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Publish(event.Start{Name: "first"})
	r := func() *Request { // between two steps
		select {
		case r := <-s.Requests():
			return &r
		default:
			return nil
		}
	}()
	fmt.Println(r == nil, s.Close())
	// Output: true <nil>
}
