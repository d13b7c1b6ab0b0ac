package chart

import (
	"slices"
	"sort"
)

// EmptyText is what a figure without points says unless Figure.Empty is set.
const EmptyText = "No data yet: press Train (Ctrl+R)"

// Line is a series as a figure shows it.
type Line struct {
	Series *Series
	Color  int  // index into Theme.Series; keep it per run, so that a run keeps its colour
	Hidden bool // listed in the legend, not drawn, not fitted
	Exact  bool // never smoothed: measurements such as validation loss
}

// Figure is everything a picture shows. It is a value: copy it, change the copy, draw both.
type Figure struct {
	Title string // a line above the plot; "" draws none
	Note  string // dim text beside the title
	YName string // name of the vertical axis, "loss"
	Empty string // text while there is no point; EmptyText if ""

	XAxis Axis
	X, Y  Range // what is in view; zero, or what the axis cannot show, fits
	LogX  bool
	LogY  bool

	Smooth  float64 // EMA factor, 0 (off) to below 1
	Through bool    // average across the breaks of a series instead of starting afresh

	Lines   []Line
	Markers []Marker
	Legend  bool
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
	return l.Series.view(f.XAxis, beta, f.Through)
}

// views freezes the visible lines, in their order.
func (f Figure) views() []view {
	var out []view
	for _, i := range f.visible() {
		out = append(out, f.view(f.Lines[i]))
	}
	return out
}

// Reading is the value of one line near a place on the horizontal axis.
type Reading struct {
	Line  int     // index into Figure.Lines
	At    Pos     // where the point is
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
		if n == 0 || x < v.x[0]-tolerance || x > v.x[n-1]+tolerance {
			continue
		}
		k := v.nearest(x)
		if k < 0 {
			continue
		}
		out = append(out, Reading{Line: i, At: v.at(k), Raw: v.raw.v[k], Value: v.line.v[k]})
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
	i = sort.SearchFloat64s(v.x, r.Lo)
	j = searchAbove(v.x, r.Hi)
	return max(i-1, 0), min(j+1, len(v.x))
}

// nearest is the index of the drawable point closest to x, -1 if there is none.
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
