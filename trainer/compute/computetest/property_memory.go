package computetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"growlab/trainer/compute"
)

// memory: new memory is zero, what goes up comes down, views keep apart, Zero clears no more than its view; in fp32 memory,
// and in operand memory, which rounds.
func memory(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	if dev.Name() == "" {
		t.Error("the device has no name")
	}
	t.Run("fp32", func(t *testing.T) { keeps(t, dev, dev.Alloc, compute.FP32) })
	t.Run("operands", func(t *testing.T) { keeps(t, dev, dev.AllocOperand, dev.Precision()) })
	if err := dev.Sync(); err != nil {
		t.Errorf("sync: %v", err)
	}
}

// keeps checks memory of precision p.
func keeps(t *testing.T, dev compute.Device, alloc func(int) (compute.Buffer, error), p compute.Precision) {
	const n = 101
	buf := room(t, alloc, n)
	defer func() { buf.Free() }()
	if buf.Len() != n {
		t.Errorf("alloc of %d: length %d", n, buf.Len())
	}
	want := make([]float32, n)
	holds := func(when string) {
		t.Helper()
		got := make([]float32, n)
		dev.Download(got, compute.All(buf))
		for i := range want {
			if w := held(float64(want[i]), p); !same(float64(got[i]), w) {
				t.Errorf("%s, element %d: got %g, want %g", when, i, got[i], w)
			}
		}
	}
	upload := func(off int, src ...float32) {
		dev.Upload(compute.All(buf).At(off, len(src)), src)
		copy(want[off:], src)
	}
	holds("after alloc")

	for i := range want {
		upload(i, float32(i)+1.0/3)
	}
	holds("after upload, one by one")
	upload(0, want...)
	holds("after upload")
	dev.Upload(compute.All(buf).At(10, 17).At(3, 4), []float32{-1, -2, -3, -4})
	copy(want[13:], []float32{-1, -2, -3, -4})
	holds("after upload to a view of a view")

	part := make([]float32, 5)
	dev.Download(part, compute.All(buf).At(11, 5))
	if got := part[2:]; !slices.Equal(got, want[13:16]) {
		t.Errorf("download of elements 13 to 16: got %v, want %v", got, want[13:16])
	}

	dev.Zero(compute.All(buf).At(10, 17))
	clear(want[10:27])
	holds("after zero of elements 10 to 27")

	upload(0, want...)
	buf.Free()
	buf = room(t, alloc, n)
	clear(want)
	holds("allocated after some was freed")
	room(t, alloc, 0).Free()
}

// groups: Run cuts a batch as Lanes says, each sequence in one lane, and no two lanes with one index at once.
func groups(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, seqs := range []int{1, 2, 3, 5, 16} {
		const positions = 4
		count, per := dev.Lanes(seqs)
		if count < 1 || per < 1 {
			t.Fatalf("%d sequences: %d lanes of %d", seqs, count, per)
		}
		var mu sync.Mutex
		seen, busy := make([]int, seqs), make([]bool, count)
		dev.Run(compute.Batch{Seqs: seqs, T: positions, Inputs: make([]int32, seqs*positions)}, func(l compute.Lane) {
			mu.Lock()
			defer mu.Unlock()
			if l.Index() < 0 || l.Index() >= count {
				t.Errorf("%d sequences: lane of index %d, want less than %d", seqs, l.Index(), count)
				return
			}
			if l.T() != positions {
				t.Errorf("%d sequences: lane of %d positions, want %d", seqs, l.T(), positions)
			}
			if l.Seqs() < 1 || l.Seqs() > per {
				t.Errorf("%d sequences: lane of %d, want 1 to %d", seqs, l.Seqs(), per)
			}
			for s := l.First(); s < l.First()+l.Seqs(); s++ {
				seen[s]++
			}
			if busy[l.Index()] {
				t.Errorf("%d sequences: two lanes of index %d at once", seqs, l.Index())
			}
			busy[l.Index()] = true
			mu.Unlock()
			time.Sleep(time.Millisecond) // for others to start
			mu.Lock()
			busy[l.Index()] = false
		})
		for s, n := range seen {
			if n != 1 {
				t.Errorf("%d sequences: sequence %d ran %d times", seqs, s, n)
			}
		}
	}
}
