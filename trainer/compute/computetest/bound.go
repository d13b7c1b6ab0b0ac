package computetest

import "math"

// num is a number with bounds on two errors. e is that of float32 arithmetic, to first order, however the engine orders its
// sums and whether or not it fuses multiplications into them. r is what rounding operands to bf16 adds; it is no estimate
// but a bound, since a unit of 2^-8 has squares that count. The formulas of the trials run on nums, and so derive their own
// tolerance: for a sum of n products e is n * unit * (the sum of their absolute values).
//
// An engine with operands of fp32 is held to e alone, Reference in float64 to e scaled by unit64/unit; that is how the suite
// checks Reference itself against the formulas.
type num struct{ v, e, r float64 }

const (
	unit   = 1.0 / (1 << 24) // half the gap after 1 in float32: the relative error of one rounding
	unit16 = 1.0 / (1 << 8)  // the same in bf16
	unit64 = 1.0 / (1 << 53) // the same in float64

	// elementary bounds the error of exp, log, tanh and sine: four units in the last place, what a polynomial after
	// argument reduction gives without effort.
	elementary = 8 * unit

	// slack is the factor on e left to engines that compute by another formula: dividing by multiplying with the inverse,
	// softmax with a running maximum, tanh by exp. Each adds a few roundings to the chain that a bound follows, which
	// has seldom less than ten. r gets none: the contract says what is rounded.
	slack = 2

	// floor is the absolute error allowed everywhere: results below the least float32, 1e-38, may be flushed to zero.
	floor = 1e-35
)

// exact is a number without error.
func exact(x float64) num { return num{v: x} }

// constant is a number that engines hold in float32.
func constant(x float64) num { return num{v: x, e: math.Abs(float64(float32(x)) - x)} }

// rounded is v, off by e and r before it is rounded.
func rounded(v, e, r float64) num { return num{v, e + unit*math.Abs(v), r} }

// stored is a where it is kept as an operand.
func (a num) stored() num { return num{a.v, a.e, a.r + unit16*(math.Abs(a.v)+a.r)} }

func (a num) plus(b num) num  { return rounded(a.v+b.v, a.e+b.e, a.r+b.r) }
func (a num) minus(b num) num { return rounded(a.v-b.v, a.e+b.e, a.r+b.r) }

func (a num) times(b num) num {
	x, y := math.Abs(a.v), math.Abs(b.v)
	return rounded(a.v*b.v, x*b.e+y*a.e, x*b.r+y*a.r+a.r*b.r)
}

func (a num) over(b num) num {
	q := a.v / b.v
	return rounded(q, (a.e+math.Abs(q)*b.e)/math.Abs(b.v), (a.r+math.Abs(q)*b.r)/max(math.Abs(b.v)-b.r, 0))
}

func (a num) sqrt() num {
	y := math.Sqrt(a.v)
	return rounded(y, a.e/(2*y), a.r/y) // |sqrt(v+r) - y| <= r/y
}

func (a num) exp() num {
	y := math.Exp(a.v)
	return num{y, y * (a.e + elementary), y * math.Expm1(a.r)}
}

func (a num) log() num {
	y := math.Log(a.v)
	return num{y, a.e/a.v + elementary*math.Abs(y), -math.Log1p(-min(a.r/a.v, 1))}
}

// tanh is allowed an absolute error: engines get it from exp, and lose relative accuracy near 0.
func (a num) tanh() num {
	y := math.Tanh(a.v)
	return num{y, (1-y*y)*a.e + elementary, a.r} // no steeper than 1
}

// series is a sum whose terms may be added in any order. Terms that are products of two bf16 are exact in float32, which
// gains nothing: some hardware rounds them in pairs.
type series struct {
	v, e, r, abs float64
	n            int
}

func (s *series) add(a num) {
	s.v += a.v
	s.e += a.e
	s.r += a.r
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
func (s *series) total() num { return num{s.v, s.e + float64(s.n)*unit*s.abs, s.r} }

// inner64 is the sum of products of numbers without error.
func inner64(a, b []float32) num { return productOf(a, b).total() }

func productOf(a, b []float32) *series {
	var s series
	for i, x := range a {
		s.product(float64(x), float64(b[i]))
	}
	return &s
}

// rerounded is a sum of products where one side may be rounded to an operand on its way: a query times the scale of the
// scores, a gradient times a mask. Engines differ in this, and may.
func (s *series) rerounded() num {
	a := s.total()
	a.r += unit16 * s.abs
	return a
}
