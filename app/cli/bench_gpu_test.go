//go:build linux

package cli

import (
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
)

// TestBenchOnAGPU: steps are timed there, and operations apart.
func TestBenchOnAGPU(t *testing.T) {
	libs, err := fake.BuildWithKernels()
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	t.Setenv(cudart.EnvLibraries, m.Dir)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	home(t)
	var got measurement
	decode(t, ok(t, "bench", "--shape", tiny, "--device", "cuda", "--runs", "5", "--seconds", "0.001", "--json"), &got)
	if !strings.HasPrefix(got.Device, "cuda Fake GPU 0 bf16 cuBLASLt") || got.Precision != "bf16" || len(got.Runs) != 5 || got.Threads != 1 {
		t.Errorf("measured %+v", got)
	}
	if got.Peak == nil || !(*got.Peak > 0) || got.PeakFraction == nil || !(*got.PeakFraction > 0) || !(got.Best >= got.Tokens) || len(got.Phases) == 0 {
		t.Errorf("measured %+v, want a peak and a part of it, the best of the runs, and phases", got)
	}
	var linear, products float64
	for _, o := range got.Operations {
		products += o.GFLOPS
		if o.Operation == "Linear" {
			linear = o.ThreadMilliseconds
		}
	}
	if linear == 0 || products == 0 {
		t.Errorf("operations are %+v, want Linear with its time", got.Operations)
	}
	m.MustBeClean()
}
