//go:build linux

package gpucheck

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels/kernelstest"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/event"
)

// TestPartMachine says what is there.
func TestPartMachine(t *testing.T) {
	part(t)
	r := cudart.Probe()
	r.Attempts = nil
	write(t, r)
	if !r.Usable() {
		if dir := os.Getenv(envOut); dir != "" { // the script need not go on
			if err := os.WriteFile(filepath.Join(dir, "unusable.txt"), []byte(r.Problem+"\n"), 0o644); err != nil {
				t.Error(err)
			}
		}
		t.Fatal(r.Problem)
	}
	for _, k := range kinds {
		t.Logf("%v: %s", k, open(t, k).Name())
	}
}

// TestPartKernels runs the suite of the kernels, each by itself, on the embedded code.
func TestPartKernels(t *testing.T) {
	if part(t) {
		t.Skip("minutes on emulated kernels; package kernelstest runs the same suite on them")
	}
	kernelstest.Run(t, nil)
}

// TestPartOperations compares every operation, at sizes around the edges of tiles, with the float64 reference, whose results are the
// golden vectors, within bounds derived from the rounding of operands and sums.
func TestPartOperations(t *testing.T) {
	if part(t) {
		t.Skip("minutes on emulated kernels; package cuda runs the same suite on them")
	}
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			computetest.Run(t, func(t testing.TB) compute.Device { return mustOpen(t, k) })
		})
	}
}

// TestPartGradients compares gradients of whole networks with the reference's.
func TestPartGradients(t *testing.T) {
	all := kinds
	if part(t) {
		all = kinds[:1]
	}
	for _, k := range all {
		t.Run(k.String(), func(t *testing.T) {
			computetest.RunGradients(t, func(t testing.TB) compute.Device { return mustOpen(t, k) })
		})
	}
}

// TestPartSmall trains a small network through two growths: what a sanitizer, which slows everything down, looks at.
func TestPartSmall(t *testing.T) {
	part(t)
	all := map[string]float64{}
	for _, k := range kinds {
		h := train(t, open(t, k), course(t, true))
		all[k.String()] = h.eval.Loss
		if !(h.eval.Loss > 0) || math.IsInf(h.eval.Loss, 0) {
			t.Errorf("%v: the loss is %v", k, h.eval.Loss)
		}
	}
	write(t, map[string]any{"final_loss": all})
}

// TestPartDeterminism: two runs on the GPU give the same bits.
func TestPartDeterminism(t *testing.T) {
	small := part(t)
	all := kinds
	if small {
		all = kinds[:1]
	}
	steps := 0
	for _, k := range all {
		a, b := train(t, open(t, k), course(t, small)), train(t, open(t, k), course(t, small))
		for i := range a.steps {
			if x, y := a.steps[i], b.steps[i]; x.Loss != y.Loss || x.GradNorm != y.GradNorm {
				t.Fatalf("%v: step %d has loss %v and gradient %v, the second time %v and %v", k, i+1, x.Loss, x.GradNorm, y.Loss, y.GradNorm)
			}
		}
		if !reflect.DeepEqual(a.last.Params, b.last.Params) || !reflect.DeepEqual(a.last.V, b.last.V) {
			t.Errorf("%v: equal losses, but other weights or moments", k)
		}
		steps += len(a.steps)
	}
	write(t, map[string]any{"steps": steps, "engines": all})
}

// curve is a run as the JSON shows it.
type curve struct {
	Engine string    `json:"engine"`
	Loss   []float64 `json:"loss"` // every tenth step
	Final  float64   `json:"final_validation_loss"`
	// Apart is the largest distance of its loss, averaged over ten steps, from that of the CPU in fp32.
	Apart float64 `json:"apart"`
	Start float64 `json:"apart_in_first_ten"` // the largest, of single steps
	// Kept says of each growth whether the function stayed.
	Kept []bool `json:"kept"`
}

// TestPartCurve: the GPU follows the curve that the CPU engine records here, in the same run, through two growths. How far two runs with
// different rounding come apart, the CPU tells itself, in bf16 against fp32; the GPU may three times as far. In the first ten
// steps, before rounding has been amplified, fp32 has to agree to 1e-4.
func TestPartCurve(t *testing.T) {
	small := part(t)
	if err := mustOpen(t, kinds[0]).Close(); err != nil { // before the CPU works in vain
		t.Fatal(err)
	}
	r := course(t, small)
	want := train(t, processor(t, "fp32"), r)
	control := curveOf("cpu bf16", train(t, processor(t, "bf16"), r), want)
	curves := []curve{curveOf("cpu fp32", want, want), control}
	bound := 3*control.Apart + 0.01
	for _, k := range kinds {
		c := curveOf(k.String(), train(t, open(t, k), r), want)
		curves = append(curves, c)
		if !(c.Apart <= bound) {
			t.Errorf("%v: the loss is up to %.4f from the CPU's, want at most %.4f", k, c.Apart, bound)
		}
		if k.Precision == "fp32" && !(c.Start <= 1e-4) {
			t.Errorf("%v: in the first ten steps the loss is up to %g from the CPU's, want 1e-4", k, c.Start)
		}
		for i, kept := range c.Kept {
			if !kept {
				t.Errorf("%v: growth %d changed what the network computes", k, i+1)
			}
		}
	}
	write(t, map[string]any{"steps": len(want.steps), "bound": bound, "curves": curves})
}

func curveOf(engine string, h, want *history) curve {
	c := curve{Engine: engine, Final: h.eval.Loss, Kept: []bool{}}
	for i, s := range h.steps {
		if i%10 == 0 {
			c.Loss = append(c.Loss, s.Loss)
		}
		if i < 10 {
			c.Start = max(c.Start, math.Abs(s.Loss-want.steps[i].Loss))
		}
		if i >= 9 {
			c.Apart = max(c.Apart, math.Abs(mean(h.steps[i-9:i+1])-mean(want.steps[i-9:i+1])))
		}
	}
	for _, g := range h.grew {
		c.Kept = append(c.Kept, g.Kept())
	}
	return c
}

func mean(steps []event.Step) (sum float64) {
	for _, s := range steps {
		sum += s.Loss
	}
	return sum / float64(len(steps))
}
