package chart

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A power law with noise is found again within its error, on any axis and wherever the line is aligned.
func TestFitPowerFindsThePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	s := NewSeries("s")
	for i := range 20_000 {
		x := float64(i + 1)
		s.Append(Pos{Step: x, Tokens: 64 * x, FLOPs: 1e9 * x, Seconds: 0.01 * x}, 7*math.Pow(x, -0.21)*(1+0.05*rng.NormFloat64()))
	}
	for _, f := range []Figure{
		{XAxis: Step, LogX: true, Lines: []Line{{Series: s}}},
		{XAxis: FLOPs, Smooth: 0.99, Lines: []Line{{Series: s}}},
		{XAxis: Step, X: Range{1000, 9000}, Lines: []Line{{Series: s}}},
	} {
		got, err := f.FitPower(0)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.B+0.21) > 4*got.Error || got.Error > 0.01 || got.Error <= 0 {
			t.Errorf("%v: slope %.4f ± %.4f, want -0.21", f.XAxis, got.B, got.Error)
		}
		if x, _, _ := f.Fit(); got.Range.Lo < x.Lo || got.Range.Hi > x.Hi {
			t.Errorf("fitted to %v, want within the view %v", got.Range, x)
		}
		if f.XAxis == Step {
			if y, want := got.At(4000), 7*math.Pow(4000, -0.21); math.Abs(y-want) > 0.02*want {
				t.Errorf("at 4000 it says %.4f, want %.4f", y, want)
			}
		}
	}
}

func TestFitPowerNeedsPoints(t *testing.T) {
	for name, f := range map[string]Figure{
		"none":       {Lines: []Line{{Series: NewSeries("s")}}},
		"three":      {Lines: []Line{{Series: series(3, 2, 1)}}},
		"all NaN":    {Lines: []Line{{Series: series(math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN())}}},
		"zoomed far": {X: Range{500, 510}, Lines: []Line{{Series: curve("c", 1000, 1, true)}}},
	} {
		if got, err := f.FitPower(0); err == nil {
			t.Errorf("%s: slope %v, want an error", name, got)
		}
	}
}

func TestTrendLabelNamesItsRange(t *testing.T) {
	trend := Trend{B: -0.0512, Error: 0.0017, Range: Range{1.2e15, 9e16}}
	if got, want := trend.Label(FLOPs), "slope -0.051 ± 0.002, 1.2P to 90P"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Outliers do not decide the height, and nothing that is drawn changes.
func TestRobustRangeLeavesOutliersOut(t *testing.T) {
	s := NewSeries("s")
	for i := range 1000 {
		y := 2 + 0.001*float64(i)
		if i%100 == 50 {
			y = 400
		}
		s.Append(at(float64(i)), y)
	}
	f := Figure{Lines: []Line{{Series: s}}}
	_, plain, _ := f.Fit()
	f.Robust = true
	_, robust, _ := f.Fit()
	if plain.Hi < 400 || robust.Hi > 3.2 || robust.Lo > 2.1 || robust.Lo < 1.9 {
		t.Errorf("height %v, robust %v, want up to 400, and 2 to 3", plain, robust)
	}
}

func TestOriginAlignsRuns(t *testing.T) {
	a, b := NewSeries("a"), NewSeries("b")
	for i := range 100 {
		a.Append(at(float64(i)), float64(i))
		b.Append(at(float64(i+500)), float64(i))
	}
	f := Figure{Lines: []Line{{Series: a, Origin: Pos{Step: 50}}, {Series: b, Origin: Pos{Step: 550}}}}
	if x, _, _ := f.Fit(); x != (Range{-50, 49}) {
		t.Errorf("x %v, want -50 to 49", x)
	}
	for _, r := range f.Read(10, 1) {
		if r.Value != 60 || r.X != 10 {
			t.Errorf("line %d reads %v at %v, want 60 at 10", r.Line, r.Value, r.X)
		}
	}
	f.LogX = true
	if x, _, _ := f.Fit(); x != (Range{1, 49}) {
		t.Errorf("on a logarithmic axis x %v, want 1 to 49", x)
	}
}

func TestSheetSharesPlaces(t *testing.T) {
	s := NewSheet("a", "b")
	for i := range 1000 {
		s.Append(at(float64(i)), float64(i), -float64(i))
	}
	s.Break(500)
	s.Break(900)
	a, b := s.Series(0), s.Series(1)
	if &a.x[Tokens][0] != &b.x[Tokens][0] {
		t.Error("each series has places of its own")
	}
	before := a.view(Step, 0.9, false)
	gone := s.Rewind(699, 1)
	if len(gone) != 300 || gone[0].Step != 700 || gone[0].Y != -700 || a.Len() != 700 || b.Len() != 700 {
		t.Errorf("%d points gone, %d and %d left; want 300 from step 700 on, and 700", len(gone), a.Len(), b.Len())
	}
	if len(a.breaks) != 1 || len(before.x) != 1000 {
		t.Errorf("breaks %v, want that at 500; a drawing in progress has %d points, want 1000", a.breaks, len(before.x))
	}
	s.Append(at(700), 7, 8) // must not write into what the drawing holds
	if before.raw.v[700] != 700 || a.At(700).Y != 7 || b.At(700).Y != 8 {
		t.Errorf("after going back: %v, %v, and in the drawing %v", a.At(700), b.At(700), before.raw.v[700])
	}
	s.Append(at(100), 1, 2)
	if a.Len() != 101 || b.Len() != 101 {
		t.Errorf("%d and %d points after a step back, want 101", a.Len(), b.Len())
	}
}

func TestMutedLinesAreNotFitted(t *testing.T) {
	f := Figure{Legend: true, Lines: []Line{{Series: series(2, 1)}, {Series: series(50, 60, 70), Muted: true}}}
	x, y, _ := f.Fit()
	if x.Hi != 2 || y.Hi > 3 {
		t.Errorf("fitted to %v and %v, want the first line only", x, y)
	}
	if l := Arrange(f, 400, 300, 1); len(l.Legend) != 1 {
		t.Errorf("%d entries in the legend, want 1", len(l.Legend))
	}
}

func TestDashesCoverTheirShare(t *testing.T) {
	points := []pt{{0, 0}, {30, 40}, {130, 40}, {130, 140}}
	length := 0.0
	dashes := dash(nil, points, 6, 4)
	for i := 1; i < len(dashes); i++ {
		if d := math.Hypot(dashes[i].x-dashes[i-1].x, dashes[i].y-dashes[i-1].y); !math.IsNaN(d) {
			length += d
		}
	}
	if want := 250 * 0.6; math.Abs(length-want) > 6 {
		t.Errorf("%.1f pixels of dashes, want about %.0f", length, want)
	}
}
