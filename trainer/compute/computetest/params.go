package computetest

import (
	"math"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// WeightGrad adds scale * dyᵀ x to dw and scale * the column sums of dy to db.
func (r *Reference) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	contract.WeightGrad(dw, db, dy, x)
	args{"dy": dy.Vec, "x": x.Vec}.lie("WeightGrad", r.Operands)
	args{"dw": dw, "db": db}.lie("WeightGrad", compute.FP32)
	d := compute.Matrix(dw, x.Cols)
	for i := range dy.Rows() {
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
	contract.SumRows(dst, parts)
	args{"dst": dst, "parts": parts.Vec}.lie("SumRows", compute.FP32)
	for i := range parts.Rows() {
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
	contract.AdamW(p, g, m, v, spans, a)
	args{"p": p, "g": g, "m": m, "v": v}.lie("AdamW", compute.FP32)
	pd, gd, md, vd := Data(p), Data(g), Data(m), Data(v)
	unbias1 := 1 - math.Pow(a.Beta1, float64(a.Step))
	unbias2 := 1 - math.Pow(a.Beta2, float64(a.Step))
	for _, s := range spans {
		for i := s.Off; i < s.Off+s.N; i++ {
			grad := a.GradScale * gd[i]
			md[i] = a.Beta1*md[i] + (1-a.Beta1)*grad
			vd[i] = a.Beta2*vd[i] + (1-a.Beta2)*grad*grad
			pd[i] -= s.LR*s.Decay*pd[i] + s.LR*(md[i]/unbias1)/(math.Sqrt(vd[i]/unbias2)+a.Eps)
		}
	}
}
