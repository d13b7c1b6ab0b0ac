package chart

import (
	"image"
	"image/color"
	"io"
	"math"
	"sync"
)

// pen is what drawing reuses from picture to picture.
type pen struct {
	text   typesetter
	pixels painter
	ink    ink
	points []pt
	dashes []pt
	notes  []image.Rectangle // fields of the labels of trends and levels
}

var pens = sync.Pool{New: func() any { return new(pen) }}

// Draw fills dst with the picture of f and tells where things are in it. scale is device pixels per logical one, 0.1 to
// 64: a text of 12 is 24 pixels high at scale 2. Layout counts from the corner of dst.
func Draw(dst *image.RGBA, f Figure, t Theme, scale float64) Layout {
	size := dst.Rect.Size()
	l := Arrange(f, size.X, size.Y, scale)
	l.Draw(dst, t)
	return l
}

// Arrange tells where things will be in a picture of the given size in device pixels, without drawing it.
func Arrange(f Figure, width, height int, scale float64) Layout {
	p := pens.Get().(*pen)
	defer pens.Put(p)
	return p.layout(f, image.Pt(width, height), sane(scale))
}

// Draw fills dst, which has the size that l was arranged for, with the picture: the points that there were then.
func (l *Layout) Draw(dst *image.RGBA, t Theme) {
	p := pens.Get().(*pen)
	defer pens.Put(p)
	if !dst.Rect.Empty() { // count from the corner of dst
		dst = &image.RGBA{Pix: dst.Pix[dst.PixOffset(dst.Rect.Min.X, dst.Rect.Min.Y):], Stride: dst.Stride, Rect: image.Rectangle{Max: dst.Rect.Size()}}
	}
	p.pixels.dst = dst
	p.draw(&p.pixels, l, t)
}

// draw makes the picture of l with the given ink.
func (p *pen) draw(with ink, l *Layout, t Theme) {
	p.ink = with
	with.clear(t.Background)
	if !l.Plot.Empty() {
		p.drawGrid(l, t)
		p.drawLines(l, t)
		p.drawTrends(l, t)
		p.drawMarks(l, t)
		p.drawText(l, t)
	}
}

// WritePNG writes the picture of f as PNG, width x height logical pixels at the given scale.
func WritePNG(w io.Writer, f Figure, t Theme, width, height int, scale float64) error {
	return Stack{Figures: []Figure{f}}.WritePNG(w, t, width, height, scale)
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

func (p *pen) drawGrid(l *Layout, t Theme) {
	p.ink.within(l.Plot)
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
		p.ink.bar(image.Rect(0, y, w, y+thin), strength(k.label, 0.1))
	}
	for _, k := range l.xs {
		x := int(math.Round(l.sx.px(k.v))) - l.Plot.Min.X
		p.ink.bar(image.Rect(x, 0, x+thin, h), strength(k.label, 0.055))
	}
	p.ink.bar(image.Rect(0, h-thin, w, h), fade(t.Foreground, 0.35))
	if l.Empty {
		for y := h / 5; y < h-thin; y += max(h/5, 1) {
			p.ink.bar(image.Rect(0, y, w, y+thin), strength("", 0))
		}
	}
	for _, q := range l.stages(l.sx) {
		if q.pinned {
			continue
		}
		x := q.line - l.Plot.Min.X
		on, period := max(l.px(4), 1), max(l.px(8), 2)
		for y := 0; y < h; y += period {
			p.ink.bar(image.Rect(x, y, x+thin, y+on), fade(t.Foreground, 0.42))
		}
	}
}

// blend is part of the way from a to b, opaque.
func blend(a, b color.NRGBA, part float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + part*(float64(y)-float64(x)))) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
