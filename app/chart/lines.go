package chart

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// drawLines draws the ghosts of all lines first, so that no noise covers a smoothed line, and dense lines before sparse
// ones.
func (p *pen) drawLines(l *Layout, t Theme) {
	shown := make([]stroke, len(l.views))
	for k, line := range l.figure.visible() {
		v := l.views[k]
		i, j := v.within(l.X)
		shown[k] = stroke{view: v, i: i, j: j, color: t.Color(l.figure.Lines[line].Color), dashed: l.figure.Lines[line].Dashed}
	}
	p.ink.within(l.Plot)
	p.drawGhosts(l, shown, t)
	slices.SortStableFunc(shown, func(a, b stroke) int { return (b.j - b.i) - (a.j - a.i) })
	for _, s := range shown {
		switch {
		case s.view.muted:
		case !s.view.smooth:
			p.trace(l, s, s.view.line, s.i, s.j, 1.4)
		default:
			for _, part := range s.view.segments(s.i, s.j) {
				p.trace(l, s, s.view.line, part[0], part[1], 1.8)
			}
		}
		p.drawOffScale(l, s)
	}
	box := l.Plot.Inset(-l.px(3)).Intersect(image.Rectangle{Max: l.size}) // a dot may stand on the edge
	p.ink.within(box)
	for _, s := range shown {
		p.drawDots(l, s, box.Min)
	}
}

// drawGhosts draws muted lines and what is behind smoothed ones.
func (p *pen) drawGhosts(l *Layout, shown []stroke, t Theme) {
	ghost := t.Ghost * math.Pow(max(1, float64(countSmooth(shown))), -0.75) // many ghosts would add up to fog
	for _, s := range shown {
		switch {
		case s.view.muted:
			s.color = blend(t.Background, t.Foreground, 0.35)
			p.trace(l, s, s.view.line, s.i, s.j, 1)
		case s.view.smooth && !l.figure.NoGhost:
			s.color, s.dashed = fade(s.color, ghost), false
			p.trace(l, s, s.view.raw, s.i, s.j, 1)
		}
	}
}

// stroke is a line to draw: the points [i, j) of a view.
type stroke struct {
	view   view
	i, j   int
	color  color.NRGBA
	dashed bool
}

func countSmooth(shown []stroke) int {
	n := 0
	for _, s := range shown {
		if s.view.smooth && !s.view.muted {
			n++
		}
	}
	return n
}

// inPlot are the scales of l counted from the corner of the plot.
func (l *Layout) inPlot() (sx, sy scale) {
	sx, sy = l.sx, l.sy
	sx.px0, sy.px0 = sx.px0-float64(l.Plot.Min.X), sy.px0-float64(l.Plot.Min.Y)
	return sx, sy
}

// trace draws the values [i, j) of a track of s in logical width. A band of noise denser than the pixels is a little
// translucent, since it would hide everything else.
func (p *pen) trace(l *Layout, s stroke, t track, i, j int, width float64) {
	sx, sy := l.inPlot()
	p.points = decimate(p.points[:0], s.view.x, t, i, j, sx.from(s.view.origin), sy)
	switch {
	case j-i > 3*l.Plot.Dx() && noisy(p.points, l.Plot.Dx()):
		p.ink.spans(p.points, width*l.scale, fade(s.color, 0.75))
	case s.dashed:
		p.dashes = dash(p.dashes[:0], p.points, 5*l.scale, 4*l.scale)
		p.ink.polyline(p.dashes, width*l.scale, s.color)
	default:
		p.ink.polyline(p.points, width*l.scale, s.color)
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

// dash appends to dst the line through points as dashes of the given length with gaps between, in pixels; a point that is
// not a number ends each.
func dash(dst, points []pt, on, off float64) []pt {
	gap := pt{math.NaN(), math.NaN()}
	left, drawing := on, true // of the dash or gap that is on
	for i, b := range points {
		if i == 0 {
			dst = append(dst, b)
			continue
		}
		a := points[i-1]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if !(length < 1e5) { // far off the picture
			dst = append(dst, b)
			continue
		}
		for done := 0.0; ; {
			if done+left > length {
				left -= length - done
				break
			}
			done += left
			w := done / length
			at := pt{a.x + w*(b.x-a.x), a.y + w*(b.y-a.y)}
			if drawing {
				dst, left = append(dst, at, gap), off
			} else {
				dst, left = append(dst, at), on
			}
			drawing = !drawing
		}
		if drawing {
			dst = append(dst, b)
		}
	}
	return dst
}

// drawDots marks the points of a line that has few of them, such as evaluations, and the only point of any line.
func (p *pen) drawDots(l *Layout, s stroke, corner image.Point) {
	if n := s.j - s.i; n > 1 && n*l.px(9) > l.Plot.Dx() || s.view.muted {
		return
	}
	sx := l.sx.from(s.view.origin)
	for i := s.i; i < s.j; i++ {
		at := pt{sx.px(s.view.x[i]), l.sy.px(s.view.line.v[i])}
		if in := (pt{math.Round(at.x), math.Round(at.y)}); in.x >= float64(l.Plot.Min.X) && in.x <= float64(l.Plot.Max.X) &&
			in.y >= float64(l.Plot.Min.Y) && in.y <= float64(l.Plot.Max.Y) {
			p.ink.disc(pt{at.x - float64(corner.X), at.y - float64(corner.Y)}, 2.6*l.scale, s.color)
		}
	}
}

// drawOffScale marks, where the height leaves outliers out, the places where the line goes on above or below the plot.
func (p *pen) drawOffScale(l *Layout, s stroke) {
	if !l.figure.Robust || s.view.muted {
		return
	}
	sx, sy := l.inPlot()
	p.points = decimate(p.points[:0], s.view.x, s.view.line, s.i, s.j, sx.from(s.view.origin), sy)
	a, h := 3.5*l.scale, float64(l.Plot.Dy())
	last := math.Inf(-1)
	for _, q := range p.points {
		if q.x < last+4*a || q.x < 0 || q.x > float64(l.Plot.Dx()) {
			continue
		}
		switch {
		case q.y < 0:
			p.ink.convex([]pt{{q.x, 1}, {q.x + a, 1 + 1.6*a}, {q.x - a, 1 + 1.6*a}}, s.color)
		case q.y > h:
			p.ink.convex([]pt{{q.x, h - 1}, {q.x - a, h - 1 - 1.6*a}, {q.x + a, h - 1 - 1.6*a}}, s.color)
		default:
			continue
		}
		last = q.x
	}
}
