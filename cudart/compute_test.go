//go:build linux

package cudart

import (
	"errors"
	"testing"
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
		must(t, s.Memset8(a+2, 'x', 3))
		must(t, s.Memset32(a+8, 0x7a7a7a7a, 1))
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
		must(t, c.Memset8(a, 'y', 16))
		must(t, c.Memset32(a+4, 0x77777777, 2))
		must(t, c.Copy(b+1, a+1, 7))
		must(t, c.Download(got, b))
		if string(got) != "0yyywwwwzzzzcdef" {
			t.Errorf("got %q, want 0yyywwwwzzzzcdef", got)
		}
		for _, err := range []error{
			c.Upload(a, nil), c.Download(nil, a), s.Memset8(a, 0, 0), s.Memset32(a, 0, 0), s.Copy(a, b, 0), c.Memset8(a, 0, 0), c.Memset32(a, 0, 0), c.Copy(a, b, 0),
		} {
			must(t, err)
		}
		must(t, errors.Join(c.Free(a), c.Free(b), s.Close()))
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
		ready, err := graph.Instantiate()
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
			"fill":     func() { keep(g.s.Memset32(g.x, 0, 32)) },
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
