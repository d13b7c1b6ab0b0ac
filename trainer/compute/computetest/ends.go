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
	args{"x": x.Vec, "embed": embed, "pos": pos}.lie("Embed", compute.FP32)
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
	args{"demb": demb, "dpos": dpos, "dx": dx.Vec}.lie("EmbedGrad", compute.FP32)
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

// Classify writes the loss of each row, and scale * (softmax - one hot) to dlogits, of the logits mult * y wᵀ; zeros where there
// is no target.
func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	in, vocab, rows := w.In(), w.Out(), l.rows()
	dims("Classify", "y", y, rows, in)
	length("Classify", "loss", loss.N, rows)
	apart("Classify", "loss", loss, dlogits.Vec, y.Vec)
	if dlogits.N > 0 {
		dims("Classify", "dlogits", dlogits, rows, vocab)
		apart("Classify", "dlogits", dlogits.Vec, y.Vec)
	}
	args{"dlogits": dlogits.Vec, "y": y.Vec}.lie("Classify", l.operands)
	args{"loss": loss}.lie("Classify", compute.FP32)
	if l.batch.Targets == nil {
		panic("computetest: Classify: batch without targets")
	}
	wd, z := matrix("Classify", w), make([]float64, vocab)
	for r, id := range l.of(l.batch.Targets) {
		if id < 0 {
			Data(loss)[r] = 0
			if dlogits.N > 0 {
				clear(row(dlogits, r))
			}
			continue
		}
		target, top := token("Classify", id, vocab), math.Inf(-1)
		for j := range z {
			z[j] = mult * dot(row(y, r), wd[j*in:][:in])
			top = max(top, z[j])
		}
		var sum float64
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		Data(loss)[r] = math.Log(sum) + top - z[target]
		if dlogits.N == 0 {
			continue
		}
		d := row(dlogits, r)
		for j, v := range z {
			d[j] = scale * math.Exp(v-top) / sum
		}
		d[target] -= scale
	}
	settle(dlogits.Vec)
}
