package plot

import (
	"context"
	"image"
	"slices"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
)

// Chart is a live chart of training curves.
type Chart struct {
	widget.BaseWidget

	// OnChanged runs after a person or a setter changed a view setting (smoothing, axes, hidden lines): a place to
	// remember them.
	OnChanged func()
	// OnTypedKey receives the keys that the focused chart has no use for.
	OnTypedKey func(*fyne.KeyEvent)

	figure    chart.Figure
	listeners []func()
	dirty     atomic.Bool
	img       *image.RGBA
	raster    *canvas.Raster
}

// NewChart returns an empty chart whose vertical axis is called yName, "loss".
func NewChart(yName string) *Chart {
	c := &Chart{figure: chart.Figure{YName: yName, Legend: true}}
	c.ExtendBaseWidget(c)
	return c
}

// Figure is a copy of what the chart shows, zoom included; chart.WritePNG of it exports exactly what is seen.
func (c *Chart) Figure() chart.Figure {
	f := c.figure
	f.Lines, f.Markers = slices.Clone(f.Lines), slices.Clone(f.Markers)
	return f
}

// SetFigure shows f.
func (c *Chart) SetFigure(f chart.Figure) {
	c.figure = f
	c.changed()
}

// AddLine adds a series to the picture.
func (c *Chart) AddLine(l chart.Line) { c.SetLines(append(c.figure.Lines, l)) }

// SetLines replaces the series in the picture.
func (c *Chart) SetLines(lines []chart.Line) {
	c.figure.Lines = lines
	c.Refresh()
}

// AddMarker adds an event. For a stage start, call Break on the series too.
func (c *Chart) AddMarker(m chart.Marker) { c.SetMarkers(append(c.figure.Markers, m)) }

// SetMarkers replaces the events.
func (c *Chart) SetMarkers(m []chart.Marker) {
	c.figure.Markers = m
	c.Refresh()
}

// SetEmptyText sets what the chart says while it has no data.
func (c *Chart) SetEmptyText(text string) {
	c.figure.Empty = text
	c.Refresh()
}

// SetSmooth sets the EMA factor, 0 (off) to 0.999.
func (c *Chart) SetSmooth(factor float64) {
	if c.figure.Smooth != factor {
		c.figure.Smooth = factor
		c.changed()
	}
}

// SetLogY switches the vertical axis between linear and logarithmic.
func (c *Chart) SetLogY(on bool) {
	if c.figure.LogY != on {
		c.figure.LogY = on
		c.changed()
	}
}

// SetLogX switches the horizontal axis between linear and logarithmic.
func (c *Chart) SetLogX(on bool) {
	if c.figure.LogX != on {
		c.figure.LogX = on
		c.changed()
	}
}

// SetXAxis sets what the horizontal axis counts, and fits the view.
func (c *Chart) SetXAxis(a chart.Axis) {
	if c.figure.XAxis != a {
		c.figure.XAxis = a
		c.figure.X, c.figure.Y = chart.Range{}, chart.Range{}
		c.changed()
	}
}

// Fit shows all the data.
func (c *Chart) Fit() {
	c.figure.X, c.figure.Y = chart.Range{}, chart.Range{}
	c.changed()
}

func (c *Chart) changed() {
	c.Refresh()
	for _, f := range c.listeners {
		f()
	}
	if c.OnChanged != nil {
		c.OnChanged()
	}
}

// MarkDirty notes, from any goroutine, that a series grew. Live turns any number of notes into one repaint.
func (c *Chart) MarkDirty() { c.dirty.Store(true) }

// Live repaints the chart at most hz times a second while MarkDirty is called, until ctx ends. It runs on a goroutine of
// its own: go c.Live(ctx, 10).
func (c *Chart) Live(ctx context.Context, hz int) {
	t := time.NewTicker(time.Second / time.Duration(hz))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if c.dirty.Swap(false) {
				fyne.Do(c.Refresh)
			}
		}
	}
}

// CreateRenderer is for Fyne.
func (c *Chart) CreateRenderer() fyne.WidgetRenderer {
	c.raster = canvas.NewRaster(c.draw)
	return widget.NewSimpleRenderer(c.raster)
}

func (c *Chart) draw(w, h int) image.Image {
	if c.img == nil || c.img.Rect.Dx() != w || c.img.Rect.Dy() != h {
		c.img = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	chart.Draw(c.img, c.figure, chart.Dark(), float64(w)/float64(c.Size().Width))
	return c.img
}
