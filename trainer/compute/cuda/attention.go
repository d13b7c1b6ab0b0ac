package cuda

import (
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Attention rotates q and k and masks q, k and v in place, and writes causal attention to o and its log-sum-exp to lse.
func (l *lane) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	contract.Attention(l, o, lse, qkv, a)
	heads := l.heads(a)
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
	contract.AttentionGrad(l, dqkv, do, qkv, o, lse, a)
	heads := l.heads(a)
	k := kernels.AttentionGrad{
		DQKV: l.operandArray(dqkv.Vec), DO: l.operandArray(do.Vec), QKV: l.operandArray(qkv.Vec), O: l.operandArray(o.Vec), LSE: ptr(lse.Vec),
		Table: l.rotation(a.Rotary, l.T(), a.HeadDim), Inputs: l.mask(a.Inputs, a.Heads, ofInputs), Mask: l.mask(a.Mask, a.Heads, ofOutputs),
		Heads: heads, Scale: a.Scale, Scratch: l.scratch(kernels.AttentionScratch(heads)),
	}
	l.issue(k, func() error { return l.set.AttentionGrad(l.stream, k) })
}

// heads is how the kernels see the heads of a.
func (l *lane) heads(a compute.AttentionSpec) kernels.Heads {
	return kernels.Heads{Seqs: l.Seqs(), T: l.T(), Count: a.Heads, Dim: a.HeadDim}
}

// Combine writes y = a x + b z, and a copy of it.
func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	contract.Combine(l, y, operand, x, z)
	if y.N == 0 {
		return
	}
	c := kernels.Combine{
		Y: kernels.F32(ptr(y.Vec)), X: kernels.F32(ptr(x.Vec)), Z: kernels.F32(ptr(z.Vec)), Operand: l.operandArray(operand.Vec),
		A: kernels.Const(a), B: kernels.Const(b), N: int64(y.N),
	}
	l.issue(c, func() error { return l.set.Combine(l.stream, c) })
}
