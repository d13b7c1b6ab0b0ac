package cpu

import (
	"testing"

	"growlab/trainer/compute"
)

// variant is a family in a precision.
type variant struct {
	family
	precision compute.Precision
}

// variants are all that this processor runs.
func variants() []variant {
	var all []variant
	for _, f := range families() {
		for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
			if f.c != nil {
				all = append(all, variant{f, p})
			}
		}
	}
	return all
}

func (v variant) String() string { return v.name + "/" + v.precision.String() }

func (v variant) open(t testing.TB, threads int) *device {
	t.Helper()
	return openTestOf(t, Options{Threads: threads, Family: v.name, Precision: v.precision.String()})
}

// openTest opens the fastest kernels in fp32.
func openTest(t testing.TB, threads int) *device {
	t.Helper()
	return openTestOf(t, Options{Threads: threads, Precision: "fp32"})
}

func openTestOf(t testing.TB, o Options) *device {
	t.Helper()
	dev, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return dev.(*device)
}

// upload returns new memory that holds x.
func upload(t testing.TB, dev compute.Device, x []float32) compute.Vec {
	t.Helper()
	b, err := dev.Alloc(len(x))
	if err != nil {
		t.Fatal(err)
	}
	dev.Upload(compute.All(b), x)
	return compute.All(b)
}

func download(dev compute.Device, v compute.Vec) []float32 {
	x := make([]float32, v.N)
	dev.Download(x, v)
	return x
}

func differ(a, b []float32) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// near reports the first element of got that is off by more than tolerance times the largest of want.
func near(t testing.TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	var most float64
	for _, w := range want {
		most = max(most, float64(w), -float64(w))
	}
	for i := range want {
		if e := float64(got[i]) - float64(want[i]); !(e <= tolerance*most && -e <= tolerance*most) {
			t.Errorf("%s: element %d of %d: got %.9g, want %.9g within %g", name, i, len(want), got[i], want[i], tolerance*most)
			return
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
