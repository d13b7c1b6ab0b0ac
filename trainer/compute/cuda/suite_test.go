//go:build linux && !race

package cuda

import (
	"fmt"
	"os"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// The suite is nothing for the race detector: one goroutine, and emulated kernels in C++.

// kind is a kind of engine: operands in either precision, products of cuBLASLt, where arguments are aligned for it, or all our own.
type kind struct {
	precision string
	own       bool
}

// each runs f for kinds of engine.
func each(t *testing.T, kinds []kind, f func(t *testing.T, o Options)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(fmt.Sprintf("%s/own products %v", k.precision, k.own), func(t *testing.T) {
			f(t, Options{Precision: k.precision, Own: k.own, Untimed: true})
		})
	}
}

var (
	all = []kind{{"bf16", true}, {"bf16", false}, {"fp32", true}, {"fp32", false}}
	few = []kind{{"bf16", false}, {"fp32", true}}
)

// TestAgainstReference runs the suite, which gives arguments that are hardly ever aligned: few products are cuBLASLt's. Those are what
// TestGradients and TestTrainsAsTheProcessorDoes have.
func TestAgainstReference(t *testing.T) {
	kinds := few
	if thorough() {
		kinds = all
	}
	each(t, kinds, func(t *testing.T, o Options) {
		computetest.Run(t, func(t testing.TB) compute.Device { return on(t, machine(t), o) })
	})
}

func TestGradients(t *testing.T) {
	each(t, all, func(t *testing.T, o Options) {
		computetest.RunGradients(t, func(t testing.TB) compute.Device { return on(t, machine(t), o) })
	})
}

// TestSchedulesDoNotMatter is the suite's own test of determinism, with schedules in place of numbers of threads. It takes some minutes;
// TestSameBitsOnAnySchedule says the same of a whole training.
func TestSchedulesDoNotMatter(t *testing.T) {
	if !thorough() {
		t.Skip("takes minutes: GROWLAB_CUDA_THOROUGH=1 runs it")
	}
	each(t, few, func(t *testing.T, o Options) {
		computetest.RunDeterminism(t, func(threads int) compute.Device {
			m := machine(t)
			m.Set("seed %d", threads-1)
			return on(t, m, o)
		})
	})
}

// thorough reports whether the whole suite of every kind of engine is to run, which takes minutes on emulated kernels.
func thorough() bool { return os.Getenv("GROWLAB_CUDA_THOROUGH") != "" }
