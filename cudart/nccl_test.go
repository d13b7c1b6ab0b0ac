//go:build linux

package cudart

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// rank is one of several GPUs that work side by side, each on its thread, with n floats to send and room for many.
type rank struct {
	t          testing.TB
	c          *Context
	s          *Stream
	comm       *Comm
	send, recv Ptr
	host       *Host
}

const room = 64 // floats

// together runs f for each of several ranks at the same time.
func together(t testing.TB, ranks, seed int, f func(r *rank)) {
	t.Helper()
	m := libs.Machine(t)
	m.Set("devices %d", ranks)
	m.Set("seed %d", seed)
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	id, err := n.NewID()
	must(t, err)
	var wg sync.WaitGroup
	for i := range ranks {
		c := contextOf(t, d, i)
		wg.Go(func() {
			must(t, c.Do(func() error {
				r := &rank{t: t, c: c}
				r.open(n, id, ranks, i)
				f(r)
				r.close()
				return nil
			}))
			must(t, c.Close())
		})
	}
	wg.Wait()
	m.MustBeClean()
}

func (r *rank) open(n *NCCL, id UniqueID, ranks, i int) {
	var err error
	r.comm, err = n.Join(id, ranks, i, nil)
	must(r.t, err)
	r.s, err = r.c.Stream(0)
	must(r.t, err)
	r.send, err = r.c.Alloc(4 * room)
	must(r.t, err)
	r.recv, err = r.c.Alloc(4 * room)
	must(r.t, err)
	r.host, err = r.c.AllocHost(4 * room)
	must(r.t, err)
	for k := range room {
		View[float32](r.host)[k] = float32(k + 100*i)
	}
	must(r.t, r.s.Upload(r.send, r.host, 0, 4*room))
}

func (r *rank) close() {
	must(r.t, errors.Join(r.comm.Close(), r.c.Free(r.send), r.c.Free(r.recv), r.host.Free(), r.s.Close()))
}

// want waits and compares what was received.
func (r *rank) want(name string, p Ptr, n int, f func(k int) float32) {
	r.t.Helper()
	must(r.t, r.s.Download(r.host, 0, p, 4*room))
	must(r.t, r.s.Sync())
	for k := range n {
		if got, want := View[float32](r.host)[k], f(k); got != want {
			r.t.Errorf("%s, rank %d of %d: number %d is %v, want %v", name, r.comm.Rank, r.comm.Ranks, k, got, want)
			return
		}
	}
}

func TestCollectives(t *testing.T) {
	for _, ranks := range []int{1, 2, 4} {
		for seed := range 3 {
			together(t, ranks, seed, func(r *rank) {
				p, first, last := float32(ranks), float32(0), float32(100*(ranks-1))
				all := 100 * p * (p - 1) / 2
				must(t, r.comm.AllReduce(r.s, r.send, r.recv, room, F32, Sum))
				r.want("sum", r.recv, room, func(k int) float32 { return p*float32(k) + all })
				for _, c := range []struct {
					how  Reduction
					of   float32
					name string
				}{{Mean, all / p, "mean"}, {Max, last, "max"}, {Min, first, "min"}} {
					must(t, r.comm.AllReduce(r.s, r.send, r.recv, room, F32, c.how))
					r.want(c.name, r.recv, room, func(k int) float32 { return float32(k) + c.of })
				}
				part := room / ranks
				must(t, r.comm.ReduceScatter(r.s, r.send, r.recv, int64(part), F32, Sum))
				r.want("reduce-scatter", r.recv, part, func(k int) float32 { return p*float32(k+part*r.comm.Rank) + all })
				must(t, r.comm.AllGather(r.s, r.send, r.recv, int64(part), F32))
				r.want("all-gather", r.recv, part*ranks, func(k int) float32 { return float32(k%part + 100*(k/part)) })
				must(t, r.comm.Broadcast(r.s, r.send, r.recv, room, F32, ranks-1))
				r.want("broadcast", r.recv, room, func(k int) float32 { return float32(k) + last })
				must(t, r.comm.AllReduce(r.s, r.send, r.send, room, F32, Sum))
				must(t, r.comm.AllReduce(r.s, r.send, r.send, room, F32, Sum))
				r.want("twice in place", r.send, room, func(k int) float32 { return p * (p*float32(k) + all) })
				must(t, r.comm.AsyncError())
			})
		}
	}
}

