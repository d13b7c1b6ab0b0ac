package chart

import (
	"image"
	"math"
	"strings"
)

// Hit is a rectangle that stands for something, in pixels of the picture.
type Hit struct {
	Rect  image.Rectangle
	Index int // of a marker or a line, see Layout
}

// Layout tells where things are in a picture: what a pointer needs to know.
type Layout struct {
	Plot   image.Rectangle // the area between the axes
	X, Y   Range           // what it shows
	Empty  bool            // there is no point to show
	Marks  []Hit           // by index into Figure.Markers: pills and small marks
	Legend []Hit           // by index into Figure.Lines

	figure Figure
	size   image.Point
	scale  float64
	sx, sy scale
	xs, ys []tick
	views  []view // of the visible lines
	pills  []pill
	rows   int // of the legend, at least the one that the axis title needs
}

// pill is the label of a stage start, as far as there was room for it.
type pill struct {
	text   string
	rect   image.Rectangle
	marker int
}

// XPixel is the horizontal pixel of value v.
func (l *Layout) XPixel(v float64) float64 { return l.sx.px(v) }

// YPixel is the vertical pixel of value v.
func (l *Layout) YPixel(v float64) float64 { return l.sy.px(v) }

// XValue is the value at a horizontal pixel.
func (l *Layout) XValue(px float64) float64 { return l.sx.value(px) }

// YValue is the value at a vertical pixel.
func (l *Layout) YValue(px float64) float64 { return l.sy.value(px) }

// Sizes in logical pixels.
const (
	tickSize, nameSize, legendSize, titleSize, noteSize, emptySize = 11, 11, 12, 15, 12, 14

	edge       = 8  // free space around everything
	titleBand  = 26 // title line
	pillBand   = 21 // one row of pills, or the name of the vertical axis
	pillHeight = 17
	pillPad    = 6
	tickBand   = 20 // labels under the plot
	legendBand = 20 // one row of the legend
	swatch     = 16 // coloured line before a legend entry
	legendGap  = 18
	rightPad   = 20
	minLeft    = 48
)

func (l *Layout) px(logical float64) int { return int(math.Round(logical * l.scale)) }

func (l *Layout) style(size float64, bold bool) style { return style{bold, size * l.scale} }

// layout arranges f in a picture of the given size in device pixels.
func (p *pen) layout(f Figure, size image.Point, scale float64) Layout {
	l := Layout{figure: f, size: size, scale: scale, views: f.views()}
	var ok bool
	l.X, l.Y, ok = fit(f, l.views)
	l.Empty = !ok
	l.Plot.Min.Y = l.px(edge + pillBand*float64(f.pillRows()))
	if f.Title != "" {
		l.Plot.Min.Y += l.px(titleBand)
	}
	l.Plot.Max.X = max(size.X-l.px(rightPad), 1)
	l.rows, l.Plot.Min.X = 1, l.px(minLeft)
	for range 2 { // rows of the legend and width of the labels depend on each other, weakly
		l.Plot.Max.Y = size.Y - l.px(edge/2+tickBand+legendBand*float64(l.rows))
		l.ys = yTicks(l.Y, f.LogY, max(l.Plot.Dy()/l.px(50), 2))
		l.Plot.Min.X = p.leftPad(&l)
		p.placeLegend(&l)
	}
	if l.Plot.Min.X >= l.Plot.Max.X || l.Plot.Min.Y >= l.Plot.Max.Y { // no room for anything
		l.Plot = image.Rectangle{}
		l.Legend = nil
		return l
	}
	l.sx = newScale(l.X, f.LogX, float64(l.Plot.Min.X), float64(l.Plot.Max.X))
	l.sy = newScale(l.Y, f.LogY, float64(l.Plot.Max.Y), float64(l.Plot.Min.Y))
	l.xs = xTicks(f.XAxis, l.X, f.LogX, max(l.Plot.Dx()/l.px(95), 2))
	if l.Empty {
		l.xs, l.ys = nil, nil
	}
	p.placePills(&l)
	l.placeMarks()
	return l
}

// pillRows is fixed by the number of stages, not by what is in view, so that zooming does not move the plot.
func (f Figure) pillRows() int {
	n := 0
	for _, m := range f.Markers {
		if m.Kind == StageStart {
			n++
		}
	}
	if n > 2 {
		return 2
	}
	return 1
}

// leftPad is the room for the vertical tick labels, in coarse steps so that a live chart stands still.
func (p *pen) leftPad(l *Layout) int {
	widest := 0
	for _, t := range l.ys {
		widest = max(widest, p.text.label(l.style(tickSize, false), t.label).width)
	}
	step := max(l.px(8), 1)
	need := widest + l.px(8+6)
	return max((need+step-1)/step*step, l.px(minLeft))
}

