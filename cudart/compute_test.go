//go:build linux

package cudart

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// gpu is one GPU with two streams, the test kernels and vectors x, y of n floats in device and pinned memory.
type gpu struct {
	t            testing.TB
	c            *Context
	s, s2        *Stream
	module       *Module
	axpy         *Kernel
	n            int
	x, y         Ptr
	hostX, hostY *Host
	args         Args
}

func newGPU(t testing.TB, c *Context, n int) *gpu {
	t.Helper()
	g := &gpu{t: t, c: c, n: n}
	var err error
	g.s, err = c.Stream(0)
	must(t, err)
	g.s2, err = c.Stream(-1)
	must(t, err)
	g.module, err = c.Load(kernels)
	must(t, err)
	g.axpy, err = g.module.Kernel("axpy")
	must(t, err)
	g.x, err = c.Alloc(int64(4 * n))
	must(t, err)
	g.y, err = c.Alloc(int64(4 * n))
	must(t, err)
	g.hostX, err = c.AllocHost(4 * n)
	must(t, err)
	g.hostY, err = c.AllocHost(4 * n)
	must(t, err)
	for i := range n {
		View[float32](g.hostX)[i], View[float32](g.hostY)[i] = float32(i), 1
	}
	return g
}

func (g *gpu) close() {
	g.t.Helper()
	for _, err := range []error{
		g.c.Free(g.x), g.c.Free(g.y), g.hostX.Free(), g.hostY.Free(), g.hostY.Free(), g.c.Free(0),
		g.module.Close(), g.s.Close(), g.s2.Close(),
	} {
		must(g.t, err)
	}
}

// add queues y += a x.
func (g *gpu) add(s *Stream, a float32) error {
	g.args.Reset().Ptr(g.y).Ptr(g.x).Float32(a).Int32(int32(g.n))
	return g.axpy.Launch(s, Dim{X: uint32((g.n + 31) / 32)}, Dim{X: 32}, 0, &g.args)
}

// wantY compares hostY with 1 + a i.
func (g *gpu) wantY(a float32) {
	g.t.Helper()
	for i, got := range View[float32](g.hostY) {
		if want := 1 + a*float32(i); got != want {
			g.t.Fatalf("y[%d] = %v, want %v", i, got, want)
		}
	}
}

func TestKernelInStream(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 100)
		must(t, g.s.Upload(g.x, g.hostX, 0, 400))
		must(t, g.s.Upload(g.y, g.hostY, 0, 400))
		must(t, g.add(g.s, 2))
		must(t, g.add(g.s, 0.5))
		must(t, g.s.Download(g.hostY, 0, g.y, 400))
		g.wantY(0) // streams are lazy: nothing has happened yet
		must(t, g.s.Sync())
		g.wantY(2.5)
		g.close()
	})
	m.MustBeClean()
}

func TestSynchronousCopiesAndFills(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		s, err := c.Stream(0)
		must(t, err)
		a, err := c.Alloc(16)
		must(t, err)
		b, err := c.Alloc(16)
		must(t, err)
		got := make([]byte, 16)
		must(t, c.Download(got, a))
		if got[0] != 0xff {
			t.Errorf("fresh memory holds %#x, want NaN", got[0])
		}
		must(t, c.Upload(a, []byte("0123456789abcdef")))
		must(t, s.Fill8(a+2, 'x', 3))
		must(t, s.Fill32(a+8, 0x7a7a7a7a, 1))
		must(t, s.Copy(b, a, 16))
		must(t, c.Download(got, b)) // not ordered with s
		if got[0] != 0xff {
			t.Errorf("a synchronous copy waited for a stream")
		}
		must(t, c.Sync())
		must(t, c.Download(got, b))
		if string(got) != "01xxx567zzzzcdef" {
			t.Errorf("got %q, want 01xxx567zzzzcdef", got)
		}
		must(t, c.Fill8(a, 'y', 16))
		must(t, c.Fill32(a+4, 0x77777777, 2))
		must(t, c.Copy(b+1, a+1, 7))
		must(t, c.Download(got, b))
		if string(got) != "0yyywwwwzzzzcdef" {
			t.Errorf("got %q, want 0yyywwwwzzzzcdef", got)
		}
		for _, err := range []error{
			c.Upload(a, nil), c.Download(nil, a), s.Fill8(a, 0, 0), s.Fill32(a, 0, 0), s.Copy(a, b, 0), c.Fill8(a, 0, 0), c.Fill32(a, 0, 0), c.Copy(a, b, 0),
		} {
			must(t, err)
		}
		must(t, errors.Join(c.Free(a), c.Free(b), s.Close()))
	})
	m.MustBeClean()
}

