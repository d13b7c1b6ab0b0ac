package computetest_test

import (
	"fmt"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

func normProblems(b *bench) (all []problem) {
	for _, rms := range []bool{false, true} {
		for _, m := range []float64{0, 0.3, 1} {
			all = append(all, normProblem(b, compute.NormSpec{RMS: rms, Eps: 1e-5, Mask: compute.Mask{Old: 4, M: m}, S: 4 + 3*m}))
		}
	}
	return all
}

// normProblem is y·dy + x·residual, so that the residual is what comes to dx besides the norm.
func normProblem(b *bench, s compute.NormSpec) problem {
	const c = 7
	x, residual, dy, gain := b.normal(rows, c), b.normal(rows, c), b.normal(rows, c), b.normal(1, c)
	y, stats, dx, gains, dgain := b.like(x), b.zeros(rows, 2), b.like(x), b.zeros(seqs, c), b.zeros(1, c)
	var bias, biases, dbias compute.Mat
	if !s.RMS {
		bias, biases, dbias = b.normal(1, c), b.zeros(seqs, c), b.zeros(1, c)
	}
	return problem{
		name: fmt.Sprintf("rms=%v/m=%g", s.RMS, s.Mask.M),
		loss: func() float64 {
			b.lanes(func(l compute.Lane, part cut) { l.Norm(part(y), part(stats), part(x), gain.Vec, bias.Vec, s) })
			return inner(y, dy) + inner(x, residual)
		},
		gradient: func() {
			b.lanes(func(l compute.Lane, part cut) {
				l.NormGrad(part(dx), compute.Mat{}, part(gains), part(biases), part(residual), part(dy), part(x), part(stats), gain.Vec, s)
			})
			b.SumRows(dgain.Vec, gains)
			if !s.RMS {
				b.SumRows(dbias.Vec, biases)
			}
		},
		vars: []variable{{"x", x.Vec, dx.Vec}, {"gain", gain.Vec, dgain.Vec}, {"bias", bias.Vec, dbias.Vec}},
	}
}

func linearProblems(b *bench) (all []problem) {
	for _, act := range []compute.Act{compute.None, compute.GELU, compute.SwiGLU} {
		for _, m := range []float64{0, 0.3, 1} {
			for _, gate := range []float64{0, 0.7} {
				for _, biased := range []bool{false, true} {
					all = append(all, linearProblem(b, act, compute.Mask{Old: 1, M: m}, compute.Mask{}, gate, biased))
				}
				if act != compute.None {
					all = append(all, linearProblem(b, act, compute.Mask{Old: 1, M: 0.7}, compute.Mask{Old: 2, M: m}, gate, true))
				}
			}
		}
	}
	return all
}

// linearProblem is residual + gate (mask act(before (x w1ᵀ + b1)) w2ᵀ + b2), a feed-forward block. LinearGrad carries gradients
// through a mask only together with an activation, so there is no mask if there is none.
func linearProblem(b *bench, act compute.Act, mask, before compute.Mask, gate float64, biased bool) problem {
	const in, hidden, out = 5, 4, 3
	wide := hidden
	if act == compute.SwiGLU {
		wide = 2 * hidden
	}
	x, residual, dy := b.normal(rows, in), b.normal(rows, out), b.normal(rows, out)
	w1, w2 := b.normal(wide, in), b.normal(out, hidden)
	up := compute.Epilogue{Act: act}
	if act != compute.None {
		up.Pre, up.Mask, up.PreMask = b.zeros(rows, wide), mask, before
	}
	var b1, b2, db1, db2 compute.Mat
	if biased {
		b1, b2, db1, db2 = b.normal(1, wide), b.normal(1, out), b.zeros(1, wide), b.zeros(1, out)
		up.Bias = b1.Vec
	}
	first, second := b.Weight(w1.Vec, wide, in), b.Weight(w2.Vec, out, hidden)
	h, y, dx, dpre, dw1, dw2 := b.zeros(rows, hidden), b.like(dy), b.like(x), b.zeros(rows, wide), b.like(w1), b.like(w2)
	with := func(part cut) compute.Epilogue {
		e := up
		e.Pre = part(e.Pre)
		return e
	}
	return problem{
		name: fmt.Sprintf("act=%d/m=%g/before=%v/gate=%g/bias=%v", act, mask.M, before, gate, biased),
		loss: func() float64 {
			b.lanes(func(l compute.Lane, part cut) {
				l.Linear(part(h), part(x), first, with(part))
				l.Linear(part(y), part(h), second, compute.Epilogue{Bias: b2.Vec, Residual: part(residual), Gate: gate})
			})
			return inner(y, dy)
		},
		gradient: func() {
			b.lanes(func(l compute.Lane, part cut) {
				l.LinearGrad(part(dpre), part(dy), second, gate, with(part))
				l.LinearGrad(part(dx), part(dpre), first, 1, compute.Epilogue{})
			})
			b.WeightGrad(dw2.Vec, db2.Vec, dy, h, gate)
			b.WeightGrad(dw1.Vec, db1.Vec, dpre, x, 1)
		},
		vars: []variable{
			{"x", x.Vec, dx.Vec},
			{"residual", residual.Vec, dy.Vec},
			{"w1", w1.Vec, dw1.Vec},
			{"b1", b1.Vec, db1.Vec},
			{"w2", w2.Vec, dw2.Vec},
			{"b2", b2.Vec, db2.Vec},
		},
	}
}

func attentionProblems(b *bench) (all []problem) {
	for _, rotary := range []compute.Rotary{
		{},
		{Base: 10000},
		{Base: 100, XPos: true, Center: 300}, // far from the centre, so that zeta is not 1
	} {
		for _, m := range []float64{0, 0.3, 1} {
			all = append(all, attentionProblem(b, compute.AttentionSpec{
				Heads: 3, HeadDim: 4, Scale: 0.6, Mask: compute.Mask{Old: 2, M: m}, Rotary: rotary,
			}), attentionProblem(b, compute.AttentionSpec{
				Heads: 3, HeadDim: 4, Scale: 0.6, Inputs: compute.Mask{Old: 1, M: m}, Mask: compute.Mask{Old: 2, M: 0.7}, Rotary: rotary,
			}))
		}
	}
	return all
}

func attentionProblem(b *bench, a compute.AttentionSpec) problem {
	inside := a.Heads * a.HeadDim
	qkv, do := b.normal(rows, 3*inside), b.normal(rows, inside)
	turned, dqkv, o, lse := b.like(qkv), b.like(qkv), b.like(do), b.zeros(rows, a.Heads)
	return problem{
		name: fmt.Sprintf("base=%g/xpos=%v/m=%g/inputs=%v", a.Rotary.Base, a.Rotary.XPos, a.Mask.M, a.Inputs),
		loss: func() float64 {
			set(turned, qkv)
			b.lanes(func(l compute.Lane, part cut) { l.Attention(part(o), part(lse), part(turned), a) })
			return inner(o, do)
		},
		gradient: func() {
			b.lanes(func(l compute.Lane, part cut) {
				l.AttentionGrad(part(dqkv), part(do), part(turned), part(o), part(lse), a)
			})
		},
		vars: []variable{{"qkv", qkv.Vec, dqkv.Vec}},
	}
}

// tokens is a batch with repeated ids below vocab.
func (b *bench) tokens(vocab int) compute.Batch {
	batch := compute.Batch{Seqs: seqs, T: positions}
	for range rows {
		batch.Inputs = append(batch.Inputs, int32(b.rng.IntN(vocab)))
		batch.Targets = append(batch.Targets, int32(b.rng.IntN(vocab)))
	}
	return batch
}

func embedProblems(b *bench) []problem {
	const c = 3
	return []problem{
		embedProblem(b, "tokens", compute.Mat{Cols: c}, compute.Mat{}),
		embedProblem(b, "tokens and positions", b.normal(positions+1, c), b.zeros(positions+1, c)),
	}
}

func embedProblem(b *bench, name string, pos, dpos compute.Mat) problem {
	const vocab = 5
	batch := b.tokens(vocab)
	embed, demb, dx := b.normal(vocab, pos.Cols), b.zeros(vocab, pos.Cols), b.normal(rows, pos.Cols)
	x := b.like(dx)
	return problem{
		name: name,
		loss: func() float64 {
			b.batch(batch, func(l compute.Lane, part cut) { l.Embed(part(x), embed.Vec, pos.Vec) })
			return inner(x, dx)
		},
		gradient: func() { b.EmbedGrad(demb.Vec, dpos.Vec, dx, batch) },
		vars:     []variable{{"embed", embed.Vec, demb.Vec}, {"pos", pos.Vec, dpos.Vec}},
	}
}

// classifyProblems is scale times the sum of the losses.
func classifyProblems(b *bench) (all []problem) {
	for _, mult := range []float64{1, 0.3} {
		all = append(all, classifyProblem(b, mult))
	}
	return all
}

func classifyProblem(b *bench, mult float64) problem {
	const c, vocab, scale = 5, 6, 0.25
	batch := b.tokens(vocab)
	batch.Targets[1], batch.Targets[rows-1] = -1, -1
	y, w, loss := b.normal(rows, c), b.normal(vocab, c), b.zeros(rows, 1)
	dlogits, dy, dw := b.zeros(rows, vocab), b.like(y), b.like(w)
	weight := b.Weight(w.Vec, vocab, c)
	return problem{
		name: fmt.Sprintf("mult=%g", mult),
		loss: func() float64 {
			b.batch(batch, func(l compute.Lane, part cut) {
				l.Classify(part(loss).Vec, compute.Mat{}, part(y), weight, mult, scale)
			})
			return scale * computetest.Sum(b.Reference, loss.Vec)
		},
		gradient: func() {
			b.batch(batch, func(l compute.Lane, part cut) {
				l.Classify(part(loss).Vec, part(dlogits), part(y), weight, mult, scale)
				l.LinearGrad(part(dy), part(dlogits), weight, mult, compute.Epilogue{})
			})
			b.WeightGrad(dw.Vec, compute.Vec{}, dlogits, y, mult)
		},
		vars: []variable{{"y", y.Vec, dy.Vec}, {"w", w.Vec, dw.Vec}},
	}
}
