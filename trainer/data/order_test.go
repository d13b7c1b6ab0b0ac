package data_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"growlab/trainer/data"
)

// numbered is a text in which the four bytes at 4k spell k, so that a window shows where it came from.
func numbered(n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(i / 4 >> (8 * (i % 4)))
	}
	return text
}

// filler is what Order and Spread share.
type filler interface {
	Fill(first int64, seqs, T int, inputs, targets []int32)
}

// windows returns sequences first to first+seqs-1 as strings of T+1 bytes, taken in batches of the given
// size, and checks that targets are inputs shifted by one.
func windows(t *testing.T, f filler, first int64, seqs, T, batch int) []string {
	t.Helper()
	var out []string
	for done := 0; done < seqs; done += batch {
		n := min(batch, seqs-done)
		inputs, targets := make([]int32, n*T), make([]int32, n*T)
		f.Fill(first+int64(done), n, T, inputs, targets)
		for s := range n {
			in, target := inputs[s*T:(s+1)*T], targets[s*T:(s+1)*T]
			if !slices.Equal(in[1:], target[:T-1]) {
				t.Fatalf("sequence %d: targets are not the inputs shifted by one:\n%v\n%v", first+int64(done+s), in, target)
			}
			window := make([]byte, 0, T+1)
			for _, token := range append(slices.Clone(in), target[T-1]) {
				if token < 0 || token >= data.Vocab {
					t.Fatalf("token %d is outside [0, %d)", token, data.Vocab)
				}
				window = append(window, byte(token))
			}
			out = append(out, string(window))
		}
	}
	return out
}

// start is where a window of a numbered text begins.
func start(t *testing.T, text []byte, window string, T int) int {
	t.Helper()
	for i := 0; i+T < len(text); i++ {
		if string(text[i:i+T+1]) == window {
			return i
		}
	}
	t.Fatalf("window %q is not in the text", window)
	return 0
}

func TestEpochVisitsEveryWindowOnce(t *testing.T) {
	for _, tc := range []struct {
		name      string
		length, T int
	}{
		{"one window, no slack", 17, 16},
		{"one window, some slack", 25, 16},
		{"twice the window", 32, 16},
		{"two windows", 49, 16},
		{"a whole number of windows", 640, 16},
		{"not a whole number", 1003, 16},
		{"a power of two of windows", 17 * 16, 16},
		{"short windows", 99, 8},
		{"long windows", 5000, 129},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := numbered(tc.length)
			order := data.Order{Text: text, Seed: 7}
			n := int(order.Windows(tc.T))
			for epoch := range 5 {
				var starts []int
				for _, w := range windows(t, order, int64(epoch*n), n, tc.T, n) {
					starts = append(starts, start(t, text, w, tc.T))
				}
				slices.Sort(starts)
				phase := starts[0]
				if phase >= tc.T {
					t.Errorf("epoch %d: phase %d, want less than %d", epoch, phase, tc.T)
				}
				for k, at := range starts {
					if want := phase + k*tc.T; at != want {
						t.Fatalf("epoch %d: window %d of the sorted starts is at %d, want %d (all: %v)", epoch, k, at, want, starts)
					}
				}
				if left := tc.length - 1 - (starts[n-1] + tc.T); left >= 2*tc.T {
					t.Errorf("epoch %d: %d bytes left unread at the end, want less than %d", epoch, left, 2*tc.T)
				}
			}
		})
	}
}

func TestEveryPhaseComesUp(t *testing.T) {
	const T = 8
	text := numbered(200)
	order := data.Order{Text: text, Seed: 3}
	n := order.Windows(T)
	seen := map[int]bool{}
	for epoch := range int64(400) {
		w := windows(t, order, epoch*n, 1, T, 1)[0]
		seen[start(t, text, w, T)%T] = true
	}
	if len(seen) != T {
		t.Errorf("400 epochs used %d phases, want all %d", len(seen), T)
	}
}

