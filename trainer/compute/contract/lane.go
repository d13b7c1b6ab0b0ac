package contract

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// Embed checks compute.Lane's Embed of inputs, the tokens of l.
func Embed(l compute.Lane, x compute.Mat, embed, pos compute.Vec, inputs []int32) {
	shape("Embed", "x", x, rows(l), x.Cols)
	vocab := whole("Embed", "embed", compute.Matrix(embed, x.Cols))
	context("Embed", pos, x.Cols, l.T())
	apart("Embed", "x", x.Vec, embed, pos)
	tokens("Embed", inputs, vocab)
}

// Norm checks compute.Lane's Norm.
func Norm(l compute.Lane, y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	norm("Norm", l, stats, x, gain, s)
	shape("Norm", "y", y, rows(l), x.Cols)
	length("Norm", "bias", bias.N, biases(s, x.Cols))
	apart("Norm", "y", y.Vec, stats.Vec, x.Vec, gain, bias)
	apart("Norm", "stats", stats.Vec, x.Vec, gain, bias)
}

// NormGrad checks compute.Lane's NormGrad.
func NormGrad(l compute.Lane, dx, operand, gains, dbias, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	norm("NormGrad", l, stats, x, gain, s)
	c := x.Cols
	shape("NormGrad", "dx", dx, rows(l), c)
	shape("NormGrad", "dy", dy, rows(l), c)
	shape("NormGrad", "gains", gains, l.Seqs(), c)
	length("NormGrad", "biases", dbias.N, l.Seqs()*biases(s, c))
	if residual.N > 0 {
		shape("NormGrad", "residual", residual, rows(l), c)
		sameOrApart("NormGrad", "dx", dx, residual)
	}
	if operand.N > 0 {
		shape("NormGrad", "operand", operand, rows(l), c)
		apart("NormGrad", "operand", operand.Vec, dx.Vec, gains.Vec, dbias.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	}
	apart("NormGrad", "dx", dx.Vec, gains.Vec, dbias.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	apart("NormGrad", "gains", gains.Vec, dbias.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	apart("NormGrad", "biases", dbias.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)
}

// norm checks what Norm and NormGrad share.
func norm(op string, l compute.Lane, stats, x compute.Mat, gain compute.Vec, s compute.NormSpec) {
	c := x.Cols
	shape(op, "x", x, rows(l), c)
	shape(op, "stats", stats, rows(l), 2)
	length(op, "gain", gain.N, c)
	sum := float64(c)
	if !s.Mask.Plain(c) {
		sum = float64(s.Mask.Old) + s.Mask.M*float64(c-s.Mask.Old)
	}
	if !(math.Abs(s.S-sum) <= 1e-9*sum) {
		panic(fmt.Sprintf("compute: %s: S is %g, but the mask %+v sums to %g over %d channels", op, s.S, s.Mask, sum, c))
	}
}

// biases is the number of biases of a norm over c channels.
func biases(s compute.NormSpec, c int) int {
	if s.RMS {
		return 0
	}
	return c
}

// Linear checks compute.Lane's Linear, and returns the columns of y.
func Linear(l compute.Lane, y, x compute.Mat, w compute.Weight, e compute.Epilogue) (cols int) {
	cols = w.Out()
	if e.Act == compute.SwiGLU {
		if cols%2 != 0 {
			panic(fmt.Sprintf("compute: Linear: SwiGLU of %d rows, which is not gate and up", cols))
		}
		cols /= 2
	}
	shape("Linear", "x", x, rows(l), w.In())
	shape("Linear", "y", y, rows(l), cols)
	if e.Bias.N > 0 {
		length("Linear", "bias", e.Bias.N, w.Out())
	}
	if e.Act != compute.None {
		shape("Linear", "pre", e.Pre, rows(l), w.Out())
	} else if !e.PreMask.Plain(cols) {
		panic(fmt.Sprintf("compute: Linear: a mask before the activation, %+v, but no activation", e.PreMask))
	}
	if e.Residual.N > 0 {
		shape("Linear", "residual", e.Residual, rows(l), cols)
		sameOrApart("Linear", "y", y, e.Residual)
	}
	apart("Linear", "y", y.Vec, x.Vec, e.Bias, e.Pre.Vec)
	apart("Linear", "pre", e.Pre.Vec, x.Vec, e.Bias, e.Residual.Vec)
	return cols
}

// LinearGrad checks compute.Lane's LinearGrad.
func LinearGrad(l compute.Lane, dx, dy compute.Mat, w compute.Weight, back compute.Epilogue) {
	cols := w.In()
	if back.Act == compute.SwiGLU {
		cols *= 2
	}
	shape("LinearGrad", "dy", dy, rows(l), w.Out())
	shape("LinearGrad", "dx", dx, rows(l), cols)
	apart("LinearGrad", "dx", dx.Vec, dy.Vec)
	if back.Act != compute.None {
		shape("LinearGrad", "pre", back.Pre, rows(l), cols)
		apart("LinearGrad", "dx", dx.Vec, back.Pre.Vec)
	}
}

// Attention checks compute.Lane's Attention.
func Attention(l compute.Lane, o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	attention("Attention", l, o, lse, qkv, a)
	apart("Attention", "o", o.Vec, lse.Vec, qkv.Vec)
	apart("Attention", "lse", lse.Vec, qkv.Vec)
}

// AttentionGrad checks compute.Lane's AttentionGrad.
func AttentionGrad(l compute.Lane, dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	attention("AttentionGrad", l, o, lse, qkv, a)
	shape("AttentionGrad", "do", do, rows(l), o.Cols)
	shape("AttentionGrad", "dqkv", dqkv, rows(l), qkv.Cols)
	apart("AttentionGrad", "dqkv", dqkv.Vec, do.Vec, qkv.Vec, o.Vec, lse.Vec)
}

// attention checks what Attention and AttentionGrad share.
func attention(op string, l compute.Lane, o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	if a.Heads < 1 || a.HeadDim < 1 || a.Rotary.Base != 0 && a.HeadDim%2 != 0 {
		panic(fmt.Sprintf("compute: %s: %d heads of %d, rotary %+v", op, a.Heads, a.HeadDim, a.Rotary))
	}
	inner := a.Heads * a.HeadDim
	shape(op, "o", o, rows(l), inner)
	shape(op, "lse", lse, rows(l), a.Heads)
	shape(op, "qkv", qkv, rows(l), 3*inner)
}

// Combine checks compute.Lane's Combine.
func Combine(l compute.Lane, y, operand, x, z compute.Mat) {
	for _, m := range []struct {
		name string
		compute.Mat
	}{{"y", y}, {"x", x}, {"z", z}} {
		shape("Combine", m.name, m.Mat, rows(l), y.Cols)
		sameOrApart("Combine", "y", y, m.Mat)
	}
	if operand.N > 0 {
		shape("Combine", "operand", operand, rows(l), y.Cols)
		apart("Combine", "operand", operand.Vec, y.Vec, x.Vec, z.Vec)
	}
}

// Classify checks compute.Lane's Classify of targets, those of l.
func Classify(l compute.Lane, loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, targets []int32) {
	length("Classify", "loss", loss.N, rows(l))
	shape("Classify", "y", y, rows(l), w.In())
	apart("Classify", "loss", loss, dlogits.Vec, y.Vec)
	if dlogits.N > 0 {
		shape("Classify", "dlogits", dlogits, rows(l), w.Out())
		apart("Classify", "dlogits", dlogits.Vec, y.Vec)
	}
	if targets == nil {
		panic("compute: Classify: batch without targets")
	}
	for i, id := range targets {
		if int(id) >= w.Out() {
			panic(fmt.Sprintf("compute: Classify: target %d, at %d, is outside the vocabulary of %d", id, i, w.Out()))
		}
	}
}

// rows is the number of positions of l.
func rows(l compute.Lane) int { return l.Seqs() * l.T() }
