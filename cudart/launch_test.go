//go:build linux

package cudart

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLaunchLimits(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		greedy, err := g.module.Kernel("greedy")
		must(t, err)
		usage, err := greedy.Attributes()
		want := Attributes{MaxThreads: 512, Registers: 200, Shared: 4096, Local: 16, PTX: 80, Binary: 80}
		if err != nil || usage != want {
			t.Errorf("usage %+v, %v; want %+v", usage, err, want)
		}
		var none Args
		for _, test := range []struct {
			name        string
			grid, block Dim
			shared      int
			want        string // in the error; empty: allowed
		}{
			{"one block of one thread", Dim{}, Dim{}, 0, ""},
			{"largest block by registers", Dim{X: 1}, Dim{X: 320}, 0, ""},
			{"too many registers", Dim{X: 1}, Dim{X: 352}, 0, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
			{"more threads than any block", Dim{X: 1}, Dim{X: 1025}, 0, "CUDA_ERROR_INVALID_VALUE"},
			{"block too deep", Dim{X: 1}, Dim{X: 1, Y: 1, Z: 65}, 0, "block 1 x 1 x 65"},
			{"grid too high", Dim{X: 1, Y: 65536}, Dim{X: 1}, 0, "grid 1 x 65536 x 1"},
			{"48 KiB with the static 4", Dim{X: 1}, Dim{X: 32}, 44 << 10, ""},
			{"more than 48 KiB", Dim{X: 1}, Dim{X: 32}, 44<<10 + 1, "45057 bytes shared"},
		} {
			err := greedy.Launch(g.s, test.grid, test.block, test.shared, &none)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v; want %q", test.name, err, test.want)
			}
		}
		narrow, err := g.module.Kernel("narrow")
		must(t, err)
		must(t, narrow.Launch(g.s, Dim{X: 1}, Dim{X: 64}, 0, &none))
		if err := narrow.Launch(g.s, Dim{X: 1}, Dim{X: 65}, 0, &none); err == nil || !strings.Contains(err.Error(), "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES") {
			t.Errorf("65 threads of a kernel built for 64: %v", err)
		}
		must(t, greedy.SetShared(100<<10))
		must(t, greedy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 100<<10, &none))
		if err := greedy.SetShared(160 << 10); err == nil || !strings.Contains(err.Error(), `kernel "greedy": 163840 bytes`) {
			t.Errorf("opting in to more than the GPU has: %v", err)
		}
		if n, err := greedy.Occupancy(128, 0); n != 2 || err != nil {
			t.Errorf("blocks per multiprocessor %d, %v; want 2 by 200 registers", n, err)
		}
		must(t, g.s.Sync())
		g.close()
	})
	m.MustBeClean()
}

func TestArgumentsAreChecked(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		var a Args
		for want, args := range map[string]*Args{
			`kernel "axpy" takes 4 arguments, not 1`:              new(Args).Ptr(1),
			`kernel "axpy": argument 2 has 4 bytes, not 8`:        new(Args).Ptr(1).Ptr(2).Int64(3).Uint32(1),
			`kernel "axpy": argument 3 has 4 bytes, not 12`:       new(Args).Uint64(1).Ptr(2).Float32(3).Bytes(make([]byte, 12)),
			`kernel "axpy" takes 4 arguments, not 0`:              a.Ptr(1).Reset(),
			`kernel "axpy": argument 0 has 8 bytes, not 4`:        new(Args).Int32(1).Ptr(2).Float32(3).Int32(1),
			`kernel "axpy" takes 4 arguments, not 5`:              new(Args).Ptr(1).Ptr(2).Float32(3).Int32(1).Bytes([]byte{1}),
			`kernel "axpy": argument 1 has 8 bytes, not ` + "100": new(Args).Ptr(1).Bytes(make([]byte, 100)).Float32(3).Int32(1),
		} {
			if err := g.axpy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 0, args); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		g.close()
	})
	many := new(Args)
	for range maxParams {
		many.Uint64(0)
	}
	for name, f := range map[string]func(){
		"arguments": func() { many.Int32(0) },
		"bytes":     func() { new(Args).Bytes(make([]byte, maxParamBytes)).Int32(0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("too many %s were taken", name)
				}
			}()
			f()
		}()
	}
	if m.Calls("cuLaunchKernel") != 0 {
		t.Error("wrong arguments reached the driver")
	}
}

func TestModules(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		mod, err := c.Load(kernels)
		must(t, err)
		p, n, err := mod.Global("table")
		if p == 0 || n != 12 || err != nil {
			t.Errorf("variable at %#x, %d bytes, %v; want 12 bytes", p, n, err)
		}
		if _, _, err := mod.Global("chair"); err == nil || !strings.Contains(err.Error(), `variable "chair"`) {
			t.Errorf("missing variable: %v", err)
		}
		if _, err := mod.Kernel("axpz"); err == nil || !strings.Contains(err.Error(), `kernel "axpz": `) || !strings.Contains(err.Error(), "CUDA_ERROR_NOT_FOUND") {
			t.Errorf("missing kernel: %v", err)
		}
		for image, want := range map[string]string{
			"":                                      "module image is empty",
			".version 8.":                           "the image is no fake module",
			string(kernels[:len(kernels)-5]) + "\n": "cannot open shared object file",
		} {
			if _, err := c.Load([]byte(image)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("image %q: %v; want %q", image, err, want)
			}
		}
		must(t, mod.Close())
	})
	m.MustBeClean()
}

// TestKernelsInCPP: the source of a kernel for the GPU is C++, and so may its emulation be.
func TestKernelsInCPP(t *testing.T) {
	const source = `
#include "fake.h"
#include SIZE
#include <vector>
template <class T> static int fill(const fake_launch *l) {
	std::vector<T> v(SIZE_OF, T(3));
	for (int i = 0; i < SIZE_OF; i++) (*(T **)l->args[0])[i] = v[i] * l->grid[0];
	return 0;
}
static const int sizes[] = {8};
FAKE_KERNELS = {{"fill", fill<float>, 1, sizes, 0, 0, 0, 0}, {}};
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "size.h"), []byte("#define SIZE_OF 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := libs.Module("wrong.cc", source); err == nil || !strings.Contains(err.Error(), "g++") || !strings.Contains(err.Error(), "wrong.cc:3") {
		t.Errorf("source without its header: %v; want the compiler's words", err)
	}
	image, err := libs.Module("fill.cc", source, `-DSIZE="size.h"`, "-I"+dir)
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		mod, err := c.Load(image)
		must(t, err)
		k, err := mod.Kernel("fill")
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		p, err := c.Alloc(16)
		must(t, err)
		must(t, k.Launch(s, Dim{X: 7}, Dim{X: 1}, 0, new(Args).Ptr(p)))
		must(t, s.Sync())
		got := make([]byte, 16)
		must(t, c.Download(got, p))
		if want := strings.Repeat("\x00\x00\xa8\x41", 4); string(got) != want { // 21
			t.Errorf("got % x, want % x", got, want)
		}
		must(t, errors.Join(c.Free(p), s.Close(), mod.Close()))
	})
	m.MustBeClean()
}
