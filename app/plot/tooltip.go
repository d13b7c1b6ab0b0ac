package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"growlab/app/chart"
)

// content is what the pointer points at, as text.
type content struct {
	title string
	rows  []row
	line  bool    // a cross line stands at x
	x     float32 // logical
	quiet bool    // only the cross and the dots are shown: the pointer is on another chart
}

// row is one line of a tooltip. Rows of values have a dot and two columns.
type row struct {
	dot         color.NRGBA // transparent: none
	name, value string
	near        bool    // nearest to the pointer
	x, y        float32 // where the point is, logical; y is NaN if it is out of view
}

// pointed is what to show for the pointer: the marker under it, or the values nearest to it.
func (c *Chart) pointed() content {
	at := c.pixel(c.pointer.at)
	if !c.pointer.over && c.group != nil && c.group.on && !c.layout.Plot.Empty() {
		return c.linkedContent(c.group.at)
	}
	if !c.pointer.over || c.pointer.dragging || c.layout.Plot.Empty() {
		return content{}
	}
	if i := hit(c.layout.Marks, at); i >= 0 && i < len(c.figure.Markers) {
		return c.markerContent(c.figure.Markers[i])
	}
	if c.layout.Empty || !at.In(c.layout.Plot) {
		return content{}
	}
	return c.valueContent(float64(c.pointer.at.X*c.dots), float64(c.pointer.at.Y*c.dots))
}

func (c *Chart) markerContent(m chart.Marker) content {
	out := content{title: m.Label, x: c.pointer.at.X}
	for line := range strings.SplitSeq(m.Detail, "\n") {
		if line != "" {
			out.rows = append(out.rows, row{name: line})
		}
	}
	if m.Kind != chart.StageStart || m.At.Step > 0 {
		out.rows = append(out.rows, row{name: c.place(m.At)})
	}
	return out
}

// maxRows is how many values a tooltip lists, if the chart is as high as that: Fyne draws nothing beyond a widget that scrolls. The
// table has all.
const maxRows = 8

// tipRows is how many rows a tooltip has room for, below its title.
func (c *Chart) tipRows() int {
	return min(max(int((c.Size().Height-tipFrame-2)/tipLine)-1, 1), maxRows+1)
}

// valueContent lists the values near the pixel (x, y), the nearest first.
func (c *Chart) valueContent(x, y float64) content {
	values := c.valuesAt(c.layout.XValue(x))
	if len(values) == 0 {
		return content{}
	}
	for i := range values {
		values[i].Gap = math.Abs(c.layout.YPixel(values[i].Reading.Value) - y)
	}
	byGap(values)
	room, listed := c.tipRows(), len(values)
	if listed > room {
		listed = max(room-1, 1) // the last row tells how many are missing
	}
	out, cross := c.contentOf(values[:listed], x)
	out.rows[0].near = len(values) > 1
	out.title = c.place(cross)
	if more := len(values) - listed; more > 0 && room > 1 {
		out.rows = append(out.rows, row{name: fmt.Sprintf("and %d more", more)})
	}
	return out
}

func byGap(values []Value) {
	slices.SortStableFunc(values, func(a, b Value) int { return cmp.Compare(a.Gap, b.Gap) })
}

// linkedContent marks what the lines have at x while the pointer is on another chart of the group.
func (c *Chart) linkedContent(x float64) content {
	out, _ := c.contentOf(c.valuesAt(x), c.layout.XPixel(x))
	out.quiet, out.title = true, " "
	out.line, out.x = true, float32(c.layout.XPixel(x))/c.dots
	if !(x >= c.layout.X.Lo && x <= c.layout.X.Hi) {
		return content{}
	}
	return out
}

