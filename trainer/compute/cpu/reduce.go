package cpu

// #include "kernels.h"
import "C"

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// total is on the host: work is done when its call returns.
type total struct{ sum float64 }

// Free does nothing: the garbage collector does.
func (*total) Free() {}

// sumOf is t as ours.
func sumOf(op string, t compute.Total) *total {
	k, ok := t.(*total)
	if !ok {
		panic(fmt.Sprintf("cpu: %s: a %T, which is not a total of this engine", op, t))
	}
	return k
}

// Total returns a sum that is 0.
func (d *device) Total() (compute.Total, error) { return &total{}, nil }

// Take returns t and makes it 0.
func (d *device) Take(t compute.Total) (sum float64) {
	k := sumOf("Take", t)
	sum, k.sum = k.sum, 0
	return sum
}

// Sum adds the sum of v, in chunks, in order.
func (d *device) Sum(t compute.Total, v compute.Vec) { sumOf("Sum", t).sum += d.reduce(v, d.sum) }

// SumSquares adds the sum of the squares of v.
func (d *device) SumSquares(t compute.Total, v compute.Vec) {
	sumOf("SumSquares", t).sum += d.reduce(v, d.sumSquares)
}

func (d *device) reduce(v compute.Vec, f func(x *C.float, n int) float64) float64 {
	const chunk = 1 << 16
	d.flush()
	p := ptr(v)
	parts := make([]float64, (v.N+chunk-1)/chunk)
	d.parallel(len(parts), func(_, i int) {
		parts[i] = f(at(p, i*chunk), min(chunk, v.N-i*chunk))
	})
	var total float64
	for _, part := range parts {
		total += part
	}
	return total
}

// AdamW takes one step on the parameters of spans. Weights that lie in p are packed while their new numbers are at hand.
func (d *device) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	contract.AdamW(p, g, m, v, spans, a)
	scale := 1.0
	if a.Squares != nil {
		scale = a.Scale(sumOf("AdamW", a.Squares).sum)
	}
	if math.IsNaN(scale) {
		return
	}
	d.change()
	all := C.gl_adamw{
		beta1: C.float(a.Beta1), beta2: C.float(a.Beta2), eps: C.float(a.Eps), grad_scale: C.float(scale),
		rest1: C.float(1 - a.Beta1), rest2: C.float(1 - a.Beta2),
		unbias1: C.float(1 / (1 - math.Pow(a.Beta1, float64(a.Step)))), unbias2: C.float(1 / (1 - math.Pow(a.Beta2, float64(a.Step)))),
	}
	tasks := d.updates(p)
	d.parallel(len(tasks), func(_, i int) {
		t := tasks[i]
		for _, s := range spans {
			from, to := max(s.Off, t.off), min(s.Off+s.N, t.off+t.n)
			if from >= to {
				continue
			}
			of := func(x compute.Vec) *C.float { return ptr(x.At(from, to-from)) }
			step := all
			step.p, step.g, step.m, step.v, step.n = of(p), of(g), of(m), of(v), C.ptrdiff_t(to-from)
			step.rate, step.decay = C.float(s.LR), C.float(s.LR*s.Decay)
			d.adamW(&step)
		}
		if t.rows.weight != nil {
			d.packRows(t.rows)
		}
	})
	for _, t := range tasks {
		if t.rows.weight != nil {
			d.fresh[t.rows.weight] = true
		}
	}
}

// update is a task of AdamW: a range of the parameters, and the rows of a weight that it is.
type update struct {
	off, n int
	rows
}

// updates cuts p into rows of the weights in it, and chunks of what lies between. Weights that overlap are left to Refresh.
func (d *device) updates(p compute.Vec) []update {
	const chunk = 1 << 14
	var inside []*weight
	for w := range d.weights {
		if w.Buf == p.Buf && w.Off >= p.Off && w.Off+w.N <= p.Off+p.N {
			inside = append(inside, w)
		}
	}
	slices.SortFunc(inside, func(a, b *weight) int { return cmp.Or(cmp.Compare(a.Off, b.Off), cmp.Compare(a.N, b.N)) })
	var tasks []update
	at := 0
	plain := func(end int) {
		for ; at < end; at += chunk {
			tasks = append(tasks, update{off: at, n: min(chunk, end-at)})
		}
		at = end
	}
	for i, w := range inside {
		from, end := w.Off-p.Off, w.Off-p.Off+w.N
		if from < at || i+1 < len(inside) && inside[i+1].Off < w.Off+w.N {
			continue
		}
		plain(from)
		for _, r := range w.blocks() {
			tasks = append(tasks, update{from + r.first*w.Cols, r.count * w.Cols, r})
		}
		if w.forward.p != nil {
			at = end
		}
	}
	plain(p.N)
	return tasks
}