// TestEventOrdersStreams runs a product in one stream and reads it in another, with and without the event between, under
// several schedules: without it the result has to be wrong under at least one.
func TestEventOrdersStreams(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		wrong := 0
		for seed := range 6 {
			m := libs.Machine(t)
			m.Set("seed %d", seed)
			inContext(t, driver(t, m), 0, func(c *Context) {
				g := newGPU(t, c, 64)
				e, err := c.Event(false)
				must(t, err)
				must(t, c.Upload(g.x, g.hostX.Bytes()))
				must(t, c.Upload(g.y, g.hostY.Bytes()))
				must(t, g.add(g.s, 3))
				must(t, e.Record(g.s))
				if ordered {
					must(t, g.s2.Wait(e))
				}
				must(t, g.s2.Download(g.hostY, 0, g.y, 256))
				must(t, g.s2.Sync())
				if View[float32](g.hostY)[10] != 31 {
					wrong++
				}
				must(t, g.s.Sync())
				must(t, e.Close())
				g.close()
			})
			m.MustBeClean()
		}
		if ordered && wrong != 0 {
			t.Errorf("with an event: %d of 6 schedules wrong, want 0", wrong)
		}
		if !ordered && wrong == 0 {
			t.Error("without an event: no schedule shows the missing wait")
		}
	}
}

func TestEventsTellTimeAndState(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		from, err := c.Event(true)
		must(t, err)
		to, err := c.Event(true)
		must(t, err)
		untimed, err := c.Event(false)
		must(t, err)
		must(t, from.Record(g.s))
		must(t, g.s.Fill8(g.x, 0, 32))
		must(t, to.Record(g.s))
		done, err := to.Done()
		if done || err != nil {
			t.Errorf("event behind queued work: done %v, %v; want not done", done, err)
		}
		done, err = g.s.Done()
		if done || err != nil {
			t.Errorf("stream with queued work: done %v, %v; want not done", done, err)
		}
		must(t, to.Sync())
		d, err := to.Since(from)
		if err != nil || d < 0 || d > time.Minute {
			t.Errorf("time between events %v, %v", d, err)
		}
		if _, err := untimed.Since(from); err == nil || !strings.Contains(err.Error(), "made with timing") {
			t.Errorf("time of an event without timing: %v", err)
		}
		if done, err := g.s.Done(); !done || err != nil {
			t.Errorf("stream after synchronising: done %v, %v", done, err)
		}
		must(t, errors.Join(from.Close(), to.Close(), untimed.Close()))
		g.close()
	})
	m.MustBeClean()
}

func TestGraphRunsWhatWasCaptured(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 40)
		must(t, c.Upload(g.x, g.hostX.Bytes()))
		must(t, c.Upload(g.y, g.hostY.Bytes()))
		fork, err := c.Event(false)
		must(t, err)
		join, err := c.Event(false)
		must(t, err)
		graph, err := g.s.Capture(func() error {
			return errors.Join(g.add(g.s, 1), fork.Record(g.s), g.s2.Wait(fork), g.add(g.s2, 2), join.Record(g.s2), g.s.Wait(join),
				g.s.Download(g.hostY, 0, g.y, 160))
		})
		must(t, err)
		must(t, c.Sync())
		g.wantY(0) // captured, not run
		if n, err := graph.Nodes(); n != 3 || err != nil {
			t.Errorf("graph has %d nodes, %v; want 3", n, err)
		}
		ready, err := graph.Ready()
		must(t, err)
		must(t, graph.Close())
		must(t, ready.Upload(g.s))
		for range 3 {
			must(t, ready.Launch(g.s))
		}
		must(t, ready.Close())
		must(t, g.s.Sync())
		g.wantY(9)
		must(t, errors.Join(fork.Close(), join.Close()))
		g.close()
	})
	m.MustBeClean()
}

