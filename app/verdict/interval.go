package verdict

import (
	"math"
	"math/rand/v2"
	"slices"

	"growlab/growth/predict"
)

// Estimate is a number with its interval of 95 %; Low and High are nil where there is none.
type Estimate struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// half is the larger half of the interval, 0 without one.
func (e Estimate) half() float64 {
	if e.Low == nil {
		return 0
	}
	return max(e.Value-*e.Low, *e.High-e.Value)
}

// exp is the estimate of a ratio from that of its logarithm.
func (e Estimate) exp() Estimate {
	e.Value = math.Exp(e.Value)
	if e.Low != nil {
		low, high := math.Exp(*e.Low), math.Exp(*e.High)
		e.Low, e.High = &low, &high
	}
	return e
}

// between is an estimate with half the width of its interval.
func between(value, half float64) Estimate {
	low, high := value-half, value+half
	return Estimate{value, &low, &high}
}

// difference is mean(b) - mean(a), by Welch's t if there are several of either.
func difference(a, b []float64) Estimate {
	value := mean(b) - mean(a)
	na, nb := float64(len(a)), float64(len(b))
	va, vb := deviation(a)*deviation(a), deviation(b)*deviation(b)
	switch {
	case len(a) < 2 && len(b) < 2:
		return Estimate{Value: value}
	case len(a) < 2:
		return between(value, predict.Student(len(b)-1)*math.Sqrt(vb*(1/na+1/nb)))
	case len(b) < 2:
		return between(value, predict.Student(len(a)-1)*math.Sqrt(va*(1/na+1/nb)))
	}
	va, vb = va/na, vb/nb
	if va+vb == 0 {
		return between(value, 0)
	}
	dof := (va + vb) * (va + vb) / (va*va/(na-1) + vb*vb/(nb-1)) // Welch and Satterthwaite
	return between(value, predict.Student(int(dof))*math.Sqrt(va+vb))
}

// redraws is how often a pair of curves is drawn anew. Their stream is fixed, so that a verdict repeats.
const redraws = 1000

// redrawn is the interval of what read reads off two curves with new noise. Draws of which it cannot be read count as lost; if
// more than a tenth are, or the noise is not known, there is no interval.
func redrawn(value float64, a, b curve, read func(a, b curve) (float64, bool)) Estimate {
	sa, oka := a.scatter()
	sb, okb := b.scatter()
	if !oka || !okb {
		return Estimate{Value: value}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var all []float64
	for range redraws {
		if v, ok := read(a.again(rng, sa), b.again(rng, sb)); ok {
			all = append(all, v)
		}
	}
	if len(all) < redraws*9/10 {
		return Estimate{Value: value}
	}
	slices.Sort(all)
	low, high := quantile(all, 0.025), quantile(all, 0.975)
	low, high = min(low, value), max(high, value)
	return Estimate{value, &low, &high}
}

// again is c with new noise.
func (c curve) again(rng *rand.Rand, scatter float64) curve {
	n := len(c.y)
	y, shift := make([]float64, n), c.drift*rng.NormFloat64()
	for i, v := range c.y {
		if c.shifted && i == n-1 {
			y[i] = v + c.tail*rng.NormFloat64()
			continue
		}
		y[i] = v + shift + scatter*rng.NormFloat64()
	}
	c.y = y
	c.refit()
	return c
}
