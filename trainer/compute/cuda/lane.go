package cuda

import (
	"fmt"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// lane is the whole of a batch, or some rows of it.
type lane struct {
	*device
	batch compute.Batch
	first int // row of the whole batch at which batch begins
}

func (l *lane) Index() int { return 0 }
func (l *lane) First() int { return 0 }
func (l *lane) Seqs() int  { return l.batch.Seqs }
func (l *lane) T() int     { return l.batch.T }

func (l *lane) rows() int { return l.batch.Seqs * l.batch.T }

// Rows is n rows of l from first on, each a sequence.
func (d *device) Rows(whole compute.Lane, first, n int) compute.Lane {
	l, ok := whole.(*lane)
	if !ok || l.device != d {
		panic(fmt.Sprintf("cuda: Rows: a %T, which is not a lane of this engine", whole))
	}
	return &lane{d, contract.Rows(l.batch, first, n), l.first + first}
}

// array is v as kernels see it, in either precision.
func array(v compute.Vec) kernels.Array {
	p, half := either(v)
	if half {
		return kernels.BF16(p)
	}
	return kernels.F32(p)
}

// operandArray is v, which lies in operand memory, as kernels see it.
func (d *device) operandArray(v compute.Vec) kernels.Array {
	d.operand(v)
	return array(v)
}

// Embed writes embed[token] + pos[t].
func (l *lane) Embed(x compute.Mat, embed, pos compute.Vec) {
	contract.Embed(l, x, embed, pos, l.batch.Inputs)
	e := kernels.Embed{
		X: ptr(x.Vec), Table: ptr(embed), Pos: ptr(pos), Tokens: l.device.batch.inputs.p + cudart.Ptr(4*l.first), Rows: l.rows(), T: l.T(), C: x.Cols,
	}
	l.use(&l.device.batch.inputs.used)
	l.issue(e, func() error { return l.set.Embed(l.stream, e) })
}

// Norm writes the masked LayerNorm or RMSNorm of x.
func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	contract.Norm(l, y, stats, x, gain, bias, s)
	c := x.Cols
	n := kernels.Norm{
		Y: l.operandArray(y.Vec), Stats: ptr(stats.Vec), X: ptr(x.Vec), Gain: ptr(gain), Bias: ptr(bias), Mask: l.normMask(s, c),
		Rows: l.rows(), C: c, Eps: s.Eps, RMS: s.RMS,
	}
	l.issue(n, func() error { return l.set.Norm(l.stream, n) })
}

// NormGrad writes residual + the gradient of x, a copy of that, and each sequence's gradients of gain and bias.
func (l *lane) NormGrad(dx, operand, gains, dbias, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	contract.NormGrad(l, dx, operand, gains, dbias, residual, dy, x, stats, gain, s)
	c := x.Cols
	n := kernels.NormGrad{
		DX: ptr(dx.Vec), Operand: l.operandArray(operand.Vec), Gains: ptr(gains.Vec), Biases: ptr(dbias.Vec), Residual: ptr(residual.Vec),
		DY: kernels.F32(ptr(dy.Vec)), X: ptr(x.Vec), Stats: ptr(stats.Vec), Gain: ptr(gain), Mask: l.normMask(s, c),
		Rows: l.rows(), T: l.T(), C: c, RMS: s.RMS, Scratch: l.scratch(kernels.NormGradScratch(l.rows(), l.T(), c)),
	}
	l.issue(n, func() error { return l.set.NormGrad(l.stream, n) })
}
