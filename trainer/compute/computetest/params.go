package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// WeightGrad adds scale * dyᵀ x to dw and scale * the column sums of dy to db.
func (r *Reference) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	rows := whole("WeightGrad", "dy", dy)
	dims("WeightGrad", "x", x, rows, x.Cols)
	length("WeightGrad", "dw", dw.N, dy.Cols*x.Cols)
	optional("WeightGrad", "db", db, dy.Cols)
	apart("WeightGrad", "dw", dw, db, dy.Vec, x.Vec)
	apart("WeightGrad", "db", db, dy.Vec, x.Vec)
	args{"dy": dy.Vec, "x": x.Vec}.lie("WeightGrad", r.Operands)
	args{"dw": dw, "db": db}.lie("WeightGrad", compute.FP32)
	d := compute.Matrix(dw, x.Cols)
	for i := range rows {
		for o, g := range row(dy, i) {
			axpy(row(d, o), scale*g, row(x, i))
		}
		if db.N > 0 {
			axpy(Data(db), scale, row(dy, i))
		}
	}
}

// SumRows adds the sum of the rows of parts to dst.
func (r *Reference) SumRows(dst compute.Vec, parts compute.Mat) {
	rows := whole("SumRows", "parts", parts)
	length("SumRows", "dst", dst.N, parts.Cols)
	apart("SumRows", "dst", dst, parts.Vec)
	args{"dst": dst, "parts": parts.Vec}.lie("SumRows", compute.FP32)
	for i := range rows {
		axpy(Data(dst), 1, row(parts, i))
	}
}

// Sum adds up v in order.
func (r *Reference) Sum(v compute.Vec) float64 {
	args{"v": v}.lie("Sum", compute.FP32)
	var sum float64
	for _, x := range Data(v) {
		sum += x
	}
	return sum
}

// SumSquares adds up the squares of v in order.
func (r *Reference) SumSquares(v compute.Vec) float64 {
	args{"v": v}.lie("SumSquares", compute.FP32)
	return dot(Data(v), Data(v))
}

// AdamW takes one step on the parameters of spans.
func (r *Reference) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	if a.Step < 1 {
		panic(fmt.Sprintf("computetest: AdamW: step %d, want 1 or more", a.Step))
	}
	length("AdamW", "g", g.N, p.N)
	length("AdamW", "m", m.N, p.N)
	length("AdamW", "v", v.N, p.N)
	args{"p": p, "g": g, "m": m, "v": v}.lie("AdamW", compute.FP32)
	pd, gd, md, vd := Data(p), Data(g), Data(m), Data(v)
	unbias1 := 1 - math.Pow(a.Beta1, float64(a.Step))
	unbias2 := 1 - math.Pow(a.Beta2, float64(a.Step))
	for _, s := range spans {
		if s.Off < 0 || s.N < 0 || s.Off+s.N > p.N {
			panic(fmt.Sprintf("computetest: AdamW: span %d to %d outside the %d parameters", s.Off, s.Off+s.N, p.N))
		}
		for i := s.Off; i < s.Off+s.N; i++ {
			grad := a.GradScale * gd[i]
			md[i] = a.Beta1*md[i] + (1-a.Beta1)*grad
			vd[i] = a.Beta2*vd[i] + (1-a.Beta2)*grad*grad
			pd[i] -= s.LR*s.Decay*pd[i] + s.LR*(md[i]/unbias1)/(math.Sqrt(vd[i]/unbias2)+a.Eps)
		}
	}
}
