package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"

	"growlab/trainer/compute"
)

// lane runs one sequence at a time. Each worker has one, with scratch memory of its own.
type lane struct {
	*device
	index  int
	batch  compute.Batch
	first  int
	memory block
}

func (l *lane) Index() int { return l.index }
func (l *lane) First() int { return l.first }
func (l *lane) Seqs() int  { return 1 }
func (l *lane) T() int     { return l.batch.T }

func (l *lane) rows() int { return l.Seqs() * l.batch.T }

// of cuts the lane's tokens out of those of the batch.
func (l *lane) of(tokens []int32) []int32 { return tokens[l.first*l.batch.T:][:l.rows()] }

// scratch returns memory for n floats, nil if there is none.
func (l *lane) scratch(n C.ptrdiff_t) *C.float {
	if int(n) > l.memory.n {
		l.memory.free()
		var err error
		if l.memory, err = allocate(int(n)); err != nil {
			l.fail(fmt.Errorf("scratch of a lane: %w", err))
		}
	}
	return l.memory.p
}

// mask is k over n columns.
func mask(k compute.Mask, n int) C.gl_mask {
	if k.Plain(n) {
		return C.gl_mask{old: C.ptrdiff_t(n), m: 1}
	}
	return C.gl_mask{old: C.ptrdiff_t(k.Old), m: C.float(k.M)}
}

// Embed writes embed[token] + pos[t].
func (l *lane) Embed(x compute.Mat, embed, pos compute.Vec) {
	shape("Embed", "x", x, l.rows(), x.Cols)
	vocab := whole("Embed", "embed", compute.Matrix(embed, x.Cols))
	context("Embed", pos, x.Cols, l.T())
	ids := l.of(l.batch.Inputs)
	tokens("Embed", ids, vocab)
	l.kernels.embed(&C.gl_embed{
		x: ptr(x.Vec), embed: ptr(embed), pos: ptr(pos),
		rows: C.ptrdiff_t(l.rows()), cols: C.ptrdiff_t(x.Cols), t: C.ptrdiff_t(l.T()),
	}, ids)
}

// Norm writes the masked LayerNorm or RMSNorm of x.
func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	c := x.Cols
	l.normShapes("Norm", x, stats, gain, s)
	shape("Norm", "y", y, l.rows(), c)
	length("Norm", "bias", bias.N, biases(s, c))
	rms := C.int(0)
	if s.RMS {
		rms = 1
	}
	l.kernels.norm(&C.gl_norm{
		y: ptr(y.Vec), stats: ptr(stats.Vec), x: ptr(x.Vec), gain: ptr(gain), bias: ptr(bias),
		rows: C.ptrdiff_t(l.rows()), cols: C.ptrdiff_t(c), mask: mask(s.Mask, c), s: C.float(s.S), eps: C.float(s.Eps), rms: rms,
	})
}

// NormGrad writes residual + the gradient of x, and each sequence's gradients of gain and bias.
func (l *lane) NormGrad(dx, gains, dbias, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	c := x.Cols
	l.normShapes("NormGrad", x, stats, gain, s)
	shape("NormGrad", "dx", dx, l.rows(), c)
	shape("NormGrad", "dy", dy, l.rows(), c)
	shape("NormGrad", "gains", gains, l.Seqs(), c)
	length("NormGrad", "biases", dbias.N, l.Seqs()*biases(s, c))
	if residual.N > 0 {
		shape("NormGrad", "residual", residual, l.rows(), c)
	}
	rms := C.int(0)
	if s.RMS {
		rms = 1
	}
	l.kernels.normGrad(&C.gl_norm_grad{
		dx: ptr(dx.Vec), gains: ptr(gains.Vec), biases: ptr(dbias.Vec), residual: ptr(residual.Vec),
		dy: ptr(dy.Vec), x: ptr(x.Vec), stats: ptr(stats.Vec), gain: ptr(gain),
		rows: C.ptrdiff_t(l.rows()), cols: C.ptrdiff_t(c), t: C.ptrdiff_t(l.T()), mask: mask(s.Mask, c), s: C.float(s.S), rms: rms,
	})
}

func (l *lane) normShapes(op string, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	shape(op, "x", x, l.rows(), x.Cols)
	shape(op, "stats", stats, l.rows(), 2)
	length(op, "gain", gain.N, x.Cols)
	if !(s.S > 0) {
		panic(fmt.Sprintf("cpu: %s: S is %g, want the sum of the mask", op, s.S))
	}
}

