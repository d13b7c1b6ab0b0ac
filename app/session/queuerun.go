package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"growlab/store"
)

// ErrQueueRuns is wrapped when another process works on the queue already.
var ErrQueueRuns = errors.New("another process works on the queue already")

// lockFile takes the lock of a file that is made if need be; the kernel drops it when the file is closed. Without wait a lock that
// somebody has is EWOULDBLOCK; QueueRunner, which has a shared one for an instant, is waited for in any case.
func lockFile(path string, wait bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the queue: %w", err)
	}
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if errors.Is(err, syscall.EWOULDBLOCK) && onlyShared(f) {
			time.Sleep(time.Millisecond)
			continue
		}
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the queue: lock %s: %w", path, err), f.Close())
	}
	return f, nil
}

// onlyShared reports whether nobody has more than a shared lock of f, and leaves it without one of ours.
func onlyShared(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil && syscall.Flock(int(f.Fd()), syscall.LOCK_UN) == nil
}

func (h *Home) runnerFile() string { return filepath.Join(h.Dir, "queue.runner") }

// QueueRunner is the process that works on the queue, if one does; its id is 0 if it has not said yet.
func (h *Home) QueueRunner() (pid int, works bool) {
	f, err := os.Open(h.runnerFile())
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }() // only read from, and drops our lock
	if !errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return 0, false
	}
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err == nil {
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text))) // it may be writing it
	}
	return pid, true
}

// StartQueue makes sure that a process works on the queue, unless nothing waits or it is held. The process goes on when this one
// ends, and ends itself when nothing is left.
func (h *Home) StartQueue(ctx context.Context) error {
	q, err := h.Queue()
	if err != nil || q.Held || q.next() < 0 {
		return err
	}
	if _, works := h.QueueRunner(); works {
		return nil
	}
	cmd, ready, err := h.launch("queue", []string{"queue", "run", "--ready"})
	if err != nil {
		return err
	}
	answer := make(chan Ready, 1)
	go func() {
		answer <- hear(ready)
		_ = cmd.Wait() // what became of the runs is in the queue
	}()
	select {
	case r := <-answer:
		if _, works := h.QueueRunner(); r.File == "" && !works { // nor has another one come first
			return &StartError{"nobody works on the queue: " + r.Error + lastLine(h.LogFile("queue")), r.Code}
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the queue is starting: %w", ctx.Err())
	}
}

// next is the entry to work on: one that a runner which died has left, else the first that waits; -1 if there is none.
func (q Queue) next() int {
	waits := -1
	for i, e := range q.Entries {
		if e.State == Running {
			return i
		}
		if e.State == Waiting && waits < 0 {
			waits = i
		}
	}
	return waits
}

// RunQueue trains the entries of the queue in their order, one at a time and each in an engine process of its own, until none
// waits or the queue is held, and tells of each when its turn comes and when it has ended. While another run of the data folder
// trains, it waits. ready is called once it has begun to work. The end of ctx ends the work on the queue; a run that trains then
// goes on, and who works on the queue next waits for it. ErrQueueRuns if somebody works on it already.
func (h *Home) RunQueue(ctx context.Context, ready func(), tell func(Queued)) error {
	if err := h.makeFolder(h.Dir); err != nil {
		return err
	}
	lock, err := lockFile(h.runnerFile(), false)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _ := h.QueueRunner()
		return fmt.Errorf("%w (process %d)", ErrQueueRuns, pid)
	}
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // drops the lock
	if err := errors.Join(lock.Truncate(0), writePID(lock)); err != nil {
		return err
	}
	ready()
	for {
		e, some, err := h.take(ctx)
		if err != nil || !some {
			return err
		}
		tell(e)
		if err := h.carry(ctx, &e); err != nil {
			return err
		}
		if err := h.settle(e); err != nil {
			return err
		}
		tell(e)
	}
}

func writePID(f *os.File) error {
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// take marks the next entry as running, under the id that its run has or will have, once no other run trains; false if there is
// none.
func (h *Home) take(ctx context.Context) (e Queued, some bool, err error) {
	for {
		wait := false
		err = h.changeQueue(func(q *Queue) error {
			i := q.next()
			some = i >= 0 && (q.Entries[i].State == Running || !q.Held)
			if !some {
				return nil
			}
			if wait = q.Entries[i].State == Waiting && h.trains(); wait {
				return nil
			}
			if q.Entries[i].Run == "" {
				q.Entries[i].Run = store.NewID()
			}
			q.Entries[i].State = Running
			e = q.Entries[i]
			return nil
		})
		if err != nil || !some || !wait {
			return e, some, err
		}
		select {
		case <-time.After(pollFile):
		case <-ctx.Done():
			return e, false, ctx.Err()
		}
	}
}

// trains reports whether any run of the data folder trains.
func (h *Home) trains() bool {
	files, err := filepath.Glob(filepath.Join(h.RunFolder(), "*"+store.Extension))
	if err != nil {
		panic(err) // a bad pattern
	}
	for _, f := range files {
		if _, busy := store.Busy(f); busy {
			if info, err := describe(f); err != nil || info.State != Paused {
				return true
			}
		}
	}
	return false
}

// carry trains the run of an entry to its end, from where it stands, and sets what became of it. An error is about the queue.
func (h *Home) carry(ctx context.Context, e *Queued) error {
	fail := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.State, e.Error = Failed, err.Error()
		return nil
	}
	info, err := h.Find(e.Run)
	switch {
	case errors.Is(err, os.ErrNotExist) && e.Recipe == "":
		return fail(err)
	case errors.Is(err, os.ErrNotExist):
		info, err = h.begin(ctx, *e)
	case err != nil:
	case info.Live():
	case info.State == Interrupted, e.Recipe == "" && info.Resumable():
		info, err = h.Resume(ctx, e.Run)
	}
	if err != nil {
		return fail(err)
	}
	for {
		if info, err = describe(info.File); err != nil {
			return fail(err)
		}
		if _, busy := store.Busy(info.File); !busy && !info.Live() {
			e.State, e.Error = info.State, info.Error
			return nil
		}
		select {
		case <-time.After(pollFile):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin starts the run of an entry.
func (h *Home) begin(ctx context.Context, e Queued) (Info, error) {
	dir, err := os.MkdirTemp("", "growlab-queue-")
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the engine has read it, or will not
	draft := filepath.Join(dir, "queued.toml")
	if err := os.WriteFile(draft, []byte(e.Recipe), 0o644); err != nil {
		return Info{}, err
	}
	l := Launch{Recipe: draft, Name: e.Name, Data: e.Data, Device: e.Device, Threads: e.Threads}
	return h.spawn(ctx, e.Run, append([]string{"engine", "new", "--ready", "--id", e.Run}, l.Args()...))
}

// settle writes what became of an entry.
func (h *Home) settle(e Queued) error {
	return h.changeQueue(func(q *Queue) error {
		i, err := q.at(e.ID)
		if err != nil {
			return nil //nolint:nilerr // somebody removed it from the file by hand
		}
		q.Entries[i] = e
		return nil
	})
}
