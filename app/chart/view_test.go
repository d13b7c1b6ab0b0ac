package chart

import (
	"math"
	"testing"
)

func TestFit(t *testing.T) {
	long := NewSeries("long")
	for i := range 1000 {
		long.Append(at(float64(i+1)), 5-float64(i)/250) // 5 down to about 1
	}
	nan := series(math.NaN(), math.NaN())
	gone := Line{Series: series(-50, 900), Hidden: true}
	for _, tc := range []struct {
		name string
		f    Figure
		x, y Range
		ok   bool
	}{
		{"nothing", Figure{}, Range{0, 1}, Range{0, 1}, false},
		{"nothing, log", Figure{LogX: true, LogY: true}, Range{1, 10}, Range{1, 10}, false},
		{"only values that are not finite", Figure{Lines: []Line{{Series: nan}}}, Range{1, 2}, Range{0, 1}, false},
		{"from the origin, with a margin", Figure{Lines: []Line{{Series: long}}}, Range{0, 1000}, Range{1.004 - 0.23976, 5 + 0.23976}, true},
		{"hidden lines do not count", Figure{Lines: []Line{{Series: long}, gone}}, Range{0, 1000}, Range{1.004 - 0.23976, 5 + 0.23976}, true},
		{"tokens", Figure{XAxis: Tokens, Lines: []Line{{Series: long}}}, Range{0, 100_000}, Range{1.004 - 0.23976, 5 + 0.23976}, true},
		{"log x starts at the first point", Figure{LogX: true, Lines: []Line{{Series: long}}}, Range{1, 1000}, Range{1.004 - 0.23976, 5 + 0.23976}, true},
		{"height follows the window", Figure{X: Range{501, 601}, Lines: []Line{{Series: long}}}, Range{501, 601}, Range{2.6 - 0.024, 3 + 0.024}, true},
		{"a window without points keeps the height", Figure{X: Range{5000, 6000}, Lines: []Line{{Series: long}}}, Range{5000, 6000}, Range{1.004 - 0.23976, 5 + 0.23976}, true},
		{"fixed height", Figure{Y: Range{2, 3}, Lines: []Line{{Series: long}}}, Range{0, 1000}, Range{2, 3}, true},
		{"log cannot show zero", Figure{LogY: true, Y: Range{0, 3}, Lines: []Line{{Series: series(-1, 0, 1, 100)}}}, Range{1, 4}, Range{1 / math.Pow(100, 0.06), 100 * math.Pow(100, 0.06)}, true},
		{"upside down fits", Figure{X: Range{9, 3}, Y: Range{math.NaN(), 1}, Lines: []Line{{Series: series(1, 2)}}}, Range{1, 2}, Range{0.94, 2.06}, true},
		{"one point", Figure{Lines: []Line{{Series: series(4)}}}, Range{0.5, 1.5}, Range{3.8, 4.2}, true},
		{"constant zero", Figure{Lines: []Line{{Series: series(0, 0)}}}, Range{1, 2}, Range{-1e-6, 1e-6}, true},
	} {
		x, y, ok := tc.f.Fit()
		if !near(x, tc.x) || !near(y, tc.y) || ok != tc.ok {
			t.Errorf("%s: x %v y %v %v, want %v %v %v", tc.name, x, y, ok, tc.x, tc.y, tc.ok)
		}
	}
}

func near(a, b Range) bool {
	tolerance := 1e-6 * max(math.Abs(b.Lo), math.Abs(b.Hi))
	return math.Abs(a.Lo-b.Lo) <= tolerance && math.Abs(a.Hi-b.Hi) <= tolerance
}

func TestFitFollowsTheSmoothedLine(t *testing.T) {
	s := NewSeries("s")
	for i := range 1000 {
		y := 2.0
		if i%2 == 0 {
			y = 3
		}
		s.Append(at(float64(i)), y)
	}
	_, y, _ := Figure{Smooth: 0.99, X: Range{500, 999}, Lines: []Line{{Series: s}}}.Fit()
	if y.Lo < 2.4 || y.Hi > 2.6 {
		t.Errorf("y %v, want close around 2.5, the average", y)
	}
	_, y, _ = Figure{Smooth: 0.99, X: Range{500, 999}, Lines: []Line{{Series: s, Exact: true}}}.Fit()
	if y.Lo > 2 || y.Hi < 3 {
		t.Errorf("exact: y %v, want all values, 2 to 3", y)
	}
}

func TestZoomKeepsThePlaceUnderThePointer(t *testing.T) {
	for _, log := range []bool{false, true} {
		r := Range{10, 1000}
		for _, at := range []float64{10, 50, 700} {
			before := newScale(r, log, 0, 100).px(at)
			z := r.Zoom(at, 0.5, log)
			if after := newScale(z, log, 0, 100).px(at); math.Abs(after-before) > 1e-9 {
				t.Errorf("log %v: %v moved from %v to %v of 100", log, at, before, after)
			}
			if back := z.Zoom(at, 2, log); !near(back, r) {
				t.Errorf("log %v: in and out gives %v, want %v", log, back, r)
			}
		}
	}
	r := Range{5, 6}
	for range 200 {
		r = r.Zoom(5.5, 0.5, false)
	}
	if !(r.Hi > r.Lo) {
		t.Errorf("zoomed into nothing: %v", r)
	}
}

func TestPanRange(t *testing.T) {
	if got := (Range{10, 20}).Pan(0.5, false); !near(got, Range{15, 25}) {
		t.Errorf("linear: %v, want 15 to 25", got)
	}
	if got := (Range{10, 1000}).Pan(-0.5, true); !near(got, Range{1, 100}) {
		t.Errorf("log: %v, want 1 to 100", got)
	}
}

func TestScaleInverts(t *testing.T) {
	for _, log := range []bool{false, true} {
		s := newScale(Range{2, 300}, log, 500, 40)
		if s.px(2) != 500 || math.Abs(s.px(300)-40) > 1e-9 {
			t.Errorf("log %v: ends at %v and %v, want 500 and 40", log, s.px(2), s.px(300))
		}
		for _, v := range []float64{2, 2.5, 17, 299} {
			if got := s.value(s.px(v)); math.Abs(got-v) > 1e-9 {
				t.Errorf("log %v: %v comes back as %v", log, v, got)
			}
		}
	}
}