// contentOf is a row for each value, and where the one nearest to the pixel x is in its run.
func (c *Chart) contentOf(values []Value, x float64) (out content, cross chart.Pos) {
	colors := c.colors()
	crossGap := math.Inf(1)
	for _, v := range values {
		px, py := c.layout.XPixel(v.X), c.layout.YPixel(v.Reading.Value)
		if gap := math.Abs(px - x); gap < crossGap {
			cross, crossGap = v.At, gap
			out.line, out.x = true, float32(px)/c.dots
		}
		if !(py >= float64(c.layout.Plot.Min.Y) && py <= float64(c.layout.Plot.Max.Y) && px >= float64(c.layout.Plot.Min.X) && px <= float64(c.layout.Plot.Max.X)) {
			py = math.NaN()
		}
		out.rows = append(out.rows, row{
			dot: c.dot(colors, v.Line), name: v.Line.Label(), value: c.valueText(v),
			x: float32(px) / c.dots, y: float32(py) / c.dots,
		})
	}
	return out, cross
}

// dot is the colour of a line's swatch.
func (c *Chart) dot(t chart.Theme, l chart.Line) color.NRGBA {
	if l.Muted {
		return fade(t.Foreground, 0.4)
	}
	return t.Color(l.Color)
}

// valueText is a value as it is drawn, with the measured one behind it if the line is smoothed.
func (c *Chart) valueText(v Value) string {
	text := chart.Value(v.Reading.Value)
	if c.figure.Smooth > 0 && !v.Line.Exact {
		text += "  (" + chart.Value(v.Raw) + ")"
	}
	return text
}

// place names a position: its step and tokens, and what the axis counts.
func (c *Chart) place(p chart.Pos) string {
	text := "step " + chart.Comma(int64(math.Round(p.Step)))
	if p.Tokens > 0 {
		text += " · " + chart.Short(p.Tokens) + " tokens"
	}
	switch c.figure.XAxis {
	case chart.FLOPs:
		text += " · " + chart.ShortFLOPs(p.FLOPs)
	case chart.Seconds:
		text += " · " + chart.Clock(p.Seconds)
	case chart.Wall:
		text += " · " + chart.Clock(max(p.Wall, p.Seconds))
	case chart.Step, chart.Tokens: // are there already
	}
	return text
}

// tooltip is a box with a title and rows, and a dot on each line it names. Its objects only ever increase in number.
type tooltip struct {
	box   *canvas.Rectangle
	title *canvas.Text
	rows  []tipRow
}

type tipRow struct {
	dot, mark   *canvas.Circle // in the box, on the line
	name, value *canvas.Text
}

// Sizes of the tooltip, logical pixels.
const (
	tipText, tipLine, tipPad, tipGap = 12, 18, 10, 14
	tipFrame                         = tipPad + 2 // above and below the text
	dotSize, markSize                = 8, 9
)

func newTooltip() *tooltip {
	t := &tooltip{box: canvas.NewRectangle(color.Transparent), title: newText(true)}
	t.box.StrokeWidth, t.box.CornerRadius = 1, 6
	t.box.Hide()
	t.title.Hide()
	return t
}

func newText(bold bool) *canvas.Text {
	text := canvas.NewText("", color.Transparent)
	text.TextSize, text.TextStyle.Bold = tipText, bold
	return text
}

func newCircle(size float32) *canvas.Circle {
	c := canvas.NewCircle(color.Transparent)
	c.Resize(fyne.NewSize(size, size))
	c.Hide()
	return c
}

// appendTo lists the objects back to front: marks under the box, text on it.
func (t *tooltip) appendTo(objects []fyne.CanvasObject) []fyne.CanvasObject {
	for _, r := range t.rows {
		objects = append(objects, r.mark)
	}
	objects = append(objects, t.box, t.title)
	for _, r := range t.rows {
		objects = append(objects, r.dot, r.name, r.value)
	}
	return objects
}

