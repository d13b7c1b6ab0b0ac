package chart

import (
	"math"
	"slices"
	"sort"
)

// EmptyText is what a figure without points says unless Figure.Empty is set.
const EmptyText = "No data yet: press Train (Ctrl+R)"

// Line is a series as a figure shows it.
type Line struct {
	Series   *Series
	Name     string // in legend, tooltip and table; the series' if ""
	Color    int    // index into Theme.Series; keep it per run, so that a run keeps its colour
	Hidden   bool   // listed in the legend, not drawn, not fitted
	Exact    bool   // never smoothed: measurements such as validation loss
	Dashed   bool   // so that two lines of a run, in one colour, differ
	Unlisted bool   // not in the legend, which would become high; tooltip and table name it
	Muted    bool   // grey and thin, not listed, not fitted: what a run did before it went back to a checkpoint
	Origin   Pos    // where the axis counts from for this line, so that runs are aligned; zero for the start of the run
}

// Label is the name of the line.
func (l Line) Label() string {
	if l.Name == "" && l.Series != nil {
		return l.Series.Name()
	}
	return l.Name
}

// Figure is everything a picture shows. It is a value: copy it, change the copy, draw both.
type Figure struct {
	Title string // a line above the plot; "" draws none
	Note  string // dim text beside the title
	YName string // name of the vertical axis, "loss"
	XName string // name of the horizontal axis; that of XAxis if ""
	Empty string // text while there is no point; EmptyText if ""

	XAxis Axis
	X, Y  Range // what is in view; zero, or what the axis cannot show, fits
	LogX  bool
	LogY  bool

	Smooth  float64 // EMA factor, 0 (off) to below 1
	Through bool    // average across the breaks of a series instead of starting afresh
	NoGhost bool    // smoothed lines stand alone, without their raw values behind them
	Robust  bool    // the height fits all but the outliers: the 5th to the 95th percentile of what is in view

	Lines   []Line
	Along   []Line // not drawn, but x is fitted to them too: a figure below another one shows the same x, though it has fewer points
	Markers []Marker
	Trends  []Trend
	Levels  []Level
	Legend  bool

	Slim bool // for a stack: no labels below and no pills; the figure above says what x is
	Left int  // least room left of the plot in logical pixels, so that figures above each other line up
}

// xName is the title of the horizontal axis.
func (f Figure) xName() string {
	if f.XName != "" {
		return f.XName
	}
	return f.XAxis.String()
}

// Level is a horizontal reference line.
type Level struct {
	Y     float64
	Label string
}

// visible are the indices of the lines that are drawn.
func (f Figure) visible() []int {
	var out []int
	for i, l := range f.Lines {
		if !l.Hidden && l.Series != nil {
			out = append(out, i)
		}
	}
	return out
}

func (f Figure) view(l Line) view {
	beta := f.Smooth
	if l.Exact {
		beta = 0
	}
	v := l.Series.view(f.XAxis, beta, f.Through)
	v.origin, v.muted = l.Origin.X(f.XAxis), l.Muted
	return v
}

// views freezes the visible lines, in their order.
func (f Figure) views() []view {
	var out []view
	for _, i := range f.visible() {
		out = append(out, f.view(f.Lines[i]))
	}
	return out
}

// fitX is the x that the figure shows unless it says otherwise.
func (f Figure) fitX(views []view) Range {
	views = slices.Clip(views)
	for _, l := range f.Along {
		if l.Exact = true; l.Series != nil && !l.Hidden {
			views = append(views, f.view(l))
		}
	}
	return fitX(views, f.LogX)
}

// Reading is the value of one line near a place on the horizontal axis.
type Reading struct {
	Line  int     // index into Figure.Lines
	At    Pos     // where in its run the point is
	X     float64 // where on the axis of the figure
	Raw   float64 // as measured
	Value float64 // as drawn: smoothed, or Raw
}

// Read returns for each visible line its point nearest to x, largest value first. Lines that end more than tolerance
// before x, or begin more than that after it, have none.
func (f Figure) Read(x, tolerance float64) []Reading {
	var out []Reading
	for _, i := range f.visible() {
		v := f.view(f.Lines[i])
		n := len(v.x)
		own := x + v.origin
		if n == 0 || own < v.x[0]-tolerance || own > v.x[n-1]+tolerance {
			continue
		}
		k := v.nearest(own)
		if k < 0 {
			continue
		}
		out = append(out, Reading{Line: i, At: v.at(k), X: v.x[k] - v.origin, Raw: v.raw.v[k], Value: v.line.v[k]})
	}
	slices.SortStableFunc(out, func(a, b Reading) int {
		switch {
		case a.Value > b.Value:
			return -1
		case a.Value < b.Value:
			return 1
		}
		return 0
	})
	return out
}

// within is the index range of the points in r and one more on each side, so that lines reach the edges.
func (v view) within(r Range) (i, j int) {
	i = sort.SearchFloat64s(v.x, r.Lo+v.origin)
	j = searchAbove(v.x, r.Hi+v.origin)
	return max(i-1, 0), min(j+1, len(v.x))
}

// nearest is the index of the drawable point closest to x, which counts from the start of the run, -1 if there is none.
func (v view) nearest(x float64) int {
	right := sort.SearchFloat64s(v.x, x)
	left := right - 1
	for right < len(v.x) && !finite(v.line.v[right]) {
		right++
	}
	for left >= 0 && !finite(v.line.v[left]) {
		left--
	}
	switch {
	case right == len(v.x):
		return left
	case left >= 0 && x-v.x[left] <= v.x[right]-x:
		return left
	}
	return right
}

// searchAbove is the index of the first element of ascending x greater than v.
func searchAbove(x []float64, v float64) int {
	return sort.Search(len(x), func(i int) bool { return x[i] > v })
}

func finite(v float64) bool { return v-v == 0 }

// Last returns for each visible line its last drawable point.
func (f Figure) Last() []Reading {
	var out []Reading
	for _, i := range f.visible() {
		v := f.view(f.Lines[i])
		if k := v.nearest(math.Inf(1)); k >= 0 {
			out = append(out, Reading{Line: i, At: v.at(k), X: v.x[k] - v.origin, Raw: v.raw.v[k], Value: v.line.v[k]})
		}
	}
	return out
}

// Neighbour is the point of the first visible line that comes next after x, or before it if by is negative, and at least least
// away. It is not ok if there is none.
func (f Figure) Neighbour(x float64, by int, least float64) (at, y float64, ok bool) {
	lines := f.visible()
	if len(lines) == 0 {
		return 0, 0, false
	}
	v := f.view(f.Lines[lines[0]])
	k, step := searchAbove(v.x, x+v.origin+max(least, 0)), 1
	if by < 0 {
		k, step = sort.SearchFloat64s(v.x, x+v.origin-max(least, 0))-1, -1
	}
	for ; k >= 0 && k < len(v.x); k += step {
		if finite(v.line.v[k]) {
			return v.x[k] - v.origin, v.line.v[k], true
		}
	}
	return 0, 0, false
}
