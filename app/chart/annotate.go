package chart

import (
	"image"
	"math"
)

func (p *pen) drawMarks(l *Layout, t Theme) {
	p.ink.within(image.Rectangle{Max: l.size})
	thin := max(l.px(1), 1)
	for _, q := range l.pills {
		strength := 0.9
		if q.pinned {
			strength = 0.6
		} else {
			p.ink.bar(image.Rect(q.line, q.rect.Max.Y, q.line+thin, l.Plot.Min.Y), fade(t.Foreground, 0.42))
		}
		x0, y0, x1, y1 := float64(q.rect.Min.X), float64(q.rect.Min.Y), float64(q.rect.Max.X), float64(q.rect.Max.Y)
		r := 4 * l.scale
		p.ink.roundRect(x0, y0, x1, y1, r, blend(t.Background, t.Foreground, 0.28))
		e := float64(thin)
		p.ink.roundRect(x0+e, y0+e, x1-e, y1-e, r-e, t.Pill)
		text := p.text.label(l.style(tickSize, false), q.text)
		writeMiddle(p.ink, text, q.rect.Min.X+l.px(pillPad), (y0+y1)/2, fade(t.Foreground, strength))
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
		p.ink.convex([]pt{{x, y - a}, {x + a, y}, {x, y + a}, {x - a, y}}, blend(t.Background, t.Foreground, 0.8))
	case Spike:
		p.ink.convex([]pt{{x, y - a}, {x + a, y + 0.8*a}, {x - a, y + 0.8*a}}, t.Accent)
	case Paused:
		p.ink.roundRect(x-0.75*a, y-0.8*a, x-0.2*a, y+0.8*a, 0.2*a, dim)
		p.ink.roundRect(x+0.2*a, y-0.8*a, x+0.75*a, y+0.8*a, 0.2*a, dim)
	default:
		p.ink.disc(pt{x, y}, 0.6*a, dim)
	}
}

func (p *pen) drawText(l *Layout, t Theme) {
	dim := blend(t.Background, t.Foreground, 0.64)
	tick := l.style(tickSize, false)
	for _, k := range l.ys {
		text := p.text.label(tick, k.label)
		writeMiddle(p.ink, text, l.Plot.Min.X-l.px(8)-text.width, l.sy.px(k.v), dim)
	}
	if l.figure.Slim {
		p.drawSlimName(l, t)
		return
	}
	baseline := l.Plot.Max.Y + l.px(15)
	for _, k := range l.xs {
		text := p.text.label(tick, k.label)
		p.ink.write(text, int(math.Round(l.sx.px(k.v)))-text.width/2, baseline, dim)
	}
	name := p.text.label(l.style(nameSize, true), l.figure.YName)
	writeMiddle(p.ink, name, l.px(edge), float64(l.Plot.Min.Y)-float64(l.px(pillBand)-l.px(pillHeight)/2), dim)
	axis := p.text.label(l.style(nameSize, true), l.figure.xName())
	writeMiddle(p.ink, axis, l.Plot.Max.X-axis.width, float64(l.Plot.Max.Y+l.px(tickBand+legendBand/2)), dim)
	p.drawTitle(l, t)
	p.drawLegend(l, t)
	if l.Empty {
		p.drawEmpty(l, t)
	}
}

