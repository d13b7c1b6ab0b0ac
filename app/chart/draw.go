package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"sync"
)

// pen is what drawing reuses from picture to picture.
type pen struct {
	text   typesetter
	paint  painter
	points []pt
}

var pens = sync.Pool{New: func() any { return new(pen) }}

// Draw fills dst with the picture of f and tells where things are in it. scale is device pixels per logical one, 0.1 to
// 64: a text of 12 is 24 pixels high at scale 2. Layout counts from the corner of dst.
func Draw(dst *image.RGBA, f Figure, t Theme, scale float64) Layout {
	p := pens.Get().(*pen)
	defer pens.Put(p)
	size := dst.Rect.Size()
	if !dst.Rect.Empty() { // count from the corner of dst
		dst = &image.RGBA{Pix: dst.Pix[dst.PixOffset(dst.Rect.Min.X, dst.Rect.Min.Y):], Stride: dst.Stride, Rect: image.Rectangle{Max: size}}
	}
	l := p.layout(f, size, sane(scale))
	draw.Draw(dst, dst.Rect, image.NewUniform(t.Background), image.Point{}, draw.Src)
	if !l.Plot.Empty() {
		p.drawGrid(dst, &l, t)
		p.drawLines(dst, &l, t)
		p.drawMarks(dst, &l, t)
		p.drawText(dst, &l, t)
	}
	return l
}

// Arrange tells where things would be in a picture of the given size in device pixels, without drawing it.
func Arrange(f Figure, width, height int, scale float64) Layout {
	p := pens.Get().(*pen)
	defer pens.Put(p)
	return p.layout(f, image.Pt(width, height), sane(scale))
}

// WritePNG writes the picture of f as PNG, width x height logical pixels at the given scale.
func WritePNG(w io.Writer, f Figure, t Theme, width, height int, scale float64) error {
	px, py := int(math.Round(float64(width)*scale)), int(math.Round(float64(height)*scale))
	if px < 1 || py < 1 || px > 1<<15 || py > 1<<15 {
		return fmt.Errorf("chart: picture of %d x %d at scale %g: sides must be 1 to %d pixels", width, height, scale, 1<<15)
	}
	dst := image.NewRGBA(image.Rect(0, 0, px, py))
	Draw(dst, f, t, scale)
	if err := png.Encode(w, dst); err != nil {
		return fmt.Errorf("chart: write picture: %w", err)
	}
	return nil
}

// sane replaces a scale that no screen has.
func sane(scale float64) float64 {
	if scale >= 0.1 && scale <= 64 {
		return scale
	}
	return 1
}

// fade is c at the given part of its opacity.
func fade(c color.NRGBA, part float64) color.NRGBA {
	c.A = uint8(math.Round(float64(c.A) * part))
	return c
}

func (p *pen) drawGrid(dst *image.RGBA, l *Layout, t Theme) {
	p.paint.reset(dst, l.Plot)
	w, h := l.Plot.Dx(), l.Plot.Dy()
	thin := max(l.px(1), 1)
	strength := func(label string, labelled float64) color.NRGBA {
		if label == "" {
			return fade(t.Foreground, 0.035)
		}
		return fade(t.Foreground, labelled)
	}
	for _, k := range l.ys {
		y := int(math.Round(l.sy.px(k.v))) - l.Plot.Min.Y
		p.paint.bar(image.Rect(0, y, w, y+thin), strength(k.label, 0.1))
	}
	for _, k := range l.xs {
		x := int(math.Round(l.sx.px(k.v))) - l.Plot.Min.X
		p.paint.bar(image.Rect(x, 0, x+thin, h), strength(k.label, 0.055))
	}
	p.paint.bar(image.Rect(0, h-thin, w, h), fade(t.Foreground, 0.35))
	if l.Empty {
		for y := h / 5; y < h-thin; y += max(h/5, 1) {
			p.paint.bar(image.Rect(0, y, w, y+thin), strength("", 0))
		}
	}
	for _, q := range l.stages(l.sx) {
		if q.pinned {
			continue
		}
		x := q.line - l.Plot.Min.X
		on, period := max(l.px(4), 1), max(l.px(8), 2)
		for y := 0; y < h; y += period {
			p.paint.bar(image.Rect(x, y, x+thin, y+on), fade(t.Foreground, 0.42))
		}
	}
}

