package chart

import (
	"math"
	"slices"
	"sort"
)

// Range is an interval of an axis. The zero Range means "fit to the data".
type Range struct{ Lo, Hi float64 }

// Auto reports whether r is to be fitted to the data.
func (r Range) Auto() bool { return r == Range{} }

// valid reports whether an axis can show r.
func (r Range) valid(log bool) bool {
	return r.Lo < r.Hi && r.Hi-r.Lo <= math.MaxFloat64 && (!log || r.Lo > 0)
}

// Zoom is r scaled by factor about the value at, which keeps its place on the screen. factor < 1 magnifies. A range that
// would be too narrow for its numbers to differ is returned unchanged.
func (r Range) Zoom(at, factor float64, log bool) Range {
	s := scale{log: log}
	a, lo, hi := s.forward(at), s.forward(r.Lo), s.forward(r.Hi)
	z := Range{s.back(a + (lo-a)*factor), s.back(a + (hi-a)*factor)}
	if !z.valid(log) || z.Hi-z.Lo < 1e-9*max(math.Abs(z.Lo), math.Abs(z.Hi)) {
		return r
	}
	return z
}

// Pan is r moved by the fraction of its own length.
func (r Range) Pan(fraction float64, log bool) Range {
	s := scale{log: log}
	lo, hi := s.forward(r.Lo), s.forward(r.Hi)
	d := (hi - lo) * fraction
	if p := (Range{s.back(lo + d), s.back(hi + d)}); p.valid(log) {
		return p
	}
	return r
}

// Contains reports whether o lies within r.
func (r Range) Contains(o Range) bool { return r.Lo <= o.Lo && o.Hi <= r.Hi }

// Fit is the x and y that the picture of f shows: f.X and f.Y where they are set and can be shown, else what holds all
// the points in view. The smoothed line decides the height, so that noise around it may be cut off. ok is false if there
// is no point to fit to; the ranges are then placeholders.
func (f Figure) Fit() (x, y Range, ok bool) { return fit(f, f.views()) }

func fit(f Figure, views []view) (x, y Range, ok bool) {
	x, y = f.X, f.Y
	if !x.valid(f.LogX) {
		x = f.fitX(views)
	}
	height := fitY
	if f.Robust {
		height = fitRobust
	}
	fitted, ok := height(views, x, f.LogY)
	if !ok { // nothing in view: keep the height of the whole
		fitted, ok = height(views, f.fitX(views), f.LogY)
	}
	if !y.valid(f.LogY) {
		y = fitted
	}
	return x, y, ok
}

// fitX spans the points of all views.
func fitX(views []view, log bool) Range {
	r := Range{math.Inf(1), math.Inf(-1)}
	for _, v := range views {
		i := 0
		if log {
			i = searchAbove(v.x, v.origin)
		}
		if i < len(v.x) && !v.muted {
			r.Lo, r.Hi = min(r.Lo, v.x[i]-v.origin), max(r.Hi, v.x[len(v.x)-1]-v.origin)
		}
	}
	switch {
	case r.Lo > r.Hi && log:
		return Range{1, 10}
	case r.Lo > r.Hi:
		return Range{0, 1}
	case log && r.Lo == r.Hi:
		return Range{r.Lo / 2, r.Hi * 2}
	case r.Lo == r.Hi:
		return Range{r.Lo - 0.5, r.Hi + 0.5}
	case !log && r.Lo > 0 && r.Lo < r.Hi/10: // runs count from 1: show the origin
		r.Lo = 0
	}
	return r
}

// fitY spans the lines within x, with a margin.
func fitY(views []view, x Range, log bool) (r Range, ok bool) {
	floor := math.Inf(-1)
	if log {
		floor = 0
	}
	r = Range{math.Inf(1), math.Inf(-1)}
	for _, v := range views {
		i, j := v.inside(x)
		if lo, hi := v.line.extremes(i, j, floor); lo >= 0 && !v.muted {
			r.Lo, r.Hi = min(r.Lo, v.line.v[lo]), max(r.Hi, v.line.v[hi])
		}
	}
	if r.Lo > r.Hi {
		if log {
			return Range{1, 10}, false
		}
		return Range{0, 1}, false
	}
	return margin(r, log), true
}

// inside is the index range of the points in x.
func (v view) inside(x Range) (i, j int) {
	return sort.SearchFloat64s(v.x, x.Lo+v.origin), searchAbove(v.x, x.Hi+v.origin)
}

// robustSample is how many points of a line decide its percentiles.
const robustSample = 4096

// fitRobust spans the 5th to the 95th percentile of the values in x, as measured, with a margin, as TensorBoard's "ignore
// outliers" does. Of a line with more points in view, every nth counts.
func fitRobust(views []view, x Range, log bool) (r Range, ok bool) {
	r = Range{math.Inf(1), math.Inf(-1)}
	for _, v := range views {
		i, j := v.inside(x)
		if v.muted || i >= j {
			continue
		}
		sample := make([]float64, 0, robustSample+1)
		for k, stride := i, (j-i+robustSample-1)/robustSample; k < j; k += stride {
			if y := v.raw.v[k]; finite(y) && (y > 0 || !log) {
				sample = append(sample, y)
			}
		}
		if n := len(sample); n > 0 {
			slices.Sort(sample)
			r.Lo, r.Hi = min(r.Lo, sample[n*5/100]), max(r.Hi, sample[(n*95+99)/100-1])
		}
	}
	if r.Lo > r.Hi {
		return fitY(nil, x, log)
	}
	return margin(r, log), true
}

// margin widens r by 6 % on both sides, more if it is a point.
func margin(r Range, log bool) Range {
	const part = 0.06
	if log {
		m := math.Pow(max(r.Hi/r.Lo, 1.05), part)
		return Range{max(r.Lo/m, math.SmallestNonzeroFloat64), r.Hi * m}
	}
	m := (r.Hi - r.Lo) * part
	if m <= 1e-9*max(math.Abs(r.Lo), math.Abs(r.Hi)) {
		m = max(math.Abs(r.Lo)*0.05, 1e-6)
	}
	return Range{r.Lo - m, r.Hi + m}
}
