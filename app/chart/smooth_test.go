package chart

import (
	"math"
	"math/rand/v2"
	"testing"
)

// closedForm is the definition: the mean of y[from…i] with weights beta^(i-k), values that are not finite left out.
func closedForm(y []float64, from, i int, beta float64) float64 {
	sum, weight, w := 0.0, 0.0, 1.0
	for k := i; k >= from; k-- {
		if !finite(y[k]) {
			continue
		}
		sum += w * y[k]
		weight += w
		w *= beta
	}
	return sum / weight
}

func TestSmoothingEqualsItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	y := make([]float64, 500)
	for i := range y {
		y[i] = 3 + rng.NormFloat64()
	}
	y[17], y[18], y[300] = math.NaN(), math.Inf(1), math.Inf(-1)
	for _, tc := range []struct {
		name    string
		breaks  []float64 // steps; point i is at step i+1
		through bool
		starts  []int
	}{
		{"one stage", nil, false, []int{0}},
		{"two growths", []float64{100, 350}, false, []int{0, 100, 350}},
		{"break between points", []float64{99.5}, false, []int{0, 99}},
		{"breaks before and after the data", []float64{-5, 900}, false, []int{0}},
		{"averaged through", []float64{100, 350}, true, []int{0}},
	} {
		for _, beta := range []float64{0.5, 0.9, 0.99} {
			s := series(y...)
			for _, b := range tc.breaks {
				s.Break(b)
			}
			v := s.view(Step, beta, tc.through)
			from := 0
			for i := range y {
				for _, b := range tc.starts {
					if b <= i {
						from = b
					}
				}
				got, want := v.line.v[i], closedForm(y, from, i, beta)
				if !finite(y[i]) {
					if !math.IsNaN(got) {
						t.Fatalf("%s, beta %v: point %d is not finite but its average is %v", tc.name, beta, i, got)
					}
					continue
				}
				if math.Abs(got-want) > 1e-12 {
					t.Fatalf("%s, beta %v: average %d is %v, want %v", tc.name, beta, i, got, want)
				}
			}
			if len(v.starts) != len(tc.starts) {
				t.Errorf("%s: starts %v, want %v", tc.name, v.starts, tc.starts)
			}
		}
	}
}

// The average is kept up to date point by point and changes with the factor; neither may differ from computing it afresh.
func TestSmoothingIncrementally(t *testing.T) {
	s, all := NewSeries("s"), []float64(nil)
	for i := range 400 {
		y := math.Sin(float64(i) / 5)
		all = append(all, y)
		s.Append(at(float64(i)), y)
		if i == 200 {
			s.Break(150)
		}
		beta := []float64{0.9, 0.5}[i/100%2]
		from := 0
		if i >= 200 && i > 150 {
			from = 151
		}
		if got, want := s.view(Tokens, beta, false).line.v[i], closedForm(all, from, i, beta); math.Abs(got-want) > 1e-12 {
			t.Fatalf("point %d, beta %v: %v, want %v", i, beta, got, want)
		}
	}
}

func TestConstantSeriesStaysConstant(t *testing.T) {
	v := series(2.5, 2.5, 2.5, 2.5).view(Step, 0.99, false)
	for i, y := range v.line.v {
		if math.Abs(y-2.5) > 1e-15 {
			t.Errorf("average %d of a constant is %v, want 2.5", i, y)
		}
	}
}

func TestSegmentsSkipTheWarmUp(t *testing.T) {
	v := view{starts: []int{0, 100, 200}, warm: 10}
	for _, tc := range []struct {
		name string
		i, j int
		want [][2]int
	}{
		{"all", 0, 300, [][2]int{{0, 100}, {110, 200}, {210, 300}}},
		{"inside one stage", 20, 80, [][2]int{{20, 80}}},
		{"from within the warm-up", 105, 150, [][2]int{{110, 150}}},
		{"ends within the warm-up", 50, 104, [][2]int{{50, 100}, {104, 104}}},
	} {
		got := v.segments(tc.i, tc.j)
		if len(got) != len(tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
			continue
		}
		for k := range got {
			if got[k] != tc.want[k] {
				t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
			}
		}
	}
	if got := warmUp(0.99); got != 22 {
		t.Errorf("warm-up of 0.99 is %d points, want 22: 1-0.99^22 = 0.198", got)
	}
}
