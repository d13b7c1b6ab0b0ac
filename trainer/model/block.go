package model

import "growlab/trainer/compute"

// block is one layer: x += attention(norm1(x)); x += ffn(norm2(x)).
type block struct {
	norm1, norm2       norm
	qkv, out, up, down linear
}

// view is the rows of one lane in the activations of one layer.
type view struct {
	x0, x1, x2       compute.Mat // residual stream before, between, after
	dx0, dx1, dx2    compute.Mat
	dx0o, dx1o, dx2o compute.Mat // the same as operands
	y1, y2           compute.Mat
	stats1, stats2   compute.Mat
	g1, b1, g2, b2   compute.Mat // gradients of the norms by sequence
	qkv, dqkv        compute.Mat
	o, lse           compute.Mat
	pre, dpre, h     compute.Mat
}

// gate is the factor on each branch of a layer, and that on the layer as a whole: whole*layer(x) + (1-whole)*x. Both are 1, but
// one of them may be less in a layer that growth added.
type gate struct{ branch, whole float64 }

// forward carries x0 to x2.
func (p *pass) forward(l compute.Lane, b *block, v view, g gate) {
	p.inner(l, b, v, g)
	l.Linear(v.x2, v.h, b.down.weight, compute.Epilogue{Bias: b.down.bias.w, Residual: v.x1, Gate: g.branch})
	if g.whole != 1 {
		l.Combine(v.x2, compute.Mat{}, g.whole, v.x2, 1-g.whole, v.x0)
	}
}

// inner is forward up to its last product: all that backward and the parameter gradients look at.
func (p *pass) inner(l compute.Lane, b *block, v view, g gate) {
	l.Norm(v.y1, v.stats1, v.x0, b.norm1.gain.w, b.norm1.bias.w, p.norm)
	l.Linear(v.qkv, v.y1, b.qkv.weight, compute.Epilogue{Bias: b.qkv.bias.w})
	l.Attention(v.o, v.lse, v.qkv, p.attention)
	l.Linear(v.x1, v.o, b.out.weight, compute.Epilogue{Bias: b.out.bias.w, Residual: v.x0, Gate: g.branch})

	l.Norm(v.y2, v.stats2, v.x1, b.norm2.gain.w, b.norm2.bias.w, p.norm)
	l.Linear(v.h, v.y2, b.up.weight, p.epilogue(b.up.bias.w, v.pre))
}

// backward carries dx2 to dx0, line by line the forward pass from its end, and saves what weightGrads needs.
func (p *pass) backward(l compute.Lane, b *block, v view, s scratch, g gate) {
	dy, do, residual := s.dy.of(v.x0.Rows()), s.do.of(v.x0.Rows()), v.dx1
	if g.whole != 1 { // what goes round the layer waits in dx0
		l.Combine(v.dx0, compute.Mat{}, 1-g.whole, v.dx2, 0, v.dx2)
		l.Combine(v.dx2, p.copied(v.dx2o), g.whole, v.dx2, 0, v.dx2)
		residual = v.dx0
	}

	l.LinearGrad(v.dpre, v.dx2o, b.down.weight, g.branch, p.epilogue(compute.Vec{}, v.pre))
	l.LinearGrad(dy, v.dpre, b.up.weight, 1, compute.Epilogue{})
	l.NormGrad(v.dx1, p.copied(v.dx1o), v.g2, v.b2, v.dx2, dy, v.x1, v.stats2, b.norm2.gain.w, p.norm)

	l.LinearGrad(do, v.dx1o, b.out.weight, g.branch, compute.Epilogue{})
	l.AttentionGrad(v.dqkv, do, v.qkv, v.o, v.lse, p.attention)
	l.LinearGrad(dy, v.dqkv, b.qkv.weight, 1, compute.Epilogue{})
	l.NormGrad(v.dx0, p.copied(v.dx0o), v.g1, v.b1, residual, dy, v.x0, v.stats1, b.norm1.gain.w, p.norm)
	if g.whole != 1 {
		l.Combine(v.dx0, p.copied(v.dx0o), 1, v.dx0, 1, v.dx1)
	}
}

// epilogue is what the first half of the FFN ends with.
func (p *pass) epilogue(bias compute.Vec, pre compute.Mat) compute.Epilogue {
	e := p.ffn
	e.Bias, e.Pre = bias, pre
	return e
}

// weightGrads adds the block's parameter gradients over the whole batch.
func (p *pass) blockGrads(b *block, v view, g gate) {
	d := p.m.dev
	d.WeightGrad(b.down.d, b.down.bias.d, v.dx2o, v.h, g.branch)
	d.WeightGrad(b.up.d, b.up.bias.d, v.dpre, v.y2, 1)
	p.normGrads(b.norm2, v.g2, v.b2)

	d.WeightGrad(b.out.d, b.out.bias.d, v.dx1o, v.o, g.branch)
	d.WeightGrad(b.qkv.d, b.qkv.bias.d, v.dqkv, v.y1, 1)
	p.normGrads(b.norm1, v.g1, v.b1)
}

func (p *pass) normGrads(n norm, gains, biases compute.Mat) {
	p.m.dev.SumRows(n.gain.d, gains)
	if n.bias.d.N > 0 {
		p.m.dev.SumRows(n.bias.d, biases)
	}
}
