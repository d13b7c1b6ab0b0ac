package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// lane runs one sequence at a time. Each worker has one, with scratch memory of its own.
type lane struct {
	*device
	index  int
	batch  compute.Batch
	first  int
	shared bool // all workers take part in each operation
	memory block
}

// rowUnit is what parts of the rows of a shared sequence are multiples of: it is one of every family's tiles.
const rowUnit = 96

// part is rows of m, or absent like m.
func part(m compute.Mat, first, count int) compute.Mat {
	if m.N == 0 {
		return m
	}
	return m.Part(first, count)
}

func (l *lane) Index() int { return l.index }
func (l *lane) First() int { return l.first }
func (l *lane) Seqs() int  { return 1 }
func (l *lane) T() int     { return l.batch.T }

func (l *lane) rows() int { return l.Seqs() * l.batch.T }

// of cuts the lane's tokens out of those of the batch.
func (l *lane) of(tokens []int32) []int32 {
	if tokens == nil {
		return nil
	}
	return tokens[l.first*l.batch.T:][:l.rows()]
}

// scratch returns memory for n floats, nil if there is none.
func (l *lane) scratch(n C.ptrdiff_t) *C.float {
	if int(n) > l.memory.n {
		l.memory.free()
		var err error
		alloc := allocate
		if l.dry {
			alloc = reach
		}
		if l.memory, err = alloc(int(n)); err != nil {
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

// flag is b as C has it.
func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// Embed writes embed[token] + pos[t].
func (l *lane) Embed(x compute.Mat, embed, pos compute.Vec) {
	ids := l.of(l.batch.Inputs)
	contract.Embed(l, x, embed, pos, ids)
	l.share(l.rows(), rowUnit, func(w *lane, first, count int) {
		w.kernels.embed(&C.gl_embed{
			x: ptr(part(x, first, count).Vec), embed: ptr(embed), pos: ptr(part(compute.Matrix(pos, x.Cols), first, count).Vec),
			rows: C.ptrdiff_t(count), cols: C.ptrdiff_t(x.Cols), t: C.ptrdiff_t(count),
		}, ids[first:first+count])
	})
}

// Norm writes the masked LayerNorm or RMSNorm of x.
func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	contract.Norm(l, y, stats, x, gain, bias, s)
	c := x.Cols
	l.share(l.rows(), rowUnit, func(w *lane, first, count int) {
		w.kernels.norm(&C.gl_norm{
			y: l.operand(part(y, first, count).Vec), half: flag(l.precision == compute.BF16),
			stats: ptr(part(stats, first, count).Vec), x: ptr(part(x, first, count).Vec), gain: ptr(gain), bias: ptr(bias),
			rows: C.ptrdiff_t(count), cols: C.ptrdiff_t(c), mask: mask(s.Mask, c), s: C.float(s.S), eps: C.float(s.Eps), rms: flag(s.RMS),
		})
	})
}

// NormGrad writes residual + the gradient of x, a copy of that, and each sequence's gradients of gain and bias.
func (l *lane) NormGrad(dx, operand, gains, dbias, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	contract.NormGrad(l, dx, operand, gains, dbias, residual, dy, x, stats, gain, s)
	c := x.Cols
	of := func(first, count int) C.gl_norm_grad {
		return C.gl_norm_grad{
			dy: ptr(part(dy, first, count).Vec), x: ptr(part(x, first, count).Vec), stats: ptr(part(stats, first, count).Vec), gain: ptr(gain),
			rows: C.ptrdiff_t(count), cols: C.ptrdiff_t(c), t: C.ptrdiff_t(l.T()), mask: mask(s.Mask, c), s: C.float(s.S), rms: flag(s.RMS),
		}
	}
	// dx may be dy, so the parts that only add up come first.
	if l.shared {
		l.share(c, rowUnit, func(w *lane, first, count int) {
			g := of(0, l.rows())
			g.gains, g.biases, g.first, g.count = ptr(gains.Vec), ptr(dbias.Vec), C.ptrdiff_t(first), C.ptrdiff_t(count)
			w.kernels.normGrad(&g)
		})
	}
	l.share(l.rows(), rowUnit, func(w *lane, first, count int) {
		g := of(first, count)
		g.dx, g.residual = ptr(part(dx, first, count).Vec), ptr(part(residual, first, count).Vec)
		if !l.shared {
			g.gains, g.biases = ptr(gains.Vec), ptr(dbias.Vec)
		}
		if l.precision == compute.BF16 {
			g.copy = halves(part(operand, first, count).Vec)
		}
		w.kernels.normGrad(&g)
	})
	if operand.N > 0 && l.precision == compute.FP32 && !l.dry {
		copy(floats(operand.Vec), floats(dx.Vec))
	}
}

// Combine writes a x + b z, and a copy of that.
func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	contract.Combine(l, y, operand, x, z)
	l.share(l.rows(), rowUnit, func(w *lane, first, count int) {
		g := C.gl_combine{
			y: ptr(part(y, first, count).Vec), x: ptr(part(x, first, count).Vec), z: ptr(part(z, first, count).Vec),
			a: C.float(a), b: C.float(b), n: C.ptrdiff_t(count * y.Cols),
		}
		if l.precision == compute.BF16 {
			g.copy = halves(part(operand, first, count).Vec)
		}
		w.kernels.combine(&g)
	})
	if operand.N > 0 && l.precision == compute.FP32 && !l.dry {
		copy(floats(operand.Vec), floats(y.Vec))
	}
}
