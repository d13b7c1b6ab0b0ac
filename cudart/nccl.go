package cudart

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ncclCalls are the functions of NCCL that we use.
type ncclCalls struct {
	ncclGetVersion, ncclGetUniqueId, ncclGetErrorString, ncclCommInitRank proc //nolint:staticcheck // the names are those of libnccl
	ncclCommDestroy, ncclCommAbort, ncclCommGetAsyncError                 proc
	ncclAllReduce, ncclReduceScatter, ncclAllGather, ncclBroadcast        proc
	ncclGroupStart, ncclGroupEnd                                          proc
	ncclGetLastError                                                      proc `need:"NCCL 2.13"`
}

// NCCL is the library that joins several GPUs.
type NCCL struct {
	lib     *Found
	c       ncclCalls
	version Version
	join    func(comm *uintptr, ranks int32, id UniqueID, rank int32) int32 // takes the 128 bytes by value
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
	purego.RegisterFunc(&n.join, n.c.ncclCommInitRank.addr)
	var v int32
	err = n.do(0, &n.c.ncclGetVersion, uintptr(unsafe.Pointer(&v)))
	n.version = ncclVersion(int(v))
	return n, err
}

// Version is the library's, e.g. 2.22.3.
func (n *NCCL) Version() Version { return n.version }

// Path is the library's file.
func (n *NCCL) Path() string { return n.lib.Path }

// do calls p, for a communicator or 0, and turns a result other than 0 into an *Error.
//
//go:uintptrescapes
func (n *NCCL) do(comm uintptr, p *proc, args ...uintptr) error {
	return n.check(comm, p, int32(p.call(args...)))
}

func (n *NCCL) check(comm uintptr, p *proc, code int32) error {
	const inProgress = 7
	if code == 0 || code == inProgress {
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
	err := n.do(0, &n.c.ncclGetUniqueId, uintptr(unsafe.Pointer(id)))
	return *id, err
}

// Comm is one GPU's membership in a group. To be used inside Do of its context.
type Comm struct {
	Rank, Ranks int

	n *NCCL
	p uintptr
}

// Join enters the group id as one of ranks members, from inside Do of the GPU's context. It returns when all have joined.
func (n *NCCL) Join(id UniqueID, ranks, rank int) (*Comm, error) {
	c := &Comm{Rank: rank, Ranks: ranks, n: n}
	if err := n.check(0, &n.c.ncclCommInitRank, n.join(&c.p, int32(ranks), id, int32(rank))); err != nil {
		return nil, fmt.Errorf("rank %d of %d: %w", rank, ranks, err)
	}
	return c, nil
}

// Close leaves the group after all its work.
func (c *Comm) Close() error { return c.n.do(c.p, &c.n.c.ncclCommDestroy, c.p) }

// Abort leaves the group at once; work under way ends without a result. It may be called from any goroutine.
func (c *Comm) Abort() error { return c.n.do(c.p, &c.n.c.ncclCommAbort, c.p) }

// AsyncError is what went wrong in work that was queued, such as a member that is gone.
func (c *Comm) AsyncError() error {
	var code int32
	if err := c.n.do(c.p, &c.n.c.ncclCommGetAsyncError, c.p, uintptr(unsafe.Pointer(&code))); err != nil {
		return err
	}
	return c.n.check(c.p, &c.n.c.ncclCommGetAsyncError, code)
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
	case F16:
		return 6, nil
	case BF16:
		return 9, nil
	}
	return 0, fmt.Errorf("NCCL: data type %d is none of F32, F16, BF16", t)
}

// hot is do for the calls of every step.
func (c *Comm) hot(p *proc, args ...uintptr) error { return c.n.check(c.p, p, int32(p.hot(args...))) }

// AllReduce gives every member the reduction of n numbers of each. send may be recv.
func (c *Comm) AllReduce(s *Stream, send, recv Ptr, n int64, t DataType, r Reduction) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.hot(&c.n.c.ncclAllReduce, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(r), c.p, s.p)
}

// ReduceScatter gives member i the reduction of part i: n numbers of the n·ranks that each sends.
func (c *Comm) ReduceScatter(s *Stream, send, recv Ptr, n int64, t DataType, r Reduction) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.hot(&c.n.c.ncclReduceScatter, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(r), c.p, s.p)
}

// AllGather gives every member the n numbers of each, in the order of ranks. send may be part Rank of recv.
func (c *Comm) AllGather(s *Stream, send, recv Ptr, n int64, t DataType) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.hot(&c.n.c.ncclAllGather, uintptr(send), uintptr(recv), uintptr(n), nt, c.p, s.p)
}

// Broadcast gives every member the n numbers of root.
func (c *Comm) Broadcast(s *Stream, send, recv Ptr, n int64, t DataType, root int) error {
	nt, err := ncclType(t)
	if err != nil {
		return err
	}
	return c.hot(&c.n.c.ncclBroadcast, uintptr(send), uintptr(recv), uintptr(n), nt, uintptr(root), c.p, s.p)
}

// Group makes one piece of work of all that f queues, and lets one thread speak for several GPUs without waiting for itself.
func (n *NCCL) Group(f func() error) error {
	if err := n.do(0, &n.c.ncclGroupStart); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, n.do(0, &n.c.ncclGroupEnd))
}
