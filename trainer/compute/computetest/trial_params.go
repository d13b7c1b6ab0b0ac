package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// weightGradTrial has rows of dy, out wide, and x, in wide.
func weightGradTrial(seed uint64, rows, out, in int, bias bool, scale float64) *trial {
	k := newTrial(seed, 1, rows)
	k.name = fmt.Sprintf("%d rows, %d out, %d in, bias %v, scale %g", rows, out, in, bias, scale)
	dw, dy, x := k.changed("dw", out, in), k.input("dy", rows, out), k.input("x", rows, in)
	operands(dy, x)
	var db *arg
	if bias {
		db = k.changed("db", 1, out)
	}
	k.device = func(e *env) { e.WeightGrad(e.vec(dw), e.vec(db), e.mat(nil, dy), e.mat(nil, x), scale) }
	k.expect = func() {
		for o := range out {
			for i, w := 0, dw.wants(o); i < in; i++ {
				var s series
				for r := range rows {
					s.product(float64(dy.data[r*out+o]), float64(x.data[r*in+i]))
				}
				w[i] = dw.at(o*in + i).plus(s.total().times(constant(scale)))
			}
			if bias {
				var s series
				for r := range rows {
					s.add(dy.at(r*out + o))
				}
				db.wants(0)[o] = db.at(o).plus(s.total().times(constant(scale)))
			}
		}
	}
	return k
}

func sumRowsTrial(seed uint64, rows, cols int) *trial {
	k := newTrial(seed, 1, rows)
	k.name = fmt.Sprintf("%d rows of %d", rows, cols)
	dst, parts := k.changed("dst", 1, cols), k.input("parts", rows, cols)
	k.device = func(e *env) { e.SumRows(e.vec(dst), e.mat(nil, parts)) }
	k.expect = func() {
		s := dst.sums()
		for i := range parts.data {
			s[i%cols].add(parts.at(i))
		}
		dst.totals(s)
	}
	return k
}

// reduceTrial calls Sum and SumSquares, on a total each, on one for both, and on one that was taken before. They add up in float64, so the
// bounds are those of float64.
func reduceTrial(seed uint64, n int) *trial {
	k := newTrial(seed, 1, 1)
	k.name = fmt.Sprintf("%d elements", n)
	v := k.input("v", 1, n)
	v.loose = true
	res := k.written("sum, sum of squares, both, and sum", 1, 4)
	res.returned = true
	k.device = func(e *env) {
		t := e.total()
		defer t.Free()
		e.SumSquares(t, e.vec(v))
		e.Sum(t, e.vec(v))
		both := e.Take(t)
		e.Sum(t, e.vec(v))
		e.returned[res] = []float64{Sum(e.Device, e.vec(v)), SumSquares(e.Device, e.vec(v)), both, e.Take(t)}
	}
	k.expect = func() {
		var total, squares series
		for _, x := range v.data {
			total.product(float64(x), 1)
			squares.product(float64(x), float64(x))
		}
		sum, sq := total.total(), squares.total()
		for i, n := range []num{sum, sq, sq.plus(sum), sum} {
			res.wants(0)[i] = num{v: n.v, e: n.e * unit64 / unit}
		}
	}
	return k
}

// adamTrial updates three spans of n parameters, with parameters between them that belong to none. The norm of the gradients is clip
// times the largest allowed, unless clip is 0; they are none if it is not finite.
func adamTrial(seed uint64, n int, a compute.Adam, clip float64) *trial {
	k := newTrial(seed, 1, 1)
	k.name = fmt.Sprintf("spans of %d, %+v, norm %g times the limit", n, a, clip)
	spans := []compute.Span{{Off: 0, N: n, LR: 1e-2, Decay: 0.1}, {Off: n + 3, N: n, LR: 3e-3}, {Off: 2*n + 3, N: 1, LR: 0.5, Decay: 0.01}}
	all := 2*n + 8
	p, g, m := k.changed("p", 1, all), k.input("g", 1, all), k.changed("m", 1, all)
	v := k.arg("v", 1, all, func() float64 { return math.Pow(k.normal(), 2) })
	v.output = true
	squares := k.input("roots of the squares", 1, 2)
	squares.loose = true
	scale := 1.0
	if clip != 0 {
		squares.data[0], squares.data[1] = float32(clip*0.5), 0
		a.Clip = 0.5
		scale = a.Scale(math.Pow(float64(squares.data[0]), 2))
	}
	k.device = func(e *env) {
		a := a
		if clip != 0 {
			a.Squares = e.total()
			defer a.Squares.Free()
			e.SumSquares(a.Squares, e.vec(squares))
		}
		e.AdamW(e.vec(p), e.vec(g), e.vec(m), e.vec(v), spans, a)
	}
	k.expect = func() {
		for i := range all {
			p.wants(0)[i], m.wants(0)[i], v.wants(0)[i] = p.at(i), m.at(i), v.at(i)
		}
		if math.IsNaN(scale) {
			return
		}
		for _, s := range spans {
			for i := s.Off; i < s.Off+s.N; i++ {
				p.wants(0)[i], m.wants(0)[i], v.wants(0)[i] = adamStep(p.at(i), g.at(i), m.at(i), v.at(i), scale, s, a)
			}
		}
	}
	return k
}

// adamStep is AdamW on one parameter. The bias corrections and 1-β are the host's, rounded once to float32.
func adamStep(p, g, m, v num, scale float64, s compute.Span, a compute.Adam) (p1, m1, v1 num) {
	g = g.times(constant(scale))
	m = m.times(constant(a.Beta1)).plus(g.times(constant(1 - a.Beta1)))
	v = v.times(constant(a.Beta2)).plus(g.times(g).times(constant(1 - a.Beta2)))
	mean := m.over(constant(1 - math.Pow(a.Beta1, float64(a.Step))))
	rms := v.over(constant(1 - math.Pow(a.Beta2, float64(a.Step)))).sqrt()
	move := mean.over(rms.plus(constant(a.Eps))).times(constant(s.LR))
	return p.minus(p.times(constant(s.LR * s.Decay))).minus(move), m, v
}