// drawSlimName writes the name of the vertical axis into a corner of the plot: the upper right one, where curves that fall leave room,
// or the first other one in which no line lies.
func (p *pen) drawSlimName(l *Layout, t Theme) {
	p.ink.within(image.Rectangle{Max: l.size})
	name := p.text.label(l.style(nameSize, true), l.figure.YName)
	size := image.Pt(name.width+l.px(6), l.px(14))
	in := l.Plot.Inset(l.px(3))
	corners := []image.Point{
		{in.Max.X - size.X, in.Min.Y + l.px(4)},
		{in.Max.X - size.X, in.Max.Y - size.Y - l.px(4)},
		{in.Min.X, in.Min.Y + l.px(4)},
		{in.Min.X, in.Max.Y - size.Y - l.px(4)},
	}
	field := image.Rectangle{corners[0], corners[0].Add(size)}
	for _, c := range corners {
		if r := (image.Rectangle{c, c.Add(size)}); l.free(r) {
			field = r
			break
		}
	}
	x0, y0, x1, y1 := float64(field.Min.X), float64(field.Min.Y), float64(field.Max.X), float64(field.Max.Y)
	p.ink.roundRect(x0, y0, x1, y1, 3*l.scale, fade(t.Background, 0.7))
	writeMiddle(p.ink, name, field.Min.X+l.px(3), (y0+y1)/2, blend(t.Background, t.Foreground, 0.64))
	if l.Empty {
		message := p.text.label(l.style(tickSize, false), l.figure.Empty)
		middle := l.Plot.Min.Add(l.Plot.Max).Div(2)
		writeMiddle(p.ink, message, middle.X-message.width/2, float64(middle.Y), blend(t.Background, t.Foreground, 0.5))
	}
}

// free reports whether no line crosses r.
func (l *Layout) free(r image.Rectangle) bool {
	for _, v := range l.views {
		i, j := v.within(Range{l.sx.value(float64(r.Min.X)), l.sx.value(float64(r.Max.X))})
		lo, hi := v.line.extremes(i, j, l.sy.minimum)
		if lo >= 0 && l.sy.px(v.line.v[hi]) <= float64(r.Max.Y) && l.sy.px(v.line.v[lo]) >= float64(r.Min.Y) {
			return false
		}
	}
	return true
}

func (p *pen) drawTitle(l *Layout, t Theme) {
	if l.figure.Title == "" {
		return
	}
	baseline := l.px(edge + 15)
	title := p.text.label(l.style(titleSize, true), l.figure.Title)
	p.ink.write(title, l.px(edge), baseline, t.Foreground)
	note := p.text.label(l.style(noteSize, false), l.figure.Note)
	p.ink.write(note, l.px(edge+12)+title.width, baseline, blend(t.Background, t.Foreground, 0.64))
}

func (p *pen) drawLegend(l *Layout, t Theme) {
	p.ink.within(image.Rectangle{Max: l.size})
	for _, h := range l.Legend {
		line := l.figure.Lines[h.Index]
		strength := 0.92
		c := t.Color(line.Color)
		if line.Hidden {
			strength = 0.4
			c = fade(c, 0.35)
		}
		x, y := float64(h.Rect.Min.X+l.px(4)), float64(h.Rect.Min.Y+h.Rect.Max.Y)/2
		end := x + swatch*l.scale
		if line.Dashed {
			p.ink.roundRect(x, y-1.5*l.scale, x+0.4*swatch*l.scale, y+1.5*l.scale, 1.5*l.scale, c)
			x0 := x + 0.6*swatch*l.scale
			p.ink.roundRect(x0, y-1.5*l.scale, end, y+1.5*l.scale, 1.5*l.scale, c)
		} else {
			p.ink.roundRect(x, y-1.5*l.scale, end, y+1.5*l.scale, 1.5*l.scale, c)
		}
		text := p.text.label(l.style(legendSize, false), line.Label())
		writeMiddle(p.ink, text, int(x)+l.px(swatch+6), y, blend(t.Background, t.Foreground, strength))
	}
}

func (p *pen) drawEmpty(l *Layout, t Theme) {
	message := l.figure.Empty
	if message == "" {
		message = EmptyText
	}
	text := p.text.label(l.style(emptySize, false), message)
	middle := l.Plot.Min.Add(l.Plot.Max).Div(2)
	writeMiddle(p.ink, text, middle.X-text.width/2, float64(middle.Y), blend(t.Background, t.Foreground, 0.64))
}
