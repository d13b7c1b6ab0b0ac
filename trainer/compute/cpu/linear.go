package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"

	"growlab/trainer/compute"
)

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
	k, tmp := packed("Linear", w), l.scratch(C.gl_matmul_scratch(C.ptrdiff_t(in), C.ptrdiff_t(out)))
	if k.forward.p == nil || tmp == nil {
		return // the fault is noted
	}
	result, half := either(y.Vec)
	if half && e.Residual.N > 0 {
		panic("cpu: Linear: y is an operand, and what is added to a residual is not")
	}
	l.matmul(&C.gl_matmul{
		a: l.operand(x.Vec), w: unsafe.Pointer(k.forward.p), bias: ptr(e.Bias), tmp: tmp,
		rows: C.ptrdiff_t(l.rows()), k: C.ptrdiff_t(in), n: C.ptrdiff_t(out), alpha: 1,
		y: result, wide: flag(!half), act: act("Linear", e.Act), pre: l.operand(e.Pre.Vec), mask: mask(e.Mask, units),
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
	k, tmp := packed("LinearGrad", w), l.scratch(C.gl_matmul_scratch(C.ptrdiff_t(out), C.ptrdiff_t(in)))
	if k.back.p == nil || tmp == nil {
		return // the fault is noted
	}
	result, half := either(dx.Vec)
	g := &C.gl_matmul{
		a: l.operand(dy.Vec), w: unsafe.Pointer(k.back.p), tmp: tmp,
		rows: C.ptrdiff_t(l.rows()), k: C.ptrdiff_t(out), n: C.ptrdiff_t(in), alpha: C.float(scale),
		y: result, wide: flag(!half), mask: mask(compute.Mask{}, in),
	}
	if back.Act != compute.None {
		g.act, g.grad, g.pre, g.mask = act("LinearGrad", back.Act), 1, l.operand(back.Pre.Vec), mask(back.Mask, in)
	}
	l.matmul(g)
}

// Classify writes the loss of each row, and if dlogits is there, scale times the gradient by the logits.
func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	in, out := w.In(), w.Out()
	length("Classify", "loss", loss.N, l.rows())
	shape("Classify", "y", y, l.rows(), in)
	if dlogits.N > 0 {
		shape("Classify", "dlogits", dlogits, l.rows(), out)
	}
	if l.batch.Targets == nil {
		panic("cpu: Classify: batch without targets")
	}
	ids := l.of(l.batch.Targets)
	tokens("Classify", ids, out)
	k, tmp := packed("Classify", w), l.scratch(C.gl_matmul_scratch(C.ptrdiff_t(in), C.ptrdiff_t(out)))
	if k.forward.p == nil || tmp == nil {
		return // the fault is noted
	}
	l.classify(&C.gl_classify{
		product: C.gl_matmul{
			a: l.operand(y.Vec), w: unsafe.Pointer(k.forward.p), tmp: tmp,
			rows: C.ptrdiff_t(l.rows()), k: C.ptrdiff_t(in), n: C.ptrdiff_t(out), alpha: C.float(mult),
		},
		loss: ptr(loss), dlogits: l.operand(dlogits.Vec), scale: C.float(scale),
	}, ids)
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
