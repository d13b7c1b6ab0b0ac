//go:build linux

package cudart

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"growlab/cudart/fake"
)

// libs are the compiled stand-ins, kernels the image of the kernels below.
var (
	libs    *fake.Libraries
	kernels []byte
)

const kernelSource = `
#include "fake.h"
#include <math.h>
// y[i] += a x[i] for i < n; out of an allocation is an illegal address, as on a GPU.
static int axpy(const struct fake_launch *l) {
  float *y = *(float **)l->args[0], *x = *(float **)l->args[1], a = *(float *)l->args[2];
  int n = *(int *)l->args[3];
  if (!l->valid(y, 4ull * n) || !l->valid(x, 4ull * n)) return 700;
  for (unsigned b = 0; b < l->grid[0]; b++)
    for (unsigned t = 0; t < l->block[0]; t++) {
      int i = b * l->block[0] + t;
      if (i < n) y[i] += a * x[i];
    }
  return 0;
}
// Writes one float behind n of them, without asking.
static int overrun(const struct fake_launch *l) { (*(float **)l->args[0])[*(int *)l->args[1]] = 1; return 0; }
static int nothing(const struct fake_launch *l) { (void)l; return 0; }
static const int axpy_sizes[] = {8, 8, 4, 4}, overrun_sizes[] = {8, 4};
static float table[3] = {1, 2, 3};
FAKE_KERNELS = {
  {"axpy", axpy, 4, axpy_sizes, 40, 0, 0, 0},
  {"overrun", overrun, 2, overrun_sizes, 0, 0, 0, 0},
  {"greedy", nothing, 0, 0, 200, 4096, 16, 512},
  {"narrow", nothing, 0, 0, 0, 0, 0, 64},
  {0}};
FAKE_GLOBALS = {{"table", table, sizeof table}, {0}};
`

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	if os.Getenv(childVariable) != "" {
		return child()
	}
	dir, err := os.MkdirTemp("", "cudart")
	if err == nil {
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		libs, err = fake.Build(dir)
	}
	if err == nil {
		kernels, err = libs.Module("kernels.c", kernelSource)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the stand-ins of NVIDIA's libraries do not build:", err)
		return 1
	}
	return m.Run()
}

// childVariable makes this test binary a program that prints the report of its machine and ends.
const childVariable = "CUDART_TEST_CHILD"

func child() int {
	if err := json.NewEncoder(os.Stdout).Encode(Probe()); err != nil {
		return 1
	}
	return 0
}

// driver opens the driver of a machine.
func driver(t testing.TB, m *fake.Machine) *Driver {
	t.Helper()
	d, err := (&Finder{Env: m.Env}).Driver()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inContext runs f on GPU i of a machine.
func inContext(t testing.TB, d *Driver, i int, f func(c *Context)) {
	t.Helper()
	c := contextOf(t, d, i)
	must(t, c.Do(func() error { f(c); return nil }))
	must(t, c.Close())
}

func contextOf(t testing.TB, d *Driver, i int) *Context {
	t.Helper()
	dev, err := d.Device(i)
	must(t, err)
	c, err := d.Context(dev)
	must(t, err)
	return c
}

// must ends the test on an error. It may be called on the GPU's thread.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
		panic(err)
	}
}

func f32bits(f float32) uint32 { return math.Float32bits(f) }

func f32of(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