// show displays s, or nothing if it has no title. It reports whether objects were added.
func (t *tooltip) show(c *Chart, s content) (grew bool) {
	visible := s.title != ""
	for visible && len(t.rows) < len(s.rows) {
		r := tipRow{dot: newCircle(dotSize), mark: newCircle(markSize), name: newText(false), value: newText(true)}
		r.mark.StrokeWidth = 1.5
		r.name.Hide()
		r.value.Hide()
		t.rows = append(t.rows, r)
		grew = true
	}
	if visible {
		t.fill(c, s)
		t.mark(s)
	}
	boxed := visible && !s.quiet
	show(t.box, boxed, func() { t.place(c, s) })
	show(t.title, boxed, func() {})
	for i, r := range t.rows {
		used := visible && i < len(s.rows)
		dotted := used && s.rows[i].dot.A > 0
		show(r.name, used && boxed, func() {})
		show(r.value, used && boxed && s.rows[i].value != "", func() {})
		show(r.dot, dotted && boxed, func() {})
		show(r.mark, dotted && !math.IsNaN(float64(s.rows[i].y)), func() {})
	}
	return grew
}

// fill sets texts and colours.
func (t *tooltip) fill(c *Chart, s content) {
	fg := c.color(theme.ColorNameForeground)
	paint(t.box, c.color(theme.ColorNameOverlayBackground), fade(fg, 0.22))
	write(t.title, s.title, fg, true)
	for i, r := range s.rows {
		strength := 0.78
		if r.near || r.value == "" {
			strength = 1
		}
		write(t.rows[i].name, r.name, fade(fg, strength), r.near)
		write(t.rows[i].value, r.value, fg, true)
		disc(t.rows[i].dot, r.dot, color.NRGBA{})
		disc(t.rows[i].mark, r.dot, c.color(theme.ColorNameBackground))
	}
}

// place puts the box beside the pointer, within the chart.
func (t *tooltip) place(c *Chart, s content) {
	left, between := float32(0), float32(18)
	width := t.title.MinSize().Width
	for i, r := range s.rows {
		if r.value != "" {
			left = dotSize + 8
			width = max(width, left+t.rows[i].name.MinSize().Width+between+t.rows[i].value.MinSize().Width)
		} else {
			width = max(width, t.rows[i].name.MinSize().Width)
		}
	}
	size := fyne.NewSize(width+2*tipPad, float32(tipLine*(1+len(s.rows)))+tipFrame)
	at := fyne.NewPos(s.x+tipGap, c.pointer.at.Y+tipGap)
	if at.X+size.Width > c.Size().Width {
		at.X = max(s.x-tipGap-size.Width, 2)
	}
	at.Y = max(min(at.Y, c.Size().Height-size.Height-2), 2)
	t.box.Resize(size)
	t.box.Move(at)
	t.title.Move(at.AddXY(tipPad, 5))
	for i := range s.rows {
		y := at.Y + 5 + float32(tipLine*(i+1))
		t.rows[i].dot.Move(fyne.NewPos(at.X+tipPad, y+(tipLine-dotSize)/2-0.5))
		t.rows[i].name.Move(fyne.NewPos(at.X+tipPad+left, y))
		t.rows[i].value.Move(fyne.NewPos(at.X+size.Width-tipPad-t.rows[i].value.MinSize().Width, y))
	}
}

// mark puts a dot on each line.
func (t *tooltip) mark(s content) {
	for i, r := range s.rows {
		if r.dot.A > 0 && !math.IsNaN(float64(r.y)) {
			t.rows[i].mark.Move(fyne.NewPos(r.x-markSize/2.0, r.y-markSize/2.0))
		}
	}
}

// write changes a text if needed. Fyne 2.8.1 takes "→" from a fallback font and looks up the space after it there too, where
// it has none and shows �; the long arrow is not affected.
func write(t *canvas.Text, text string, c color.NRGBA, bold bool) {
	text = strings.ReplaceAll(text, "→ ", "⟶ ")
	if t.Text == text && t.Color == c && t.TextStyle.Bold == bold {
		return
	}
	t.Text, t.Color, t.TextStyle.Bold = text, c, bold
	t.Resize(t.MinSize())
	t.Refresh()
}

func disc(o *canvas.Circle, fill, stroke color.NRGBA) {
	if o.FillColor != fill || o.StrokeColor != stroke {
		o.FillColor, o.StrokeColor = fill, stroke
		o.Refresh()
	}
}
