//go:build linux

package cuda

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// tiny grows once, in all dimensions, and its masks ramp over four steps; sizes are such that products are aligned for cuBLASLt in the
// first stage, and some are not in the second. Heads of 16 go through the tensor-core attention.
const tiny = `
recipe = 1
name = "tiny"
[model]
family = "flm"
vocab = 256
context = 24
head_dim = 16
output_mult = 1.0
init_std = 0.05
[train]
seed = 3
batch = 144
micro_batch = 3
lr = 4e-3
clip = 1.0
precision = "auto"
[eval]
every = 432
tokens = 144
final_tokens = 288
[sample]
tokens = 0
[checkpoint]
every = 0
[[stage]]
tokens = 720
layers = 1
hidden = 32
lr = 1.0
warmup = 144
[[stage]]
tokens = 864
layers = 2
hidden = 48
ffn = 132
lr = 1.0
operator = "msg"
ramp = 576
`

func recipe(t testing.TB, sets ...string) growth.Recipe {
	t.Helper()
	r, err := growth.Parse("tiny", []byte(tiny), sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB) *data.Set {
	t.Helper()
	s, err := data.Embedded("test", []byte(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 80)), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sink keeps what a run tells.
type sink struct {
	events []event.Event
	saved  []trainer.Checkpoint
}

func (s *sink) Emit(e event.Event) { s.events = append(s.events, e) }
func (s *sink) Save(c trainer.Checkpoint) (int64, error) {
	s.saved = append(s.saved, c)
	return 1, nil
}
func (s *sink) Problem() error { return nil }

func of[E event.Event](s *sink) (all []E) {
	for _, e := range s.events {
		if x, ok := e.(E); ok {
			all = append(all, x)
		}
	}
	return all
}

// train runs r on dev, as one of the ranks of g, and calls done at the end, before anything is freed.
func train(t testing.TB, dev compute.Device, r growth.Recipe, g *ranks.Group, done ...func()) (*sink, error) {
	s := &sink{}
	tr, err := trainer.New(trainer.Options{Recipe: r, Device: dev, Data: text(t), Sink: s, Ranks: g})
	if err != nil {
		g.Fail(err)
		return s, err
	}
	defer tr.Close()
	_, err = tr.Run(t.Context())
	for _, f := range done {
		f()
	}
	return s, err
}

// alone trains r on one device.
func alone(t testing.TB, dev compute.Device, r growth.Recipe) *sink {
	t.Helper()
	s, err := train(t, dev, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// together trains r on size GPUs of one machine, and shows look each of those that came to the end.
func together(t testing.TB, m *fake.Machine, size int, o Options, r growth.Recipe, look ...func(rank int, d *device)) (sinks []*sink, errs []error) {
	t.Helper()
	m.Set("devices %d", size)
	o.Finder, o.Image = &cudart.Finder{Env: m.Env}, image(t)
	sinks, errs = make([]*sink, size), make([]error, size)
	var wg sync.WaitGroup
	for rank, g := range ranks.Local(size) {
		o := o
		o.Ordinal = rank
		wg.Go(func() {
			sinks[rank], errs[rank] = func() (*sink, error) {
				dev, err := open(o)
				if err != nil {
					g.Fail(err)
					return nil, err
				}
				if err := dev.Join(g); err != nil {
					return nil, errors.Join(err, dev.Close())
				}
				s, err := train(t, dev, r, g, func() {
					for _, f := range look {
						f(rank, dev)
					}
				})
				return s, errors.Join(err, dev.Close())
			}()
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return sinks, errs
}

// TestTrainsAsTheProcessorDoes: a tiny network, through a growth with ramping masks, on one GPU and on several, comes along the
// losses of the CPU engine.
func TestTrainsAsTheProcessorDoes(t *testing.T) {
	for _, tt := range []struct {
		precision string
		gpus      int
		own       bool
	}{
		{"bf16", 1, false},
		{"bf16", 1, true},
		{"bf16", 2, false},
		{"bf16", 3, true},
		{"fp32", 1, false},
		{"fp32", 2, false},
	} {
		t.Run(fmt.Sprintf("%s/%d GPUs/own products %v", tt.precision, tt.gpus, tt.own), func(t *testing.T) {
			r, m := recipe(t), machine(t)
			sinks, errs := together(t, m, tt.gpus, Options{Precision: tt.precision, Own: tt.own, Untimed: true}, r)
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			along(t, r, tt.precision, sinks[0], alone(t, processor(t, tt.precision), r))
			if n := m.Calls("cublasLtMatmul"); (n == 0) != tt.own {
				t.Errorf("cuBLASLt multiplied %d times", n)
			}
			m.MustBeClean()
		})
	}
}

// along checks that a run comes along the losses of another in the same precision, whose engine rounds the same numbers but adds up in
// another order.
//
// That changes a gradient by a part delta of its norm, at random (computetest's randomRounding: 0.42 * 2^-8 sqrt(20 depth + 6) in bf16;
// in fp32 2^-16 of that, times 32 for sums of a thousand terms). A step of AdamW moves each weight by about lr, so two runs move apart
// by delta lr in a step along the gradient, where that costs its norm g; the steps are independent, so their squares add up:
// sqrt(2) delta lr sqrt(Σ g²). Four times that is let pass.
func along(t *testing.T, r growth.Recipe, precision string, got, want *sink) {
	t.Helper()
	a, b := of[event.Step](got), of[event.Step](want)
	if len(a) != len(b) || len(b) == 0 {
		t.Fatalf("%d steps, want %d", len(a), len(b))
	}
	unit := 0x1p-8
	if precision == "fp32" {
		unit = 32 * 0x1p-24
	}
	walk := 0.0
	allowed := func(stage int) float64 {
		delta := 0.42 * unit * math.Sqrt(float64(20*r.Stages[stage-1].Layers+6))
		return 4 * math.Sqrt2 * delta * r.Train.LR * math.Sqrt(walk)
	}
	for i := range a {
		walk += b[i].GradNorm * b[i].GradNorm
		if d := math.Abs(a[i].Loss - b[i].Loss); !(d <= allowed(b[i].Stage)) {
			t.Errorf("step %d: loss %v, want %v within %.1g", i+1, a[i].Loss, b[i].Loss, allowed(b[i].Stage))
		}
	}
	e, f := of[event.Eval](got), of[event.Eval](want)
	if len(e) != len(f) || len(f) == 0 {
		t.Fatalf("%d evaluations, want %d, at least 1", len(e), len(f))
	}
	for i := range e {
		if d := math.Abs(e[i].Loss - f[i].Loss); !(d <= allowed(f[i].Stage)) {
			t.Errorf("evaluation at step %d: loss %v, want %v within %.1g", e[i].Step, e[i].Loss, f[i].Loss, allowed(f[i].Stage))
		}
	}
	if g := of[event.Grew](got); len(g) != 1 || !g[0].Kept() {
		t.Errorf("grew %+v, want once, and that it kept the function", g)
	}
}

// TestSameBitsOnAnySchedule: what the threads of a kernel, and the streams, do first does not matter. It trains on an emulated GPU
// with adversarial schedules, on one and on two, and compares every number that a run tells and keeps.
func TestSameBitsOnAnySchedule(t *testing.T) {
	r := recipe(t, "stage.1.tokens=432", "stage.2.tokens=576", "stage.2.ramp=432", "eval.final_tokens=144")
	for gpus := 1; gpus <= 2; gpus++ {
		var want []trainer.Checkpoint
		for _, seed := range []int{0, 1, 6} {
			m := machine(t)
			m.Set("seed %d", seed)
			sinks, errs := together(t, m, gpus, Options{Untimed: true}, r)
			if err := errors.Join(errs...); err != nil {
				t.Fatalf("%d GPUs, seed %d: %v", gpus, seed, err)
			}
			got := sinks[0].saved
			if want == nil {
				want = got
			}
			if len(got) != len(want) || len(got) < 2 {
				t.Fatalf("%d GPUs, seed %d: %d checkpoints, want %d", gpus, seed, len(got), len(want))
			}
			for i, c := range got {
				if !reflect.DeepEqual([]any{c.Params, c.M, c.V}, []any{want[i].Params, want[i].M, want[i].V}) {
					t.Errorf("%d GPUs, seed %d: the checkpoint of step %d has other numbers than with seed 0", gpus, seed, c.Step)
				}
			}
			m.MustBeClean()
		}
	}
}

// TestPlannedMemoryIsTaken: what training takes of a GPU is what is planned for one of so many ranks, to the byte, and the less the more
// there are.
func TestPlannedMemoryIsTaken(t *testing.T) {
	r := recipe(t, "stage.1.tokens=144", "stage.2.tokens=144", "stage.2.ramp=144", "eval.every=0", "eval.final_tokens=144")
	last := len(r.Stages) - 1
	var before int64
	for size := 1; size <= 3; size++ {
		m := machine(t)
		var planned, reserved, used int64
		_, errs := together(t, m, size, Options{Untimed: true}, r, func(rank int, d *device) {
			if rank != size-1 {
				return
			}
			reserved, used = d.arena.bytes, d.arena.used
			seqs := trainer.MicroBatch(r, r.Plan(), last, size)
			groups := ranks.Local(size)
			planned = trainer.Footprint(d, r.Config(last), seqs, groups[rank]).Total()
			for _, g := range groups {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if reserved != planned || used != planned {
			t.Errorf("%d GPUs: %d bytes are planned, %d reserved, %d taken; want the same", size, planned, reserved, used)
		}
		if size > 1 && planned >= before {
			t.Errorf("%d GPUs take %d bytes each, fewer took %d", size, planned, before)
		}
		before = planned
		m.MustBeClean()
	}
}

// TestRecomputeOnTheGPU: train.recompute takes less memory and comes to the same bits.
func TestRecomputeOnTheGPU(t *testing.T) {
	sets := []string{"stage.1.tokens=288", "stage.2.tokens=432", "stage.2.ramp=288", "stage.2.layers=3", "eval.every=0", "eval.final_tokens=144"}
	run := func(r growth.Recipe) (trainer.Checkpoint, int64) {
		m := machine(t)
		d := on(t, m, Options{Untimed: true})
		s := alone(t, d, r)
		bytes := trainer.Footprint(d, r.Config(1), r.MicroBatch(1), nil, trainer.ModelOptions(r)...).Tensors
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		m.MustBeClean()
		return s.saved[len(s.saved)-1], bytes
	}
	want, kept := run(recipe(t, sets...))
	got, less := run(recipe(t, append(sets, "train.recompute=true")...))
	if !reflect.DeepEqual(got.Params, want.Params) || !reflect.DeepEqual(got.M, want.M) {
		t.Error("recomputed activations give other weights")
	}
	if less >= kept {
		t.Errorf("it takes %d bytes, %d without", less, kept)
	}
}
