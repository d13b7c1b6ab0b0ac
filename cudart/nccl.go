package cudart

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ncclCalls are the functions of NCCL that we use.
type ncclCalls struct {
	ncclGetVersion, ncclGetUniqueId, ncclGetErrorString            proc //nolint:staticcheck // the names are those of libnccl
	ncclCommDestroy, ncclCommAbort, ncclCommGetAsyncError          proc
	ncclAllReduce, ncclReduceScatter, ncclAllGather, ncclBroadcast proc
	ncclGetLastError                                               proc `need:"NCCL 2.13"`
	ncclCommInitRankConfig                                         proc `need:"NCCL 2.14"`
}

// NCCL is the library that joins several GPUs.
type NCCL struct {
	lib     *Found
	c       ncclCalls
	version Version
	join    func(comm *uintptr, ranks int32, id UniqueID, rank int32, c *ncclConfig) int32 // takes the 128 bytes by value
}

// UniqueID names one group of GPUs; rank 0 makes it and gives it to the others.
type UniqueID struct{ Bytes [128]byte }

// NCCL finds and opens the library.
func (f *Finder) NCCL() (*NCCL, error) {
	lib, err := f.Find(LibNCCL, 0)
	if err != nil {
		return nil, err
	}
	n := &NCCL{lib: lib}
	if err := bind(&n.c, lib); err != nil {
		return nil, err
	}
	if n.c.ncclCommInitRankConfig.addr == 0 { // without it a member that does not come keeps the others waiting for ever
		return nil, n.c.ncclCommInitRankConfig.missing()
	}
	purego.RegisterFunc(&n.join, n.c.ncclCommInitRankConfig.addr)
	var v int32
	err = n.do(&n.c.ncclGetVersion, uintptr(unsafe.Pointer(&v)))
	n.version = ncclVersion(int(v))
	return n, err
}

// Version is the library's, e.g. 2.22.3.
func (n *NCCL) Version() Version { return n.version }

// Path is the library's file.
func (n *NCCL) Path() string { return n.lib.Path }

// ncclConfig is ncclConfig_t as NCCL 2.14 had it, which newer ones take as well.
type ncclConfig struct {
	size           uintptr
	magic, version uint32
	blocking       int32
}

// background makes calls return before they are done, ncclInProgress, where NCCL has to hear from other members.
func background() *ncclConfig {
	c := &ncclConfig{magic: 0xcafebeef, version: 21400, blocking: 0}
	c.size = unsafe.Sizeof(*c)
	return c
}

// inProgress is ncclInProgress.
const inProgress = 7

// do calls p, for no communicator, and turns a result other than 0 into an *Error.
//
//go:uintptrescapes
func (n *NCCL) do(p *proc, args ...uintptr) error { return n.check(0, p, int32(p.call(args...))) }

func (n *NCCL) check(comm uintptr, p *proc, code int32) error {
	if code == 0 {
		return nil
	}
	e := &Error{Library: n.lib.Path, Call: p.name, Code: int(code), Text: cString(n.c.ncclGetErrorString.call(uintptr(code)))}
	if n.c.ncclGetLastError.addr != 0 {
		e.Detail = cString(n.c.ncclGetLastError.call(comm))
	}
	return e
}

// NewID makes the name of a new group.
func (n *NCCL) NewID() (UniqueID, error) {
	id := new(UniqueID)
	err := n.do(&n.c.ncclGetUniqueId, uintptr(unsafe.Pointer(id)))
	return *id, err
}

// ErrLeft means that a member has left its group.
var ErrLeft = errors.New("the GPU has left its group")

// Comm is one GPU's membership in a group. To be used inside Do of its context, but for Abort and AsyncError.
type Comm struct {
	Rank, Ranks int

	n      *NCCL
	giveUp func(waited time.Duration) error
	mu     sync.Mutex     // held by calls with p
	p      atomic.Uintptr // 0: left
}

// Join enters the group id as one of ranks members, from inside Do of the GPU's context. It returns when all have joined.
//
// NCCL waits for the others in the background, here and in later calls. Meanwhile giveUp is asked again and again; its error ends the
// call. A nil giveUp waits for ever.
func (n *NCCL) Join(id UniqueID, ranks, rank int, giveUp func(waited time.Duration) error) (*Comm, error) {
	c := &Comm{Rank: rank, Ranks: ranks, n: n, giveUp: giveUp}
	comm := new(uintptr)
	code := n.join(comm, int32(ranks), id, int32(rank), background())
	c.p.Store(*comm)
	if err := c.settled(&n.c.ncclCommInitRankConfig, code); err != nil {
		_ = c.Abort() // its error would be of what failed already
		return nil, fmt.Errorf("rank %d of %d: %w", rank, ranks, err)
	}
	return c, nil
}

