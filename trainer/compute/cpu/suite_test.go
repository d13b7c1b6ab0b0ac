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

func TestAgainstReference(t *testing.T) {
	for _, family := range available(t) {
		t.Run(family, func(t *testing.T) {
			computetest.Run(t, func(t testing.TB) compute.Device { return open(t, cpu.Options{Threads: 2, Family: family}) })
		})
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	for _, family := range available(t) {
		t.Run(family, func(t *testing.T) {
			computetest.RunDeterminism(t, func(threads int) compute.Device {
				return open(t, cpu.Options{Threads: threads, Family: family})
			})
		})
	}
}
