package computetest

import (
	"fmt"
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

// total is a sum of Reference.
type total struct{ sum float64 }

func (*total) Free() {}

// SumOf is where Reference keeps t. Writing to it changes t.
func SumOf(t compute.Total) *float64 {
	k, ok := t.(*total)
	if !ok {
		panic(fmt.Sprintf("computetest: a %T given to Reference, which makes its own totals", t))
	}
	return &k.sum
}

// Total returns a sum that is 0.
func (r *Reference) Total() (compute.Total, error) { return &total{}, nil }

// Take returns t and makes it 0.
func (r *Reference) Take(t compute.Total) float64 {
	at := SumOf(t)
	sum := *at
	*at = 0
	return sum
}

// Sum adds up v in order.
func (r *Reference) Sum(t compute.Total, v compute.Vec) {
	args{"v": v}.lie("Sum", compute.FP32)
	var sum float64
	for _, x := range Data(v) {
		sum += x
	}
	*SumOf(t) += sum
}

// SumSquares adds up the squares of v in order.
func (r *Reference) SumSquares(t compute.Total, v compute.Vec) {
	args{"v": v}.lie("SumSquares", compute.FP32)
	*SumOf(t) += dot(Data(v), Data(v))
}

// Sum is the sum of v on dev.
func Sum(dev compute.Device, v compute.Vec) float64 { return reduced(dev, v, dev.Sum) }

// SumSquares is the sum of the squares of v on dev.
func SumSquares(dev compute.Device, v compute.Vec) float64 { return reduced(dev, v, dev.SumSquares) }

func reduced(dev compute.Device, v compute.Vec, sum func(compute.Total, compute.Vec)) float64 {
	t, err := dev.Total()
	if err != nil {
		panic(fmt.Sprintf("computetest: %v", err)) // of a few bytes
	}
	defer t.Free()
	sum(t, v)
	return dev.Take(t)
}

// AdamW takes one step on the parameters of spans.
func (r *Reference) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	contract.AdamW(p, g, m, v, spans, a)
	args{"p": p, "g": g, "m": m, "v": v}.lie("AdamW", compute.FP32)
	pd, gd, md, vd := Data(p), Data(g), Data(m), Data(v)
	unbias1 := 1 - math.Pow(a.Beta1, float64(a.Step))
	unbias2 := 1 - math.Pow(a.Beta2, float64(a.Step))
	scale := 1.0
	if a.Squares != nil {
		scale = a.Scale(*SumOf(a.Squares))
	}
	if math.IsNaN(scale) {
		return
	}
	for _, s := range spans {
		for i := s.Off; i < s.Off+s.N; i++ {
			grad := scale * gd[i]
			md[i] = a.Beta1*md[i] + (1-a.Beta1)*grad
			vd[i] = a.Beta2*vd[i] + (1-a.Beta2)*grad*grad
			pd[i] -= s.LR*s.Decay*pd[i] + s.LR*(md[i]/unbias1)/(math.Sqrt(vd[i]/unbias2)+a.Eps)
		}
	}
}
