package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"

	"growlab/trainer/compute"
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
	w.device = nil
	w.forward.free()
	w.back.free()
}

// Weight packs w. If there is no memory for the copies, Sync says so, and products with the weight are left undone.
func (d *device) Weight(w compute.Vec, out, in int) compute.Weight {
	if out < 1 || in < 1 {
		panic(fmt.Sprintf("cpu: Weight: shape (%d, %d)", out, in))
	}
	length("Weight", "w", w.N, out*in)
	d.flush()
	k := &weight{Mat: compute.Matrix(w, in), device: d}
	var err error
	if k.forward, err = allocate(d.packedFloats(out, in)); err == nil {
		k.back, err = allocate(d.packedFloats(in, out))
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

// Refresh packs all live weights anew.
func (d *device) Refresh() {
	d.flush()
	all := make([]*weight, 0, len(d.weights))
	for w := range d.weights {
		all = append(all, w)
	}
	d.pack(all)
}

// pack renews the copies of the weights, some panels of one of them a task.
func (d *device) pack(all []*weight) {
	const floats = 1 << 15 // a task's size
	var tasks []*C.gl_pack
	for _, w := range all {
		if w.forward.p == nil {
			continue
		}
		add := func(dst block, depth, width, grad int) {
			per := max(1, floats/(depth*d.panel()))
			for first := 0; first < d.panels(width); first += per {
				count := min(per, d.panels(width)-first)
				tasks = append(tasks, &C.gl_pack{
					dst: unsafe.Pointer(dst.p), w: ptr(w.Vec), out: C.ptrdiff_t(w.Out()), in: C.ptrdiff_t(w.In()),
					first: C.ptrdiff_t(first), count: C.ptrdiff_t(count), grad: C.int(grad),
				})
			}
		}
		add(w.forward, w.In(), w.Out(), 0)
		add(w.back, w.Out(), w.In(), 1)
	}
	d.parallel(len(tasks), func(_, i int) { d.kernels.pack(tasks[i]) })
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
