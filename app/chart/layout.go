package chart

import (
	"image"
	"math"
	"slices"
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

// Size is the size of the picture in device pixels.
func (l *Layout) Size() image.Point { return l.size }

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
	slimPad    = 5 // above and below the plot of a slim figure
)

func (l *Layout) px(logical float64) int { return int(math.Round(logical * l.scale)) }

func (l *Layout) style(size float64, bold bool) style { return style{bold, size * l.scale} }

// layout arranges f in a picture of the given size in device pixels.
func (p *pen) layout(f Figure, size image.Point, scale float64) Layout {
	l := Layout{figure: f, size: size, scale: scale, views: f.views()}
	lines := l.px(50) // between the labels of the vertical axis
	if f.Slim {
		lines = l.px(22)
	}
	var ok bool
	l.X, l.Y, ok = fit(f, l.views)
	l.Empty = !ok
	l.Plot.Min.X, l.Plot.Max.X = l.px(minLeft), max(size.X-l.px(rightPad), 1)
	pillRows := 1
	for range 2 { // widths and heights depend on each other, weakly
		l.Plot.Min.Y = l.px(edge + pillBand*float64(pillRows))
		if f.Title != "" {
			l.Plot.Min.Y += l.px(titleBand)
		}
		l.Plot.Max.Y = size.Y - l.px(edge/2+tickBand+legendBand*float64(max(l.rows, 1)))
		if f.Slim {
			l.Plot.Min.Y, l.Plot.Max.Y = l.px(slimPad), size.Y-l.px(slimPad)
		}
		l.ys = yTicks(l.Y, f.LogY, max(l.Plot.Dy()/max(lines, 1), 2))
		l.Plot.Min.X = p.leftPad(&l)
		p.placeLegend(&l)
		pillRows = p.pillRows(&l)
	}
	if l.Plot.Min.X >= l.Plot.Max.X || l.Plot.Min.Y >= l.Plot.Max.Y { // no room for anything
		l.Plot, l.Legend = image.Rectangle{}, nil
		return l
	}
	l.sx = newScale(l.X, f.LogX, float64(l.Plot.Min.X), float64(l.Plot.Max.X))
	l.sy = newScale(l.Y, f.LogY, float64(l.Plot.Max.Y), float64(l.Plot.Min.Y))
	apart := 95.0
	if f.XAxis.clock() {
		apart = 112 // 2 d 2 h 30 min
	}
	l.xs = xTicks(f.XAxis, l.X, f.LogX, max(l.Plot.Dx()/l.px(apart), 2))
	if l.Empty {
		l.xs, l.ys = nil, nil
	}
	if f.Slim {
		return l
	}
	l.pills = p.placePills(&l, l.sx, pillRows)
	l.placeMarks()
	return l
}

// leftPad is the room for the vertical tick labels, in coarse steps so that a live chart stands still.
func (p *pen) leftPad(l *Layout) int {
	widest := 0
	for _, t := range l.ys {
		widest = max(widest, p.text.label(l.style(tickSize, false), t.label).width)
	}
	step := max(l.px(8), 1)
	need := widest + l.px(8+6)
	return max((need+step-1)/step*step, l.px(minLeft), l.px(float64(l.figure.Left)))
}

// placeLegend fills rows from the left; the first row leaves room for the title of the axis.
func (p *pen) placeLegend(l *Layout) {
	l.Legend = l.Legend[:0]
	l.rows = 1
	if !l.figure.Legend || l.figure.Slim {
		return
	}
	title := p.text.label(l.style(nameSize, false), l.figure.xName()).width
	limit := l.Plot.Max.X - title - l.px(legendGap)
	top := l.Plot.Max.Y + l.px(tickBand)
	x := l.Plot.Min.X
	for i, line := range l.figure.Lines {
		if line.Series == nil || line.Muted || line.Unlisted {
			continue
		}
		w := l.px(swatch+6) + p.text.label(l.style(legendSize, false), line.Label()).width
		if x+w > limit && x > l.Plot.Min.X {
			x, limit = l.Plot.Min.X, l.Plot.Max.X
			l.rows++
		}
		y := top + (l.rows-1)*l.px(legendBand)
		l.Legend = append(l.Legend, Hit{image.Rect(x-l.px(4), y, x+w+l.px(4), y+l.px(legendBand)), i})
		x += w + l.px(legendGap)
	}
}

// placeMarks lists what can be pointed at: pills and the small marks at the foot. Checkpoints that would overlap the mark
// before are left out.
func (l *Layout) placeMarks() {
	for _, q := range l.pills {
		l.Marks = append(l.Marks, Hit{q.rect, q.marker})
	}
	half := l.px(5)
	y := l.Plot.Max.Y - l.px(7)
	var feet []Hit
	for i, m := range l.figure.Markers {
		x := l.sx.px(m.At.X(l.figure.XAxis))
		if m.Kind != StageStart && x >= float64(l.Plot.Min.X) && x <= float64(l.Plot.Max.X) {
			k := int(math.Round(x))
			feet = append(feet, Hit{image.Rect(k-half, y-half, k+half, y+half), i})
		}
	}
	slices.SortStableFunc(feet, func(a, b Hit) int { return a.Rect.Min.X - b.Rect.Min.X })
	last := math.MinInt32
	for _, h := range feet {
		if h.Rect.Min.X < last && l.figure.Markers[h.Index].Kind == Saved {
			continue
		}
		last = h.Rect.Max.X
		l.Marks = append(l.Marks, h)
	}
}
