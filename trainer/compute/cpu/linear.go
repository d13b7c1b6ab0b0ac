package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Linear writes mask * act(premask * (x wᵀ + bias)), or residual + gate times that.
func (l *lane) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	in, out, units := w.In(), w.Out(), contract.Linear(l, y, x, w, e)
	if _, half := either(y.Vec); half && e.Residual.N > 0 {
		panic("cpu: Linear: y is an operand, and what is added to a residual is not")
	}
	k := packed("Linear", w)
	l.product(k.forward, in, out, func(g C.gl_matmul, first, count int) C.gl_matmul {
		result, half := either(part(y, first, count).Vec)
		g.a, g.bias, g.alpha = l.operand(part(x, first, count).Vec), ptr(e.Bias), 1
		g.y, g.wide, g.act, g.pre = result, flag(!half), act("Linear", e.Act), l.operand(part(e.Pre, first, count).Vec)
		g.premask, g.mask = mask(e.PreMask, units), mask(e.Mask, units)
		g.residual, g.gate = ptr(part(e.Residual, first, count).Vec), C.float(e.Gate)
		return g
	})
}

// product multiplies parts of the rows, as fill says, by a packed matrix of that depth and width.
func (l *lane) product(w block, depth, width int, fill func(g C.gl_matmul, first, count int) C.gl_matmul) {
	if w.p == nil {
		return // the fault is noted
	}
	l.share(l.rows(), rowUnit, func(worker *lane, first, count int) {
		tmp := worker.scratch(C.gl_matmul_scratch(C.ptrdiff_t(depth), C.ptrdiff_t(width)))
		if tmp == nil {
			return // the fault is noted
		}
		g := fill(C.gl_matmul{
			w: unsafe.Pointer(w.p), tmp: tmp, rows: C.ptrdiff_t(count), k: C.ptrdiff_t(depth), n: C.ptrdiff_t(width),
		}, first, count)
		worker.matmul(&g)
	})
}

// LinearGrad writes scale * dy w, carried back through the masks and the activation of back.
func (l *lane) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	contract.LinearGrad(l, dx, dy, w, back)
	in, out := w.In(), w.Out()
	l.product(packed("LinearGrad", w).back, out, in, func(g C.gl_matmul, first, count int) C.gl_matmul {
		result, half := either(part(dx, first, count).Vec)
		g.a, g.alpha, g.y, g.wide = l.operand(part(dy, first, count).Vec), C.float(scale), result, flag(!half)
		g.mask = mask(compute.Mask{}, in)
		if back.Act != compute.None {
			g.act, g.grad = act("LinearGrad", back.Act), 1
			g.premask, g.mask = mask(back.PreMask, in), mask(back.Mask, in)
			g.pre = l.operand(part(back.Pre, first, count).Vec)
		}
		return g
	})
}

// Classify writes the loss of each row, and if dlogits is there, scale times the gradient by the logits.
func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	ids := l.of(l.batch.Targets)
	contract.Classify(l, loss, dlogits, y, w, ids)
	in, out := w.In(), w.Out()
	k := packed("Classify", w)
	if k.forward.p == nil {
		return // the fault is noted
	}
	l.share(l.rows(), rowUnit, func(worker *lane, first, count int) {
		tmp := worker.scratch(C.gl_classify_scratch(C.ptrdiff_t(in), C.ptrdiff_t(out)))
		if tmp == nil {
			return // the fault is noted
		}
		worker.classify(&C.gl_classify{
			product: C.gl_matmul{
				a: l.operand(part(y, first, count).Vec), w: unsafe.Pointer(k.forward.p), tmp: tmp,
				rows: C.ptrdiff_t(count), k: C.ptrdiff_t(in), n: C.ptrdiff_t(out), alpha: C.float(mult),
			},
			loss: ptr(loss.At(first, count)), dlogits: l.operand(part(dlogits, first, count).Vec), scale: C.float(scale),
		}, ids[first:first+count])
	})
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
