package trainer

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
	"growlab/trainer/event"
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
	if f := Footprint(dev.(compute.Planned), vast, 1, nil); f.Total() < 16*vast.Params() {
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
		if want := Footprint(planned.Planned, r.Config(i), r.MicroBatch(i), nil); got != want || want.Tensors < 16*r.Config(i).Params() {
			t.Errorf("stage %d: reserved %+v, want %+v", i+1, got, want)
		}
	}
}

// tight is a device with little memory.
type tight struct {
	compute.Planned
	most int64
}

func (d tight) Reserve(f compute.Footprint) error {
	if f.Total() > d.most {
		return fmt.Errorf("reserve %d bytes: %w", f.Total(), compute.ErrNoMemory)
	}
	return d.Planned.Reserve(f)
}

// TestShrinks: where a stage does not fit, it takes fewer sequences at a time, says so, and trains to the same loss, but for the
// order in which gradients add up: 1e-6 in fp32.
func TestShrinks(t *testing.T) {
	end := func(most int64) (event.Ended, []event.Shrank) {
		dev, err := cpu.Open(cpu.Options{Threads: 1, Precision: "fp32"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
		}()
		sink := &memory{}
		run, err := New(Options{Recipe: recipe(t), Device: tight{dev.(compute.Planned), most}, Data: text(t), Sink: sink})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		ended, err := run.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var told []event.Shrank
		for i, e := range sink.events {
			if s, ok := e.(event.Shrank); ok {
				told = append(told, s)
				if i == 0 {
					t.Error("a run shrinks before it starts")
				}
			}
		}
		return ended, told
	}
	dev, err := cpu.Open(cpu.Options{Threads: 1, Precision: "fp32"})
	if err != nil {
		t.Fatal(err)
	}
	r := recipe(t)
	last := len(r.Stages) - 1
	half := Footprint(dev.(compute.Planned), r.Config(last), (r.MicroBatch(last)+1)/2, nil).Total()
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
	plain, none := end(1 << 40)
	if len(none) > 0 {
		t.Errorf("with enough memory: %v", none)
	}
	got, told := end(half)
	if len(told) == 0 || told[len(told)-1].Stage != last+1 || told[len(told)-1].From <= told[len(told)-1].To || told[0].Reason == "" {
		t.Errorf("told %+v, want that stage %d takes fewer sequences", told, last+1)
	}
	if d := math.Abs(got.Loss/plain.Loss - 1); d > 1e-5 || got.Tokens != plain.Tokens || got.Step != plain.Step {
		t.Errorf("came to loss %v after %d steps and %d tokens, want %v, %d, %d", got.Loss, got.Step, got.Tokens, plain.Loss, plain.Step, plain.Tokens)
	}
	small, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Recipe: r, Device: tight{small.(compute.Planned), 1}, Data: text(t), Sink: &memory{}}); !errors.Is(err, compute.ErrNoMemory) {
		t.Errorf("where not even one sequence fits: %v, want ErrNoMemory", err)
	}
	if err := small.Close(); err != nil {
		t.Error(err)
	}
}