// placeLegend fills rows from the left; the first row leaves room for the title of the axis.
func (p *pen) placeLegend(l *Layout) {
	l.Legend = l.Legend[:0]
	l.rows = 1
	if !l.figure.Legend {
		return
	}
	title := p.text.label(l.style(nameSize, false), l.figure.XAxis.String()).width
	limit := l.Plot.Max.X - title - l.px(legendGap)
	top := l.Plot.Max.Y + l.px(tickBand)
	x := l.Plot.Min.X
	for i, line := range l.figure.Lines {
		if line.Series == nil {
			continue
		}
		w := l.px(swatch+6) + p.text.label(l.style(legendSize, false), line.Series.Name()).width
		if x+w > limit && x > l.Plot.Min.X {
			x, limit = l.Plot.Min.X, l.Plot.Max.X
			l.rows++
		}
		y := top + (l.rows-1)*l.px(legendBand)
		l.Legend = append(l.Legend, Hit{image.Rect(x-l.px(4), y, x+w+l.px(4), y+l.px(legendBand)), i})
		x += w + l.px(legendGap)
	}
}

// placePills gives each stage start the longest of its labels ("S2 · 6L × 192 · 5M", "S2 · 6L × 192", "S2") that finds
// room, from the right end and from the row next to the plot: so a pill never hides the line of another one.
func (p *pen) placePills(l *Layout) {
	rows := l.figure.pillRows()
	bottom := l.Plot.Min.Y - l.px(pillBand-pillHeight)
	free := make([]int, rows) // left end of what is taken in each row, lowest row first
	for i := range free {
		free[i] = l.size.X
	}
	stages := l.stages()
	for k := len(stages) - 1; k >= 0; k-- {
		line := int(math.Round(l.sx.px(l.figure.Markers[stages[k]].At.X(l.figure.XAxis))))
		before := l.px(edge) + p.text.label(l.style(nameSize, true), l.figure.YName).width
		if k > 0 {
			before = int(math.Round(l.sx.px(l.figure.Markers[stages[k-1]].At.X(l.figure.XAxis)))) + 1
		}
		if q, row, ok := p.fitPill(l, stages[k], line, before, bottom, free); ok {
			free[row] = q.rect.Min.X
			l.pills = append(l.pills, q)
		}
	}
}

func (p *pen) fitPill(l *Layout, marker, line, before, bottom int, free []int) (q pill, row int, ok bool) {
	text := l.figure.Markers[marker].Label
	for text != "" {
		w := p.text.label(l.style(tickSize, false), text).width + l.px(2*pillPad)
		for row, taken := range free {
			x := min(line-l.px(1), taken-l.px(4)-w)
			if x < before { // may start a little right of a line at the left end, never left of another line
				x = max(before+l.px(4), line-l.px(1))
			}
			if x+w+l.px(4) <= taken && x+w > line {
				y := bottom - row*l.px(pillBand)
				return pill{text, image.Rect(x, y-l.px(pillHeight), x+w, y), marker}, row, true
			}
		}
		cut := strings.LastIndex(text, " · ")
		text = text[:max(cut, 0)]
	}
	return pill{}, 0, false
}

// stages are the indices of the stage starts in view, from left to right.
func (l *Layout) stages() []int { return l.inView(func(k MarkerKind) bool { return k == StageStart }) }

// inView are the indices of the chosen markers in view, in order of their place.
func (l *Layout) inView(choose func(MarkerKind) bool) []int {
	var out []int
	at := func(i int) float64 { return l.sx.px(l.figure.Markers[i].At.X(l.figure.XAxis)) }
	for i, m := range l.figure.Markers {
		if x := at(i); choose(m.Kind) && x >= float64(l.Plot.Min.X)-1 && x <= float64(l.Plot.Max.X)+1 {
			k := len(out)
			for k > 0 && at(out[k-1]) > x {
				k--
			}
			out = append(out[:k], append([]int{i}, out[k:]...)...)
		}
	}
	return out
}

// placeMarks lists what can be pointed at: pills, stage lines, and the small marks at the foot, of which those that would
// overlap the one before are left out.
func (l *Layout) placeMarks() {
	for _, q := range l.pills {
		l.Marks = append(l.Marks, Hit{q.rect, q.marker})
	}
	half := l.px(5)
	y := l.Plot.Max.Y - l.px(6)
	last := math.MinInt32
	for _, i := range l.inView(func(k MarkerKind) bool { return k != StageStart }) {
		x := int(math.Round(l.sx.px(l.figure.Markers[i].At.X(l.figure.XAxis))))
		if x-last < 2*half && l.figure.Markers[i].Kind == Saved {
			continue
		}
		last = x
		l.Marks = append(l.Marks, Hit{image.Rect(x-half, y-half, x+half, y+half), i})
	}
}
