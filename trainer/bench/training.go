package bench

import (
	"fmt"
	"math"
	"time"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/optim"
)

// Training is a network under training on random tokens.
type Training struct {
	dev   compute.Device
	net   *model.Model
	adam  *optim.AdamW
	loss  compute.Total
	batch compute.Batch
	draw  random
}

// NewTraining puts a network of shape s and its optimizer on dev.
func NewTraining(dev compute.Device, s Shape) (*Training, error) {
	net, err := model.New(dev, s.Config, s.Seqs)
	if err != nil {
		return nil, err
	}
	adam, err := optim.New(dev, net.Layout, optim.Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Clip: 1})
	if err != nil {
		net.Free()
		return nil, err
	}
	loss, err := dev.Total()
	if err != nil {
		adam.Free()
		net.Free()
		return nil, err
	}
	t := &Training{dev: dev, net: net, adam: adam, loss: loss}
	net.Load(t.initial(s.Config))
	t.batch = compute.Batch{Seqs: s.Seqs, T: s.Config.Context, Inputs: make([]int32, s.Tokens()), Targets: make([]int32, s.Tokens())}
	return t, nil
}

// Free returns the memory to the device.
func (t *Training) Free() {
	t.net.Free()
	t.adam.Free()
	t.loss.Free()
}

// Step trains a step under masks and returns how long it took.
func (t *Training) Step(masks shape.Masks) (time.Duration, error) {
	for i := range t.batch.Inputs {
		t.batch.Inputs[i], t.batch.Targets[i] = t.draw.below(t.net.Config.Vocab), t.draw.below(t.net.Config.Vocab)
	}
	step := t.adam.Steps + 1
	begin := time.Now()
	t.net.SetMasks(masks)
	t.net.ZeroGrads()
	t.net.Learn(t.batch, 1/float64(len(t.batch.Inputs)), t.loss)
	norm := t.adam.Update(t.net, 1e-4, masks)
	loss := t.dev.Take(t.loss)
	if err := t.dev.Sync(); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	if x := loss + norm; math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("step %d on %s: loss %v, gradient norm %v; they must be finite", step, t.dev.Name(), loss, norm)
	}
	return took, nil
}

// initial draws parameters of the size that training starts from: gains 1, biases 0, matrices of standard deviation 0.02.
func (t *Training) initial(c shape.Config) shape.Tree {
	tree := shape.NewTree(c)
	const sqrt3 = 1.7320508 // a uniform number in ±1 has the deviation 1/sqrt(3)
	for _, x := range c.Tensors() {
		data := tree.Data[x.Name]
		for i := range data {
			switch x.Role {
			case shape.Gain:
				data[i] = 1
			case shape.Shift:
				data[i] = 0
			default:
				data[i] = 0.02 * sqrt3 * t.draw.uniform()
			}
		}
	}
	return tree
}

// random is a linear congruential generator (Knuth's MMIX), good enough for numbers that only take up room.
type random uint64

func (r *random) next() uint32 {
	*r = *r*6364136223846793005 + 1442695040888963407
	return uint32(*r >> 32)
}

// below is a number from 0 to n-1.
func (r *random) below(n int) int32 { return int32(uint64(r.next()) * uint64(n) >> 32) }

// uniform is a number from -1 to 1.
func (r *random) uniform() float32 { return float32(r.next())/(1<<31) - 1 }
