package predict

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func points(xs, losses []float64) []Point {
	var ps []Point
	for i := range losses {
		ps = append(ps, Point{xs[i], losses[i]})
	}
	return ps
}

// Published points: x in millions of parameters, loss at a fixed step. The first seven widths are fitted, the others predicted.
var (
	muScalingX = []float64{8.53, 21.56, 39.09, 61.12, 87.65, 118.68, 154.21, 194.24, 676.48, 1446.72} // widths 128 to 3072, 20k steps
	muScaling  = []float64{3.9181, 3.6054, 3.4431, 3.3542, 3.2902, 3.2478, 3.224, 3.1797, 3.0854, 3.0425}
	nanoX      = []float64{8.82, 22.36, 40.61, 63.59, 91.28, 123.69, 160.82, 202.67}
	nano7k     = []float64{4.52, 4.25, 4.16, 4.10, 4.04, 4.01, 4.00, 3.98}
	nano20k    = []float64{4.45, 4.2, 4.05, 3.94, 3.9, 3.87, 3.85, 3.84}
	noMuP7k    = []float64{4.73, 4.48, 4.50, 4.42, 4.36, 4.33, 4.29, 4.31}
)

// TestPublished: the fits and predictions of muScaling (arXiv:2304.06875) and nanoLM, from their published points.
func TestPublished(t *testing.T) {
	for name, c := range map[string]struct {
		xs, losses []float64
		abc        [3]float64
		predicted  []float64 // for the points after the seventh
	}{
		"muScaling":     {muScalingX, muScaling, [3]float64{2.470, -0.423, 2.923}, []float64{3.1890, 3.0800, 3.0369}},
		"nanoLM at 7k":  {nanoX, nano7k, [3]float64{2.07, -0.518, 3.847}, []float64{3.979}},
		"nanoLM at 20k": {nanoX, nano20k, [3]float64{}, []float64{3.809}},
	} {
		f, err := Of(points(c.xs, c.losses[:7]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, got := range []float64{f.A, f.B, f.C} {
			if want := c.abc[i]; want != 0 && math.Abs(got-want) > 1.5e-3*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: coefficient %d is %.4f, want %.4f", name, i, got, want)
			}
		}
		for i, want := range c.predicted {
			p := f.At(c.xs[7+i])
			if math.Abs(p.Loss-want) > 6e-4 {
				t.Errorf("%s: predicts %.4f at %g M, want %.4f", name, p.Loss, p.X, want)
			}
			if p.Beyond <= 1 || p.Low >= p.Loss || p.High <= p.Loss || !p.Bars {
				t.Errorf("%s: %+v is an extrapolation with bars", name, p)
			}
		}
	}
	f, err := Of(points(muScalingX, muScaling[:7]))
	if err != nil {
		t.Fatal(err)
	}
	for i, loss := range muScaling[7:] {
		if p := f.At(muScalingX[7+i]); loss < p.Low || loss > p.High {
			t.Errorf("the loss %v at %v M lies outside %.4f to %.4f", loss, p.X, p.Low, p.High)
		}
	}
}

// TestRecovers: exact points give the law back, without bars to speak of.
func TestRecovers(t *testing.T) {
	for _, law := range [][3]float64{{2, -0.5, 1}, {300, -0.076, 0.2}, {1e6, -0.9, 3}, {1e7, -0.3, 1.2}} {
		var ps []Point
		for _, x := range []float64{1e6, 3e6, 1e7, 4e7, 1e8} {
			ps = append(ps, Point{x, law[0]*math.Pow(x, law[1]) + law[2]})
		}
		f, err := Of(ps)
		if err != nil {
			t.Fatalf("%v: %v", law, err)
		}
		if math.Abs(f.B-law[1]) > 1e-5 || math.Abs(f.C-law[2]) > 1e-4 || math.Abs(f.A/law[0]-1) > 1e-3 {
			t.Errorf("law %v fitted as %v, %v, %v", law, f.A, f.B, f.C)
		}
		want := law[0]*math.Pow(1e9, law[1]) + law[2]
		if p := f.At(1e9); math.Abs(p.Loss-want) > 1e-4 || p.High-p.Low > 1e-3 || p.Beyond != 10 {
			t.Errorf("law %v predicts %+v, want %v", law, p, want)
		}
		if p := f.At(2e6); p.Beyond != 1 {
			t.Errorf("inside the points: %+v", p)
		}
	}
}

// TestCoverage: over many draws of noise the interval holds a new run about 95 times in a hundred.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	law := func(x float64) float64 { return 2.5*math.Pow(x, -0.42) + 2.9 }
	held, draws := 0, 0
	for range 400 {
		var ps []Point
		for _, x := range muScalingX[:7] {
			ps = append(ps, Point{x, law(x) + 0.005*rng.NormFloat64()})
		}
		f, err := Of(ps)
		if err != nil {
			continue
		}
		draws++
		p := f.At(400)
		if y := law(400) + 0.005*rng.NormFloat64(); y >= p.Low && y <= p.High {
			held++
		}
	}
	if part := float64(held) / float64(draws); part < 0.90 || part > 0.99 || draws < 380 {
		t.Errorf("of %d intervals %.1f %% held, want about 95", draws, 100*part)
	}
}

// TestThreePoints: they are interpolated, without bars.
func TestThreePoints(t *testing.T) {
	ps := points(muScalingX, muScaling[:3])
	f, err := Of(ps)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if got := f.At(p.X); math.Abs(got.Loss-p.Loss) > 1e-6 || got.Bars || got.Low != got.High {
			t.Errorf("at %v: %+v, want %v without bars", p.X, got, p.Loss)
		}
	}
}

func TestBadPoints(t *testing.T) {
	for name, c := range map[string]struct {
		ps   []Point
		want string
	}{
		"two":       {points([]float64{1, 2}, []float64{3, 2}), "three different x, these have 2"},
		"two twice": {points([]float64{1, 1, 2, 2}, []float64{3, 3.1, 2, 2.1}), "these have 2"},
		"negative":  {points([]float64{1, -2, 3}, []float64{3, 2, 1}), "x -2"},
		"no loss":   {points([]float64{1, 2, 3}, []float64{3, math.NaN(), 1}), "finite"},
		"rising":    {points([]float64{1, 2, 4, 8}, []float64{1, 2, 3, 3.5}), "does not fall"},
		"straight":  {points([]float64{1, 2, 4, 8}, []float64{4, 3, 2, 0.9}), "do not bend"},
		"at once":   {points([]float64{1, 10, 100, 1000}, []float64{4, 3, 3, 3}), "do not bend"},
		"not a law": {points([]float64{1, 2, 3, 4}, []float64{1, 1, 1, 1}), "fall"},
	} {
		_, err := Of(c.ps)
		if !errors.Is(err, ErrPoints) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
	if _, err := Of(points(nanoX, noMuP7k)); err != nil {
		t.Errorf("points that are not monotonic can still be fitted: %v", err)
	}
}

func TestStudent(t *testing.T) {
	for dof, want := range map[int]float64{1: 12.706, 4: 2.776, 30: 2.042, 60: 2.000, 120: 1.980} {
		if got := student(dof); math.Abs(got-want) > 2e-3 {
			t.Errorf("quantile at %d degrees of freedom %v, want %v", dof, got, want)
		}
	}
}
