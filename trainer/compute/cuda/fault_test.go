//go:build linux

package cuda

import (
	"errors"
	"math"
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/event"
)

// short is a run of a few steps, for faults.
func short(t testing.TB) growth.Recipe {
	return recipe(t, "stage.1.tokens=288", "stage.2.tokens=288", "stage.2.ramp=144", "eval.every=0", "eval.final_tokens=144")
}

// TestFaults: whatever call fails in a training, the run ends with an error that names library, call and what CUDA says, and what can be
// given back is.
func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		call      string
		nth, code int
		says      []string
		is        error
		lost      bool // the context is gone, and its memory with it
		own       bool // products
		untimed   bool
	}{
		"memory":        {call: "cuMemAlloc_v2", nth: 0, code: 2, says: []string{"libcuda.so.1", "cuMemAlloc_v2", "asked for"}, is: compute.ErrNoMemory},
		"pinned memory": {call: "cuMemHostAlloc", nth: 1, code: 2, says: []string{"cuMemHostAlloc", "pinned"}, is: compute.ErrNoMemory},
		"launch":        {call: "cuLaunchKernel", nth: 40, code: 701, says: []string{"cuLaunchKernel", "kernel \"", "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"}},
		"kernel":        {call: "run", nth: 60, code: 700, says: []string{"CUDA_ERROR_ILLEGAL_ADDRESS"}, is: cudart.ErrDeviceLost, lost: true},
		"upload":        {call: "cuMemcpyHtoDAsync_v2", nth: 3, code: 1, says: []string{"cuMemcpyHtoDAsync_v2"}},
		"download":      {call: "cuMemcpyDtoHAsync_v2", nth: 2, code: 1, says: []string{"cuMemcpyDtoHAsync_v2"}},
		"clear":         {call: "cuMemsetD8Async", nth: 5, code: 1, says: []string{"cuMemsetD8Async"}},
		"mask":          {call: "cuMemsetD32Async", nth: 2, code: 1, says: []string{"cuMemsetD32Async"}},
		"copy":          {call: "cuMemcpyDtoDAsync_v2", nth: 1, code: 1, says: []string{"cuMemcpyDtoDAsync_v2"}},
		"event":         {call: "cuEventRecord", nth: 2, code: 400, says: []string{"cuEventRecord"}},
		"wait":          {call: "cuStreamSynchronize", nth: 9, code: 719, says: []string{"cuStreamSynchronize", "CUDA_ERROR_LAUNCH_FAILED"}, is: cudart.ErrDeviceLost},
		"product":       {call: "cublasLtMatmul", nth: 7, code: 14, says: []string{"libcublasLt.so.12", "cublasLtMatmul", ", 14)"}, untimed: true},
		"plan":          {call: "cublasLtMatmulDescCreate", nth: 2, code: 3, says: []string{"cublasLtMatmulDescCreate"}},
		"search":        {call: "cublasLtMatmulAlgoGetHeuristic", nth: 2, code: 14, says: []string{"cublasLtMatmulAlgoGetHeuristic"}},
		"time":          {call: "cuEventElapsedTime", nth: 1, code: 400, says: []string{"cuEventElapsedTime", "timing a product"}},
		"own product":   {call: "cuLaunchKernel", nth: 70, code: 1, says: []string{"cuLaunchKernel"}, own: true},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			precision := ""
			if name == "copy" {
				precision = "fp32" // whose weights are copied, not converted
			}
			d := on(t, m, Options{Own: tt.own, Precision: precision, Untimed: tt.untimed})
			m.Fail(tt.call, tt.nth, tt.code)
			_, err := train(t, d, short(t), nil)
			for _, s := range tt.says {
				if err == nil || !strings.Contains(err.Error(), s) {
					t.Errorf("got %v, want in it %q", err, s)
				}
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want that it is %v", err, tt.is)
			}
			m.Heal()
			if err := d.Close(); !errors.Is(tt.is, compute.ErrNoMemory) && err == nil {
				t.Error("Close tells nothing of the fault")
			}
			if s := m.State(); !tt.lost && (len(s.Live) > 0 || len(s.Violations) > 0) {
				t.Errorf("left alive %v, violations %q", s.Live, s.Violations)
			}
		})
	}
}

