package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// weight is a matrix with copies in panels of columns, each panel contiguous along the sum: forward for y = x wᵀ, in panels of
// outputs, and back for dx = dy w, in panels of inputs.
type weight struct {
	compute.Mat
	device        *device
	forward, back block
}

func (w *weight) Out() int { return w.Rows() }
func (w *weight) In() int  { return w.Cols }

// Free returns the copies' memory.
func (w *weight) Free() {
	if w.device == nil {
		panic("cpu: weight freed twice")
	}
	delete(w.device.weights, w)
	delete(w.device.fresh, w)
	w.device = nil
	w.forward.free()
	w.back.free()
}

// Weight packs w. If there is no memory for the copies, Sync says so, and products with the weight are left undone.
func (d *device) Weight(w compute.Vec, out, in int) compute.Weight {
	contract.Weight(w, out, in)
	d.flush()
	k := &weight{Mat: compute.Matrix(w, in), device: d}
	var err error
	if k.forward, err = d.take(d.packedFloats(out, in)); err == nil {
		k.back, err = d.take(d.packedFloats(in, out))
	}
	if err != nil {
		k.forward.free()
		d.fail(fmt.Errorf("pack a weight of (%d, %d): %w", out, in, err))
	}
	d.weights[k] = struct{}{}
	d.pack([]*weight{k})
	return k
}

// packedFloats is the size of width columns of the given depth, packed.
func (d *device) packedFloats(width, depth int) int {
	n := d.panels(width) * d.panel() * d.deep(depth)
	if d.precision == compute.BF16 {
		n = (n + 1) / 2
	}
	return n
}

// panels is the number of panels that hold n columns.
func (d *device) panels(n int) int { return (n + d.panel() - 1) / d.panel() }

// Refresh packs all live weights anew, but for those that AdamW has just packed.
func (d *device) Refresh() {
	d.flush()
	all := make([]*weight, 0, len(d.weights))
	for w := range d.weights {
		if !d.fresh[w] {
			all = append(all, w)
		}
	}
	d.pack(all)
}

// pack renews the copies of the weights, some rows of one of them a task.
func (d *device) pack(all []*weight) {
	var tasks []rows
	for _, w := range all {
		tasks = append(tasks, w.blocks()...)
	}
	d.parallel(len(tasks), func(_, i int) { d.packRows(tasks[i]) })
}

// rows are some of the rows of a weight, what one task packs: whole panels of the forward copy, and a range of the depth of
// the one for going back.
type rows struct {
	*weight
	first, count int
}

// blocks cuts w into tasks.
func (w *weight) blocks() []rows {
	const floats, unit = 1 << 15, 96 // a multiple of every family's panel and unit
	if w.forward.p == nil {
		return nil
	}
	per := unit * max(1, floats/(w.Cols*unit))
	var all []rows
	for first := 0; first < w.Rows(); first += per {
		all = append(all, rows{w, first, min(per, w.Rows()-first)})
	}
	return all
}

func (d *device) packRows(r rows) {
	all := C.gl_pack{w: ptr(r.Vec), out: C.ptrdiff_t(r.Out()), in: C.ptrdiff_t(r.In())}
	forward, back := all, all
	forward.dst, forward.first, forward.count = unsafe.Pointer(r.forward.p), C.ptrdiff_t(r.first/d.panel()), C.ptrdiff_t(d.panels(r.count))
	forward.deep = C.ptrdiff_t(r.In())
	back.dst, back.grad, back.count = unsafe.Pointer(r.back.p), 1, C.ptrdiff_t(d.panels(r.In()))
	back.from, back.deep = C.ptrdiff_t(r.first), C.ptrdiff_t(r.count)
	d.kernels.pack(&forward)
	d.kernels.pack(&back)
}

// packed returns w as ours.
func packed(op string, w compute.Weight) *weight {
	k, ok := w.(*weight)
	if !ok {
		panic(fmt.Sprintf("cpu: %s: a %T, which is not a weight of this engine", op, w))
	}
	if k.device == nil {
		panic("cpu: " + op + ": weight used after Free")
	}
	return k
}
