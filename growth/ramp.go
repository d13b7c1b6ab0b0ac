package growth

import (
	"math"
	"slices"

	"growlab/growth/shape"
)

// The shapes of a ramp, u being the part of it that is over.
const (
	RampLinear = "linear" // m = u
	RampCosine = "cosine" // m = (1 - cos pi u)/2: slow at both ends
	// RampStep is m = 0 until the ramp ends, then 1: the new part waits, without gradients, and joins at once. It is a
	// control: what it loses against linear is what fading in is worth.
	RampStep = "step"
)

var rampShapes = []string{RampLinear, RampCosine, RampStep}

// The dimensions that grow, as ramp_order names them.
const (
	DimHidden = "hidden"
	DimHeads  = "heads"
	DimFFN    = "ffn"
	DimLayers = "layers"
)

var dims = []string{DimHidden, DimHeads, DimFFN, DimLayers}

// factor is m of a dimension in f.
func factor(f *shape.Factors, dim string) *float64 {
	switch dim {
	case DimHidden:
		return &f.Hidden
	case DimHeads:
		return &f.Heads
	case DimFFN:
		return &f.FFN
	}
	return &f.Layers
}

// growing lists the dimensions in which stage i differs from the one before.
func (r Recipe) growing(i int) []string {
	from, to := r.Config(i-1), r.Config(i)
	grows := map[string]bool{
		DimHidden: from.Hidden != to.Hidden, DimHeads: from.Heads != to.Heads, DimFFN: from.FFN != to.FFN, DimLayers: from.Layers != to.Layers,
	}
	return slices.DeleteFunc(slices.Clone(dims), func(d string) bool { return !grows[d] })
}

// queue is the order in which the dimensions of stage i ramp, those that do not grow left out; nil if all ramp together.
func (r Recipe) queue(i int) []string {
	if len(r.Stages[i].RampOrder) == 0 {
		return nil
	}
	grows := r.growing(i)
	return slices.DeleteFunc(slices.Clone(r.Stages[i].RampOrder), func(d string) bool { return !slices.Contains(grows, d) })
}

// factors are m of each dimension after in tokens of stage i, and the mean over those that grow. New weights of a dimension whose
// turn has not come are invisible: they get no gradient, and decay.
//
//	together      ramp_order = ["ffn", "layers", "hidden"]: each a third of the ramp
//	m  /------    m   /-------------  ffn
//	  / all             ----/---------  layers
//	 /                  --------/-----  hidden
func (r Recipe) factors(i int, in int64) (f shape.Factors, mean float64) {
	u, how := r.ramped(i, in), r.Stages[i].RampShape
	if u >= 1 || len(r.Stages[i].RampOrder) == 0 {
		m := faded(how, u)
		return shape.Joint(m), m
	}
	f = shape.Joint(1)
	queue := r.queue(i)
	for turn, dim := range queue {
		m := faded(how, max(0, u*float64(len(queue))-float64(turn)))
		*factor(&f, dim) = m
		mean += m / float64(len(queue))
	}
	return f, mean
}

// faded is m once the part u of a ramp is over.
func faded(how string, u float64) float64 {
	switch {
	case u >= 1:
		return 1
	case how == RampCosine:
		return 0.5 * (1 - math.Cos(math.Pi*u))
	case how == RampStep:
		return 0
	}
	return u
}

// ramped is the part of stage i's ramp that is over after in tokens of it.
func (r Recipe) ramped(i int, in int64) float64 {
	ramp, s := r.ramp(i), r.Stages[i].since
	if in >= ramp {
		return 1
	}
	return s.ramped + (1-s.ramped)*float64(in-s.tokens)/float64(ramp-s.tokens)
}

// ramp is the length of stage i's ramp in tokens: at most the stage's whole steps, so that it has ended when the next growth
// comes, and none where there are no masks.
func (r Recipe) ramp(i int) int64 {
	if i == 0 {
		return 0
	}
	if op, err := Lookup(r.Stages[i].Operator); err != nil || !op.Masked {
		return 0
	}
	return min(int64(r.Stages[i].Ramp), r.length(i))
}
