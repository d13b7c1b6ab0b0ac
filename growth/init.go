package growth

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"growlab/growth/shape"
)

// Init is the tree of initial values of stage i: what the first stage starts from, and what supplies the new entries of a
// later one. Matrices are N(0, init_std²), those that write the residual stream divided by sqrt(2 L) with L the layers of
// the final stage, fixed from the start; gains are 1, biases 0. With muP (base_width > 0) the variance of a matrix shrinks
// as its width grows over the base (arXiv:2304.06875). Each tensor has its own stream of random numbers, so its values
// depend only on seed, stage and name.
//
// Deviation: muScaling's code also has queries, and unless told otherwise the embedding, start at zero, multiplies what the
// embedding puts out by a factor of its own, and shifts and scales what was drawn to its exact mean and variance. None of this
// hangs on the width, so that rates carry over without it.
func (r Recipe) Init(i int) shape.Tree {
	c, depth := r.Config(i), 1/math.Sqrt(2*float64(r.Final().Layers))
	return r.draw(i, func(s shape.Tensor) float64 {
		std := r.Model.InitStd
		if s.Role == shape.Reader || s.Role == shape.Writer {
			std *= math.Sqrt(1 / c.WidthRatio(s.Axes[len(s.Axes)-1], shape.Masks{}))
		}
		if s.Role == shape.Writer {
			std *= depth
		}
		return std
	})
}

// fresh is what op fills new entries of stage i with.
func (r Recipe) fresh(i int, op Operator) shape.Tree {
	if op.Std == 0 {
		return r.Init(i)
	}
	return r.draw(i, func(shape.Tensor) float64 { return op.Std })
}

// draw is a tree of stage i whose matrices have the standard deviations std.
func (r Recipe) draw(i int, std func(shape.Tensor) float64) shape.Tree {
	t := shape.NewTree(r.Config(i))
	for _, s := range t.Config.Tensors() {
		switch s.Role {
		case shape.Gain:
			fill(t.Data[s.Name], 1)
		case shape.Shift:
		case shape.Embedding, shape.Reader, shape.Writer:
			normal(t.Data[s.Name], std(s), rand.New(rand.NewPCG(r.Train.Seed, streamOf(i, s.Name))))
		}
	}
	return t
}

func streamOf(stage int, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(append([]byte{byte(stage)}, name...)) // a hash never fails
	return h.Sum64()
}

func normal(dst []float32, std float64, rng *rand.Rand) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64() * std)
	}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}
