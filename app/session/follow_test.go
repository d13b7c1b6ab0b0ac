package session

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

// script makes the events of one engine from step first+1 to last, some of everything, as a trainer emits them.
func script(rng *rand.Rand, first, last int64) []event.Event {
	events := []event.Event{event.Start{Run: "r", Resumed: first, Steps: 1000}}
	for s := first + 1; s <= last; s++ {
		events = append(events, event.Step{Step: s, Tokens: s * 10, Stage: 1, Loss: float64(s), Mask: 1})
		for _, e := range []event.Event{
			event.Eval{Step: s, Tokens: s * 10, Stage: 1, Loss: 2, EvalTokens: 5},
			event.Sampled{Step: s, Tokens: s * 10, Stage: 1, Text: "text"},
			event.Command{Step: s, Tokens: s * 10, Verb: "save"},
			event.Saved{Step: s, Tokens: s * 10, Stage: 1, Reason: "asked"},
			event.Paused{Step: s, Tokens: s * 10},
			event.Resumed{Step: s, Tokens: s * 10},
		} {
			if rng.IntN(8) == 0 {
				events = append(events, e)
			}
		}
	}
	return events
}

// testFile is a run file and a follower of it.
func testFile(t *testing.T) (*store.Run, *follower) {
	t.Helper()
	run, err := store.Create(filepath.Join(t.TempDir(), "run.growlab"), store.Meta{ID: "r", Name: "r"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenReader(run.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	})
	return run, &follower{file: r}
}

func emit(t *testing.T, run *store.Run, events []event.Event) {
	t.Helper()
	for _, e := range events {
		run.Emit(e)
	}
	if err := run.Flush(); err != nil {
		t.Fatal(err)
	}
}

func readAll(t *testing.T, f *follower) []event.Event {
	t.Helper()
	events, err := f.read()
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// TestFollowerSeesEachEventOnce writes events in pieces of any size, some of which come to the follower live and some of
// which it reads, in the file's own time, and expects all of them once and in order, and the right count for a live stream.
func TestFollowerSeesEachEventOnce(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		run, f := testFile(t)
		all := script(rng, 0, 60)
		emit(t, run, all[:1]) // the Start is in the file before there is a live stream
		got := readAll(t, f)
		written, seen := 1, 1 // of all: in the file, and delivered to the follower
		for written < len(all) {
			n := min(1+rng.IntN(20), len(all)-written)
			emit(t, run, all[written:written+n])
			written += n
			if rng.IntN(2) == 0 {
				got = append(got, readAll(t, f)...)
				seen = max(seen, written)
			}
			for range rng.IntN(10) { // live, perhaps before the file has it
				if seen < len(all) {
					f.came(all[seen])
					got = append(got, all[seen])
					seen++
				}
			}
			if int(f.part) != seen {
				t.Fatalf("seed %d: the follower counts %d events, %d were delivered", seed, f.part, seen)
			}
		}
		got = append(got, readAll(t, f)...)
		if !reflect.DeepEqual(got, all) {
			t.Fatalf("seed %d: got %d events, want %d, or in another order", seed, len(got), len(all))
		}
	}
}

func TestFollowerReadsSeveralParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	run, f := testFile(t)
	first := append(script(rng, 0, 20), event.Ended{State: "stopped", Step: 20, Tokens: 200})
	second := script(rng, 20, 30)
	emit(t, run, first)
	emit(t, run, second)
	got := readAll(t, f)
	if !reflect.DeepEqual(got, append(first, second...)) {
		t.Errorf("got %d events, want %d, or in another order", len(got), len(first)+len(second))
	}
	if int(f.part) != len(second) {
		t.Errorf("the present part has %d events, want %d", f.part, len(second))
	}
}

// TestFollowerGoesBack: an engine dies and another one resumes from an earlier step, so that what was read is gone.
func TestFollowerGoesBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	run, f := testFile(t)
	first := script(rng, 0, 20)
	emit(t, run, first)
	if got := readAll(t, f); len(got) != len(first) {
		t.Fatalf("read %d of %d events", len(got), len(first))
	}
	for range 3 { // these never reach the file
		f.came(event.Step{Step: 21})
	}
	if err := run.TrimAfter(12); err != nil {
		t.Fatal(err)
	}
	second := script(rng, 12, 25)
	emit(t, run, second)
	if got := readAll(t, f); !reflect.DeepEqual(got, second) {
		t.Errorf("got %d events, want the %d of the second engine", len(got), len(second))
	}
	if int(f.part) != len(second) || f.live != 0 {
		t.Errorf("the follower counts %d events, %d of them live; want %d and 0", f.part, f.live, len(second))
	}
	if more := readAll(t, f); len(more) != 0 {
		t.Errorf("%d events came twice", len(more))
	}
}

func TestEveryEventHasItsStep(t *testing.T) {
	for _, e := range []event.Event{
		event.Start{Resumed: 7},
		event.Step{Step: 7},
		event.Eval{Step: 7},
		event.Grew{Step: 7},
		event.Saved{Step: 7},
		event.Sampled{Step: 7},
		event.Paused{Step: 7},
		event.Resumed{Step: 7},
		event.Command{Step: 7},
		event.Ended{Step: 7},
	} {
		if got := stepOf(e); got != 7 {
			t.Errorf("%s happened at step %d, want 7", e.Kind(), got)
		}
	}
}
