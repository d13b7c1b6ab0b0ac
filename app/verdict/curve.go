package verdict

import (
	"math"
	"slices"
	"sort"

	"growlab/growth/predict"
)

// curve is the loss of one run over the logarithm of its FLOPs.
type curve struct {
	x []float64 // ascending
	y []float64 // as measured
	// fit is the decreasing curve nearest to y, and what is read.
	fit []float64
	// shifted says that the last point is the run's end, measured on more text: the fit keeps it as it is.
	shifted bool
	// drift is the standard deviation of the shift common to all points but the last, and tail that of the last; both 0 if
	// nothing was shifted.
	drift, tail float64
}

// newCurve is the curve of r: shifted to end in its final loss, or as measured.
func newCurve(r Run, shifted bool) curve {
	c := curve{shifted: shifted}
	points := r.Points
	if shifted {
		points = Curve(r)
	}
	for _, p := range points {
		c.x, c.y = append(c.x, math.Log(p.FLOPs)), append(c.y, p.Loss)
	}
	c.refit()
	return c
}

// refit fits the curve to its points.
func (c *curve) refit() {
	weight := slices.Repeat([]float64{1}, len(c.y))
	if c.shifted {
		weight[len(weight)-1] = 1e12
	}
	c.fit = decreasing(c.y, weight)
}

// decreasing is the sequence nearest to y, by weighted least squares, that nowhere rises: pool adjacent violators (Ayer et al.
// 1955).
func decreasing(y, weight []float64) []float64 {
	type block struct {
		mean, weight float64
		n            int
	}
	blocks := make([]block, 0, len(y))
	for i, v := range y {
		b := block{v, weight[i], 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].mean <= b.mean {
			last := blocks[len(blocks)-1]
			w := last.weight + b.weight
			b = block{(last.mean*last.weight + b.mean*b.weight) / w, w, last.n + b.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	fit := make([]float64, 0, len(y))
	for _, b := range blocks {
		for range b.n {
			fit = append(fit, b.mean)
		}
	}
	return fit
}

// end is the last point of the fit: how far the curve reaches, and the lowest loss on it.
func (c curve) end() (x, loss float64) { return c.x[len(c.x)-1], c.fit[len(c.fit)-1] }

// at is the loss at x; false outside the curve.
func (c curve) at(x float64) (float64, bool) {
	const eps = 1e-9 // of a logarithm: rounding
	n := len(c.x)
	if x < c.x[0]-eps || x > c.x[n-1]+eps {
		return 0, false
	}
	i := min(max(sort.SearchFloat64s(c.x, x), 1), n-1)
	if n == 1 {
		return c.fit[0], true
	}
	u := (x - c.x[i-1]) / (c.x[i] - c.x[i-1])
	return c.fit[i-1] + (c.fit[i]-c.fit[i-1])*min(max(u, 0), 1), true
}

// reach is where the curve first comes down to a loss; false if it never does, or did before its first point. To the loss that
// it ends with it takes all it took: a noisy point before would let it seem to be there earlier.
func (c curve) reach(loss float64) (x float64, ok bool) {
	const eps = 1e-12 // a level that is a mean of fits
	if end, y := c.end(); math.Abs(y-loss) <= eps {
		return end, true
	}
	for i, y := range c.fit {
		switch {
		case y > loss:
			continue
		case i == 0:
			return 0, false
		}
		u := (c.fit[i-1] - loss) / (c.fit[i-1] - y)
		return c.x[i-1] + (c.x[i]-c.x[i-1])*u, true
	}
	return 0, false
}

// scatter is the standard deviation of single points about a straight line between their neighbours, after the first quarter of
// the curve, where it is steep: from the mean size of the residuals of Gasser, Sroka and Jennen-Steinmetz (1986), those above
// three times their median cut to that, so that a growth's jump does not count. Curvature counts as noise, so it is rather too
// large. False with fewer than five points.
func (c curve) scatter() (float64, bool) {
	n := len(c.x)
	if n < 5 {
		return 0, false
	}
	var all []float64
	for i := max(1, n/4); i < n-1; i++ {
		b := (c.x[i] - c.x[i-1]) / (c.x[i+1] - c.x[i-1])
		a := 1 - b
		r := (a*c.y[i-1] + b*c.y[i+1] - c.y[i]) / math.Sqrt(a*a+b*b+1)
		all = append(all, math.Abs(r))
	}
	slices.Sort(all)
	limit := 3 * quantile(all, 0.5)
	for i := range all {
		all[i] = min(all[i], limit)
	}
	// E|z| of a normal z is sqrt(2/pi). Widened as Student's t widens an interval for a deviation that is estimated itself; the
	// residuals, which share neighbours, count half.
	return mean(all) * math.Sqrt(math.Pi/2) * predict.Student(len(all)/2) / 1.96, true
}

// quantile is that of sorted values, between them by a straight line.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Curve is what is read of a run, for a picture: its evaluations, shifted to end in its final loss if that can be.
func Curve(r Run) []Point {
	all := append([]Point(nil), r.Points...)
	if len(r.Windows) == 0 {
		return all
	}
	for i := range all {
		all[i].Loss += r.End.Loss - mean(r.Windows)
	}
	return append(all, r.End)
}