// drawLines draws the ghosts of all lines first, so that no noise covers a smoothed line, and dense lines before sparse
// ones.
func (p *pen) drawLines(dst *image.RGBA, l *Layout, t Theme) {
	shown := make([]stroke, len(l.views))
	for k, line := range l.figure.visible() {
		v := l.views[k]
		i, j := v.within(l.X)
		shown[k] = stroke{view: v, i: i, j: j, color: t.Color(l.figure.Lines[line].Color)}
	}
	p.paint.reset(dst, l.Plot)
	ghost := t.Ghost * math.Pow(max(1, float64(countSmooth(shown))), -0.75) // many ghosts would add up to fog
	for _, s := range shown {
		if s.view.smooth {
			p.trace(l, s.view.x, s.view.raw, s.i, s.j, 1, fade(s.color, ghost))
		}
	}
	slices.SortStableFunc(shown, func(a, b stroke) int { return (b.j - b.i) - (a.j - a.i) })
	for _, s := range shown {
		if !s.view.smooth {
			p.trace(l, s.view.x, s.view.line, s.i, s.j, 1.4, s.color)
			continue
		}
		for _, part := range s.view.segments(s.i, s.j) {
			p.trace(l, s.view.x, s.view.line, part[0], part[1], 1.8, s.color)
		}
	}
	p.paint.reset(dst, l.Plot.Inset(-l.px(3))) // a dot may stand on the edge
	for _, s := range shown {
		p.drawDots(l, s)
	}
}

// stroke is a line to draw: the points [i, j) of a view.
type stroke struct {
	view  view
	i, j  int
	color color.NRGBA
}

func countSmooth(shown []stroke) int {
	n := 0
	for _, s := range shown {
		if s.view.smooth {
			n++
		}
	}
	return n
}

// trace draws the values [i, j) of a track in logical width. A band of noise denser than the pixels is a little
// translucent, since it would hide everything else.
func (p *pen) trace(l *Layout, x []float64, t track, i, j int, width float64, c color.NRGBA) {
	sx, sy := l.sx, l.sy
	sx.px0, sy.px0 = sx.px0-float64(l.Plot.Min.X), sy.px0-float64(l.Plot.Min.Y)
	p.points = decimate(p.points[:0], x, t, i, j, sx, sy)
	if j-i > 3*l.Plot.Dx() && noisy(p.points, l.Plot.Dx()) {
		p.paint.spans(p.points, width*l.scale, fade(c, 0.75))
	} else {
		p.paint.polyline(p.points, width*l.scale, c)
	}
}

// noisy reports whether the line goes up and down by more than a few pixels in most of w columns.
func noisy(points []pt, w int) bool {
	sum := 0.0
	for i := 1; i < len(points); i++ {
		sum += math.Abs(points[i].y - points[i-1].y)
	}
	return sum > 6*float64(w)
}

// drawDots marks the points of a line that has few of them, such as evaluations, and the only point of any line.
func (p *pen) drawDots(l *Layout, s stroke) {
	if n := s.j - s.i; n > 1 && n*l.px(9) > l.Plot.Dx() {
		return
	}
	for i := s.i; i < s.j; i++ {
		at := pt{l.sx.px(s.view.x[i]), l.sy.px(s.view.line.v[i])}
		if in := (pt{math.Round(at.x), math.Round(at.y)}); in.x >= float64(l.Plot.Min.X) && in.x <= float64(l.Plot.Max.X) &&
			in.y >= float64(l.Plot.Min.Y) && in.y <= float64(l.Plot.Max.Y) {
			p.paint.disc(pt{at.x - float64(p.paint.box.Min.X), at.y - float64(p.paint.box.Min.Y)}, 2.6*l.scale, s.color)
		}
	}
}

func (p *pen) drawMarks(dst *image.RGBA, l *Layout, t Theme) {
	p.paint.reset(dst, dst.Rect)
	thin := max(l.px(1), 1)
	for _, q := range l.pills {
		strength := 0.9
		if q.pinned {
			strength = 0.6
		} else {
			p.paint.bar(image.Rect(q.line, q.rect.Max.Y, q.line+thin, l.Plot.Min.Y), fade(t.Foreground, 0.42))
		}
		x0, y0, x1, y1 := float64(q.rect.Min.X), float64(q.rect.Min.Y), float64(q.rect.Max.X), float64(q.rect.Max.Y)
		r := 4 * l.scale
		p.paint.roundRect(x0, y0, x1, y1, r, blend(t.Background, t.Foreground, 0.28))
		e := float64(thin)
		p.paint.roundRect(x0+e, y0+e, x1-e, y1-e, r-e, t.Pill)
		text := p.text.label(l.style(tickSize, false), q.text)
		text.drawMiddle(dst, q.rect.Min.X+l.px(pillPad), (y0+y1)/2, fade(t.Foreground, strength))
	}
	for _, h := range l.Marks {
		if m := l.figure.Markers[h.Index]; m.Kind != StageStart {
			p.drawMark(l, m.Kind, h.Rect, t)
		}
	}
}

