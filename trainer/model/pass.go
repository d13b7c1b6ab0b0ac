package model

import (
	"growlab/growth/shape"
	"growlab/trainer/compute"
)

// pass is one trip of a batch through the network.
type pass struct {
	m     *Model
	seqs  int
	t     int
	grad  bool
	scale float64 // of the gradient

	norm      compute.NormSpec
	attention compute.AttentionSpec
	ffn       compute.Epilogue
	logitMult float64

	logits compute.Mat // asked for instead of the loss, if there are any
	loss   compute.Vec
}

func (m *Model) pass(b compute.Batch) *pass {
	if b.Seqs > m.seqs || b.T > m.Config.Context {
		panic("model: batch is larger than the model's activations")
	}
	n := b.Seqs * b.T
	return &pass{
		m: m, seqs: b.Seqs, t: b.T,
		norm: m.normSpec(), attention: m.attentionSpec(), ffn: m.ffn(),
		logitMult: m.Config.LogitScale(m.deff()), loss: m.act.loss.of(n).Vec,
	}
}

// lane carries one group of sequences forward and, if asked, back.
func (p *pass) lane(l compute.Lane) {
	m, a, s := p.m, &p.m.act, p.m.lanes[l.Index()]
	first, rows := l.First()*p.t, l.Seqs()*p.t
	of := func(x mat) compute.Mat { return x.of(p.seqs*p.t).Part(first, rows) }

	l.Embed(of(a.x[0]), m.embed.w, m.position.w)
	for i := range m.blocks {
		p.forward(l, &m.blocks[i], p.view(i, l.First(), l.Seqs()), p.gate(i))
	}
	end := 2 * len(m.blocks)
	l.Norm(of(a.y), of(a.stats), of(a.x[end]), m.final.gain.w, m.final.bias.w, p.norm)
	if p.logits.N > 0 {
		l.Linear(p.logits.Part(first, rows), of(a.y), m.unemb.weight, compute.Epilogue{})
		return
	}
	if !p.grad {
		l.Classify(p.loss.At(first, rows), compute.Mat{}, of(a.y), m.unemb.weight, p.logitMult, p.scale)
		return
	}

	dy := s.dy.of(rows)
	p.head(l, dy)
	g, b := p.normParts(a.parts, l.First(), l.Seqs())
	l.NormGrad(of(a.dx[end]), p.copied(of(a.dxo[end])), g, b, compute.Mat{}, dy, of(a.x[end]), of(a.stats), m.final.gain.w, p.norm)
	for i := len(m.blocks) - 1; i >= 0; i-- {
		v := p.view(i, l.First(), l.Seqs())
		if m.recompute && i < len(m.blocks)-1 {
			p.inner(l, &m.blocks[i], v, p.gate(i))
		}
		p.backward(l, &m.blocks[i], v, s, p.gate(i))
		if m.recompute { // what these need is overwritten by the next block
			p.blockGrads(&m.blocks[i], v, p.gate(i))
			m.complete(i)
		}
	}
}

// complete tells that the gradients of a layer are asked for.
func (m *Model) complete(layer int) {
	if m.OnLayer != nil {
		m.OnLayer(layer)
	}
}

// gate is that of layer i.
func (p *pass) gate(i int) gate {
	g := p.m.masks.Gate(i)
	if g != 1 && p.m.masks.Place == shape.OnInputs {
		return gate{branch: 1, whole: g}
	}
	return gate{branch: g, whole: 1}
}

// copied is where NormGrad puts the operands of a residual's gradient: nowhere, if the gradient itself is one.
func (p *pass) copied(operand compute.Mat) compute.Mat {
	if p.m.dev.Precision() == compute.FP32 {
		return compute.Mat{}
	}
	return operand
}

// weightGrads turns what all lanes saved into parameter gradients.
func (p *pass) weightGrads(b compute.Batch) {
	m, a := p.m, &p.m.act
	n := p.seqs * p.t
	if m.serial == nil {
		m.dev.WeightGrad(m.unemb.d, compute.Vec{}, a.dlogits.of(n), a.y.of(n), p.logitMult)
	}
	g, bias := p.normParts(a.parts, 0, p.seqs)
	p.normGrads(m.final, g, bias)
	for i := len(m.blocks) - 1; i >= 0 && !m.recompute; i-- {
		p.blockGrads(&m.blocks[i], p.view(i, 0, p.seqs), p.gate(i))
		m.complete(i)
	}
	m.dev.EmbedGrad(m.embed.d, m.position.d, a.dx[0].of(n), b)
}

// view is the part of layer i's activations that belongs to seqs sequences from first.
func (p *pass) view(i, first, seqs int) view {
	a, c := &p.m.act, p.m.act.layers[i]
	of := func(x mat) compute.Mat { return x.of(p.seqs*p.t).Part(first*p.t, seqs*p.t) }
	v := view{
		x0: of(a.x[2*i]), x1: of(a.x[2*i+1]), x2: of(a.x[2*i+2]),
		dx0: of(a.dx[2*i]), dx1: of(a.dx[2*i+1]), dx2: of(a.dx[2*i+2]),
		dx0o: of(a.dxo[2*i]), dx1o: of(a.dxo[2*i+1]), dx2o: of(a.dxo[2*i+2]),
		y1: of(c.y1), y2: of(c.y2), stats1: of(c.stats1), stats2: of(c.stats2),
		qkv: of(c.qkv), dqkv: of(c.dqkv), o: of(c.o), lse: of(c.lse),
		pre: of(c.pre), dpre: of(c.dpre), h: of(c.h),
	}
	v.g1, v.b1 = p.normParts(c.parts1, first, seqs)
	v.g2, v.b2 = p.normParts(c.parts2, first, seqs)
	return v
}

func (p *pass) normParts(n normParts, first, seqs int) (gain, bias compute.Mat) {
	gain = n.gain.of(p.seqs).Part(first, seqs)
	if n.bias.buf != nil {
		bias = n.bias.of(p.seqs).Part(first, seqs)
	}
	return gain, bias
}
