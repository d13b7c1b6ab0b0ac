package cpu_test

import (
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/compute/cpu"
)

// available are the families that this processor runs.
func available(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, f := range cpu.Families() {
		if f.Available {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		t.Fatal("Families: none available, want at least plain")
	}
	return names
}

func open(t testing.TB, o cpu.Options) compute.Device {
	t.Helper()
	d, err := cpu.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// each runs f for every family in every precision.
func each(t *testing.T, f func(t *testing.T, o cpu.Options)) {
	t.Helper()
	for _, family := range available(t) {
		for _, precision := range []string{"fp32", "bf16"} {
			t.Run(family+"/"+precision, func(t *testing.T) { f(t, cpu.Options{Family: family, Precision: precision}) })
		}
	}
}

func TestAgainstReference(t *testing.T) {
	each(t, func(t *testing.T, o cpu.Options) {
		o.Threads = 2
		computetest.Run(t, func(t testing.TB) compute.Device { return open(t, o) })
	})
}

func TestThreadsDoNotMatter(t *testing.T) {
	each(t, func(t *testing.T, o cpu.Options) {
		computetest.RunDeterminism(t, func(threads int) compute.Device {
			o.Threads = threads
			return open(t, o)
		})
	})
}

func TestGradients(t *testing.T) {
	each(t, func(t *testing.T, o cpu.Options) {
		o.Threads = 2
		computetest.RunGradients(t, func(t testing.TB) compute.Device { return open(t, o) })
	})
}
