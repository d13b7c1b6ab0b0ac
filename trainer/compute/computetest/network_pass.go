package computetest

import "growlab/trainer/compute"

// grads adds the gradient of scale times the summed loss to that of every parameter.
func (n *network) grads(scale float64) {
	n.dev.Run(n.batch, func(l compute.Lane) {
		n.forward(l)
		n.classify(l, n.dlogits, scale)
		n.backward(l)
	})
	n.parameterGrads()
}

// losses fills loss, and no gradients.
func (n *network) losses() {
	n.dev.Run(n.batch, func(l compute.Lane) {
		n.forward(l)
		n.classify(l, compute.Mat{}, 1)
	})
}

// part is the lane's rows of m, which has rows for all sequences; nothing of nothing.
func (n *network) part(l compute.Lane, m compute.Mat) compute.Mat {
	if m.N == 0 {
		return m
	}
	each := m.Rows() / n.seqs
	return m.Part(l.First()*each, l.Seqs()*each)
}

func (n *network) normSpec() compute.NormSpec { return normSpec(n.rms, n.mask(n.c), n.c) }

func (n *network) forward(l compute.Lane) {
	of := func(m compute.Mat) compute.Mat { return n.part(l, m) }
	l.Embed(of(n.x[0]), n.embed.value(), n.pos.value())
	for i := range n.layers {
		b, x := &n.layers[i], n.x[2*i:]
		l.Norm(of(b.y1), of(b.norm1.stats), of(x[0]), b.norm1.gain.value(), b.norm1.bias.value(), n.normSpec())
		l.Linear(of(b.qkvs), of(b.y1), b.qkv.w.w, compute.Epilogue{Bias: b.qkv.b.value()})
		l.Attention(of(b.o), of(b.lse), of(b.qkvs), n.attention())
		l.Linear(of(x[1]), of(b.o), b.out.w.w, compute.Epilogue{Bias: b.out.b.value(), Residual: of(x[0]), Gate: b.branch()})

		l.Norm(of(b.y2), of(b.norm2.stats), of(x[1]), b.norm2.gain.value(), b.norm2.bias.value(), n.normSpec())
		l.Linear(of(b.h), of(b.y2), b.up.w.w, n.epilogue(b.up.b.value(), of(b.pre)))
		l.Linear(of(x[2]), of(b.h), b.down.w.w, compute.Epilogue{Bias: b.down.b.value(), Residual: of(x[1]), Gate: b.branch()})
		if b.whole {
			l.Combine(of(x[2]), compute.Mat{}, b.gate, of(x[2]), 1-b.gate, of(x[0]))
		}
	}
}

func (n *network) classify(l compute.Lane, dlogits compute.Mat, scale float64) {
	of := func(m compute.Mat) compute.Mat { return n.part(l, m) }
	l.Norm(of(n.y), of(n.final.stats), of(n.x[2*n.depth]), n.final.gain.value(), n.final.bias.value(), n.normSpec())
	l.Classify(of(n.loss).Vec, of(dlogits), of(n.y), n.unembed.w, n.mult, scale)
}

func (n *network) backward(l compute.Lane) {
	of := func(m compute.Mat) compute.Mat { return n.part(l, m) }
	norm := func(i int, b normLayer, residual compute.Mat) {
		l.NormGrad(of(n.dx[i]), of(n.operands[i]), of(b.gains), of(b.biases), residual, of(n.dy), of(n.x[i]), of(b.stats),
			b.gain.value(), n.normSpec())
	}
	l.LinearGrad(of(n.dy), of(n.dlogits), n.unembed.w, n.mult, compute.Epilogue{})
	norm(2*n.depth, n.final, compute.Mat{})
	for i := n.depth - 1; i >= 0; i-- {
		b, dx, operands := &n.layers[i], n.dx[2*i:], n.operands[2*i:]
		if b.whole { // what goes round the layer waits in dx[0]
			l.Combine(of(dx[0]), compute.Mat{}, 1-b.gate, of(dx[2]), 0, of(dx[2]))
			l.Combine(of(dx[2]), of(operands[2]), b.gate, of(dx[2]), 0, of(dx[2]))
		}
		l.LinearGrad(of(b.dpre), of(operands[2]), b.down.w.w, b.branch(), n.epilogue(compute.Vec{}, of(b.pre)))
		l.LinearGrad(of(n.dy), of(b.dpre), b.up.w.w, 1, compute.Epilogue{})
		norm(2*i+1, b.norm2, of(dx[2]))

		l.LinearGrad(of(n.do), of(operands[1]), b.out.w.w, b.branch(), compute.Epilogue{})
		l.AttentionGrad(of(b.dqkvs), of(n.do), of(b.qkvs), of(b.o), of(b.lse), n.attention())
		l.LinearGrad(of(n.dy), of(b.dqkvs), b.qkv.w.w, 1, compute.Epilogue{})
		if b.whole {
			norm(2*i, b.norm1, of(dx[0]))
			l.Combine(of(dx[0]), of(operands[0]), 1, of(dx[0]), 1, of(dx[1]))
			continue
		}
		norm(2*i, b.norm1, of(dx[1]))
	}
}

func (n *network) parameterGrads() {
	linear := func(a affine, dy, x compute.Mat, gate float64) { n.dev.WeightGrad(a.w.d, a.b.grad(), dy, x, gate) }
	norm := func(b normLayer) {
		n.dev.SumRows(b.gain.d, b.gains)
		if b.bias != nil {
			n.dev.SumRows(b.bias.d, b.biases)
		}
	}
	n.dev.WeightGrad(n.unembed.d, compute.Vec{}, n.dlogits, n.y, n.mult)
	norm(n.final)
	for i := range n.layers {
		b, dx := &n.layers[i], n.operands[2*i:]
		linear(b.down, dx[2], b.h, b.branch())
		linear(b.up, b.dpre, b.y2, 1)
		norm(b.norm2)
		linear(b.out, dx[1], b.o, b.branch())
		linear(b.qkv, b.dqkvs, b.y1, 1)
		norm(b.norm1)
	}
	n.dev.EmbedGrad(n.embed.d, n.pos.grad(), n.dx[0], n.batch)
}
