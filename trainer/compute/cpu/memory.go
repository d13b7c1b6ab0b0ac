package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// at is the address of element i of p.
func at(p *C.float, i int) *C.float {
	return (*C.float)(unsafe.Add(unsafe.Pointer(p), i*int(unsafe.Sizeof(*p))))
}

// block is memory outside Go's heap.
type block struct {
	p    *C.float
	n    int
	kind blockKind
}

// blockKind says how a block is given back.
type blockKind uint8

const (
	owned     blockKind = iota
	borrowed            // a part of an arena
	addresses           // no memory behind it
)

// allocate returns n zeros, aligned to 64 bytes.
func allocate(n int) (block, error) {
	const most = 1 << 46 // bytes beyond any address space; keeps the product below from overflowing
	if n > most/4 {
		return block{}, fmt.Errorf("cpu: %w: %d floats", compute.ErrNoMemory, n)
	}
	p := C.gl_alloc(C.ptrdiff_t(n))
	if p == nil {
		return block{}, fmt.Errorf("cpu: %w: %d floats (%.1f MiB)", compute.ErrNoMemory, n, float64(n)*4/(1<<20))
	}
	return block{p, n, owned}, nil
}

func (b *block) free() {
	switch {
	case b.p == nil:
	case b.kind == owned:
		C.gl_free(b.p, C.ptrdiff_t(b.n))
	case b.kind == addresses:
		C.gl_free_addresses(b.p, C.ptrdiff_t(b.n))
	}
	*b = block{}
}

// buffer is a block that the device's user holds.
type buffer struct {
	block
	device *device
	half   bool // numbers are bf16
	len    int
}

func (b *buffer) Len() int { return b.len }

// Free returns the memory, after the work that still needs it.
func (b *buffer) Free() {
	if b.device == nil {
		panic("cpu: buffer freed twice")
	}
	b.device.flush()
	delete(b.device.buffers, b)
	b.device = nil
	b.block.free()
}

// Alloc returns n zeros.
func (d *device) Alloc(n int) (compute.Buffer, error) { return d.alloc(n, false) }

// AllocOperand returns n zeros in the precision of operands.
func (d *device) AllocOperand(n int) (compute.Buffer, error) {
	return d.alloc(n, d.precision == compute.BF16)
}

func (d *device) alloc(n int, half bool) (compute.Buffer, error) {
	if n < 0 {
		panic(fmt.Sprintf("cpu: Alloc: %d elements", n))
	}
	const beyond = 16 // floats after the last, for kernels that read whole vectors
	size := n
	if half {
		size = (n+1)/2 + beyond
	}
	m, err := d.take(size)
	if err != nil {
		return nil, err
	}
	b := &buffer{m, d, half, n}
	d.buffers[b] = struct{}{}
	return b, nil
}

// held is the buffer of v.
func held(v compute.Vec) *buffer {
	b, ok := v.Buf.(*buffer)
	if !ok {
		panic(fmt.Sprintf("cpu: view of a %T, which this engine did not allocate", v.Buf))
	}
	if b.device == nil {
		panic("cpu: buffer used after Free")
	}
	if v.Off < 0 || v.N < 0 || v.Off+v.N > b.len {
		panic(fmt.Sprintf("cpu: view of %d elements from %d, outside a buffer of %d", v.N, v.Off, b.len))
	}
	return b
}

// ptr is the address of v, nil if v is absent.
func ptr(v compute.Vec) *C.float {
	if v.N == 0 {
		return nil
	}
	b := held(v)
	if b.half {
		panic("cpu: operand memory where fp32 is due")
	}
	return at(b.p, v.Off)
}

// halves is the address of v, in bf16, nil if v is absent.
func halves(v compute.Vec) *C.uint16_t {
	if v.N == 0 {
		return nil
	}
	b := held(v)
	if !b.half {
		panic("cpu: fp32 memory where operands are due")
	}
	return (*C.uint16_t)(unsafe.Add(unsafe.Pointer(b.p), 2*v.Off))
}

// operand is the address of v, in the precision of products, nil if v is absent.
func (d *device) operand(v compute.Vec) unsafe.Pointer {
	if d.precision == compute.BF16 {
		return unsafe.Pointer(halves(v))
	}
	return unsafe.Pointer(ptr(v))
}

// either is the address of v, and whether it is in bf16.
func either(v compute.Vec) (p unsafe.Pointer, half bool) {
	if v.N > 0 && held(v).half {
		return unsafe.Pointer(halves(v)), true
	}
	return unsafe.Pointer(ptr(v)), false
}

// address is where v starts.
func address(v compute.Vec) uintptr { return uintptr(unsafe.Pointer(ptr(v))) }

// floats is v as a slice.
func floats(v compute.Vec) []float32 { return unsafe.Slice((*float32)(ptr(v)), v.N) }

// Upload copies src to dst.
func (d *device) Upload(dst compute.Vec, src []float32) {
	contract.Upload(dst, src)
	d.change()
	if d.dry {
		return
	}
	if p, half := either(dst); half {
		d.round((*C.uint16_t)(p), (*C.float)(unsafe.SliceData(src)), dst.N)
		return
	}
	copy(floats(dst), src)
}

// Download copies src to dst.
func (d *device) Download(dst []float32, src compute.Vec) {
	contract.Download(dst, src)
	d.flush()
	if d.dry {
		clear(dst)
		return
	}
	if p, half := either(src); half {
		d.widen((*C.float)(unsafe.SliceData(dst)), (*C.uint16_t)(p), src.N)
		return
	}
	copy(dst, floats(src))
}

// Zero clears v.
func (d *device) Zero(v compute.Vec) {
	d.change()
	if d.dry {
		return
	}
	// Memory is cleared no faster by more workers unless it is long.
	const chunk = 1 << 18
	d.parallel((v.N+chunk-1)/chunk, func(_, i int) {
		part := v.At(i*chunk, min(chunk, v.N-i*chunk))
		if p, half := either(part); half {
			clear(unsafe.Slice((*uint16)(p), part.N))
			return
		}
		clear(floats(part))
	})
}
