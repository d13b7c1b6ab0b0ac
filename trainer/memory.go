package trainer

import (
	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/optim"
	"growlab/trainer/ranks"
)

// Footprint is the memory on dev that training a network of shape c takes, seqs sequences at a time: parameters, gradients,
// moments, activations, packed weights and scratch memory. It is found by walking through a step. Of a network beyond any
// address space it is what parameters, gradients and moments alone take.
func Footprint(dev compute.Planned, c shape.Config, seqs int, options ...model.Option) compute.Footprint {
	beyond := false
	f := dev.Measure(func(dev compute.Device) {
		net, adam, err := build(dev, c, seqs, optim.Settings{}, nil, options...)
		if err != nil {
			beyond = true
			return
		}
		b := newBatch(seqs, c.Context)
		net.Grad(b, 1)
		adam.Update(net, 0, shape.Masks{})
		net.Loss(b)
		few := newBatch(min(seqs, model.LogitSeqs), c.Context)
		net.Logits(few)
		adam.Free()
		net.Free()
	})
	if beyond {
		return compute.Footprint{Tensors: 16 * c.Params()}
	}
	return f
}

// ModelOptions are what the recipe chooses about how networks compute.
func ModelOptions(r growth.Recipe) []model.Option {
	if r.Train.Recompute {
		return []model.Option{model.Recompute}
	}
	return nil
}

// build puts an empty network and its optimizer on dev, for one of the ranks of g.
func build(dev compute.Device, c shape.Config, seqs int, s optim.Settings, g *ranks.Group, options ...model.Option) (*model.Model, *optim.AdamW, error) {
	net, err := model.New(dev, c, seqs, options...)
	if err != nil {
		return nil, nil, err
	}
	adam, err := optim.NewRank(dev, net.Layout, s, g)
	if err != nil {
		net.Free()
		return nil, nil, err
	}
	adam.Borrow(net)
	return net, adam, nil
}
