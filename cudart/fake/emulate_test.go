//go:build linux && amd64

package fake_test

import (
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
)

// wrongs are kernels of 64 threads that do one thing wrong each; x has 64 floats.
const wrongs = `
#include "portable.h"
struct args { global<float> x; int n, unused; };
KERNEL(64, 1, behind, args) { a.x[thread_x() + 1] = 1; }
KERNEL(64, 1, before, args) { a.x[thread_x() - 1] = 1; }
KERNEL(64, 1, askew, args) { as<duo>(a.x + 1)[0] = duo{}; }
KERNEL(64, 1, split_warp, args) {
  float v = 0;
  if (lane() < 16) v = shuffle_xor(1.f, 1);
  else warp_sync();
  a.x[thread_x()] = v;
}
KERNEL(64, 1, half_warp, args) {
  if (lane() >= 16) return;
  a.x[thread_x()] = warp_sum(1.f);
}
KERNEL(64, 1, lonely_barrier, args) {
  if (lane() == 0) warp_sync();
  else block_sync();
}
KERNEL(64, 1, beyond_shared, args) {
  DYNAMIC_SHARED(bytes);
  carve<float>(bytes, 0)[64 + thread_x()] = 1;
}
KERNEL(64, 1, no_barrier, args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  s[thread_x()] = 1;
  a.x[thread_x()] = s[63 - thread_x()];
}
KERNEL(64, 1, no_warp_sync, args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  s[thread_x()] = 1;
  a.x[thread_x()] = s[thread_x() ^ 1];
}
KERNEL(64, 1, no_barrier_after, args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  s[thread_x()] = 1;
  block_sync();
  a.x[thread_x()] = s[0];
  s[thread_x()] = 2;
}
KERNEL(64, 1, unwaited, args) {
  DYNAMIC_SHARED(bytes);
  if (thread_x() < 16) copy_async(shared_address(bytes) + thread_x() * 16, a.x + thread_x() * 4, 16);
  copy_commit();
  block_sync();
  a.x[thread_x()] = carve<float>(bytes, 0)[thread_x()];
  copy_wait<0>();
}
KERNEL(64, 1, forgotten, args) {
  DYNAMIC_SHARED(bytes);
  if (thread_x() < 16) copy_async(shared_address(bytes) + thread_x() * 16, a.x + thread_x() * 4, 16);
}
KERNEL(64, 1, copied_askew, args) {
  DYNAMIC_SHARED(bytes);
  if (thread_x() == 0) copy_async(shared_address(bytes), a.x + 1, 16);
  copy_wait<0>();
}
KERNEL(64, 1, unset, args) {
  DYNAMIC_SHARED(bytes);
  a.x[thread_x()] = carve<float>(bytes, 0)[thread_x()];
}

// And one that does nothing wrong: the sum of 1..64 by every means.
KERNEL(64, 1, right, args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  if (thread_x() < 16) copy_async(shared_address(bytes) + thread_x() * 16, a.x + thread_x() * 4, thread_x() < 15 ? 16 : 12);
  copy_commit();
  copy_wait<0>();
  block_sync();
  float v = s[63 - thread_x()] + (thread_x() == 0 ? 64.f : 0.f);
  v = warp_sum(v);
  block_sync();
  s[thread_x()] = v;
  warp_sync();
  v = s[thread_x() ^ 1];
  block_sync();
  s[thread_x()] = v;
  block_sync();
  a.x[thread_x()] = s[0] + s[32];
}
`