func TestReductionInBF16(t *testing.T) {
	together(t, 2, 0, func(r *rank) {
		must(t, r.s.Sync())
		h := View[uint16](r.host)
		for k := range h {
			h[k] = bf16(1 + float32(k)/256*float32(1+r.comm.Rank))
		}
		must(t, r.s.Upload(r.send, r.host, 0, 4*room))
		must(t, r.comm.AllReduce(r.s, r.send, r.recv, 2*room, BF16, Sum))
		must(t, r.s.Download(r.host, 0, r.recv, 4*room))
		must(t, r.s.Sync())
		for k := range h {
			a, b := rounded(BF16, 1+float64(k)/256), rounded(BF16, 1+float64(k)/128)
			if got, want := h[k], bf16(float32(a+b)); got != want {
				t.Errorf("number %d is %v, want %v", k, math.Float32frombits(uint32(got)<<16), a+b)
				return
			}
		}
		if err := r.comm.AllReduce(r.s, r.send, r.recv, 1, DataType(3), Sum); err == nil || !strings.Contains(err.Error(), "data type 3") {
			t.Errorf("reduction of bytes: %v", err)
		}
	})
}

func TestCollectiveAllocatesNothing(t *testing.T) {
	together(t, 1, 0, func(r *rank) {
		var failed error
		n := testing.AllocsPerRun(50, func() {
			if err := r.comm.AllReduce(r.s, r.send, r.recv, 1, F32, Sum); err != nil {
				failed = err
			}
		})
		must(t, failed)
		if n >= 1 {
			t.Errorf("a reduction allocates %v times, want 0", n)
		}
		must(t, r.s.Sync())
	})
}

// TestCollectiveInGraph captures a reduction on every rank and runs it several times.
func TestCollectiveInGraph(t *testing.T) {
	together(t, 2, 1, func(r *rank) {
		must(t, r.s.Sync())
		graph, err := r.s.Capture(func() error { return r.comm.AllReduce(r.s, r.send, r.send, room, F32, Mean) })
		must(t, err)
		ready, err := graph.Instantiate()
		must(t, err)
		for range 3 {
			must(t, ready.Launch(r.s))
		}
		r.want("graph", r.send, room, func(k int) float32 { return float32(k) + 50 })
		must(t, errors.Join(graph.Close(), ready.Close()))
	})
}

// TestMemberThatDoesNotCome: whoever waits for it may give up, and nothing is left of the group.
func TestMemberThatDoesNotCome(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	id, err := n.NewID()
	must(t, err)
	late := errors.New("too late")
	c := contextOf(t, d, 0)
	must(t, c.Do(func() error {
		asked := 0
		_, err := n.Join(id, 2, 0, func(waited time.Duration) error {
			if asked++; asked < 2 || waited < time.Millisecond {
				return nil
			}
			return late
		})
		if !errors.Is(err, late) || !strings.Contains(err.Error(), "rank 0 of 2: ") || asked < 2 {
			t.Errorf("got %v after %d questions, want that it was given up", err, asked)
		}
		if id, err = n.NewID(); err != nil {
			return err
		}
		m.Fail("ncclAsync", 2, 2)
		if _, err := n.Join(id, 2, 1, nil); err == nil || !strings.Contains(err.Error(), "ncclCommInitRankConfig: unhandled system error (code 2)") {
			t.Errorf("a start that fails in the background: %v", err)
		}
		return nil
	}))
	must(t, c.Close())
	m.MustBeClean()
}