// drawMark draws the small sign of an event: a diamond for a tweak, a triangle for a spike, a disc for a checkpoint, two
// bars for a pause.
func (p *pen) drawMark(l *Layout, kind MarkerKind, r image.Rectangle, t Theme) {
	x, y := float64(r.Min.X+r.Max.X)/2+0.5, float64(r.Min.Y+r.Max.Y)/2
	a := 4 * l.scale
	dim := blend(t.Background, t.Foreground, 0.55)
	switch kind {
	case Tweak:
		p.paint.convex([]pt{{x, y - a}, {x + a, y}, {x, y + a}, {x - a, y}}, blend(t.Background, t.Foreground, 0.8))
	case Spike:
		p.paint.convex([]pt{{x, y - a}, {x + a, y + 0.8*a}, {x - a, y + 0.8*a}}, t.Accent)
	case Paused:
		p.paint.roundRect(x-0.75*a, y-0.8*a, x-0.2*a, y+0.8*a, 0.2*a, dim)
		p.paint.roundRect(x+0.2*a, y-0.8*a, x+0.75*a, y+0.8*a, 0.2*a, dim)
	default:
		p.paint.disc(pt{x, y}, 0.6*a, dim)
	}
}

// blend is part of the way from a to b, opaque.
func blend(a, b color.NRGBA, part float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + part*(float64(y)-float64(x)))) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

func (p *pen) drawText(dst *image.RGBA, l *Layout, t Theme) {
	dim := blend(t.Background, t.Foreground, 0.64)
	tick := l.style(tickSize, false)
	for _, k := range l.ys {
		text := p.text.label(tick, k.label)
		text.drawMiddle(dst, l.Plot.Min.X-l.px(8)-text.width, l.sy.px(k.v), dim)
	}
	baseline := l.Plot.Max.Y + l.px(15)
	for _, k := range l.xs {
		text := p.text.label(tick, k.label)
		text.draw(dst, int(math.Round(l.sx.px(k.v)))-text.width/2, baseline, dim)
	}
	name := p.text.label(l.style(nameSize, true), l.figure.YName)
	name.drawMiddle(dst, l.px(edge), float64(l.Plot.Min.Y)-float64(l.px(pillBand)-l.px(pillHeight)/2), dim)
	axis := p.text.label(l.style(nameSize, true), l.figure.XAxis.String())
	axis.drawMiddle(dst, l.Plot.Max.X-axis.width, float64(l.Plot.Max.Y+l.px(tickBand+legendBand/2)), dim)
	p.drawTitle(dst, l, t)
	p.drawLegend(dst, l, t)
	if l.Empty {
		p.drawEmpty(dst, l, t)
	}
}

func (p *pen) drawTitle(dst *image.RGBA, l *Layout, t Theme) {
	if l.figure.Title == "" {
		return
	}
	baseline := l.px(edge + 15)
	title := p.text.label(l.style(titleSize, true), l.figure.Title)
	title.draw(dst, l.px(edge), baseline, t.Foreground)
	note := p.text.label(l.style(noteSize, false), l.figure.Note)
	note.draw(dst, l.px(edge+12)+title.width, baseline, blend(t.Background, t.Foreground, 0.64))
}

func (p *pen) drawLegend(dst *image.RGBA, l *Layout, t Theme) {
	p.paint.reset(dst, dst.Rect)
	for _, h := range l.Legend {
		line := l.figure.Lines[h.Index]
		strength := 0.92
		c := t.Color(line.Color)
		if line.Hidden {
			strength = 0.4
			c = fade(c, 0.35)
		}
		x, y := float64(h.Rect.Min.X+l.px(4)), float64(h.Rect.Min.Y+h.Rect.Max.Y)/2
		p.paint.roundRect(x, y-1.5*l.scale, x+swatch*l.scale, y+1.5*l.scale, 1.5*l.scale, c)
		text := p.text.label(l.style(legendSize, false), line.Series.Name())
		text.drawMiddle(dst, int(x)+l.px(swatch+6), y, blend(t.Background, t.Foreground, strength))
	}
}

func (p *pen) drawEmpty(dst *image.RGBA, l *Layout, t Theme) {
	message := l.figure.Empty
	if message == "" {
		message = EmptyText
	}
	text := p.text.label(l.style(emptySize, false), message)
	middle := l.Plot.Min.Add(l.Plot.Max).Div(2)
	text.drawMiddle(dst, middle.X-text.width/2, float64(middle.Y), blend(t.Background, t.Foreground, 0.64))
}
