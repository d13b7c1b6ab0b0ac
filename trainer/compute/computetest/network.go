package computetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"growlab/trainer/compute"
)

// network is a small transformer on a device, written as trainer/model writes its own: what RunGradients differentiates.
type network struct {
	networkShape
	dev        compute.Device
	batch      compute.Batch
	params     []*parameter
	embed, pos *parameter
	unembed    *parameter
	final      normLayer
	layers     []layer
	y, dlogits compute.Mat
	dy, do     compute.Mat // of the whole batch, of which lanes take their rows
	loss       compute.Mat
	x, dx      []compute.Mat // residual stream before, between and after the branches, and its gradient
	operands   []compute.Mat // dx as operands
	owned      []interface{ Free() }
}

// networkShape says how large and of which kind a network is.
type networkShape struct {
	seqs, t, depth, c, heads, dim, ffn, vocab int

	rms, bias, learned bool // RMSNorm, not LayerNorm; biases; learned positions
	act                compute.Act
	rotary             compute.Rotary
	old                int     // channels, of which the rest are masked; 0 for no masks
	m, gate, mult      float64 // of masks, of the last layer, of logits
	// authors masks q, k and v instead of heads' outputs and the argument of the activation instead of its result, and the gate
	// is on the whole last layer, gate*layer(x) + (1-gate)*x, instead of its two branches.
	authors bool
}

// parameter is a tensor and its gradient.
type parameter struct {
	name    string
	n       int
	x, d    compute.Vec
	w       compute.Weight // if a Linear multiplies by it
	numbers []float32
}

type normLayer struct {
	gain, bias           *parameter
	stats, gains, biases compute.Mat
}

type affine struct{ w, b *parameter }

// layer is a block with what it saves for the way back, rows of the whole batch.
type layer struct {
	norm1, norm2       normLayer
	qkv, out, up, down affine
	y1, y2             compute.Mat
	qkvs, dqkvs        compute.Mat
	o, lse             compute.Mat
	pre, dpre, h       compute.Mat
	gate               float64 // on both branches
	whole              bool    // gate is on the whole layer
}

// branch is the gate on each of the branches.
func (b *layer) branch() float64 {
	if b.whole {
		return 1
	}
	return b.gate
}

func (s networkShape) rows() int { return s.seqs * s.t }

func (s networkShape) wide() int {
	if s.act == compute.SwiGLU {
		return 2 * s.ffn
	}
	return s.ffn
}

// mask has the same share of n old as of the channels.
func (s networkShape) mask(n int) compute.Mask {
	if s.old == 0 {
		return compute.Mask{}
	}
	return compute.Mask{Old: max(1, n*s.old/s.c), M: s.m}
}

func (s networkShape) attention() compute.AttentionSpec {
	a := compute.AttentionSpec{Heads: s.heads, HeadDim: s.dim, Scale: 1 / math.Sqrt(float64(s.dim)), Rotary: s.rotary}
	if s.authors {
		a.Inputs = s.mask(s.heads)
	} else {
		a.Mask = s.mask(s.heads)
	}
	return a
}

// epilogue is that of the first half of the FFN, or what the second carries back to.
func (s networkShape) epilogue(bias compute.Vec, pre compute.Mat) compute.Epilogue {
	e := compute.Epilogue{Bias: bias, Act: s.act, Pre: pre}
	if s.authors {
		e.PreMask = s.mask(s.ffn)
	} else {
		e.Mask = s.mask(s.ffn)
	}
	return e
}

// newNetwork puts a network of shape s on dev, with random parameters.
func newNetwork(dev compute.Device, s networkShape) (*network, error) {
	n := &network{networkShape: s, dev: dev}
	rng := rand.New(rand.NewPCG(3, uint64(s.c)))
	inner, wide := s.heads*s.dim, s.wide()
	n.embed = n.param(rng, "embed", s.vocab, s.c, 1)
	if s.learned {
		n.pos = n.param(rng, "pos", s.t+1, s.c, 0.5) // one more than is used
	}
	for i := range s.depth {
		name := func(part string) string { return fmt.Sprintf("%s of layer %d", part, i) }
		n.layers = append(n.layers, layer{
			norm1: n.norm(rng, name("norm 1")), norm2: n.norm(rng, name("norm 2")),
			qkv: n.affine(rng, name("qkv"), 3*inner, s.c), out: n.affine(rng, name("out"), s.c, inner),
			up: n.affine(rng, name("up"), wide, s.c), down: n.affine(rng, name("down"), s.c, s.ffn), gate: 1,
		})
	}
	n.layers[s.depth-1].gate, n.layers[s.depth-1].whole = s.gate, s.authors
	n.final, n.unembed = n.norm(rng, "the last norm"), n.param(rng, "unembed", s.vocab, s.c, 1/math.Sqrt(float64(s.c)))
	return n, n.build()
}

