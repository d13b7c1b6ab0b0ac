package chart

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
)

// Trend is a power law y = A x^B that was fitted to a range of x, a straight line where both axes are logarithmic.
type Trend struct {
	A, B  float64
	Range Range   // of x, that it was fitted to; it is drawn there and nowhere else
	Error float64 // standard error of B
	Bins  int     // how many averages it was fitted to
	Color int     // index into Theme.Series
}

// trendBins is how many bins an octave of x has.
const trendBins = 8

// FitPower fits a power law to the points of line l of f that are in view, or of the smoothed or raw line alike: values are
// averaged in bins that are equally wide in log x, eight to an octave, and a straight line is fitted to the averages in log-log by least
// squares. So early points, of which there are few, count as much as late ones. Loss against compute falls on such a line
// over some range only (Kaplan et al., arXiv:2001.08361, section 3), so a trend says its range, and holds no further.
func (f Figure) FitPower(l int) (Trend, error) {
	x, _, _ := f.Fit()
	line := f.Lines[l]
	v := line.Series.view(f.XAxis, 0, false)
	v.origin = line.Origin.X(f.XAxis)
	t := Trend{Color: line.Color, Range: Range{math.Inf(1), math.Inf(-1)}}
	var px, py []float64
	for i, j := v.inside(Range{max(x.Lo, math.SmallestNonzeroFloat64), x.Hi}); i < j; {
		k, at, mean := v.bin(i, j)
		if mean > 0 {
			px, py = append(px, math.Log(at)), append(py, math.Log(mean))
			t.Range.Lo, t.Range.Hi = min(t.Range.Lo, at), max(t.Range.Hi, at)
		}
		i = k
	}
	if t.Bins = len(px); t.Bins < 4 || t.Range.Hi < 1.2*t.Range.Lo {
		return t, errors.New("a slope needs more points: zoom out, until x grows by a fifth at least")
	}
	t.solve(px, py)
	return t, nil
}

// bin averages the points from i that share a bin of x. It returns where the next bin begins, the geometric middle of the bin, and
// the mean, NaN without a drawable value.
func (v view) bin(i, j int) (next int, at, mean float64) {
	first := v.x[i] - v.origin
	edge := math.Exp2((math.Floor(math.Log2(first)*trendBins+1e-9) + 1) / trendBins)
	sum, n := 0.0, 0
	k := i
	for ; k < j && (v.x[k]-v.origin < edge || k == i); k++ {
		if y := v.raw.v[k]; finite(y) {
			sum += y
			n++
		}
	}
	return k, math.Sqrt(first * (v.x[k-1] - v.origin)), sum / float64(n)
}

// solve sets A, B and Error by least squares.
func (t *Trend) solve(x, y []float64) {
	n := float64(len(x))
	var mx, my, sxx, sxy, syy float64
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
		syy += (y[i] - my) * (y[i] - my)
	}
	t.B = sxy / sxx
	t.A = math.Exp(my - t.B*mx)
	t.Error = math.Sqrt(max(syy-t.B*sxy, 0) / (n - 2) / sxx)
}

// At is the value at x.
func (t Trend) At(x float64) float64 { return t.A * math.Pow(x, t.B) }

// Label says what the trend is: "x^-0.123 ± 0.004, from 12k to 96k".
func (t Trend) Label(a Axis) string {
	return fmt.Sprintf("slope %.3f ± %.3f, %s to %s", t.B, t.Error, a.Short(t.Range.Lo), a.Short(t.Range.Hi))
}

// Short writes a coordinate on a in three figures: 12.3k, 4.5P, 2h30m.
func (a Axis) Short(v float64) string {
	if a.clock() {
		return Clock(v)
	}
	return short(v, a.units())
}

// drawTrends draws fitted slopes and reference lines, each with its label in the plot.
func (p *pen) drawTrends(l *Layout, t Theme) {
	p.ink.within(l.Plot)
	p.notes = p.notes[:0]
	sx, sy := l.inPlot()
	w := float64(l.Plot.Dx())
	for _, q := range l.figure.Levels {
		y := sy.px(q.Y)
		if !(y >= 0 && y <= float64(l.Plot.Dy())) {
			continue
		}
		c := blend(t.Background, t.Foreground, 0.7)
		p.dashes = dash(p.dashes[:0], []pt{{0, y}, {w, y}}, 7*l.scale, 4*l.scale)
		p.ink.polyline(p.dashes, l.scale, c)
		p.note(l, t, q.Label, c, l.Plot.Max.X, float64(l.Plot.Min.Y)+y)
	}
	for _, q := range l.figure.Trends {
		if l.figure.Slim {
			break
		}
		c := blend(t.Color(q.Color), t.Foreground, 0.45)
		p.points = p.points[:0]
		from, to := max(sx.px(q.Range.Lo), 0), min(sx.px(q.Range.Hi), w)
		for x := from; x < to+1; x += 2 {
			p.points = append(p.points, pt{x, sy.px(q.At(sx.value(x)))})
		}
		if len(p.points) < 2 {
			continue
		}
		p.dashes = dash(p.dashes[:0], p.points, 9*l.scale, 4*l.scale)
		p.ink.polyline(p.dashes, 1.6*l.scale, c)
		k := len(p.points) - 1
		for k >= 0 && !(p.points[k].y >= 0 && p.points[k].y <= float64(l.Plot.Dy())) {
			k--
		}
		if k < 0 {
			continue
		}
		end := p.points[k]
		p.note(l, t, q.Label(l.figure.XAxis), c, l.Plot.Min.X+int(end.x), float64(l.Plot.Min.Y)+end.y)
	}
}

// note writes a short text on a field of its own so that it ends at x, above y or, near the top, below it.
func (p *pen) note(l *Layout, t Theme, text string, c color.NRGBA, x int, y float64) {
	if text == "" {
		return
	}
	label := p.text.label(l.style(tickSize, false), text)
	w, h := label.width+l.px(8), float64(l.px(16))
	left := float64(max(min(x, l.Plot.Max.X)-w-l.px(4), l.Plot.Min.X+l.px(4)))
	top := y - h - 4*l.scale
	if top < float64(l.Plot.Min.Y) {
		top = y + 4*l.scale
	}
	top = max(min(top, float64(l.Plot.Max.Y)-h), float64(l.Plot.Min.Y))
	field := image.Rect(int(left), int(top), int(left)+w, int(top+h))
	for i := 0; i < len(p.notes); i++ { // above what it would hide
		if field.Overlaps(p.notes[i]) {
			field = field.Add(image.Pt(0, p.notes[i].Min.Y-l.px(2)-field.Max.Y))
			top, i = float64(field.Min.Y), -1
		}
	}
	p.notes = append(p.notes, field)
	x0, y0 := left-float64(l.Plot.Min.X), top-float64(l.Plot.Min.Y)
	p.ink.roundRect(x0, y0, x0+float64(w), y0+h, 3*l.scale, fade(t.Background, 0.85))
	writeMiddle(p.ink, label, int(left)+l.px(4), top+h/2, blend(c, t.Foreground, 0.5))
}
