// Package predict fits how the loss falls with size or compute and says what it will be further on:
//
//	loss = a x^b + c,  b < 0
//
// over parameters (muScaling, arXiv:2304.06875) or FLOPs (nanoLM, by the same authors). Points must be comparable: one kind of
// network, one text, one number of steps for a fit over parameters, a learning rate that suits all widths (muP sees to that).
//
// Fit is by least squares. Error bars come from the covariance of the fit, s² (JᵀJ)⁻¹ with J the Jacobian at the best fit and
// s² the residual variance over n-3 degrees of freedom, and Student's t: they assume that the law holds and that points
// scatter about it alike and independently. They say nothing of the law failing further on; what lies outside the points is
// marked as extrapolated. Three points are interpolated and give no error bars.
package predict

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrPoints is wrapped when points cannot be fitted.
var ErrPoints = errors.New("the points cannot be fitted")

// Point is one run: its size or compute, and its loss.
type Point struct {
	X    float64 `json:"x"`
	Loss float64 `json:"loss"`
}

// Fit is the law through some points.
type Fit struct {
	A, B, C float64
	// Errors are the standard errors of A, B and C; zero if DOF is.
	Errors [3]float64
	S      float64 // residual standard deviation
	DOF    int     // degrees of freedom: points less three
	Lo, Hi float64 // the range of the points

	center float64 // geometric mean of x: the law is fitted as scale (x/center)^b + c
	scale  float64
	cov    [3][3]float64 // of scale, b, c
}

// steepest and flattest are the exponents between which a fit looks.
const (
	steepest = -6
	flattest = -0.005
)

// Of fits the points.
func Of(points []Point) (Fit, error) {
	f := Fit{DOF: len(points) - 3, Lo: math.Inf(1), Hi: math.Inf(-1)}
	var xs []float64
	for _, p := range points {
		if !(p.X > 0) || math.IsInf(p.X, 0) || math.IsNaN(p.Loss) || math.IsInf(p.Loss, 0) {
			return f, fmt.Errorf("%w: x %v with loss %v; both must be finite, x positive", ErrPoints, p.X, p.Loss)
		}
		f.Lo, f.Hi = min(f.Lo, p.X), max(f.Hi, p.X)
		f.center += math.Log(p.X) / float64(len(points))
		xs = append(xs, p.X)
	}
	slices.Sort(xs)
	if n := len(slices.Compact(xs)); n < 3 {
		return f, fmt.Errorf("%w: a x^b + c needs three different x, these have %d", ErrPoints, n)
	}
	f.center = math.Exp(f.center)
	f.B = f.exponent(points)
	var rss float64
	f.scale, f.C, rss = f.line(points, f.B)
	switch {
	case f.scale <= 0:
		return f, fmt.Errorf("%w: the loss does not fall as x grows", ErrPoints)
	case f.B > flattest*1.01 || f.B < steepest*0.99:
		return f, fmt.Errorf("%w: they do not bend as a power law with a floor does (best exponent %.3g)", ErrPoints, f.B)
	}
	f.A = f.scale * math.Pow(f.center, -f.B)
	if f.DOF > 0 {
		f.S = math.Sqrt(rss / float64(f.DOF))
		f.covariance(points)
	}
	return f, nil
}

// exponent is the b of the best fit: the best of a grid, then a golden section around it. For each b, scale and c follow from a
// straight line (variable projection), so that there is nothing to start from and no start to depend on.
func (f Fit) exponent(points []Point) float64 {
	const grid = 400
	at := func(i float64) float64 { return flattest * math.Pow(steepest/flattest, i/grid) }
	rss := func(i float64) float64 { _, _, r := f.line(points, at(i)); return r }
	best := 0
	for i := range grid + 1 {
		if rss(float64(i)) < rss(float64(best)) {
			best = i
		}
	}
	lo, hi := max(float64(best)-1, 0), min(float64(best)+1, grid)
	const golden = 0.6180339887498949
	for range 80 {
		x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
		if rss(x) < rss(y) {
			hi = y
		} else {
			lo = x
		}
	}
	return at((lo + hi) / 2)
}

// line is the least-squares scale and c for exponent b, and the sum of squared residuals.
func (f Fit) line(points []Point, b float64) (scale, c, rss float64) {
	n := float64(len(points))
	var mz, ml float64
	for _, p := range points {
		mz += math.Pow(p.X/f.center, b) / n
		ml += p.Loss / n
	}
	var zz, zl float64
	for _, p := range points {
		z := math.Pow(p.X/f.center, b) - mz
		zz += z * z
		zl += z * (p.Loss - ml)
	}
	scale = zl / zz
	c = ml - scale*mz
	for _, p := range points {
		r := p.Loss - scale*math.Pow(p.X/f.center, b) - c
		rss += r * r
	}
	return scale, c, rss
}

// gradient is that of the law at x, by scale, b and c.
func (f Fit) gradient(x float64) [3]float64 {
	z := math.Pow(x/f.center, f.B)
	return [3]float64{z, f.scale * z * math.Log(x/f.center), 1}
}

// covariance fills cov and Errors.
func (f *Fit) covariance(points []Point) {
	var normal [3][3]float64
	for _, p := range points {
		g := f.gradient(p.X)
		for i := range g {
			for j := range g {
				normal[i][j] += g[i] * g[j]
			}
		}
	}
	inverse := invert(normal)
	for i := range inverse {
		for j := range inverse {
			f.cov[i][j] = inverse[i][j] * f.S * f.S
		}
	}
	// A = scale center^-B
	k := math.Pow(f.center, -f.B)
	a := [3]float64{k, -f.A * math.Log(f.center), 0}
	f.Errors = [3]float64{math.Sqrt(f.form(a)), math.Sqrt(f.cov[1][1]), math.Sqrt(f.cov[2][2])}
}

// form is gᵀ cov g.
func (f Fit) form(g [3]float64) float64 {
	var v float64
	for i := range g {
		for j := range g {
			v += g[i] * f.cov[i][j] * g[j]
		}
	}
	return max(v, 0)
}

// Prediction is the law at one x.
type Prediction struct {
	X    float64
	Loss float64
	// Low and High bound, with 95 % confidence, the loss of one more run there. Both are Loss if Bars is false.
	Low, High float64
	Bars      bool
	// Beyond is how many times x lies outside the points; 1 is inside. Anything else is extrapolated.
	Beyond float64
}

// At is the law at x.
func (f Fit) At(x float64) Prediction {
	loss := f.scale*math.Pow(x/f.center, f.B) + f.C
	p := Prediction{X: x, Loss: loss, Low: loss, High: loss, Bars: f.DOF > 0, Beyond: max(x/f.Hi, f.Lo/x, 1)}
	if p.Bars {
		half := student(f.DOF) * math.Sqrt(f.form(f.gradient(x))+f.S*f.S)
		p.Low, p.High = loss-half, loss+half
	}
	return p
}