func TestNCCLErrors(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	if n.Version() != (Version{2, 22, 3}) || !strings.HasPrefix(n.Path(), m.Dir) {
		t.Errorf("version %v of %s", n.Version(), n.Path())
	}
	id, err := n.NewID()
	must(t, err)
	inContext(t, d, 0, func(c *Context) {
		wrong := id
		wrong.Bytes[127]++ // the id arrives by value, whole
		if _, err := n.Join(wrong, 1, 0, nil); err == nil || !strings.Contains(err.Error(), "ncclCommInitRankConfig: invalid argument (code 4)") {
			t.Errorf("damaged id: %v", err)
		}
		comm, err := n.Join(id, 1, 0, nil)
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		p, err := c.Alloc(64)
		must(t, err)
		for call, f := range map[string]func() error{
			"ncclGetUniqueId":        func() error { _, err := n.NewID(); return err },
			"ncclCommInitRankConfig": func() error { _, err := n.Join(id, 1, 0, nil); return err },
			"ncclAllReduce":          func() error { return comm.AllReduce(s, p, p, 1, F32, Sum) },
			"ncclReduceScatter":      func() error { return comm.ReduceScatter(s, p, p, 1, BF16, Sum) },
			"ncclAllGather":          func() error { return comm.AllGather(s, p, p, 1, F32) },
			"ncclBroadcast":          func() error { return comm.Broadcast(s, p, p, 1, F32, 0) },
			"ncclCommGetAsyncError":  comm.AsyncError,
			"ncclCommDestroy":        func() error { return another(t, n).Close() },
			"ncclCommAbort":          func() error { return another(t, n).Abort() },
		} {
			m.Fail(call, 1, 6)
			if err := f(); err == nil || !strings.Contains(err.Error(), call+": remote process exited or there was a network error (code 6)") {
				t.Errorf("%s ordered to fail: %v", call, err)
			}
			m.Heal()
		}
		for _, f := range []func() error{
			func() error { return comm.ReduceScatter(s, p, p, 1, 9, Sum) },
			func() error { return comm.AllGather(s, p, p, 1, 9) },
			func() error { return comm.Broadcast(s, p, p, 1, 9, 0) },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "data type 9 is none of") {
				t.Errorf("unknown type: %v", err)
			}
		}
		m.Fail("ncclAsync", 1, 6)
		if err := comm.AsyncError(); err == nil || !strings.Contains(err.Error(), "remote process") {
			t.Errorf("a member that is gone: %v", err)
		}
		must(t, comm.Abort())
		if err := comm.AllReduce(s, p, p, 1, F32, Sum); !errors.Is(err, ErrLeft) {
			t.Errorf("a member that left reduces: %v, want ErrLeft", err)
		}
		if err := comm.AsyncError(); !errors.Is(err, ErrLeft) {
			t.Errorf("a member that left: %v, want ErrLeft", err)
		}
		must(t, comm.Close())
		must(t, errors.Join(c.Free(p), s.Close()))
	})
}

// another is a group of one; what leaves it and fails is lost.
func another(t *testing.T, n *NCCL) *Comm {
	t.Helper()
	id, err := n.NewID()
	must(t, err)
	c, err := n.Join(id, 1, 0, nil)
	must(t, err)
	return c
}

func TestOldNCCL(t *testing.T) {
	m := libs.Machine(t)
	m.Omit("libnccl.so.2", "ncclGetLastError")
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	inContext(t, d, 0, func(*Context) {
		if _, err := n.Join(UniqueID{}, 1, 0, nil); err == nil || !strings.HasSuffix(err.Error(), "invalid argument (code 4)") {
			t.Errorf("error of an NCCL without details: %v", err)
		}
	})
	m = libs.Machine(t)
	m.Omit("libnccl.so.2", "ncclCommInitRankConfig")
	if _, err := (&Finder{Env: m.Env}).NCCL(); !errors.Is(err, ErrSymbol) || !strings.Contains(err.Error(), "NCCL 2.14 or newer") {
		t.Errorf("NCCL that waits for ever: %v, want ErrSymbol", err)
	}
	m = libs.Machine(t)
	m.Omit("libnccl.so.2", "ncclReduceScatter")
	if _, err := (&Finder{Env: m.Env}).NCCL(); !errors.Is(err, ErrSymbol) {
		t.Errorf("NCCL without ncclReduceScatter: %v, want ErrSymbol", err)
	}
}

