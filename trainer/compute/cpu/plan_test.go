package cpu

import (
	"testing"

	"growlab/trainer/compute"
)

// TestReservedMemoryIsWhatWorkTakes: once reserved as measured, no work allocates anything, and all of it is taken.
func TestReservedMemoryIsWhatWorkTakes(t *testing.T) {
	work := func(dev compute.Device) *probe {
		p, err := newProbe(dev, 3, 150, 3, 20, 300)
		if err != nil {
			t.Fatal(err)
		}
		p.step()
		p.dev.AdamW(p.x0.Vec, p.dx0.Vec, p.dx1.Vec, p.dy1.Vec, nil, compute.Adam{Step: 1})
		return p
	}
	for _, v := range variants() {
		for _, threads := range []int{1, 2, 5} { // 5 share sequences
			d := v.open(t, threads)
			plan := d.Measure(func(dev compute.Device) { work(dev).free() })
			for range 2 { // laid out anew
				if err := d.Reserve(plan); err != nil {
					t.Fatal(err)
				}
				p := work(d)
				if took := 4 * int64(d.arena.used); took != plan.Total() || 4*int64(d.arena.n) != plan.Total() {
					t.Errorf("%v, %d threads: took %d bytes of %d, planned were %d", v, threads, took, 4*d.arena.n, plan.Total())
				}
				for b := range d.buffers {
					if b.kind != borrowed {
						t.Errorf("%v, %d threads: a buffer of %d floats lies outside the arena", v, threads, b.n)
					}
				}
				for w := range d.weights {
					if w.forward.kind != borrowed || w.back.kind != borrowed {
						t.Errorf("%v, %d threads: a packed weight of (%d, %d) lies outside the arena", v, threads, w.Out(), w.In())
					}
				}
				for _, l := range d.lanes {
					if l.memory.kind != borrowed {
						t.Errorf("%v, %d threads: scratch memory of %d floats lies outside the arena", v, threads, l.memory.n)
					}
				}
				p.free()
			}
		}
	}
}

func TestReserve(t *testing.T) {
	d := openTest(t, 2)
	b, err := d.Alloc(10)
	if err != nil {
		t.Fatal(err)
	}
	if !panics(func() { _ = d.Reserve(compute.Footprint{Tensors: 100}) }) {
		t.Error("reserved below a living buffer without a panic")
	}
	b.Free()
	if err := d.Reserve(compute.Footprint{Tensors: 1 << 52}); err == nil {
		t.Error("4 PiB reserved without an error")
	}
	if err := d.Reserve(compute.Footprint{Tensors: 128}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{16, 1000, 16} { // the second does not fit
		v := upload(t, d, noise(n))
		if i := differ(download(d, v), noise(n)); i >= 0 {
			t.Errorf("alloc of %d: element %d is wrong", n, i)
		}
	}
	if d.arena.used != 32 {
		t.Errorf("%d floats of the arena are taken, want 32", d.arena.used)
	}
}
