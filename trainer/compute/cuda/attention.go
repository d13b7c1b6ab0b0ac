package cuda

import (
	"fmt"

	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// Attention rotates q and k and masks q, k and v in place, and writes causal attention to o and its log-sum-exp to lse.
func (l *lane) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	heads := l.attentionShapes("Attention", o, lse, qkv, a)
	turn := kernels.Rotate{
		QKV: l.operandArray(qkv.Vec), Table: l.rotation(a.Rotary, l.T(), a.HeadDim), Inputs: l.mask(a.Inputs, a.Heads, ofInputs), Heads: heads,
	}
	k := kernels.Attention{
		QKV: turn.QKV, O: l.operandArray(o.Vec), LSE: ptr(lse.Vec), Heads: heads, Scale: a.Scale, Mask: l.mask(a.Mask, a.Heads, ofOutputs),
	}
	l.issue(struct {
		kernels.Rotate
		kernels.Attention
	}{turn, k}, func() error {
		if err := l.set.Rotate(l.stream, turn); err != nil {
			return err
		}
		return l.set.Attention(l.stream, k)
	})
}

// AttentionGrad writes the gradient of qkv as it was before Attention.
func (l *lane) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	heads := l.attentionShapes("AttentionGrad", o, lse, qkv, a)
	shape("AttentionGrad", "do", do, l.rows(), o.Cols)
	shape("AttentionGrad", "dqkv", dqkv, l.rows(), qkv.Cols)
	k := kernels.AttentionGrad{
		DQKV: l.operandArray(dqkv.Vec), DO: l.operandArray(do.Vec), QKV: l.operandArray(qkv.Vec), O: l.operandArray(o.Vec), LSE: ptr(lse.Vec),
		Table: l.rotation(a.Rotary, l.T(), a.HeadDim), Inputs: l.mask(a.Inputs, a.Heads, ofInputs), Mask: l.mask(a.Mask, a.Heads, ofOutputs),
		Heads: heads, Scale: a.Scale, Scratch: l.scratch(kernels.AttentionScratch(heads)),
	}
	l.issue(k, func() error { return l.set.AttentionGrad(l.stream, k) })
}

func (l *lane) attentionShapes(op string, o, lse, qkv compute.Mat, a compute.AttentionSpec) kernels.Heads {
	if a.Heads < 1 || a.HeadDim < 1 || a.Rotary.Base != 0 && a.HeadDim%2 != 0 {
		panic(fmt.Sprintf("cuda: %s: %d heads of %d, rotary %+v", op, a.Heads, a.HeadDim, a.Rotary))
	}
	inner := a.Heads * a.HeadDim
	shape(op, "o", o, l.rows(), inner)
	shape(op, "lse", lse, l.rows(), a.Heads)
	shape(op, "qkv", qkv, l.rows(), 3*inner)
	return kernels.Heads{Seqs: l.Seqs(), T: l.T(), Count: a.Heads, Dim: a.HeadDim}
}

// Combine writes y = a x + b z, and a copy of it.
func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	shape("Combine", "y", y, whole("Combine", "y", y), y.Cols)
	shape("Combine", "x", x, y.Rows(), y.Cols)
	shape("Combine", "z", z, y.Rows(), y.Cols)
	if operand.N > 0 {
		shape("Combine", "operand", operand, y.Rows(), y.Cols)
	}
	if y.N == 0 {
		return
	}
	c := kernels.Combine{
		Y: kernels.F32(ptr(y.Vec)), X: kernels.F32(ptr(x.Vec)), Z: kernels.F32(ptr(z.Vec)), Operand: l.operandArray(operand.Vec),
		A: kernels.Const(a), B: kernels.Const(b), N: int64(y.N),
	}
	l.issue(c, func() error { return l.set.Combine(l.stream, c) })
}
