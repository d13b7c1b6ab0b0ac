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
func (r Recipe) Init(i int) shape.Tree {
	c := r.Config(i)
	t := shape.NewTree(c)
	depth := 1 / math.Sqrt(2*float64(r.Final().Layers))
	for _, s := range c.Tensors() {
		std := r.Model.InitStd
		if s.Role == shape.Reader || s.Role == shape.Writer {
			std *= math.Sqrt(1 / c.WidthRatio(s.Axes[len(s.Axes)-1], shape.Masks{}))
		}
		switch s.Role {
		case shape.Gain:
			fill(t.Data[s.Name], 1)
			continue
		case shape.Shift:
			continue
		case shape.Writer:
			std *= depth
		case shape.Embedding, shape.Reader:
		}
		normal(t.Data[s.Name], std, rand.New(rand.NewPCG(r.Train.Seed, streamOf(i, s.Name))))
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
