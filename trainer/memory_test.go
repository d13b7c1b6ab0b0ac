package trainer

import (
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
)

// reserving notes what is reserved, and what is allocated.
type reserving struct {
	compute.Planned
	reserved []compute.Footprint
}

func (r *reserving) Reserve(f compute.Footprint) error {
	r.reserved = append(r.reserved, f)
	return r.Planned.Reserve(f)
}

// TestStagesAreReserved: every stage lies in memory set aside for it, as large as Footprint says.
func TestStagesAreReserved(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := recipe(t)
	vast := r.Config(0)
	vast.Layers, vast.Hidden, vast.Heads, vast.FFN = 64, 1<<17, 1<<15, 1<<19
	if f := Footprint(dev.(compute.Planned), vast, 1); f.Total() < 16*vast.Params() {
		t.Errorf("a network of %d parameters takes %d bytes, want at least 16 for each", vast.Params(), f.Total())
	}
	planned := &reserving{Planned: dev.(compute.Planned)}
	run, err := New(Options{Recipe: r, Device: planned, Data: text(t), Sink: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if _, err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(planned.reserved) != len(r.Stages) {
		t.Fatalf("memory was reserved %d times, want once for each of %d stages", len(planned.reserved), len(r.Stages))
	}
	for i, got := range planned.reserved {
		if want := Footprint(planned.Planned, r.Config(i), r.MicroBatch(i)); got != want || want.Tensors < 16*r.Config(i).Params() {
			t.Errorf("stage %d: reserved %+v, want %+v", i+1, got, want)
		}
	}
}