func TestCaptureRefuses(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	for name, test := range map[string]struct {
		body func(g *gpu) error
		want string
	}{
		"an allocation": {func(g *gpu) error { _, err := g.c.Alloc(8); return err }, "while capturing: "},
		"a wait":        {func(g *gpu) error { return g.s.Sync() }, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
		"a swallowed error": {func(g *gpu) error {
			if g.c.Sync() == nil {
				return errors.New("synchronising was allowed")
			}
			return nil
		}, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
		"a fork that is not joined": {func(g *gpu) error {
			e, err := g.c.Event(false)
			must(g.t, err)
			return errors.Join(e.Record(g.s), g.s2.Wait(e), g.add(g.s2, 1), e.Close())
		}, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED"},
		"an event from outside": {func(g *gpu) error {
			e, err := g.c.Event(false)
			must(g.t, err)
			return errors.Join(e.Record(g.s2), g.s.Wait(e))
		}, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"},
		"the caller's own error": {func(*gpu) error { return errors.New("no batch") }, "while capturing: no batch"},
	} {
		inContext(t, d, 0, func(c *Context) {
			g := newGPU(t, c, 8)
			_, err := g.s.Capture(func() error { return test.body(g) })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("capture with %s: %v; want %q", name, err, test.want)
			}
			must(t, g.s.Fill8(g.x, 0, 4)) // the stream works again
			must(t, c.Sync())
			g.close()
		})
	}
	if s := m.State(); s.Live["graph"] != 0 {
		t.Errorf("%d graphs left of failed captures", s.Live["graph"])
	}
}

func TestLaunchLimits(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		greedy, err := g.module.Kernel("greedy")
		must(t, err)
		usage, err := greedy.Usage()
		want := Usage{MaxThreads: 512, Registers: 200, Shared: 4096, Local: 16, PTX: 80, Binary: 80}
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
		must(t, greedy.SetShared(100<<10))
		must(t, greedy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 100<<10, &none))
		if err := greedy.SetShared(160 << 10); err == nil || !strings.Contains(err.Error(), `kernel "greedy": 163840 bytes`) {
			t.Errorf("opting in to more than the GPU has: %v", err)
		}
		if n, err := greedy.Blocks(128, 0); n != 2 || err != nil {
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

// TestNoAllocations holds the calls of every step to no allocation in Go.
func TestNoAllocations(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 32)
		e, err := c.Event(false)
		must(t, err)
		graph, err := g.s.Capture(func() error { return g.add(g.s, 0) })
		must(t, err)
		ready, err := graph.Ready()
		must(t, err)
		var failed error
		keep := func(err error) {
			if err != nil {
				failed = err
			}
		}
		for name, f := range map[string]func(){
			"launch":   func() { keep(g.add(g.s, 0)) },
			"upload":   func() { keep(g.s.Upload(g.x, g.hostX, 0, 128)) },
			"download": func() { keep(g.s.Download(g.hostX, 0, g.x, 128)) },
			"copy":     func() { keep(g.s.Copy(g.y, g.x, 128)) },
			"fill":     func() { keep(g.s.Fill32(g.x, 0, 32)) },
			"record":   func() { keep(e.Record(g.s)) },
			"wait":     func() { keep(g.s2.Wait(e)) },
			"graph":    func() { keep(ready.Launch(g.s)) },
			"sync":     func() { keep(g.s.Sync()) },
		} {
			if n := testing.AllocsPerRun(100, f); n >= 1 {
				t.Errorf("%s allocates %v times, want 0", name, n)
			}
		}
		must(t, failed)
		must(t, errors.Join(c.Sync(), ready.Close(), graph.Close(), e.Close()))
		g.close()
	})
	m.MustBeClean()
}

func BenchmarkLaunch(b *testing.B) {
	m := libs.Machine(b)
	inContext(b, driver(b, m), 0, func(c *Context) {
		g := newGPU(b, c, 32)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(b, g.add(g.s, 0))
			if i%4096 == 0 { // the fake keeps the queue in memory
				must(b, g.s.Sync())
			}
		}
		must(b, g.s.Sync())
		g.close()
	})
}

func BenchmarkDo(b *testing.B) {
	th := NewThread()
	defer th.Close()
	b.ReportAllocs()
	for b.Loop() {
		must(b, th.Do(func() error { return nil }))
	}
}

func BenchmarkRecord(b *testing.B) {
	m := libs.Machine(b)
	inContext(b, driver(b, m), 0, func(c *Context) {
		s, err := c.Stream(0)
		must(b, err)
		e, err := c.Event(false)
		must(b, err)
		b.ReportAllocs()
		for b.Loop() {
			must(b, e.Record(s))
		}
		must(b, errors.Join(s.Sync(), e.Close(), s.Close()))
	})
}
