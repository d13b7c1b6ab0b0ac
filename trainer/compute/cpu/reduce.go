package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// Sum adds up v, in chunks, in order.
func (d *device) Sum(v compute.Vec) float64 { return d.reduce(v, d.sum) }

// SumSquares adds up the squares of v.
func (d *device) SumSquares(v compute.Vec) float64 { return d.reduce(v, d.sumSquares) }

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

// AdamW takes one step on the parameters of spans.
func (d *device) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	const chunk = 1 << 14
	if a.Step < 1 {
		panic(fmt.Sprintf("cpu: AdamW: step %d, want 1 or more", a.Step))
	}
	length("AdamW", "g", g.N, p.N)
	length("AdamW", "m", m.N, p.N)
	length("AdamW", "v", v.N, p.N)
	d.flush()
	all := C.gl_adamw{
		beta1: C.float(a.Beta1), beta2: C.float(a.Beta2), eps: C.float(a.Eps), grad_scale: C.float(a.GradScale),
		rest1: C.float(1 - a.Beta1), rest2: C.float(1 - a.Beta2),
		unbias1: C.float(1 / (1 - math.Pow(a.Beta1, float64(a.Step)))), unbias2: C.float(1 / (1 - math.Pow(a.Beta2, float64(a.Step)))),
	}
	var tasks []*C.gl_adamw
	for _, s := range spans {
		for off := 0; off < s.N; off += chunk {
			t := all
			at, n := s.Off+off, min(chunk, s.N-off)
			t.p, t.g, t.m, t.v, t.n = ptr(p.At(at, n)), ptr(g.At(at, n)), ptr(m.At(at, n)), ptr(v.At(at, n)), C.ptrdiff_t(n)
			t.rate, t.decay = C.float(s.LR), C.float(s.LR*s.Decay)
			tasks = append(tasks, &t)
		}
	}
	d.parallel(len(tasks), func(_, i int) { d.adamW(tasks[i]) })
}
