//go:build linux

package cudart

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThreadIsOneOSThread(t *testing.T) {
	a, b := NewThread(), NewThread()
	defer a.Close()
	defer b.Close()
	tid := func(th *Thread) (id int) {
		must(t, th.Do(func() error { id = unix.Gettid(); return nil }))
		return id
	}
	first := tid(a)
	if other := tid(b); other == first || other == unix.Gettid() {
		t.Errorf("two threads share OS thread %d", other)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := tid(a); got != first {
					t.Errorf("ran on OS thread %d, want %d", got, first)
				}
			}
		})
	}
	wg.Wait()
}

func TestThreadReturnsErrorsAndPanics(t *testing.T) {
	th := NewThread()
	want := errors.New("no batch")
	if err := th.Do(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	func() {
		defer func() {
			if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "bug\n") || !strings.Contains(p, "thread_test.go") {
				t.Errorf("panic arrived as %q", p)
			}
		}()
		_ = th.Do(func() error { panic("bug") })
	}()
	if err := th.Do(func() error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	th.Close()
	th.Close()
	if err := th.Do(func() error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("closed thread: %v, want ErrClosed", err)
	}
}

// TestThreadSurvivesGoexit: runtime.Goexit, as FailNow calls it, ends caller and thread, and leaves nobody waiting.
func TestThreadSurvivesGoexit(t *testing.T) {
	th := NewThread()
	returned := false
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = th.Do(func() error { runtime.Goexit(); return nil })
		returned = true
	})
	wg.Wait()
	if returned {
		t.Error("Do returned as if the work was done")
	}
	if err := th.Do(func() error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("afterwards: %v, want ErrClosed", err)
	}
}

// TestContextIsCurrentOnItsThreadOnly: outside of Do a call finds no context, and two GPUs do not meet.
func TestContextIsCurrentOnItsThreadOnly(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	m.Set("device 1 memory 4096")
	d := driver(t, m)
	c0, c1 := contextOf(t, d, 0), contextOf(t, d, 1)
	if _, err := c0.Alloc(1); err == nil || !strings.Contains(err.Error(), "CUDA_ERROR_INVALID_CONTEXT") {
		t.Errorf("allocation outside of Do: %v", err)
	}
	var wg sync.WaitGroup
	for _, c := range []*Context{c0, c1} {
		wg.Go(func() {
			for range 100 {
				must(t, c.Do(func() error {
					p, err := c.Alloc(1024)
					must(t, err)
					_, total, err := c.MemInfo()
					must(t, err)
					if want := map[*Context]int64{c0: 1 << 30, c1: 4096}[c]; total != want {
						t.Errorf("GPU %d has %d bytes, want %d", c.Device.Ordinal, total, want)
					}
					return c.Free(p)
				}))
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(c0.Close(), c1.Close()))
	if err := c0.Do(func() error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("closed context: %v, want ErrClosed", err)
	}
	m.MustBeClean()
}

func TestPeers(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 3")
	m.Set("device 2 peer 0")
	d := driver(t, m)
	c0, c1, c2 := contextOf(t, d, 0), contextOf(t, d, 1), contextOf(t, d, 2)
	for _, test := range []struct {
		a, b *Context
		want bool
	}{{c0, c1, true}, {c0, c2, false}, {c0, c0, false}} {
		if got, err := d.CanPeer(test.a.Device, test.b.Device); got != test.want || err != nil {
			t.Errorf("GPU %d reaches %d: %v, %v; want %v", test.a.Device.Ordinal, test.b.Device.Ordinal, got, err, test.want)
		}
	}
	var x1 Ptr
	must(t, c1.Do(func() (err error) {
		x1, err = c1.Alloc(32)
		must(t, err)
		return c1.Upload(x1, make([]byte, 32))
	}))
	must(t, c0.Do(func() error {
		g := newGPU(t, c0, 8)
		if err := c0.EnablePeer(c2); err == nil || !strings.Contains(err.Error(), "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED") {
			t.Errorf("peer without a link: %v", err)
		}
		must(t, c0.EnablePeer(c1))
		must(t, c0.EnablePeer(c1)) // twice is no error
		must(t, c0.Upload(g.y, g.hostY.Bytes()))
		g.args.Reset().Ptr(g.y).Ptr(x1).Float32(5).Int32(8) // reads the other GPU's zeros
		must(t, g.axpy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 0, &g.args))
		must(t, g.s.CopyPeer(g.x, x1, c1, 32))
		must(t, g.s.CopyPeer(g.x, x1, c1, 0))
		must(t, g.s.Download(g.hostY, 0, g.y, 32))
		must(t, g.s.Download(g.hostX, 0, g.x, 32))
		must(t, g.s.Sync())
		g.wantY(0)
		if got := View[float32](g.hostX)[5]; got != 0 {
			t.Errorf("copied %v from the other GPU, want 0", got)
		}
		g.close()
		return nil
	}))
	must(t, c1.Do(func() error { return c1.Free(x1) }))
	must(t, errors.Join(c0.Close(), c1.Close(), c2.Close()))
	m.MustBeClean()
}
