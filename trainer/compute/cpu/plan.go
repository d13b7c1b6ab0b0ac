package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"

	"growlab/trainer/compute"
)

// arena is memory that tensors are taken from, front to back. What is freed is not taken again: a network is laid out once.
type arena struct {
	block
	used int
}

// aligned is n floats up to the next multiple of 64 bytes.
func aligned(n int) int { return (n + 15) / 16 * 16 }

// take returns n zeros: of the arena, if it has room.
func (d *device) take(n int) (block, error) {
	if d.dry {
		d.arena.used += aligned(n)
		d.arena.n = max(d.arena.n, d.arena.used)
		return reach(n)
	}
	if d.arena.used+aligned(n) > d.arena.n {
		return allocate(n)
	}
	p := at(d.arena.p, d.arena.used)
	d.arena.used += aligned(n)
	return block{p, n, borrowed}, nil
}

// reach returns addresses of n floats without memory.
func reach(n int) (block, error) {
	p := C.gl_addresses(C.ptrdiff_t(n))
	if p == nil {
		return block{}, fmt.Errorf("cpu: no addresses for %d floats", n)
	}
	return block{p, n, addresses}, nil
}

// Measure runs f on a device whose kernels do nothing and whose memory is addresses only.
func (d *device) Measure(f func(compute.Device)) compute.Footprint {
	var idle C.gl_kernels
	C.gl_idle(&idle, d.c)
	dry := &device{
		kernels: kernels{c: &idle}.in(d.precision), precision: d.precision, dry: true,
		buffers: map[*buffer]struct{}{}, weights: map[*weight]struct{}{}, fresh: map[*weight]bool{},
	}
	for i := range d.lanes {
		dry.lanes = append(dry.lanes, &lane{device: dry, index: i})
	}
	dry.threads = len(dry.lanes)
	f(dry)
	dry.flush()
	scratch := 0
	for _, l := range dry.lanes {
		scratch = max(scratch, l.memory.n)
	}
	total := compute.Footprint{Tensors: 4 * int64(dry.arena.n), Scratch: 4 * int64(aligned(scratch)*len(dry.lanes))}
	_ = dry.Close() // it has no faults
	return total
}

// Reserve lays out a new arena, scratch memory of the workers first.
func (d *device) Reserve(f compute.Footprint) error {
	if len(d.buffers)+len(d.weights) > 0 {
		panic(fmt.Sprintf("cpu: Reserve: %d buffers and %d weights are not freed", len(d.buffers), len(d.weights)))
	}
	d.flush()
	d.release()
	memory, err := allocate(int(f.Total() / 4))
	if err != nil {
		return fmt.Errorf("reserve %.1f MiB: %w", float64(f.Total())/(1<<20), err)
	}
	d.arena = arena{block: memory}
	each := int(f.Scratch/4) / len(d.lanes)
	for _, l := range d.lanes {
		if l.memory, err = d.take(each); err != nil {
			return err
		}
	}
	return nil
}

// release frees what belongs to no buffer and no weight.
func (d *device) release() {
	for _, l := range d.lanes {
		l.memory.free()
	}
	d.tables.free()
	d.arena.block.free()
	d.arena = arena{}
}
