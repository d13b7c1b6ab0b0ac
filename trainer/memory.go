package trainer

import (
	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/optim"
	"growlab/trainer/ranks"
)

// MicroBatch is how many sequences of stage i of r, whose plan is plan, each of so many ranks takes at a time, if its memory does.
func MicroBatch(r growth.Recipe, plan growth.Plan, i, ranks int) int {
	seqs := int(plan.Stages[i].Batch) / plan.Stages[i].Config.Context
	return min(r.MicroBatch(i), (seqs+ranks-1)/ranks)
}

// Footprint is the memory on dev that training a network of shape c takes, seqs sequences at a time, for a rank of g: parameters,
// gradients, moments (its part, if dev is an optim.Sharder), activations, packed weights and scratch memory. It is found by walking
// through a step, in which g is only asked who is who. Of a network beyond any address space it is what parameters, gradients and
// moments alone take.
func Footprint(dev compute.Planned, c shape.Config, seqs int, g *ranks.Group, options ...model.Option) compute.Footprint {
	if _, ok := dev.(optim.Sharder); !ok {
		g = nil
	}
	beyond := false
	f := dev.Measure(func(dev compute.Device) {
		net, adam, err := build(dev, c, seqs, optim.Settings{}, g, options...)
		if err != nil {
			beyond = true
			return
		}
		loss, err := dev.Total()
		if err != nil {
			beyond = true
			return
		}
		b := newBatch(seqs, c.Context)
		net.Learn(b, 1, loss)
		adam.Update(net, 0, shape.Masks{})
		net.SetMasks(growing(c))
		net.Loss(b)
		few := newBatch(min(seqs, model.LogitSeqs(c)), c.Context)
		net.Logits(few)
		loss.Free()
		adam.Free()
		net.Free()
	})
	if beyond {
		return compute.Footprint{Tensors: 16 * c.Params()}
	}
	return f
}

// growing are masks that change something in every dimension of c.
func growing(c shape.Config) shape.Masks {
	from := c
	from.Hidden, from.Heads, from.FFN = c.Hidden-1, c.Heads-1, c.FFN-1
	return shape.Masks{From: from, NewLayer: make([]bool, c.Layers), M: shape.Joint(0.5)}
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
