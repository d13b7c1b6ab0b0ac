package chart

import (
	"math"
	"sort"
)

// slack is by how many device pixels a picture may be out of date: less than an eye can tell.
const slack = 0.25

// Stands reports whether the picture of l still shows its figure, whose series may have grown: nothing in it would move by more
// than a quarter of a device pixel. So a run of 100,000 steps is drawn again each time that it has grown by a part of a pixel, not
// at every step. What the figure says itself is as it was; who changes that draws again.
func (l *Layout) Stands() bool {
	if l.Plot.Empty() {
		return true
	}
	now := l.figure.views()
	x, y, ok := fit(l.figure, now)
	if l.Empty || !ok {
		return l.Empty && !ok
	}
	if !l.spans(x, y) {
		return false
	}
	for k, then := range l.views {
		if !l.holds(then, now[k]) {
			return false
		}
	}
	return true
}

// spans reports whether the axes of l show x and y.
func (l *Layout) spans(x, y Range) bool {
	at := func(px float64, edge int) bool { return math.Abs(px-float64(edge)) <= slack }
	return at(l.sx.px(x.Lo), l.Plot.Min.X) && at(l.sx.px(x.Hi), l.Plot.Max.X) && at(l.sy.px(y.Lo), l.Plot.Max.Y) && at(l.sy.px(y.Hi), l.Plot.Min.Y)
}

// holds reports whether what a series has gained since then is hidden under its last pixel, or lies right of the picture as its
// last point did already.
func (l *Layout) holds(then, now view) bool {
	n := len(then.x)
	switch grown := len(now.x) - n; {
	case then.edits != now.edits || grown < 0:
		return false
	case grown == 0:
		return true
	case n == 0:
		return false
	}
	sx := l.sx.from(then.origin)
	last := sx.px(then.x[n-1])
	if last > float64(l.Plot.Max.X)+slack {
		return true
	}
	if !(sx.px(now.x[len(now.x)-1]) <= math.Floor(last)+1+slack) {
		return false
	}
	first := sort.SearchFloat64s(then.x, sx.value(last-1)) // of those that the last pixel is made of
	return l.within(now.line, first, n) && (!now.smooth || l.figure.NoGhost || l.within(now.raw, first, n))
}

// within reports whether the values of t from index n on lie between those from first to n.
func (l *Layout) within(t track, first, n int) bool {
	lo, hi := t.extremes(n, len(t.v), l.sy.minimum)
	if lo < 0 {
		return true
	}
	least, most := t.extremes(first, n, l.sy.minimum)
	if least < 0 {
		return false
	}
	inOrder := func(upper, lower int32) bool { return l.sy.px(t.v[upper]) <= l.sy.px(t.v[lower])+slack }
	return inOrder(lo, least) && inOrder(most, hi)
}
