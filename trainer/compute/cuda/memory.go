package cuda

import (
	"errors"
	"fmt"
	"math"

	"growlab/cudart"
	"growlab/trainer/compute"
)

// alignment of all memory that the device gives out, in bytes: cuBLASLt takes its fastest ways from 256 on.
const alignment = 256

func aligned(bytes int64) int64 { return (bytes + alignment - 1) / alignment * alignment }

// explained wraps compute.ErrNoMemory where the GPU's memory is exhausted.
func explained(err error) error {
	if errors.Is(err, cudart.ErrOutOfMemory) && !errors.Is(err, compute.ErrNoMemory) {
		return fmt.Errorf("%w: %w", compute.ErrNoMemory, err)
	}
	return err
}

// block is device memory.
type block struct {
	p     cudart.Ptr
	bytes int64
	owned bool // taken from the driver, not from the arena
}

// arena is memory that blocks are taken from, front to back. What is freed is not taken again: a network is laid out once.
type arena struct {
	block
	used int64
}

// take returns memory that is not cleared: of the arena, if it has room. A device that only measures gives out addresses.
func (d *device) take(bytes int64) (block, error) {
	const most = 1 << 46 // beyond any GPU's memory; keeps sums below from overflowing
	if bytes > most {
		return block{}, fmt.Errorf("cuda: %w: %d bytes", compute.ErrNoMemory, bytes)
	}
	bytes = max(aligned(bytes), alignment)
	if d.dry || d.arena.used+bytes <= d.arena.bytes {
		b := block{p: d.arena.p + cudart.Ptr(d.arena.used), bytes: bytes}
		d.arena.used += bytes
		return b, nil
	}
	if d.fault != nil {
		return block{bytes: bytes}, nil //nolint:nilerr // nothing will run, so that no memory is needed; Sync tells why
	}
	b := block{bytes: bytes, owned: true}
	err := d.ctx.Do(func() (err error) {
		b.p, err = d.ctx.Alloc(bytes)
		return err
	})
	if err != nil {
		return block{}, fmt.Errorf("cuda: %w", explained(err))
	}
	return b, nil
}

// give returns a block, after the work that still needs it. Graphs with its address in them are forgotten.
func (d *device) give(b *block) {
	if !d.dry && b.bytes > 0 {
		d.flush()
		d.forgetGraphs()
	}
	if b.owned {
		d.release(*b)
	}
	*b = block{}
}

// forgetGraphs gives all graphs back.
func (d *device) forgetGraphs() {
	if len(d.graphs.all) == 0 {
		return
	}
	if err := d.ctx.Do(d.graphs.clear); err != nil {
		d.fail(err)
	}
}

// release frees memory of the driver, also after a fault.
func (d *device) release(b block) {
	if !b.owned {
		return
	}
	if err := d.ctx.Do(func() error { return d.ctx.Free(b.p) }); err != nil {
		d.fail(fmt.Errorf("free memory: %w", err))
	}
}

// scratch returns memory for one operation: the next one may get the same, since operations follow one another in one stream.
// Address 0 means that there is none; the fault is noted.
func (d *device) scratch(bytes int64) cudart.Ptr {
	if bytes <= d.temporary.bytes {
		return d.temporary.p
	}
	if d.dry {
		d.temporary.bytes = aligned(bytes)
		return d.temporary.p
	}
	d.give(&d.temporary)
	var err error
	if d.temporary, err = d.take(bytes); err != nil {
		d.fail(fmt.Errorf("scratch memory: %w", err))
	}
	return d.temporary.p
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
		panic("cuda: buffer freed twice")
	}
	delete(b.device.buffers, b)
	b.device.give(&b.block)
	b.device = nil
}

// Alloc returns n zeros.
func (d *device) Alloc(n int) (compute.Buffer, error) { return d.alloc(n, false) }

// AllocOperand returns n zeros in the precision of operands.
func (d *device) AllocOperand(n int) (compute.Buffer, error) {
	return d.alloc(n, d.precision == compute.BF16)
}

func (d *device) alloc(n int, half bool) (compute.Buffer, error) {
	if n < 0 || n > math.MaxInt64/8 {
		panic(fmt.Sprintf("cuda: Alloc: %d elements", n))
	}
	m, err := d.take(int64(n) * size(half))
	if err != nil {
		return nil, err
	}
	b := &buffer{m, d, half, n}
	d.buffers[b] = struct{}{}
	d.Zero(compute.All(b))
	return b, nil
}

// size is the bytes of a number.
func size(half bool) int64 {
	if half {
		return 2
	}
	return 4
}

// held is the buffer of v.
func held(v compute.Vec) *buffer {
	b, ok := v.Buf.(*buffer)
	if !ok {
		panic(fmt.Sprintf("cuda: view of a %T, which this engine did not allocate", v.Buf))
	}
	if b.device == nil {
		panic("cuda: buffer used after Free")
	}
	if v.Off < 0 || v.N < 0 || v.Off+v.N > b.len {
		panic(fmt.Sprintf("cuda: view of %d elements from %d, outside a buffer of %d", v.N, v.Off, b.len))
	}
	return b
}

// either is the address of v, and whether it is in bf16; 0 if v is absent.
func either(v compute.Vec) (p cudart.Ptr, half bool) {
	if v.N == 0 {
		return 0, false
	}
	b := held(v)
	return b.p + cudart.Ptr(int64(v.Off)*size(b.half)), b.half
}

// ptr is the address of v, which is fp32; 0 if v is absent.
func ptr(v compute.Vec) cudart.Ptr {
	p, half := either(v)
	if half {
		panic("cuda: operand memory where fp32 is due")
	}
	return p
}

// operand is the address of v, in the precision of products; 0 if v is absent.
func (d *device) operand(v compute.Vec) cudart.Ptr {
	p, half := either(v)
	if v.N > 0 && half != (d.precision == compute.BF16) {
		panic("cuda: fp32 memory where operands are due")
	}
	return p
}

// Zero clears v.
func (d *device) Zero(v compute.Vec) {
	p, half := either(v)
	if v.N == 0 {
		return
	}
	bytes := int64(v.N) * size(half)
	d.issue(struct {
		op    string
		p     cudart.Ptr
		bytes int64
	}{"Zero", p, bytes}, func() error { return d.stream.Memset8(p, 0, bytes) })
}
