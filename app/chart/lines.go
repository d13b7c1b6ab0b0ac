package chart

import (
	"image"
	"image/color"
	"math"
	"slices"
)

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
