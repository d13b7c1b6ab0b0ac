package model

import (
	"fmt"
	"math"

	"growlab/growth/shape"
	"growlab/trainer/compute"
)

const normEps = 1e-5

// Model is a network on a device.
type Model struct {
	Layout
	dev   compute.Device
	seqs  int // sequences that the activations have room for
	masks shape.Masks

	params, grads compute.Buffer
	blocks        []block
	embed, unemb  matrix
	position      param
	final         norm

	act       activations
	loss      compute.Total  // of Grad and Loss
	recompute bool           // blocks share their activations
	serial    compute.Serial // the device, if the head may be done in pieces; else nil
	piece     int            // rows of a piece, at most
	// OnLayer, if it is not nil, is called when Grad has asked for all gradients of a layer's parameters, the last layer first.
	OnLayer func(layer int)

	lanes []scratch
	owned []interface{ Free() }
}

// New puts a network of shape c, all zero, on dev, with room for seqs sequences of c.Context tokens.
func New(dev compute.Device, c shape.Config, seqs int, options ...Option) (*Model, error) {
	m := &Model{Layout: NewLayout(c), dev: dev, seqs: seqs, piece: pieceRows(c.Vocab)}
	for _, o := range options {
		o(m)
	}
	if err := m.build(); err != nil {
		m.Free()
		return nil, fmt.Errorf("model %v: %w", c, err)
	}
	return m, nil
}

func (m *Model) build() error {
	mem := arena{dev: m.dev}
	m.cutHead()
	m.params, m.grads = mem.alloc(m.Len), mem.alloc(m.Len)
	if m.recompute {
		m.act = sharedActivations(&mem, m.Config, m.seqs, m.piece)
	} else {
		m.act = newActivations(&mem, m.Config, m.seqs, m.Config.Layers, m.piece)
	}
	count, per := m.dev.Lanes(m.seqs)
	for range count {
		m.lanes = append(m.lanes, newScratch(&mem, m.Config, per))
	}
	m.owned = mem.owned
	if mem.err != nil {
		return mem.err
	}
	var err error
	if m.loss, err = m.dev.Total(); err != nil {
		return err
	}
	m.owned = append(m.owned, m.loss)
	m.bind()
	return nil
}

// bind makes the handles through which the text below names its parameters.
func (m *Model) bind() {
	m.embed = m.matrix(-1, shape.KindEmbed)
	m.unemb = m.embed
	if !m.Config.Tied {
		m.unemb = m.matrix(-1, shape.KindUnembed)
	}
	m.position = m.param(-1, shape.KindPosition)
	m.final = m.norm(-1, shape.KindFinal, shape.KindFinalBias)
	for l := range m.Config.Layers {
		m.blocks = append(m.blocks, block{
			norm1: m.norm(l, shape.KindNorm1, shape.KindNorm1Bias),
			norm2: m.norm(l, shape.KindNorm2, shape.KindNorm2Bias),
			qkv:   m.linear(l, shape.KindQKV, shape.KindQKVBias),
			out:   m.linear(l, shape.KindAttnOut, shape.KindAttnBias),
			up:    m.linear(l, shape.KindUp, shape.KindUpBias),
			down:  m.linear(l, shape.KindDown, shape.KindDownBias),
		})
	}
}

// Free returns the model's memory to the device.
func (m *Model) Free() {
	for _, o := range m.owned {
		o.Free()
	}
	m.owned = nil
}

// Params and Grads are the arenas.
func (m *Model) Params() compute.Vec { return compute.All(m.params) }

// Grads accumulates over calls of Grad until ZeroGrads.
func (m *Model) Grads() compute.Vec { return compute.All(m.grads) }

// ZeroGrads clears the gradients.
func (m *Model) ZeroGrads() { m.dev.Zero(m.Grads()) }

// Load sets the parameters.
func (m *Model) Load(t shape.Tree) {
	m.Upload(m.dev, m.Params(), t)
	m.dev.Refresh()
}

// SetMasks sets the growth in progress for all later passes. The zero Masks is none.
func (m *Model) SetMasks(k shape.Masks) { m.masks = k }

// Learn adds scale times the gradient of the summed loss of b to Grads and, unless loss is nil, that sum, in nats, over all its tokens, to
// loss. It need not wait until that is done.
func (m *Model) Learn(b compute.Batch, scale float64, loss compute.Total) {
	p := m.pass(b)
	p.grad, p.scale = true, scale
	m.dev.Run(b, p.lane)
	p.weightGrads(b)
	if loss != nil {
		m.dev.Sum(loss, p.loss)
	}
}

// Grad is Learn for whoever wants the loss at once.
func (m *Model) Grad(b compute.Batch, scale float64) float64 {
	m.Learn(b, scale, m.loss)
	return m.dev.Take(m.loss)
}

// Loss returns the summed loss of b, in nats, over all its tokens.
func (m *Model) Loss(b compute.Batch) float64 {
	p := m.pass(b)
	m.dev.Run(b, p.lane)
	m.dev.Sum(m.loss, p.loss)
	return m.dev.Take(m.loss)
}

// Logits returns the logits of b, (rows, V). b has at most LogitSeqs(Config) sequences; b.T may be shorter than the context.
func (m *Model) Logits(b compute.Batch) []float32 {
	p := m.pass(b)
	p.logits = m.act.logits.of(b.Seqs * b.T)
	m.dev.Run(b, p.lane)
	out := make([]float32, p.logits.N)
	m.dev.Download(out, p.logits.Vec)
	for i := range out {
		out[i] *= float32(p.logitMult)
	}
	return out
}

func (m *Model) deff() float64 { return m.masks.Deff(m.Config) }

func (m *Model) normSpec() compute.NormSpec {
	return compute.NormSpec{
		RMS: m.Config.Norm == shape.RMSNorm, Eps: normEps, S: m.deff(), Mask: m.mask(m.masks.From.Hidden, m.masks.M.Hidden),
	}
}

// mask is the two-valued mask whose old part is the first old entries.
func (m *Model) mask(old int, factor float64) compute.Mask {
	if !m.masks.Active() {
		return compute.Mask{}
	}
	return compute.Mask{Old: old, M: factor}
}

func (m *Model) attentionSpec() compute.AttentionSpec {
	c := m.Config
	a := compute.AttentionSpec{Heads: c.Heads, HeadDim: c.HeadDim, Scale: 1 / math.Sqrt(float64(c.HeadDim))}
	a.Inputs, a.Mask = m.placed(m.mask(m.masks.From.Heads, m.masks.M.Heads))
	if c.Pos != shape.Learned {
		a.Rotary = compute.Rotary{Base: 10000, XPos: c.Pos == shape.XPos, Center: c.Context / 2}
	}
	return a
}

// ffn is the activation with its masks; Bias and Pre are the caller's.
func (m *Model) ffn() compute.Epilogue {
	e := compute.Epilogue{Act: m.activation()}
	e.PreMask, e.Mask = m.placed(m.mask(m.masks.From.FFN, m.masks.M.FFN))
	return e
}

// placed puts k before or after what it masks.
func (m *Model) placed(k compute.Mask) (before, after compute.Mask) {
	if m.masks.Place == shape.OnInputs {
		return k, compute.Mask{}
	}
	return compute.Mask{}, k
}

func (m *Model) activation() compute.Act {
	if m.Config.Act == shape.SwiGLU {
		return compute.SwiGLU
	}
	return compute.GELU
}
