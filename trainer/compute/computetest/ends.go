package computetest

import (
	"math"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Embed writes embed[token] + pos[t].
func (l *lane) Embed(x compute.Mat, embed, pos compute.Vec) {
	inputs := l.of(l.batch.Inputs)
	contract.Embed(l, x, embed, pos, inputs)
	args{"x": x.Vec, "embed": embed, "pos": pos}.lie("Embed", compute.FP32)
	c := x.Cols
	table := compute.Matrix(embed, c)
	for r, id := range inputs {
		xr := row(x, r)
		copy(xr, row(table, int(id)))
		if pos.N > 0 {
			axpy(xr, 1, row(compute.Matrix(pos, c), r%l.T()))
		}
	}
}

// EmbedGrad adds each row of dx to the rows of demb and dpos that Embed took it from.
func (r *Reference) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	contract.EmbedGrad(demb, dpos, dx, b)
	args{"demb": demb, "dpos": dpos, "dx": dx.Vec}.lie("EmbedGrad", compute.FP32)
	c := dx.Cols
	table := compute.Matrix(demb, c)
	for i, id := range b.Inputs {
		axpy(row(table, int(id)), 1, row(dx, i))
		if dpos.N > 0 {
			axpy(row(compute.Matrix(dpos, c), i%b.T), 1, row(dx, i))
		}
	}
}

// Classify writes the loss of each row, and scale * (softmax - one hot) to dlogits, of the logits mult * y wᵀ; zeros where there
// is no target.
func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	targets := l.of(l.batch.Targets)
	contract.Classify(l, loss, dlogits, y, w, targets)
	args{"dlogits": dlogits.Vec, "y": y.Vec}.lie("Classify", l.operands)
	args{"loss": loss}.lie("Classify", compute.FP32)
	in, vocab := w.In(), w.Out()
	wd, z := matrix("Classify", w), make([]float64, vocab)
	for r, id := range targets {
		if id < 0 {
			Data(loss)[r] = 0
			if dlogits.N > 0 {
				clear(row(dlogits, r))
			}
			continue
		}
		top := math.Inf(-1)
		for j := range z {
			z[j] = mult * dot(row(y, r), wd[j*in:][:in])
			top = max(top, z[j])
		}
		var sum float64
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		Data(loss)[r] = math.Log(sum) + top - z[id]
		if dlogits.N == 0 {
			continue
		}
		d := row(dlogits, r)
		for j, v := range z {
			d[j] = scale * math.Exp(v-top) / sum
		}
		d[id] -= scale
	}
	settle(dlogits.Vec)
}
