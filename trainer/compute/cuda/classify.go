package cuda

import (
	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// logitBytes is the scratch memory for logits in fp32. They are made and used up a few hundred rows at a time, 256 rows of GPT-2's
// vocabulary: fewer would leave multiprocessors idle in the product, more would fall out of the second-level cache sooner.
const logitBytes = 64 << 20

// wideVocab is from where on logits whose gradient is wanted are operands, in the place of the gradient, all rows of the lane at once,
// which are a bounded number (package model cuts the batch). By 50,304 tokens in fp32 they cost 704 KB of memory traffic a row besides the
// weights, which come again for each piece; so they cost 300 KB. Each is rounded then, to 2^-9 of itself, as PyTorch's autocast does. Losses without a gradient, which decide comparisons, never are.
const wideVocab = 4096

// rowUnit is what pieces of the rows are multiples of: it is that of the products' tiles, and keeps pieces aligned.
const rowUnit = 128

// piece is how many rows of cols float32 fit into budget.
func piece(budget, cols int) int { return max(budget/(4*cols)/rowUnit, 1) * rowUnit }

// Classify writes the loss of each row, and if dlogits is there, scale times the gradient by the logits.
func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	k := live("Classify", w)
	in, vocab := w.In(), w.Out()
	contract.Classify(l, loss, dlogits, y, w, l.batch.Targets)
	x, to, d := l.operandArray(y.Vec), ptr(loss), l.operandArray(dlogits.Vec)
	each, logits := l.rows(), d
	if d.Type == cudart.F32 || d.At == 0 || vocab < wideVocab {
		each = min(piece(logitBytes, vocab), l.rows())
		logits = kernels.F32(l.scratch(4 * int64(each) * int64(vocab)))
	}
	for first := 0; first < l.rows(); first += each {
		rows := min(each, l.rows()-first)
		c := kernels.Classify{
			Loss: to + cudart.Ptr(4*first), DLogits: rowsFrom(d, first, vocab), Z: logits, Targets: l.device.batch.targets.p + cudart.Ptr(4*(l.first+first)),
			Rows: rows, V: vocab, Mult: kernels.Const(mult), Scale: kernels.Const(scale),
		}
		l.product(kernels.Product{
			Layout: kernels.NT, M: rows, N: vocab, K: in, A: rowsFrom(x, first, in), B: k.array(), Out: logits, Scale: kernels.Const(1),
		})
		l.use(&l.device.batch.targets.used)
		l.issue(c, func() error { return l.set.Classify(l.stream, c) })
	}
}

// rowsFrom is a without its first rows of cols numbers; absent if a is.
func rowsFrom(a kernels.Array, first, cols int) kernels.Array {
	if a.At != 0 {
		a.At += cudart.Ptr(int64(first) * int64(cols) * int64(a.Type.Size()))
	}
	return a
}
