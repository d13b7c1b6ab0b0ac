//go:build linux

package cuda

import (
	"path/filepath"
	"sync"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
)

// standIns are NVIDIA's libraries as the fake has them, with our kernels emulated.
var standIns = sync.OnceValues(fake.BuildWithKernels)

// machine pretends to have one GPU.
func machine(t testing.TB) *fake.Machine {
	t.Helper()
	libs, err := standIns()
	if err != nil {
		t.Fatal(err)
	}
	return libs.Machine(t)
}

// image is our kernels, emulated.
func image(t testing.TB) []byte {
	t.Helper()
	libs, err := standIns()
	if err != nil {
		t.Fatal(err)
	}
	return fake.Image(filepath.Join(libs.Dir, "growlab-kernels.so"))
}

// on opens the engine on GPU 0 of m.
func on(t testing.TB, m *fake.Machine, o Options) *device {
	t.Helper()
	o.Finder = &cudart.Finder{Env: m.Env}
	o.Image = image(t)
	d, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// processor is the CPU engine.
func processor(t testing.TB, precision string) compute.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 2, Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}
