package cpu

import (
	"strings"
	"testing"

	"growlab/trainer/compute"
)

func TestPanicInALane(t *testing.T) {
	d := openTest(t, 3)
	ran := make([]bool, 40)
	defer func() {
		r := recover()
		err, ok := r.(error)
		if !ok || !strings.Contains(err.Error(), "the seventh") || !strings.Contains(err.Error(), "TestPanicInALane") {
			t.Errorf("recovered %v, want the panic of sequence 7 with its stack", r)
		}
		if err := d.Sync(); err != nil {
			t.Errorf("after a panic: %v", err)
		}
		d.Run(compute.Batch{Seqs: 2, T: 1, Inputs: make([]int32, 2)}, func(l compute.Lane) { ran[l.First()] = true })
		if !ran[0] || !ran[1] {
			t.Error("after a panic, Run does not run")
		}
	}()
	d.Run(compute.Batch{Seqs: 40, T: 1, Inputs: make([]int32, 40)}, func(l compute.Lane) {
		if l.First() == 7 {
			panic("the seventh")
		}
	})
	t.Error("no panic")
}

func TestTokensOutside(t *testing.T) {
	d := openTest(t, 1)
	v := upload(t, d, make([]float32, 4*3))
	row := compute.Matrix(v.At(0, 3), 3)
	for _, id := range []int32{-1, 4} {
		// A target below 0 is none.
		b := compute.Batch{Seqs: 1, T: 1, Inputs: []int32{id}, Targets: []int32{max(id, 4)}}
		for name, f := range map[string]func(){
			"Embed": func() { d.Run(b, func(l compute.Lane) { l.Embed(row, v, compute.Vec{}) }) },
			"Classify": func() {
				w := d.Weight(v.At(0, 4*3), 4, 3)
				defer w.Free()
				d.Run(b, func(l compute.Lane) { l.Classify(v.At(0, 1), compute.Mat{}, row, w, 1, 1) })
			},
			"EmbedGrad": func() { d.EmbedGrad(v, compute.Vec{}, row, b) },
		} {
			if !panics(f) {
				t.Errorf("%s: token %d of a vocabulary of 4 without a panic", name, id)
			}
		}
	}
}

func TestSetThreadsStaysWithinThoseOfOpen(t *testing.T) {
	var d compute.Threaded = openTest(t, 3)
	for _, c := range []struct{ ask, want int }{{2, 2}, {0, 1}, {9, 3}} {
		d.SetThreads(c.ask)
		if now, most := d.Threads(); now != c.want || most != 3 {
			t.Errorf("SetThreads(%d): got %d of %d threads, want %d of 3", c.ask, now, most, c.want)
		}
		if count, per := d.Lanes(8); count != 3 || per != 1 { // room for those who may come back
			t.Errorf("SetThreads(%d): got %d lanes of %d sequences, want 3 of 1", c.ask, count, per)
		}
	}
}
