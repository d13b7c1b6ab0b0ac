package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"growlab/store"
)

func TestSecondEngineIsRefused(t *testing.T) {
	run := newRun(t)
	want := fmt.Sprintf("another engine (process %d) is writing %s: stop it or wait for its end", os.Getpid(), run.Path())
	for name, open := range map[string]func() (*store.Run, error){
		"OpenWriter": func() (*store.Run, error) { return store.OpenWriter(run.Path()) },
		"Create":     func() (*store.Run, error) { return store.Create(run.Path(), testMeta) },
	} {
		_, err := open()
		if !errors.Is(err, store.ErrBusy) || err.Error() != want {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	link := filepath.Join(t.TempDir(), "link.growlab") // another name of it
	must(t, os.Symlink(run.Path(), link))
	if _, err := store.OpenWriter(link); !errors.Is(err, store.ErrBusy) {
		t.Errorf("by a symbolic link: got %v, want ErrBusy", err)
	}
	if pid, busy := store.Busy(link); !busy || pid != os.Getpid() {
		t.Errorf("busy by a symbolic link: got %d, %v, want %d, true", pid, busy, os.Getpid())
	}
	if pid, busy := store.Busy(run.Path()); !busy || pid != os.Getpid() {
		t.Errorf("busy: got %d, %v, want %d, true", pid, busy, os.Getpid())
	}
	must(t, run.Close())
	must(t, run.Close()) // again, for defer
	if pid, busy := store.Busy(run.Path()); busy {
		t.Errorf("busy after Close: got %d, true", pid)
	}
	again := get[*store.Run](t)(store.OpenWriter(run.Path()))
	must(t, again.Close())
}

func TestEngineOfAnotherProcess(t *testing.T) {
	run := newRun(t)
	must(t, run.Close())
	cmd, lines := child(t, "engine", run.Path())
	if !lines.Scan() {
		t.Fatal("the engine did not start")
	}
	_, err := store.OpenWriter(run.Path())
	if who := fmt.Sprintf("process %d", cmd.Process.Pid); !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), who) {
		t.Errorf("open: got %v, want ErrBusy by %s", err, who)
	}
	r := reader(t, run.Path())
	s := get[store.Summary](t)(r.Summary())
	if s.State != store.Running || s.Engine != cmd.Process.Pid {
		t.Errorf("summary: got state %q of engine %d, want %q of %d", s.State, s.Engine, store.Running, cmd.Process.Pid)
	}
	must(t, cmd.Process.Kill())
	for lines.Scan() { // to the end of its output
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the engine ended by itself")
	}
	if state := get[store.State](t)(r.State()); state != store.Stopped {
		t.Errorf("state after a kill: got %q, want %q", state, store.Stopped)
	}
	again := get[*store.Run](t)(store.OpenWriter(run.Path()))
	must(t, again.Close())
}

// However many want to be the engine, and however often others look whether there is one, one at a time is.
func TestLockUnderContention(t *testing.T) {
	run := newRun(t)
	must(t, run.Close())
	var mu sync.Mutex
	var holders, turns int
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 40 {
				store.Busy(run.Path())
				engine, err := store.OpenWriter(run.Path())
				if errors.Is(err, store.ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				holders++
				turns++
				if holders > 1 {
					t.Errorf("%d engines at once", holders)
				}
				holders--
				mu.Unlock()
				if err := engine.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if turns == 0 {
		t.Error("nobody ever got the lock")
	}
}

// A look whether there is an engine, however long it takes, does not keep one from beginning.
func TestLookersDoNotRefuseAnEngine(t *testing.T) {
	run := newRun(t)
	must(t, run.Close())
	name := run.Path() + ".lock"
	must(t, os.WriteFile(name, nil, 0o644))
	looker := get[*os.File](t)(os.Open(name))
	must(t, syscall.Flock(int(looker.Fd()), syscall.LOCK_SH))
	opened := make(chan error, 1)
	go func() {
		engine, err := store.OpenWriter(run.Path())
		if err == nil {
			err = engine.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("opened while it was looked at: %v", err)
	case <-time.After(300 * time.Millisecond): // longer than an engine that ends is waited for
	}
	must(t, looker.Close())
	must(t, <-opened)
}
