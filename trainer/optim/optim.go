// Package optim updates the parameters: AdamW over one flat arena, with the gradient clipped by its global norm and muP's
// rates for each tensor. The learning rate of a step comes from growth.Position; nothing here keeps a schedule.
package optim

import (
	"fmt"
	"math"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/ranks"
)

// Settings are those of a recipe that hold for the whole run.
type Settings struct {
	Beta1, Beta2, Eps float64
	WeightDecay       float64 // on matrices only
	Clip              float64 // largest gradient norm; 0 is no clipping
}

// AdamW holds the moments of one model. Steps, its step counter, survives growth: moments of old entries go on, those of new
// ones start at zero without bias correction, which with beta2 = 0.95 costs at most 10 % on the first updates.
//
// Of several ranks whose devices are Sharders, each holds the moments of its part and updates just that (ZeRO stage 1; Rajbhandari et
// al., arXiv:1910.02054, section 5.1). With other devices every rank updates all, from the same sums.
type AdamW struct {
	Steps int64

	set     Settings
	dev     compute.Device
	layout  model.Layout
	m, v    compute.Buffer
	squares compute.Total // of the gradients, all ranks'
	group   *ranks.Group
	sharder Sharder     // nil: the moments are whole
	buckets []bucket    // one if the moments are whole
	arena   compute.Vec // gradients of a network, through which sharded moments are moved
	err     error
}

// New returns an optimizer with zero moments for models of layout l.
func New(dev compute.Device, l model.Layout, s Settings) (*AdamW, error) {
	return NewRank(dev, l, s, nil)
}

// NewRank is New for one of the ranks of g, whose devices are joined if they can be.
func NewRank(dev compute.Device, l model.Layout, s Settings, g *ranks.Group) (*AdamW, error) {
	o := &AdamW{set: s, dev: dev, layout: l, group: g}
	if g.Size() > 1 {
		o.sharder, _ = dev.(Sharder)
	}
	o.buckets = buckets(l, g, o.sharder != nil)
	last := o.buckets[len(o.buckets)-1]
	var err error
	if o.m, err = dev.Alloc(last.moment + last.part); err != nil {
		return nil, fmt.Errorf("optimizer: first moments: %w", err)
	}
	if o.v, err = dev.Alloc(last.moment + last.part); err != nil {
		o.Free()
		return nil, fmt.Errorf("optimizer: second moments: %w", err)
	}
	if o.squares, err = dev.Total(); err != nil {
		o.Free()
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	return o, nil
}

// Free returns the moments' memory to the device.
func (o *AdamW) Free() {
	for _, b := range []compute.Buffer{o.m, o.v} {
		if b != nil {
			b.Free()
		}
	}
	if o.squares != nil {
		o.squares.Free()
	}
	o.m, o.v, o.squares = nil, nil, nil
}

// Borrow lets sharded moments be moved through the gradients of net, which are lost then. It is to be called once before Load and
// Moments where there are several ranks.
func (o *AdamW) Borrow(net *model.Model) { o.arena = net.Grads() }

// Load sets the moments. All ranks call it.
func (o *AdamW) Load(m, v shape.Tree) {
	for _, x := range []struct {
		to   compute.Buffer
		tree shape.Tree
	}{{o.m, m}, {o.v, v}} {
		if o.sharder == nil {
			o.layout.Upload(o.dev, compute.All(x.to), x.tree)
			continue
		}
		flat := make([]float32, o.layout.Len)
		for _, t := range o.layout.Tensors {
			copy(flat[o.layout.Offset(t):], x.tree.Data[t.Name])
		}
		for i := range o.buckets {
			b := &o.buckets[i]
			o.dev.Upload(o.moments(x.to, b), flat[b.first:b.first+b.part])
		}
	}
}

// moments are those of a bucket's part.
func (o *AdamW) moments(x compute.Buffer, b *bucket) compute.Vec {
	return compute.All(x).At(b.moment, b.part)
}

// Moments reads the moments. All ranks call it; sharded moments overwrite the gradients that Borrow was given.
func (o *AdamW) Moments() (m, v shape.Tree) { return o.download(o.m), o.download(o.v) }

func (o *AdamW) download(x compute.Buffer) shape.Tree {
	if o.sharder == nil {
		return o.layout.Download(o.dev, compute.All(x))
	}
	if o.arena.N != o.layout.Len {
		panic("optim: sharded moments are read before a network lent its gradients")
	}
	for i := range o.buckets {
		b := &o.buckets[i]
		part := make([]float32, b.part)
		o.dev.Download(part, o.moments(x, b))
		o.dev.Upload(b.own(o.arena), part)
	}
	o.gather(o.arena)
	return o.layout.Download(o.dev, o.arena)
}

// Update takes one step of learning rate lr on net with its gradients, summed over the ranks if there are several, and returns their
// norm before clipping. If the norm is not finite nothing is changed. The host waits for the device once, at the end, and knows the
// norm then: clipping, and changing nothing, are the device's.
func (o *AdamW) Update(net *model.Model, lr float64, k shape.Masks) (gradNorm float64) {
	for i := range o.buckets {
		b := &o.buckets[i]
		o.reduce(net, b)
		b.reduced = false
	}
	for i := range o.buckets {
		o.dev.SumSquares(o.squares, o.buckets[i].own(net.Grads()))
	}
	if o.sharder != nil {
		o.note(o.sharder.SumTotal(o.squares))
	}
	adam := compute.Adam{
		Beta1: o.set.Beta1, Beta2: o.set.Beta2, Eps: o.set.Eps, Step: o.Steps + 1, Squares: o.squares, Clip: o.set.Clip,
	}
	spans := o.spans(lr, k)
	for i := range o.buckets {
		b := &o.buckets[i]
		o.dev.AdamW(b.own(net.Params()), b.own(net.Grads()), o.moments(o.m, b), o.moments(o.v, b), b.cut(spans), adam)
	}
	o.gather(net.Params())
	o.dev.Refresh()
	squares := o.dev.Take(o.squares)
	if o.err != nil {
		return math.NaN()
	}
	if !math.IsNaN(adam.Scale(squares)) {
		o.Steps++
	}
	return math.Sqrt(squares)
}

// spans are the rates of each tensor. muP divides a matrix's learning rate by its width ratio and multiplies its decay, so
// that their product stays; embeddings, gains and biases keep theirs (arXiv:2304.06875).
func (o *AdamW) spans(lr float64, k shape.Masks) []compute.Span {
	spans := make([]compute.Span, 0, len(o.layout.Tensors))
	for _, t := range o.layout.Tensors {
		s := compute.Span{Off: o.layout.Offset(t), N: t.Len(), LR: lr}
		ratio := 1.0
		if t.Role == shape.Reader || t.Role == shape.Writer {
			ratio = o.layout.Config.WidthRatio(t.Axes[len(t.Axes)-1], k)
		}
		s.LR /= ratio
		if t.Decays() {
			s.Decay = o.set.WeightDecay * ratio
		}
		spans = append(spans, s)
	}
	return spans
}
