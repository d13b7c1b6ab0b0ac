package computetest

import "math"

// num is a number and a bound on how far off a result in float32 may be, to first order, however the engine orders its
// sums and whether or not it fuses multiplications into them. The formulas of the trials run on nums, and so derive
// their own tolerance: for a sum of n products it is n * unit * (the sum of their absolute values).
//
// The same bounds scaled by unit64/unit hold for Reference; that is how the suite checks Reference itself against the
// formulas.
type num struct{ v, e float64 }

const (
	unit   = 1.0 / (1 << 24) // half the gap after 1 in float32: the relative error of one rounding
	unit64 = 1.0 / (1 << 53) // the same in float64

	// elementary bounds the error of exp, log, tanh and sine: four units in the last place, what a polynomial after
	// argument reduction gives without effort.
	elementary = 8 * unit

	// slack is the factor left to engines that compute by another formula: dividing by multiplying with the inverse,
	// softmax with a running maximum, tanh by exp. Each adds a few roundings to the chain that a bound follows, which
	// has seldom less than ten.
	slack = 2

	// floor is the absolute error allowed everywhere: results below the least float32, 1e-38, may be flushed to zero.
	floor = 1e-35
)

// exact is a number without error.
func exact(x float64) num { return num{x, 0} }

// constant is a number that engines hold in float32.
func constant(x float64) num { return num{x, math.Abs(float64(float32(x)) - x)} }

// rounded is v, off by e before it is rounded.
func rounded(v, e float64) num { return num{v, e + unit*math.Abs(v)} }

func (a num) plus(b num) num  { return rounded(a.v+b.v, a.e+b.e) }
func (a num) minus(b num) num { return rounded(a.v-b.v, a.e+b.e) }

func (a num) times(b num) num {
	return rounded(a.v*b.v, math.Abs(a.v)*b.e+math.Abs(b.v)*a.e)
}

func (a num) over(b num) num {
	q := a.v / b.v
	return rounded(q, (a.e+math.Abs(q)*b.e)/math.Abs(b.v))
}

func (a num) sqrt() num {
	r := math.Sqrt(a.v)
	return rounded(r, a.e/(2*r))
}

func (a num) exp() num {
	y := math.Exp(a.v)
	return num{y, y * (a.e + elementary)}
}

func (a num) log() num {
	y := math.Log(a.v)
	return num{y, a.e/a.v + elementary*math.Abs(y)}
}

// tanh is allowed an absolute error: engines get it from exp, and lose relative accuracy near 0.
func (a num) tanh() num {
	y := math.Tanh(a.v)
	return num{y, (1-y*y)*a.e + elementary}
}

// series is a sum whose terms may be added in any order.
type series struct {
	v, e, abs float64
	n         int
}

func (s *series) add(a num) {
	s.v += a.v
	s.e += a.e
	s.abs += math.Abs(a.v)
	s.n++
}

// product adds a*b for numbers without error.
func (s *series) product(a, b float64) {
	s.v += a * b
	s.abs += math.Abs(a * b)
	s.e += unit * math.Abs(a*b)
	s.n++
}

// total is the sum: each of the n-1 additions rounds a partial sum, which is at most the sum of absolute values.
func (s *series) total() num { return num{s.v, s.e + float64(s.n)*unit*s.abs} }

// inner64 is the sum of products of numbers without error.
func inner64(a, b []float32) num {
	var s series
	for i, x := range a {
		s.product(float64(x), float64(b[i]))
	}
	return s.total()
}