// TestRanksThatDisagree: a collective of another size on another rank is a bug that real GPUs answer with a hang.
func TestRanksThatDisagree(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	id, err := n.NewID()
	must(t, err)
	var wg sync.WaitGroup
	for i := range 2 {
		c := contextOf(t, d, i)
		wg.Go(func() {
			must(t, c.Do(func() error {
				g := newGPU(t, c, 8)
				comm, err := n.Join(id, 2, i, nil)
				must(t, err)
				must(t, comm.AllReduce(g.s, g.x, g.x, int64(8-i), F32, Sum))
				if err := g.s.Sync(); err == nil && comm.AsyncError() == nil {
					t.Errorf("rank %d does not notice", i)
				}
				return comm.Abort()
			}))
			must(t, c.Close())
		})
	}
	wg.Wait()
	if v := m.State().Violations; len(v) == 0 || !strings.Contains(v[0], "disagree on collective 0") {
		t.Errorf("violations %q", v)
	}
}

// TestAbortFreesTheOther: one rank waits for a reduction that the other never queues, and the other leaves.
func TestAbortFreesTheOther(t *testing.T) {
	waiting := make(chan struct{}) // before, the other might still be joining
	together(t, 2, 0, func(r *rank) {
		if r.comm.Rank == 0 {
			must(t, r.comm.AllReduce(r.s, r.send, r.recv, 1, F32, Sum))
			close(waiting)
			must(t, r.s.Sync()) // ends without a result
			if err := r.comm.AsyncError(); err == nil || !strings.Contains(err.Error(), "remote process exited") {
				t.Errorf("after the other left: %v", err)
			}
			return
		}
		<-waiting
		must(t, r.comm.Abort())
		id, err := r.comm.n.NewID()
		must(t, err)
		r.comm, err = r.comm.n.Join(id, 1, 0, nil)
		must(t, err)
	})
}

// TestOneGPUDies: the others learn of it by AsyncError, and their own contexts live.
func TestOneGPUDies(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	d := driver(t, m)
	n, err := (&Finder{Env: m.Env}).NCCL()
	must(t, err)
	id, err := n.NewID()
	must(t, err)
	var wg, joined sync.WaitGroup
	joined.Add(2)
	for i := range 2 {
		c := contextOf(t, d, i)
		wg.Go(func() {
			must(t, c.Do(func() error {
				g := newGPU(t, c, 8)
				comm, err := n.Join(id, 2, i, nil)
				must(t, err)
				joined.Done()
				joined.Wait() // it dies after both have joined
				if i == 1 {
					g.args.Reset().Ptr(0).Ptr(0).Float32(1).Int32(8)
					must(t, g.axpy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 0, &g.args))
					if err := g.s.Sync(); !errors.Is(err, ErrDeviceLost) {
						t.Errorf("the GPU that dies: %v, want ErrDeviceLost", err)
					}
					return comm.Abort()
				}
				must(t, comm.AllReduce(g.s, g.x, g.x, 8, F32, Sum))
				must(t, g.s.Sync())
				if err := comm.AsyncError(); err == nil || !strings.Contains(err.Error(), "remote process exited") {
					t.Errorf("the GPU that lives: %v", err)
				}
				must(t, comm.Abort())
				must(t, g.s.Memset8(g.x, 0, 32))
				g.close()
				return nil
			}))
			must(t, c.Close())
		})
	}
	wg.Wait()
}