// TestFaultIsSticky: after a fault nothing runs, sums are no numbers, downloads are zeros, and the first fault is told again and again.
func TestFaultIsSticky(t *testing.T) {
	m := machine(t)
	d := on(t, m, Options{})
	buf, err := d.Alloc(5000)
	if err != nil {
		t.Fatal(err)
	}
	d.Upload(compute.All(buf), make([]float32, 5000))
	m.Fail("run", 1, 700)
	d.Zero(compute.All(buf))
	first := d.Sync()
	if !errors.Is(first, cudart.ErrDeviceLost) {
		t.Fatalf("got %v, want that the GPU is lost", first)
	}
	before := m.Calls("cuLaunchKernel")
	if s := computetest.Sum(d, compute.All(buf)); !math.IsNaN(s) {
		t.Errorf("a sum after the fault is %v", s)
	}
	got := []float32{1, 2}
	d.Download(got, compute.All(buf).At(0, 2))
	if got[0] != 0 || got[1] != 0 {
		t.Errorf("a download after the fault gives %v", got)
	}
	if n := m.Calls("cuLaunchKernel"); n != before {
		t.Errorf("%d kernels were launched after the fault", n-before)
	}
	if again := d.Sync(); !errors.Is(again, cudart.ErrDeviceLost) || again.Error() != first.Error() {
		t.Errorf("then %v, want %v", again, first)
	}
	if err := d.Close(); !errors.Is(err, cudart.ErrDeviceLost) {
		t.Errorf("close: %v", err)
	}
}

// TestOpenLeavesNothing: whatever fails while the engine is opened, an error says it, and nothing stays.
func TestOpenLeavesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(m *fake.Machine)
		o       Options
		says    string
	}{
		"no driver":   {func(m *fake.Machine) { m.Remove("libcuda.so.1") }, Options{}, "no NVIDIA driver"},
		"no such GPU": {func(*fake.Machine) {}, Options{Ordinal: 3}, "device 3"},
		"precision":   {func(*fake.Machine) {}, Options{Precision: "fp8"}, `precision is "fp8"; it must be auto, bf16 or fp32`},
		"stream":      {func(m *fake.Machine) { m.Fail("cuStreamCreateWithPriority", 1, 2) }, Options{}, "cuStreamCreateWithPriority"},
		"kernels":     {func(m *fake.Machine) { m.Fail("cuModuleLoadDataEx", 1, 209) }, Options{}, "cuModuleLoadDataEx"},
		"function":    {func(m *fake.Machine) { m.Fail("cuModuleGetFunction", 3, 500) }, Options{}, "cuModuleGetFunction"},
		"cuBLASLt":    {func(m *fake.Machine) { m.Fail("cublasLtCreate", 1, 1) }, Options{}, "cublasLtCreate"},
		"workspace":   {func(m *fake.Machine) { m.Fail("cuMemAlloc_v2", 1, 2) }, Options{}, "out of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			tt.prepare(m)
			tt.o.Finder, tt.o.Image = &cudart.Finder{Env: m.Env}, image(t)
			d, err := Open(tt.o)
			if err == nil {
				t.Fatalf("opened %s", d.Name())
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want in it %q", err, tt.says)
			}
			if name != "no driver" {
				m.Heal()
				m.MustBeClean()
			}
		})
	}
}

// TestWithoutCuBLASLt: without the library, and with one that can do nothing, our own products do.
func TestWithoutCuBLASLt(t *testing.T) {
	for name, prepare := range map[string]func(m *fake.Machine){
		"missing": func(m *fake.Machine) { m.Remove("libcublasLt.so.12") },
		"unable":  func(m *fake.Machine) { m.Fail("cublasLtMatmulAlgoGetHeuristic", 0, 15) },
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			prepare(m)
			d := on(t, m, Options{})
			if own := strings.Contains(d.Name(), "own products"); own != (name == "missing") {
				t.Errorf("the device is %s", d.Name())
			}
			r := short(t)
			along(t, r, "bf16", alone(t, d, r), alone(t, processor(t, "bf16"), r))
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			m.MustBeClean()
		})
	}
}

// TestShrinksOnTheGPU: a GPU with too little memory for the recipe's micro-batch takes fewer sequences at a time, says so, and comes to the
// losses of one with enough.
func TestShrinksOnTheGPU(t *testing.T) {
	r := short(t)
	m := machine(t)
	d := on(t, m, Options{Untimed: true})
	want := alone(t, d, r)
	// The second stage with one sequence at a time fits, with two it does not.
	one, two := footprint(d, r, 1), footprint(d, r, 2)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	small := machine(t)
	small.Set("device 0 memory %d", d.workspace.bytes+(one+two)/2)
	d = on(t, small, Options{Untimed: true})
	got := alone(t, d, r)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	told := of[event.Shrank](got)
	if len(told) == 0 || told[len(told)-1].To != 1 || told[len(told)-1].Stage != 2 || !strings.Contains(told[0].Reason, "cuMemAlloc_v2") {
		t.Errorf("told %+v, want that stage 2 takes one sequence at a time, and why", told)
	}
	along(t, r, "bf16", got, want)
	small.MustBeClean()
}

// footprint is the bytes of stage 2 with seqs sequences at a time.
func footprint(d *device, r growth.Recipe, seqs int) int64 {
	return trainer.Footprint(d, r.Config(1), seqs, nil).Total()
}