func TestOrderDependsOnNothingButSeedAndIndex(t *testing.T) {
	const T, seqs = 16, 300 // more than three epochs
	order := data.Order{Text: numbered(1500), Seed: 11}
	want := windows(t, order, 0, seqs, T, seqs)
	for _, batch := range []int{1, 3, 12, 64} {
		if got := windows(t, order, 0, seqs, T, batch); !slices.Equal(got, want) {
			t.Errorf("batches of %d give other sequences", batch)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 { // resume anywhere, with any batch
		at, batch := rng.IntN(seqs), 1+rng.IntN(20)
		if got := windows(t, order, int64(at), seqs-at, T, batch); !slices.Equal(got, want[at:]) {
			t.Errorf("resumed at sequence %d with batches of %d: other sequences", at, batch)
		}
	}
}

func TestSeedsAndEpochsDiffer(t *testing.T) {
	const T = 16
	text := numbered(4000)
	n := int(data.Order{Text: text}.Windows(T))
	seen := map[string]string{}
	for seed := range uint64(20) {
		for epoch := range 5 {
			order := data.Order{Text: text, Seed: seed}
			key := fmt.Sprint(windows(t, order, int64(epoch*n), n, T, n))
			here := fmt.Sprintf("seed %d epoch %d", seed, epoch)
			if there, ok := seen[key]; ok {
				t.Errorf("%s and %s have the same order", here, there)
			}
			seen[key] = here
		}
	}
}

// Neighbours in the order should be strangers in the text: a shuffle that keeps runs of neighbouring
// windows together would pass the tests above.
func TestShuffleLeavesNoRuns(t *testing.T) {
	const T = 16
	text := numbered(16_000)
	order := data.Order{Text: text, Seed: 1}
	n := int(order.Windows(T))
	near, last := 0, -1
	for _, w := range windows(t, order, 0, n, T, n) {
		at := start(t, text, w, T) / T
		if last >= 0 && (at == last+1 || at == last-1) {
			near++
		}
		last = at
	}
	// Expected about 2 of 1000 for a random order; 12 is beyond six standard deviations.
	if near > 12 {
		t.Errorf("%d of %d neighbours in the order are neighbours in the text, want about 2", near, n)
	}
}

func TestSpreadIsFixedAndReachesBothEnds(t *testing.T) {
	const T = 32
	text := numbered(3001)
	for _, n := range []int{1, 2, 7, 40, 200} {
		spread := data.Spread{Text: text, Windows: n}
		got := windows(t, spread, 0, n, T, 5)
		if again := windows(t, spread, 0, n, T, n); !slices.Equal(got, again) {
			t.Errorf("%d windows: a second look gives other windows", n)
		}
		if got[0] != string(text[:T+1]) {
			t.Errorf("%d windows: the first is not at the start", n)
		}
		if n > 1 && got[n-1] != string(text[len(text)-T-1:]) {
			t.Errorf("%d windows: the last is not at the end", n)
		}
		last, gap := 0, (len(text)-T-1)/max(1, n-1)
		for i, w := range got[1:] {
			at := start(t, text, w, T)
			if d := at - last; d < gap || d > gap+1 {
				t.Errorf("%d windows: window %d is %d after the one before, want %d or %d", n, i+1, d, gap, gap+1)
			}
			last = at
		}
		if around := windows(t, spread, int64(n), n, T, n); !slices.Equal(around, got) {
			t.Errorf("%d windows: after the last one does not follow the first", n)
		}
	}
}

func TestFillPanicsOnMisuse(t *testing.T) {
	room := make([]int32, 8)
	for _, tc := range []struct {
		name string
		call func()
	}{
		{"text shorter than a window", func() { data.Order{Text: make([]byte, 8)}.Fill(0, 1, 8, room, room) }},
		{"no room for the batch", func() { data.Order{Text: make([]byte, 99)}.Fill(0, 2, 8, room, room) }},
		{"windows of no token", func() { data.Spread{Text: make([]byte, 99), Windows: 1}.Fill(0, 1, 0, room, room) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tc.call()
		})
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	const T, seqs = 128, 12
	order := data.Order{Text: numbered(100_000), Seed: 1}
	inputs, targets := make([]int32, seqs*T), make([]int32, seqs*T)
	if got := testing.AllocsPerRun(20, func() { order.Fill(5, seqs, T, inputs, targets) }); got != 0 {
		t.Errorf("Fill allocates %v times, want 0", got)
	}
}

func BenchmarkFill(b *testing.B) {
	const T, seqs = 128, 12
	order := data.Order{Text: numbered(4_000_000), Seed: 1}
	inputs, targets := make([]int32, seqs*T), make([]int32, seqs*T)
	b.SetBytes(seqs * T)
	for i := int64(0); b.Loop(); i++ {
		order.Fill(i*seqs, seqs, T, inputs, targets)
	}
}
