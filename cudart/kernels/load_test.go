//go:build linux && amd64

package kernels

import (
	"bytes"
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
)

// loaded is the set that a GPU of a capability gets from the embedded code, given to f on the GPU's thread.
func loaded(t *testing.T, major, minor int, fail bool, f func(k *Set, s *cudart.Stream, c *cudart.Context)) error {
	t.Helper()
	libs, err := fake.BuildWithKernels()
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	m.Set("device 0 major %d", major)
	m.Set("device 0 minor %d", minor)
	driver, err := (&cudart.Finder{Env: m.Env}).Driver()
	if err != nil {
		t.Fatal(err)
	}
	device, err := driver.Device(0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := driver.Context(device)
	if err != nil {
		t.Fatal(err)
	}
	if fail {
		m.Fail("cuModuleLoadDataEx", 1, 209)
	}
	err = c.Do(func() error {
		k, err := Load(c)
		if err != nil {
			return err
		}
		s, err := c.Stream(0)
		if err != nil {
			return err
		}
		f(k, s, c)
		if err := s.Close(); err != nil {
			return err
		}
		return k.Close()
	})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	m.MustBeClean()
	return err
}

// TestLoad: every GPU from 8.0 on gets code that runs there, newer ones and older drivers PTX.
func TestLoad(t *testing.T) {
	for _, gpu := range []struct {
		major, minor int
		fail         bool // the driver is too old for the machine code
	}{{8, 0, false}, {8, 6, false}, {8, 7, false}, {8, 9, false}, {9, 0, false}, {10, 0, false}, {12, 0, false}, {9, 0, true}} {
		err := loaded(t, gpu.major, gpu.minor, gpu.fail, func(k *Set, s *cudart.Stream, c *cudart.Context) {
			p, err := c.Alloc(64)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Upload(p, make([]byte, 64)); err != nil {
				t.Fatal(err)
			}
			if err := k.Combine(s, Combine{Y: F32(p), X: F32(p), Z: F32(p), A: Const(1), B: Const(1), N: 16}); err != nil {
				t.Error(err)
			}
			if err := s.Sync(); err != nil {
				t.Error(err)
			}
			if err := c.Free(p); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Errorf("%+v: %v", gpu, err)
		}
	}
	if err := loaded(t, 7, 5, false, nil); err == nil || !strings.Contains(err.Error(), "8.0 or newer") {
		t.Errorf("capability 7.5: error %v, want one that says what is needed", err)
	}
}

// TestImages: which code is for which GPU.
func TestImages(t *testing.T) {
	for _, gpu := range []struct {
		c      cudart.Capability
		images int
		sm     byte // of the machine code, as its header says
	}{{cudart.Capability{Major: 8}, 2, 80}, {cudart.Capability{Major: 8, Minor: 7}, 2, 86}, {cudart.Capability{Major: 8, Minor: 9}, 2, 89}, {cudart.Capability{Major: 9}, 2, 90}, {cudart.Capability{Major: 12}, 1, 0}} {
		images, err := imagesFor(gpu.c)
		if err != nil || len(images) != gpu.images {
			t.Errorf("%s: %d images, error %v; want %d", gpu.c, len(images), err, gpu.images)
			continue
		}
		if gpu.sm != 0 && images[0][48] != gpu.sm {
			t.Errorf("%s gets code of sm_%d, want sm_%d", gpu.c, images[0][48], gpu.sm)
		}
		ptx := images[len(images)-1]
		if !bytes.Contains(ptx, []byte("\n.version 7.0\n.target sm_80\n")) {
			t.Errorf("%s: PTX begins %.200q, want version 7.0 for sm_80", gpu.c, ptx)
		}
		for _, name := range kernelNames {
			if !bytes.Contains(ptx, []byte(".entry "+name+"(")) {
				t.Errorf("%s: PTX has no kernel %s", gpu.c, name)
			}
		}
	}
}

// TestSharedMemoryFits: no kernel takes more than the least that GPUs from 8.0 on allow a block, 99 KiB.
func TestSharedMemoryFits(t *testing.T) {
	for id, bytes := range mostShared {
		if bytes > 99<<10 {
			t.Errorf("%s takes %d bytes of shared memory, more than %d", kernelNames[id], bytes, 99<<10)
		}
	}
}
