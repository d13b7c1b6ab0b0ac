package plot

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
)

// Chart is a live chart of training curves.
type Chart struct {
	widget.BaseWidget

	// OnChanged runs after the view changed, by hand or by a setter: smoothing, axes, zoom, hidden lines. It is the place to
	// remember settings. New data does not count.
	OnChanged func()
	// OnMarkerTapped runs when a marker is clicked; i is its index in Figure().Markers.
	OnMarkerTapped func(i int)
	// OnTypedKey and OnTypedRune receive what the focused chart has no use for.
	OnTypedKey  func(*fyne.KeyEvent)
	OnTypedRune func(rune)
	// OnEscape runs at Esc before the view is fitted, and says whether it had a use for it; may be nil.
	OnEscape func() bool
	// Home is what Fit shows along x; zero for all the data.
	Home chart.Range
	// Minimum is the least size; zero is one that a laptop window has room for.
	Minimum fyne.Size

	figure    chart.Figure
	listeners []func()

	studio
	layout chart.Layout // of the last frame, or of the next one if nothing was drawn yet
	dots   float32      // device pixels per logical one in layout
	frames int          // drawn so far

	pointer pointer
	focused bool
	group   *Group // nil if the chart stands alone
	rend    *renderer
}

// NewChart returns an empty chart whose vertical axis is called yName, "loss".
func NewChart(yName string) *Chart {
	c := &Chart{figure: chart.Figure{YName: yName, Legend: true}, dots: 1, studio: studio{slow: slowFrame, queue: fyne.Do}}
	c.ExtendBaseWidget(c)
	return c
}

// Figure is a copy of what the chart shows, zoom included; chart.WritePNG of it exports exactly what is seen.
func (c *Chart) Figure() chart.Figure { return clone(c.figure) }

// SetFigure shows f.
func (c *Chart) SetFigure(f chart.Figure) {
	c.figure = clone(f)
	c.changed()
}

// clone is f with lists of its own; the series are shared.
func clone(f chart.Figure) chart.Figure {
	f.Lines, f.Markers = slices.Clone(f.Lines), slices.Clone(f.Markers)
	return f
}

// AddLine adds a series to the picture.
func (c *Chart) AddLine(l chart.Line) { c.SetLines(append(c.figure.Lines, l)) }

// SetLines replaces the series in the picture.
func (c *Chart) SetLines(lines []chart.Line) {
	c.figure.Lines = slices.Clone(lines)
	c.Refresh()
}

// ToggleLine hides or shows line i of the figure.
func (c *Chart) ToggleLine(i int) {
	if i < 0 || i >= len(c.figure.Lines) {
		return
	}
	c.figure.Lines[i].Hidden = !c.figure.Lines[i].Hidden
	c.changed()
}

// AddMarker adds an event. For a stage start, call Break on the series too.
func (c *Chart) AddMarker(m chart.Marker) { c.SetMarkers(append(c.figure.Markers, m)) }

// Change changes what the chart shows and draws it, without telling OnChanged and those who listen: for what a run brings, not
// for settings.
func (c *Chart) Change(change func(f *chart.Figure)) {
	change(&c.figure)
	c.Refresh()
}

// Listen has f called after the view changed, as OnChanged is.
func (c *Chart) Listen(f func()) { c.listeners = append(c.listeners, f) }

// Group is the group that the chart belongs to; nil if it stands alone.
func (c *Chart) Group() *Group { return c.group }

// Colors is what the picture is drawn in, for exports that look like it.
func (c *Chart) Colors() chart.Theme { return c.colors() }

// SetMarkers replaces the events.
func (c *Chart) SetMarkers(m []chart.Marker) {
	c.figure.Markers = slices.Clone(m)
	c.Refresh()
}

// SetEmptyText sets what the chart says while it has no data.
func (c *Chart) SetEmptyText(text string) {
	if c.figure.Empty != text {
		c.figure.Empty = text
		c.Refresh()
	}
}

// SetSmooth sets the EMA factor, 0 (off) to below 1.
func (c *Chart) SetSmooth(factor float64) { set(c, &c.figure.Smooth, min(max(factor, 0), 0.99999)) }

// SetLogY switches the vertical axis between linear and logarithmic.
func (c *Chart) SetLogY(on bool) { set(c, &c.figure.LogY, on) }

// SetLogX switches the horizontal axis between linear and logarithmic.
func (c *Chart) SetLogX(on bool) { set(c, &c.figure.LogX, on) }

func set[T comparable](c *Chart, field *T, value T) {
	if *field != value {
		*field = value
		c.changed()
	}
}

// SetXAxis sets what the horizontal axis counts, and fits the view: a zoom on another axis means nothing.
func (c *Chart) SetXAxis(a chart.Axis) {
	if c.figure.XAxis != a {
		c.figure.XAxis, c.figure.X, c.figure.Y = a, chart.Range{}, chart.Range{}
		c.changed()
	}
}

// SetView shows the given ranges; a zero range fits.
func (c *Chart) SetView(x, y chart.Range) {
	if c.figure.X != x || c.figure.Y != y {
		c.figure.X, c.figure.Y = x, y
		c.changed()
	}
}

// Fit shows all the data, or Home.
func (c *Chart) Fit() { c.SetView(c.Home, chart.Range{}) }

func (c *Chart) changed() {
	c.Refresh()
	if c.group != nil {
		c.group.follow(c)
	}
	for _, f := range c.listeners {
		f()
	}
	if c.OnChanged != nil {
		c.OnChanged()
	}
}

// Grow shows what the series have gained, if that shows: a chart of 100,000 points does not move for one more. Where it does,
// change runs first; it may be nil.
func (c *Chart) Grow(change func(f *chart.Figure)) {
	if c.front != nil && !c.stale && !c.busy && c.layout.Stands() {
		c.refreshOverlay() // the pointer may be where the points came
		return
	}
	if change != nil {
		change(&c.figure)
	}
	c.Refresh()
}

// MinSize is small enough for a laptop window.
func (c *Chart) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	if !c.Minimum.IsZero() {
		return c.Minimum
	}
	return fyne.NewSize(280, 180)
}

// CreateRenderer is for Fyne.
func (c *Chart) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	c.rend = newRenderer(c)
	return c.rend
}

// arrange computes the layout of the frame to come.
func (c *Chart) arrange() {
	scale := float32(1)
	if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil {
		scale = cv.Scale()
	}
	size := c.Size()
	pixels := func(v float32) int { return int(math.Round(float64(v * scale))) }
	c.arrangeFor(pixels(size.Width), pixels(size.Height))
}

// arrangeFor computes the layout of a frame of w x h device pixels.
func (c *Chart) arrangeFor(w, h int) {
	c.dots = float32(w) / max(c.Size().Width, 1)
	c.layout, c.stale = chart.Arrange(c.figure, w, h, float64(c.dots)), true
}
