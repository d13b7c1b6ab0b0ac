package computetest

import (
	"fmt"
	"math"
	"slices"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Linear writes mask * act(premask * (x wᵀ + bias)), or Residual + Gate times that.
func (l *lane) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	contract.Linear(l, y, x, w, e)
	in, out, rows := w.In(), w.Out(), l.rows()
	args{"x": x.Vec, "pre": e.Pre.Vec}.lie("Linear", l.operands)
	args{"bias": e.Bias, "residual": e.Residual.Vec}.lie("Linear", compute.FP32)
	if e.Residual.N > 0 {
		args{"y": y.Vec}.lie("Linear with a residual", compute.FP32)
	}

	wd, bias := matrix("Linear", w), Data(e.Bias)
	if l.biases && y.Vec.Buf.(*buffer).precision == compute.BF16 {
		bias = slices.Clone(bias)
		for o, b := range bias {
			bias[o] = held(b, compute.BF16)
		}
	}
	pre, act := make([]float64, out), make([]float64, y.Cols)
	for r := range rows {
		xr := row(x, r)
		for o := range pre {
			pre[o] = dot(xr, wd[o*in:][:in])
			if bias != nil {
				pre[o] += bias[o]
			}
			if e.Act != compute.None {
				pre[o] *= e.PreMask.Of(o % y.Cols)
			}
		}
		if e.Act != compute.None {
			copy(row(e.Pre, r), pre)
		}
		activate(act, pre, e.Act)
		for j := range act {
			act[j] *= e.Mask.Of(j)
		}
		yr := row(y, r)
		if e.Residual.N == 0 {
			copy(yr, act)
			continue
		}
		for j, v := range row(e.Residual, r) {
			yr[j] = v + e.Gate*act[j]
		}
	}
	settle(y.Vec, e.Pre.Vec)
}

// LinearGrad writes scale * dy w, carried through back's masks and activation if it has an activation.
func (l *lane) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	contract.LinearGrad(l, dx, dy, w, back)
	in, rows := w.In(), l.rows()
	args{"dy": dy.Vec, "pre": back.Pre.Vec}.lie("LinearGrad", l.operands)

	wd := matrix("LinearGrad", w)
	sum := make([]float64, in)
	for r := range rows {
		clear(sum)
		for o, d := range row(dy, r) {
			axpy(sum, d, wd[o*in:][:in])
		}
		for j := range sum {
			sum[j] *= scale
		}
		if back.Act == compute.None {
			copy(row(dx, r), sum)
			continue
		}
		for j := range sum {
			sum[j] *= back.Mask.Of(j)
		}
		dxr := row(dx, r)
		activateGrad(dxr, sum, row(back.Pre, r), back.Act)
		for j := range dxr {
			dxr[j] *= back.PreMask.Of(j % in)
		}
	}
	settle(dx.Vec)
}

// activate writes act(pre) to y.
func activate(y, pre []float64, act compute.Act) {
	switch act {
	case compute.None:
		copy(y, pre)
	case compute.GELU:
		for i, x := range pre {
			y[i] = x / 2 * (1 + math.Tanh(geluInner(x)))
		}
	case compute.SwiGLU:
		gate, up := pre[:len(y)], pre[len(y):]
		for i, g := range gate {
			y[i] = g * sigmoid(g) * up[i]
		}
	default:
		panic(fmt.Sprintf("computetest: activation %d", act))
	}
}

// activateGrad writes the gradient of pre, from the gradient dy of act(pre).
func activateGrad(dpre, dy, pre []float64, act compute.Act) {
	switch act {
	case compute.GELU:
		for i, x := range pre {
			t := math.Tanh(geluInner(x))
			inner := geluScale * (1 + 3*geluCubic*x*x)
			dpre[i] = dy[i] * (0.5*(1+t) + x/2*(1-t*t)*inner)
		}
	case compute.SwiGLU:
		n := len(dy)
		gate, up := pre[:n], pre[n:]
		for i, g := range gate {
			s := sigmoid(g)
			dpre[i] = dy[i] * up[i] * s * (1 + g*(1-s))
			dpre[n+i] = dy[i] * g * s
		}
	default:
		panic(fmt.Sprintf("computetest: activation %d", act))
	}
}

const (
	geluScale = 0.7978845608028654 // sqrt(2/π)
	geluCubic = 0.044715
)

func geluInner(x float64) float64 { return geluScale * (x + geluCubic*x*x*x) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// dot is the inner product of a and b.
func dot(a, b []float64) float64 {
	var sum float64
	b = b[:len(a)]
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

// axpy adds a*x to y.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}
