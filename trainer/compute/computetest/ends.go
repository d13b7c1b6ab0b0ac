package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// Embed writes embed[token] + pos[t].
func (l *lane) Embed(x compute.Mat, embed, pos compute.Vec) {
	c := x.Cols
	dims("Embed", "x", x, l.rows(), c)
	table := compute.Matrix(embed, c)
	vocab := whole("Embed", "embed", table)
	context("Embed", pos, c, l.T())
	apart("Embed", "x", x.Vec, embed, pos)
	for r, id := range l.of(l.batch.Inputs) {
		xr := row(x, r)
		copy(xr, row(table, token("Embed", id, vocab)))
		if pos.N > 0 {
			axpy(xr, 1, row(compute.Matrix(pos, c), r%l.T()))
		}
	}
}

// EmbedGrad adds each row of dx to the rows of demb and dpos that Embed took it from.
func (r *Reference) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	c := dx.Cols
	batch("EmbedGrad", b)
	dims("EmbedGrad", "dx", dx, b.Seqs*b.T, c)
	table := compute.Matrix(demb, c)
	vocab := whole("EmbedGrad", "demb", table)
	context("EmbedGrad", dpos, c, b.T)
	apart("EmbedGrad", "demb", demb, dpos, dx.Vec)
	apart("EmbedGrad", "dpos", dpos, dx.Vec)
	for i, id := range b.Inputs {
		axpy(row(table, token("EmbedGrad", id, vocab)), 1, row(dx, i))
		if dpos.N > 0 {
			axpy(row(compute.Matrix(dpos, c), i%b.T), 1, row(dx, i))
		}
	}
}

// context panics unless a table of positions, if there is one, reaches t.
func context(op string, pos compute.Vec, c, t int) {
	if pos.N > 0 && (pos.N%c != 0 || pos.N < t*c) {
		panic(fmt.Sprintf("computetest: %s: table of positions has %d elements, want rows of %d for at least %d positions", op, pos.N, c, t))
	}
}

// CrossEntropy writes the loss of each row, and if grad, scale * (softmax - one hot) over logits.
func (l *lane) CrossEntropy(loss compute.Vec, logits compute.Mat, grad bool, scale float64) {
	length("CrossEntropy", "loss", loss.N, l.rows())
	dims("CrossEntropy", "logits", logits, l.rows(), logits.Cols)
	apart("CrossEntropy", "loss", loss, logits.Vec)
	if l.batch.Targets == nil {
		panic("computetest: CrossEntropy: batch without targets")
	}
	for r, id := range l.of(l.batch.Targets) {
		z, target := row(logits, r), token("CrossEntropy", id, logits.Cols)
		top := math.Inf(-1)
		for _, v := range z {
			top = max(top, v)
		}
		var sum float64
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		Data(loss)[r] = math.Log(sum) + top - z[target]
		if !grad {
			continue
		}
		for j, v := range z {
			z[j] = scale * math.Exp(v-top) / sum
		}
		z[target] -= scale
	}
}
