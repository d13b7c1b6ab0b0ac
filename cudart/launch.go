package cudart

import (
	"fmt"
	"unsafe"
)

const (
	maxParams     = 64   // of one kernel
	maxParamBytes = 4096 // CUDA's limit up to 12.0
)

// Dim is a size in blocks or threads. 0 counts as 1.
type Dim struct{ X, Y, Z uint32 }

func (d Dim) whole() Dim { return Dim{max(d.X, 1), max(d.Y, 1), max(d.Z, 1)} }

// Args are the arguments of a launch. One of them is filled and launched again and again: neither allocates, and the
// driver has read them when Launch returns. Use by one goroutine at a time.
type Args struct {
	n, used int
	sizes   [maxParams]int
	at      [maxParams]unsafe.Pointer // what cuLaunchKernel gets: where each argument lies, in values
	values  [maxParamBytes / 8]uint64
}

// Reset forgets all arguments.
func (a *Args) Reset() *Args {
	a.n, a.used = 0, 0
	return a
}

// slot is the place of the next argument of size bytes. A kernel with more arguments than fit is our bug.
func (a *Args) slot(size int) unsafe.Pointer {
	words := (size + 7) / 8
	if a.n == maxParams || a.used+words > len(a.values) {
		panic(fmt.Sprintf("cudart: more than %d arguments or %d bytes of them in one launch", maxParams, maxParamBytes))
	}
	p := unsafe.Pointer(&a.values[a.used])
	a.at[a.n], a.sizes[a.n] = p, size
	a.n++
	a.used += words
	return p
}

// Ptr adds a device address.
func (a *Args) Ptr(p Ptr) *Args {
	*(*Ptr)(a.slot(8)) = p
	return a
}

// Int32 adds an int.
func (a *Args) Int32(v int32) *Args {
	*(*int32)(a.slot(4)) = v
	return a
}

// Uint32 adds an unsigned int.
func (a *Args) Uint32(v uint32) *Args {
	*(*uint32)(a.slot(4)) = v
	return a
}

// Int64 adds a long long.
func (a *Args) Int64(v int64) *Args {
	*(*int64)(a.slot(8)) = v
	return a
}

// Uint64 adds an unsigned long long.
func (a *Args) Uint64(v uint64) *Args {
	*(*uint64)(a.slot(8)) = v
	return a
}

// Float32 adds a float.
func (a *Args) Float32(v float32) *Args {
	*(*float32)(a.slot(4)) = v
	return a
}

// Bytes adds a struct, given as C lays it out.
func (a *Args) Bytes(b []byte) *Args {
	if len(b) > 0 {
		copy(unsafe.Slice((*byte)(a.slot(len(b))), len(b)), b)
	}
	return a
}

// Launch puts a run of k into s: grid blocks of block threads, each block with shared bytes of dynamic shared memory.
// With a driver of CUDA 12.4 or newer, number and sizes of the arguments are checked against the kernel.
func (k *Kernel) Launch(s *Stream, grid, block Dim, shared int, a *Args) error {
	if err := k.check(a); err != nil {
		return err
	}
	grid, block = grid.whole(), block.whole()
	k.c.launched = a // so that the arguments are on the heap, where they do not move, and live
	err := k.c.d.hot(&k.c.d.c.cuLaunchKernel, k.p,
		uintptr(grid.X), uintptr(grid.Y), uintptr(grid.Z), uintptr(block.X), uintptr(block.Y), uintptr(block.Z),
		uintptr(shared), s.p, uintptr(unsafe.Pointer(&a.at[0])), 0)
	if err != nil {
		return k.explain(err, grid, block, shared)
	}
	return nil
}

func (k *Kernel) explain(err error, grid, block Dim, shared int) error {
	return fmt.Errorf("kernel %q, grid %d x %d x %d, block %d x %d x %d, %d bytes shared: %w",
		k.Name, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, shared, err)
}

func (k *Kernel) check(a *Args) error {
	if k.sizes == nil {
		return nil
	}
	if a.n != len(k.sizes) {
		return fmt.Errorf("kernel %q takes %d arguments, not %d", k.Name, len(k.sizes), a.n)
	}
	for i, want := range k.sizes {
		if a.sizes[i] != want {
			return fmt.Errorf("kernel %q: argument %d has %d bytes, not %d", k.Name, i, want, a.sizes[i])
		}
	}
	return nil
}