// TestEmulatorNotices runs each wrong kernel under several schedules: what it does wrong is said, and the context is lost.
func TestEmulatorNotices(t *testing.T) {
	libs, err := fake.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	image, err := libs.Emulated("wrongs.so", wrongs)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ kernel, want string }{
		{"behind", "256 behind the beginning of an allocation of 256 bytes"},
		{"before", "which lie in no allocation"},
		{"askew", "is not aligned to 8 bytes"},
		{"split_warp", "while other lanes of the warp are in"},
		{"half_warp", "after lanes of the warp have returned|returns while other lanes are in"},
		{"lonely_barrier", "waits for what never comes"},
		{"beyond_shared", "of shared memory, which has 256"},
		{"no_barrier", "wrote it with no barrier between|read it with no barrier between"},
		{"no_warp_sync", "wrote it with no barrier between|read it with no barrier between"},
		{"no_barrier_after", "read it with no barrier between|wrote it with no barrier between"},
		{"unwaited", "while cp.async writes it"},
		{"forgotten", "copies that nobody waited for"},
		{"copied_askew", "not both aligned to 16 bytes"},
	} {
		for _, seed := range []uint{0, 1, 2, 3} {
			_, violations, err := runAlone(t, libs, image, test.kernel, seed)
			if err == nil || len(violations) == 0 {
				t.Errorf("%s under schedule %d: error %v, violations %q; want both", test.kernel, seed, err, violations)
				continue
			}
			if !oneOf(violations[0], strings.Split(test.want, "|")) || !strings.Contains(violations[0], "kernel "+test.kernel) {
				t.Errorf("%s under schedule %d: %q, want %q of this kernel", test.kernel, seed, violations[0], test.want)
			}
		}
	}
	for _, seed := range []uint{0, 1, 2, 3} {
		x, violations, err := runAlone(t, libs, image, "right", seed)
		if err != nil || len(violations) > 0 || x[5] != 64*65/2 {
			t.Errorf("right under schedule %d: %v, error %v, violations %q; want 2080", seed, x[5], err, violations)
		}
		x, violations, err = runAlone(t, libs, image, "unset", seed)
		if err != nil || len(violations) > 0 || !math.IsNaN(float64(x[5])) {
			t.Errorf("unset under schedule %d: %v, error %v, violations %q; want NaN: shared memory begins as that", seed, x[5], err, violations)
		}
	}
}

func oneOf(s string, wants []string) bool {
	for _, w := range wants {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// runAlone runs one kernel on a machine of its own and gives x afterwards.
func runAlone(t *testing.T, libs *fake.Libraries, image []byte, kernel string, seed uint) (x []float32, violations []string, err error) {
	t.Helper()
	m := libs.Machine(t)
	m.Set("seed %d", seed)
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
	err = c.Do(func() error {
		s, err := c.Stream(0)
		if err != nil {
			return err
		}
		module, err := c.Load(image)
		if err != nil {
			return err
		}
		k, err := module.Kernel(kernel)
		if err != nil {
			return err
		}
		p, err := c.Alloc(256)
		if err != nil {
			return err
		}
		b := make([]byte, 256)
		for i := range 64 {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(float32(i+1)))
		}
		if err := c.Upload(p, b); err != nil {
			return err
		}
		var a cudart.Args
		a.Reset().Bytes(append(binary.LittleEndian.AppendUint64(nil, uint64(p)), make([]byte, 8)...))
		if err := k.Launch(s, cudart.Dim{X: 1}, cudart.Dim{X: 64}, 256, &a); err != nil {
			return err
		}
		if err := s.Sync(); err != nil {
			return err
		}
		if err := c.Download(b, p); err != nil {
			return err
		}
		for i := range 64 {
			x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
		return nil
	})
	return x, m.State().Violations, err
}

// TestKernelsAreBuiltOnce: the second call takes what the first one made.
func TestKernelsAreBuiltOnce(t *testing.T) {
	first, err := fake.BuildWithKernels()
	if err != nil {
		t.Fatal(err)
	}
	second, err := fake.BuildWithKernels()
	if err != nil || second.Dir != first.Dir {
		t.Errorf("the second build is in %q, error %v; want %q", second.Dir, err, first.Dir)
	}
	if _, err := os.Stat(first.Dir + "/growlab-kernels.so"); err != nil {
		t.Error(err)
	}
}
