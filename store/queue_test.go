package store_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

func countSteps(t *testing.T, path string) int {
	t.Helper()
	r := get[*store.Reader](t)(store.OpenReader(path))
	n := len(get[[]event.Step](t)(r.Steps(0, 0)))
	must(t, r.Close())
	return n
}

func TestWritesEveryQuarterSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := newRun(t)
		run.Emit(step(1))
		time.Sleep(100 * time.Millisecond)
		run.Emit(step(2))
		time.Sleep(149 * time.Millisecond)
		synctest.Wait()
		if n := countSteps(t, run.Path()); n != 0 {
			t.Errorf("after 249 ms: got %d steps, want 0", n)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := countSteps(t, run.Path()); n != 2 {
			t.Errorf("after 251 ms: got %d steps, want 2", n)
		}
		run.Emit(step(3))
		time.Sleep(251 * time.Millisecond)
		synctest.Wait()
		if n := countSteps(t, run.Path()); n != 3 {
			t.Errorf("a quarter second later: got %d steps, want 3", n)
		}
		must(t, run.Close())
	})
}

// A full disk shows as the problem, Emit goes on, and all is written when there is room.
func TestRetriesWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := newRun(t)
		must(t, run.LimitPages(0))
		const n = 5000
		for i := range int64(n) {
			run.Emit(step(i + 1))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := run.Problem(); !errors.Is(err, store.ErrFull) {
			t.Fatalf("problem: got %v, want ErrFull", err)
		}
		time.Sleep(time.Hour)
		if n := countSteps(t, run.Path()); n != 0 {
			t.Errorf("steps in the file without room: got %d, want 0", n)
		}
		must(t, run.LimitPages(store.NoLimit))
		time.Sleep(6 * time.Second) // the longest pause is 5 s
		synctest.Wait()
		if err := run.Problem(); err != nil {
			t.Errorf("problem with room: got %v, want none", err)
		}
		if got := countSteps(t, run.Path()); got != n {
			t.Errorf("steps with room: got %d, want %d", got, n)
		}
		must(t, run.Close())
	})
}

// Emit waits only when the queue is very long, and keeps the order.
func TestEmitWaitsWhenQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := newRun(t)
		must(t, run.LimitPages(0))
		run.QueueMost(2000)
		emitted := make(chan int64, 3000)
		go func() {
			for i := range int64(3000) {
				run.Emit(step(i + 1))
				emitted <- i
			}
			close(emitted)
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(emitted); n != 2000 {
			t.Errorf("emitted without room: got %d, want 2000", n)
		}
		must(t, run.LimitPages(store.NoLimit))
		for range emitted {
		}
		must(t, run.Close())
		if n := countSteps(t, run.Path()); n != 3000 {
			t.Errorf("steps: got %d, want 3000", n)
		}
	})
}

func TestCloseWithoutRoomSaysWhatIsLost(t *testing.T) {
	run := newRun(t)
	must(t, run.LimitPages(0))
	for i := range int64(1000) {
		run.Emit(step(i + 1))
	}
	err := run.Close()
	if !errors.Is(err, store.ErrFull) {
		t.Fatalf("close: got %v, want ErrFull", err)
	}
	if want := "1000 events could not be written: the disk that holds "; err.Error()[:len(want)] != want {
		t.Errorf("close: got %q, want it to begin with %q", err, want)
	}
	again := get[*store.Run](t)(store.OpenWriter(run.Path())) // the lock is free
	must(t, again.Close())
}

func TestSaveWithoutRoom(t *testing.T) {
	run := newRun(t)
	get[int64](t)(run.Save(checkpoint(1, 100)))
	must(t, run.LimitPages(0))
	if _, err := run.Save(checkpoint(2, 1<<20, 1<<18)); !errors.Is(err, store.ErrFull) {
		t.Fatalf("save: got %v, want ErrFull", err)
	}
	r := reader(t, run.Path())
	if n := len(get[[]store.CheckpointInfo](t)(r.Checkpoints())); n != 1 {
		t.Errorf("checkpoints after a failed save: got %d, want 1", n)
	}
	if n := orphans(t, run.Path()); n != 0 {
		t.Errorf("chunks left by a failed save: got %d, want 0", n)
	}
	must(t, run.LimitPages(store.NoLimit))
	get[int64](t)(run.Save(checkpoint(2, 1<<20, 1<<18)))
	last := get[store.CheckpointInfo](t)(r.LatestCheckpoint())
	equal(t, "checkpoint", get[store.Checkpoint](t)(r.LoadCheckpoint(last.ID)), checkpoint(2, 1<<20, 1<<18))
	must(t, run.Close())
}
