package chart

import (
	"image"
	"math"
	"slices"
	"strings"
)

// pill is the label of a stage start, as far as there was room for it.
type pill struct {
	text   string
	rect   image.Rectangle
	marker int
	line   int  // horizontal pixel of the line it stands on
	pinned bool // the stage began left of the picture: no line
}

// pillRows is how many rows the labels of the whole run need, whatever part of it is in view: zooming must not move the
// plot.
func (p *pen) pillRows(l *Layout) int {
	whole := *l
	whole.X = l.figure.fitX(l.views)
	whole.sx = newScale(whole.X, l.figure.LogX, float64(l.Plot.Min.X), float64(l.Plot.Max.X))
	for _, q := range p.placePills(&whole, whole.sx, 1) {
		if q.text != l.figure.Markers[q.marker].Label {
			return 2
		}
	}
	return 1
}

// placePills gives each stage start the longest of its labels ("S2 · 6L × 192 · 5M", "S2 · 6L × 192", "S2") that finds
// room, from the right end and from the row next to the plot: so a pill never hides the line of another one. The stage
// that is on at the left edge is named there.
func (p *pen) placePills(l *Layout, sx scale, rows int) []pill {
	stages := l.stages(sx)
	free := make([]int, rows) // left end of what is taken in each row, lowest row first
	for i := range free {
		free[i] = l.size.X
	}
	before := l.px(edge) + p.text.label(l.style(nameSize, true), l.figure.YName).width
	var out []pill
	for k := len(stages) - 1; k >= 0; k-- {
		q := stages[k]
		left := before
		if k > 0 && !stages[k-1].pinned {
			left = stages[k-1].line + 1
		}
		if p.fitPill(l, &q, left, free) || p.shorten(l, &q, left, free) {
			out = append(out, q)
		}
	}
	return out
}

// shorten tries the label of q without its last parts.
func (p *pen) shorten(l *Layout, q *pill, left int, free []int) bool {
	for {
		cut := strings.LastIndex(q.text, " · ")
		if cut < 0 {
			return false
		}
		q.text = q.text[:cut]
		if p.fitPill(l, q, left, free) {
			return true
		}
	}
}

// fitPill finds room for q over its line and right of left, and takes it.
func (p *pen) fitPill(l *Layout, q *pill, left int, free []int) bool {
	w := p.text.label(l.style(tickSize, false), q.text).width + l.px(2*pillPad)
	for row, taken := range free {
		x := min(q.line-l.px(1), taken-l.px(4)-w)
		if x < left { // it may start a little right of a line at the left end, never left of another line
			x = max(left+l.px(4), q.line-l.px(1))
		}
		if x+w+l.px(4) <= taken && (x+w > q.line || q.pinned) {
			y := l.Plot.Min.Y - l.px(pillBand-pillHeight) - row*l.px(pillBand)
			q.rect = image.Rect(x, y-l.px(pillHeight), x+w, y)
			free[row] = x
			return true
		}
	}
	return false
}

// stages are the stage starts in view from left to right, with no place for their labels yet.
func (l *Layout) stages(sx scale) []pill {
	var out []pill
	var on *pill // the last stage that starts left of the view
	at := math.Inf(-1)
	for i, m := range l.figure.Markers {
		x := sx.px(m.At.X(l.figure.XAxis))
		switch {
		case m.Kind != StageStart || math.IsNaN(x) || x > float64(l.Plot.Max.X)+1:
		case x < float64(l.Plot.Min.X)-1:
			if on == nil || x >= at {
				on, at = &pill{text: m.Label, marker: i, line: l.Plot.Min.X, pinned: true}, x
			}
		default:
			out = append(out, pill{text: m.Label, marker: i, line: int(math.Round(x))})
		}
	}
	slices.SortStableFunc(out, func(a, b pill) int { return a.line - b.line })
	if on != nil {
		out = slices.Insert(out, 0, *on)
	}
	return out
}