func (n *network) param(rng *rand.Rand, name string, rows, cols int, std float64) *parameter {
	p := &parameter{name: name, n: rows * cols, numbers: make([]float32, rows*cols)}
	for i := range p.numbers {
		p.numbers[i] = float32(std * rng.NormFloat64())
	}
	n.params = append(n.params, p)
	return p
}

func (n *network) norm(rng *rand.Rand, name string) normLayer {
	l := normLayer{gain: n.param(rng, "gain of "+name, 1, n.c, 0.2)}
	for i := range l.gain.numbers {
		l.gain.numbers[i]++
	}
	if !n.rms {
		l.bias = n.param(rng, "bias of "+name, 1, n.c, 0.2)
	}
	return l
}

func (n *network) affine(rng *rand.Rand, name string, out, in int) (a affine) {
	a.w = n.param(rng, name, out, in, 1/math.Sqrt(float64(in)))
	if n.bias {
		a.b = n.param(rng, "bias of "+name, 1, out, 0.2)
	}
	return a
}

// build allocates, uploads, and gives the tokens.
func (n *network) build() (err error) {
	take := func(alloc func(int) (compute.Buffer, error), rows, cols int) compute.Mat {
		if err != nil {
			return compute.Mat{}
		}
		var buf compute.Buffer
		if buf, err = alloc(rows * cols); err != nil {
			return compute.Mat{}
		}
		n.owned = append(n.owned, buf)
		return compute.Matrix(compute.All(buf), cols)
	}
	mat := func(cols int) compute.Mat { return take(n.dev.Alloc, n.rows(), cols) }
	operand := func(cols int) compute.Mat { return take(n.dev.AllocOperand, n.rows(), cols) }
	parts := func(l *normLayer) {
		l.stats, l.gains = mat(2), take(n.dev.Alloc, n.seqs, n.c)
		if l.bias != nil {
			l.biases = take(n.dev.Alloc, n.seqs, n.c)
		}
	}
	inner, wide := n.heads*n.dim, n.wide()
	for i := range n.layers {
		l := &n.layers[i]
		parts(&l.norm1)
		parts(&l.norm2)
		l.y1, l.y2, l.qkvs, l.dqkvs = operand(n.c), operand(n.c), operand(3*inner), operand(3*inner)
		l.o, l.lse, l.pre, l.dpre, l.h = operand(inner), mat(n.heads), operand(wide), operand(wide), operand(n.ffn)
	}
	for range 2*n.depth + 1 {
		n.x, n.dx, n.operands = append(n.x, mat(n.c)), append(n.dx, mat(n.c)), append(n.operands, operand(n.c))
	}
	parts(&n.final)
	n.y, n.dlogits, n.loss, n.dy, n.do = operand(n.c), operand(n.vocab), mat(1), mat(n.c), operand(inner)
	for _, p := range n.params {
		p.x, p.d = take(n.dev.Alloc, 1, p.n).Vec, take(n.dev.Alloc, 1, p.n).Vec
	}
	if err != nil {
		return err
	}
	n.fill()
	return nil
}

// fill uploads the parameters, and gives the tokens.
func (n *network) fill() {
	for _, p := range n.params {
		n.dev.Upload(p.x, p.numbers)
	}
	matrix := func(p *parameter, in int) {
		p.w = n.dev.Weight(p.x, p.n/in, in)
		n.owned = append(n.owned, p.w)
	}
	for i := range n.layers {
		l := &n.layers[i]
		matrix(l.qkv.w, n.c)
		matrix(l.out.w, n.heads*n.dim)
		matrix(l.up.w, n.c)
		matrix(l.down.w, n.ffn)
	}
	matrix(n.unembed, n.c)
	k := newTrial(5, n.seqs, n.t)
	k.tokens(n.vocab)
	n.batch = k.batch
}

func (n *network) free() {
	for i := range n.owned {
		n.owned[len(n.owned)-1-i].Free()
	}
}

// value is p's numbers; no vector if there is no p.
func (p *parameter) value() compute.Vec {
	if p == nil {
		return compute.Vec{}
	}
	return p.x
}

// grad is p's gradient; no vector if there is no p.
func (p *parameter) grad() compute.Vec {
	if p == nil {
		return compute.Vec{}
	}
	return p.d
}
