// Package optim updates the parameters: AdamW over one flat arena, with the gradient clipped by its global norm and muP's
// rates for each tensor. The learning rate of a step comes from growth.Position; nothing here keeps a schedule.
package optim

import (
	"fmt"
	"math"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/model"
)

// Settings are those of a recipe that hold for the whole run.
type Settings struct {
	Beta1, Beta2, Eps float64
	WeightDecay       float64 // on matrices only
	Clip              float64 // largest gradient norm; 0 is no clipping
}

// AdamW holds the moments of one model. Steps, its step counter, survives growth: moments of old entries go on, those of new
// ones start at zero without bias correction, which with beta2 = 0.95 costs at most 10 % on the first updates.
type AdamW struct {
	Steps int64

	set    Settings
	dev    compute.Device
	layout model.Layout
	m, v   compute.Buffer
}

// New returns an optimizer with zero moments for models of layout l.
func New(dev compute.Device, l model.Layout, s Settings) (*AdamW, error) {
	o := &AdamW{set: s, dev: dev, layout: l}
	var err error
	if o.m, err = dev.Alloc(l.Len); err != nil {
		return nil, fmt.Errorf("optimizer: first moments: %w", err)
	}
	if o.v, err = dev.Alloc(l.Len); err != nil {
		o.Free()
		return nil, fmt.Errorf("optimizer: second moments: %w", err)
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
	o.m, o.v = nil, nil
}

// Load sets the moments.
func (o *AdamW) Load(m, v shape.Tree) {
	o.layout.Upload(o.dev, compute.All(o.m), m)
	o.layout.Upload(o.dev, compute.All(o.v), v)
}

// Moments reads the moments.
func (o *AdamW) Moments() (m, v shape.Tree) {
	return o.layout.Download(o.dev, compute.All(o.m)), o.layout.Download(o.dev, compute.All(o.v))
}

// Update takes one step of learning rate lr on net with its gradients, and returns their norm before clipping. If the norm
// is not finite nothing is changed.
func (o *AdamW) Update(net *model.Model, lr float64, k shape.Masks) (gradNorm float64) {
	gradNorm = math.Sqrt(o.dev.SumSquares(net.Grads()))
	if math.IsNaN(gradNorm) || math.IsInf(gradNorm, 0) {
		return gradNorm
	}
	scale := 1.0
	if o.set.Clip > 0 && gradNorm > o.set.Clip {
		scale = o.set.Clip / gradNorm
	}
	o.Steps++
	o.dev.AdamW(net.Params(), net.Grads(), compute.All(o.m), compute.All(o.v), o.spans(lr, k), compute.Adam{
		Beta1: o.set.Beta1, Beta2: o.set.Beta2, Eps: o.set.Eps, Step: o.Steps, GradScale: scale,
	})
	o.dev.Refresh()
	return gradNorm
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