// biases is the number of biases of a norm over c channels.
func biases(s compute.NormSpec, c int) int {
	if s.RMS {
		return 0
	}
	return c
}

// Linear writes mask * act(x wᵀ + bias), or residual + gate times that.
func (l *lane) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	in, out, units := w.In(), w.Out(), w.Out()
	if e.Act == compute.SwiGLU {
		if out%2 != 0 {
			panic(fmt.Sprintf("cpu: Linear: SwiGLU of %d rows, which is not gate and up", out))
		}
		units /= 2
	}
	shape("Linear", "x", x, l.rows(), in)
	shape("Linear", "y", y, l.rows(), units)
	optional("Linear", "bias", e.Bias, out)
	if e.Act != compute.None {
		shape("Linear", "pre", e.Pre, l.rows(), out)
	}
	if e.Residual.N > 0 {
		shape("Linear", "residual", e.Residual, l.rows(), units)
	}
	k, tmp := packed("Linear", w), l.scratch(C.gl_matmul_scratch(C.ptrdiff_t(out)))
	if k.forward.p == nil || tmp == nil {
		return // the fault is noted
	}
	l.matmul(&C.gl_matmul{
		a: ptr(x.Vec), w: k.forward.p, bias: ptr(e.Bias), tmp: tmp,
		rows: C.ptrdiff_t(l.rows()), k: C.ptrdiff_t(in), n: C.ptrdiff_t(out), alpha: 1,
		y: ptr(y.Vec), act: act("Linear", e.Act), pre: ptr(e.Pre.Vec), mask: mask(e.Mask, units),
		residual: ptr(e.Residual.Vec), gate: C.float(e.Gate),
	})
}

// LinearGrad writes scale * dy w, carried back through the mask and the activation of back.
func (l *lane) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	in, out, cols := w.In(), w.Out(), w.In()
	if back.Act == compute.SwiGLU {
		cols = 2 * in
	}
	shape("LinearGrad", "dy", dy, l.rows(), out)
	shape("LinearGrad", "dx", dx, l.rows(), cols)
	if back.Act != compute.None {
		shape("LinearGrad", "pre", back.Pre, l.rows(), cols)
	}
	k, tmp := packed("LinearGrad", w), l.scratch(C.gl_matmul_scratch(C.ptrdiff_t(in)))
	if k.back.p == nil || tmp == nil {
		return // the fault is noted
	}
	g := &C.gl_matmul{
		a: ptr(dy.Vec), w: k.back.p, tmp: tmp,
		rows: C.ptrdiff_t(l.rows()), k: C.ptrdiff_t(out), n: C.ptrdiff_t(in), alpha: C.float(scale),
		y: ptr(dx.Vec), mask: mask(compute.Mask{}, in),
	}
	if back.Act != compute.None {
		g.act, g.grad, g.pre, g.mask = act("LinearGrad", back.Act), 1, ptr(back.Pre.Vec), mask(back.Mask, in)
	}
	l.matmul(g)
}

func act(op string, a compute.Act) C.int {
	switch a {
	case compute.None:
		return C.GL_NONE
	case compute.GELU:
		return C.GL_GELU
	case compute.SwiGLU:
		return C.GL_SWIGLU
	}
	panic(fmt.Sprintf("cpu: %s: activation %d", op, a))
}

// CrossEntropy writes the loss of each row, and if grad, scale times its gradient over logits.
func (l *lane) CrossEntropy(loss compute.Vec, logits compute.Mat, grad bool, scale float64) {
	length("CrossEntropy", "loss", loss.N, l.rows())
	shape("CrossEntropy", "logits", logits, l.rows(), logits.Cols)
	if l.batch.Targets == nil {
		panic("cpu: CrossEntropy: batch without targets")
	}
	ids := l.of(l.batch.Targets)
	tokens("CrossEntropy", ids, logits.Cols)
	g := &C.gl_cross_entropy{
		loss: ptr(loss), logits: ptr(logits.Vec),
		rows: C.ptrdiff_t(l.rows()), cols: C.ptrdiff_t(logits.Cols), scale: C.float(scale),
	}
	if grad {
		g.grad = 1
	}
	l.crossEntropy(g, ids)
}
