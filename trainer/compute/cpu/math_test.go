package cpu

import (
	"math"
	"testing"
)

// TestFunctions bounds the error of the elementary functions in units in the last place of the result, or of floor where that
// is larger: the tails of sigmoid and GELU are too small to need relative accuracy.
func TestFunctions(t *testing.T) {
	sigm := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	inner := func(x float64) float64 { return 2 * math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x) }
	cases := []struct {
		name     string
		f        function
		exact    func(x float64) float64
		from, to float64
		ulps     float64
		floor    float64
	}{
		{"exp", exp, math.Exp, -87.3, 88.3, 1.5, 0},
		{"exp near 0", exp, math.Exp, -1, 0, 1.2, 0},
		{"log", log, math.Log, 1, 1e6, 1.5, 0},
		{"log of small numbers", log, math.Log, 1e-37, 1, 2.5, 0},
		{"sigmoid", sigmoid, sigm, -20, 20, 3.5, 0},
		{"gelu", gelu, func(x float64) float64 { return x * sigm(inner(x)) }, -8, 8, 5, 0.1},
		{"gelu's slope", geluGrad, func(x float64) float64 {
			s := sigm(inner(x))
			return s + x*s*(1-s)*2*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x)
		}, -8, 8, 4, 0.5},
	}
	for _, f := range families() {
		if f.c == nil {
			continue
		}
		for _, c := range cases {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				const n = 400_003
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(c.from + (c.to-c.from)*float64(i)/(n-1))
					if c.f == log {
						x[i] = float32(c.from * math.Pow(c.to/c.from, float64(i)/(n-1)))
					}
				}
				worst, at := 0.0, 0
				y := kernels{c: f.c}.apply(c.f, x)
				for i := range x {
					want := c.exact(float64(x[i]))
					if e := math.Abs(float64(y[i])-want) / ulp(max(math.Abs(want), c.floor)); e > worst || math.IsNaN(e) {
						worst, at = e, i
					}
				}
				t.Logf("largest error %.2f ulp, at %g", worst, x[at])
				if !(worst <= c.ulps) {
					t.Errorf("%s(%g): got %.9g, want %.9g, off by %.2f ulp of %g at least; allowed are %g",
						c.name, x[at], y[at], c.exact(float64(x[at])), worst, c.floor, c.ulps)
				}
			})
		}
	}
}

// ulp is the distance between float32 numbers of the size of x.
func ulp(x float64) float64 {
	f := float32(x)
	return float64(math.Nextafter32(f, math.MaxFloat32)) - float64(f)
}

func TestFunctionsAtTheEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	cases := []struct {
		name string
		f    function
		x, y float32
	}{
		{"exp of 0", exp, 0, 1},
		{"exp of -inf", exp, -inf, 0},
		{"exp below the normal numbers", exp, -90, 0},
		{"exp of NaN", exp, nan, nan},
		{"log of 1", log, 1, 0},
		{"sigmoid of 0", sigmoid, 0, 0.5},
		{"sigmoid of 100", sigmoid, 100, 1},
		{"sigmoid of NaN", sigmoid, nan, nan},
		{"gelu of 0", gelu, 0, 0},
		{"gelu of 50", gelu, 50, 50},
		{"gelu of NaN", gelu, nan, nan},
		{"gelu's slope at 0", geluGrad, 0, 0.5},
		{"gelu's slope at 50", geluGrad, 50, 1},
		{"gelu's slope at NaN", geluGrad, nan, nan},
	}
	for _, f := range families() {
		if f.c == nil {
			continue
		}
		for _, c := range cases {
			// At both ends of a row with a remainder.
			x := make([]float32, 19)
			for i := range x {
				x[i] = c.x
			}
			for i, y := range (kernels{c: f.c}).apply(c.f, x) {
				if y != c.y && !(math.IsNaN(float64(y)) && math.IsNaN(float64(c.y))) {
					t.Errorf("%s: %s, element %d: got %g, want %g", f.name, c.name, i, y, c.y)
					break
				}
			}
		}
		for _, x := range []float32{-50, -200, -1e9, -1e38} {
			for _, g := range []function{gelu, geluGrad, sigmoid} {
				if y := (kernels{c: f.c}).apply(g, []float32{x})[0]; !(math.Abs(float64(y)) < 1e-20) {
					t.Errorf("%s: function %d of %g: got %g, want next to 0", f.name, g, x, y)
				}
			}
		}
	}
}
