package cuda

import (
	"fmt"
	"slices"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// weight is a matrix with a copy in the precision of operands, aligned as products like it.
type weight struct {
	compute.Mat
	device *device
	copy   block
}

func (w *weight) Out() int { return w.Rows() }
func (w *weight) In() int  { return w.Cols }

// Free returns the copy's memory.
func (w *weight) Free() {
	d := w.device
	if d == nil {
		panic("cuda: weight freed twice")
	}
	d.weights = slices.DeleteFunc(d.weights, func(x *weight) bool { return x == w })
	w.device = nil
	d.give(&w.copy)
}

// array is the copy.
func (w *weight) array() kernels.Array {
	if w.device.precision == compute.BF16 {
		return kernels.BF16(w.copy.p)
	}
	return kernels.F32(w.copy.p)
}

// Weight copies w. If there is no memory for that, Sync says so.
func (d *device) Weight(w compute.Vec, out, in int) compute.Weight {
	contract.Weight(w, out, in)
	ptr(w) // lies in fp32 memory
	k := &weight{Mat: compute.Matrix(w, in), device: d}
	var err error
	if k.copy, err = d.take(int64(w.N) * size(d.precision == compute.BF16)); err != nil {
		d.fail(fmt.Errorf("copy of a weight of (%d, %d): %w", out, in, err))
	}
	d.weights = append(d.weights, k)
	d.renew(k)
	return k
}

// Refresh renews the copies of all live weights.
func (d *device) Refresh() {
	for _, w := range d.weights {
		d.renew(w)
	}
}

func (d *device) renew(w *weight) {
	from, to, n := ptr(w.Vec), w.array(), w.N
	d.issue(struct {
		op   string
		from cudart.Ptr
		to   kernels.Array
		n    int
	}{"Refresh", from, to, n}, func() error {
		if to.Type == cudart.F32 {
			return d.stream.Copy(to.At, from, 4*int64(n))
		}
		return d.set.Cast(d.stream, to, kernels.F32(from), int64(n))
	})
}

// live returns w as ours.
func live(op string, w compute.Weight) *weight {
	k, ok := w.(*weight)
	if !ok {
		panic(fmt.Sprintf("cuda: %s: a %T, which is not a weight of this engine", op, w))
	}
	if k.device == nil {
		panic("cuda: " + op + ": weight used after Free")
	}
	return k
}