// settled waits until a call that returned code is done.
func (c *Comm) settled(p *proc, code int32) error {
	if code == 0 {
		return nil
	}
	begin := time.Now()
	for pause := 50 * time.Microsecond; code == inProgress; pause = min(2*pause, 10*time.Millisecond) {
		if c.giveUp != nil {
			if err := c.giveUp(time.Since(begin)); err != nil {
				return err
			}
		}
		time.Sleep(pause)
		var err error
		if code, err = c.state(); err != nil {
			return err
		}
	}
	return c.check(p, code)
}

// check is n.check of this membership.
func (c *Comm) check(p *proc, code int32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n.check(c.p.Load(), p, code)
}

// state is the result of what NCCL does in the background.
func (c *Comm) state() (code int32, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	comm := c.p.Load()
	if comm == 0 {
		return 0, ErrLeft
	}
	p := &c.n.c.ncclCommGetAsyncError
	err = c.n.check(comm, p, int32(p.call(comm, uintptr(unsafe.Pointer(&code)))))
	return code, err
}

// AsyncError is what went wrong in work that was queued, such as a member that is gone. From any goroutine.
func (c *Comm) AsyncError() error {
	code, err := c.state()
	if err != nil || code == inProgress {
		return err
	}
	return c.check(&c.n.c.ncclCommGetAsyncError, code)
}

// Close leaves the group after all its work.
func (c *Comm) Close() error { return c.leave(&c.n.c.ncclCommDestroy) }

// Abort leaves the group at once, from any goroutine: work under way ends without a result, and so do calls that wait for it.
func (c *Comm) Abort() error { return c.leave(&c.n.c.ncclCommAbort) }

// leave does nothing the second time. It lets a call of another goroutine end first, if that does not itself wait for what Abort ends.
func (c *Comm) leave(p *proc) error {
	locked := c.mu.TryLock()
	for end := time.Now().Add(time.Second); !locked && time.Now().Before(end); locked = c.mu.TryLock() {
		time.Sleep(time.Millisecond)
	}
	comm := c.p.Swap(0)
	if locked {
		c.mu.Unlock()
	}
	if comm == 0 {
		return nil
	}
	return c.n.check(comm, p, int32(p.hot(comm)))
}

// Reduction is how numbers of several GPUs become one (ncclRedOp_t).
type Reduction int32

// The reductions.
const (
	Sum  Reduction = 0
	Max  Reduction = 2
	Min  Reduction = 3
	Mean Reduction = 4
)

// ncclType is a DataType as NCCL numbers them.
func ncclType(t DataType) (uintptr, error) {
	switch t {
	case F32:
		return 7, nil
	case F64:
		return 8, nil
	case F16:
		return 6, nil
	case BF16:
		return 9, nil
	}
	return 0, fmt.Errorf("NCCL: data type %d is none of F64, F32, F16, BF16", t)
}

// queue calls p, which puts work for c into s, with these arguments and those two.
func (c *Comm) queue(s *Stream, p *proc, args ...uintptr) error {
	c.mu.Lock()
	comm := c.p.Load()
	if comm == 0 {
		c.mu.Unlock()
		return ErrLeft
	}
	var all [maxArgs]uintptr
	n := copy(all[:], args)
	all[n], all[n+1] = comm, s.p
	code := int32(p.hot(all[:n+2]...))
	c.mu.Unlock()
	return c.settled(p, code)
}

// AllReduce gives every member the reduction of n numbers of each. send may be recv.
func (c *Comm) AllReduce(s *Stream, send, recv Ptr, n int64, t DataType, r Reduction) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.queue(s, &c.n.c.ncclAllReduce, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(r))
}

// ReduceScatter gives member i the reduction of part i: n numbers of the n·ranks that each sends.
func (c *Comm) ReduceScatter(s *Stream, send, recv Ptr, n int64, t DataType, r Reduction) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.queue(s, &c.n.c.ncclReduceScatter, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(r))
}

// AllGather gives every member the n numbers of each, in the order of ranks. send may be part Rank of recv.
func (c *Comm) AllGather(s *Stream, send, recv Ptr, n int64, t DataType) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.queue(s, &c.n.c.ncclAllGather, uintptr(send), uintptr(recv), uintptr(n), nt)
}

// Broadcast gives every member the n numbers of root.
func (c *Comm) Broadcast(s *Stream, send, recv Ptr, n int64, t DataType, root int) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.queue(s, &c.n.c.ncclBroadcast, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(root))
}
