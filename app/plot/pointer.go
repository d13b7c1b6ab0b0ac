package plot

import (
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"growlab/app/chart"
)

// The chart is all of these for Fyne.
var (
	_ desktop.Hoverable   = (*Chart)(nil)
	_ desktop.Mouseable   = (*Chart)(nil)
	_ desktop.Cursorable  = (*Chart)(nil)
	_ fyne.Draggable      = (*Chart)(nil)
	_ fyne.Scrollable     = (*Chart)(nil)
	_ fyne.DoubleTappable = (*Chart)(nil)
	_ fyne.Focusable      = (*Chart)(nil)
)

// pointer is what the mouse is doing.
type pointer struct {
	at       fyne.Position
	over     bool
	pan      bool // the button that is down moves the picture
	dragging bool
	from     fyne.Position // where the drag began
}

// A box flatter than this, in logical pixels, selects along one axis only; one smaller than minBox along both selects
// nothing.
const (
	flatBox = 24
	minBox  = 6
)

// MouseIn is for Fyne.
func (c *Chart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved is for Fyne.
func (c *Chart) MouseMoved(e *desktop.MouseEvent) {
	c.point(e.Position)
}

// point moves the cursor to a place in the chart.
func (c *Chart) point(at fyne.Position) {
	c.pointer.at, c.pointer.over = at, true
	c.refreshOverlay()
	c.repoint()
}

// repoint tells the group what the pointer is on: when it moves, and when the picture moves under it.
func (c *Chart) repoint() {
	if c.group != nil && c.pointer.over {
		c.group.point(c, c.layout.XValue(float64(c.pointer.at.X*c.dots)), c.pixel(c.pointer.at).In(c.layout.Plot) && !c.layout.Empty)
	}
}

// MouseOut is for Fyne.
func (c *Chart) MouseOut() {
	c.pointer.over = false
	if c.group != nil {
		c.group.point(c, 0, false)
	}
	c.refreshOverlay()
}

// Cursor is a cross over the plot and a hand over what can be clicked.
func (c *Chart) Cursor() desktop.Cursor {
	switch at := c.pixel(c.pointer.at); {
	case c.pointer.pan && c.pointer.dragging:
		return desktop.DefaultCursor
	case hit(c.layout.Legend, at) >= 0, hit(c.layout.Marks, at) >= 0:
		return desktop.PointerCursor
	case !c.layout.Empty && at.In(c.layout.Plot):
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}

// MouseDown is for Fyne.
func (c *Chart) MouseDown(e *desktop.MouseEvent) {
	c.pointer.pan = e.Button == desktop.MouseButtonTertiary || e.Modifier&fyne.KeyModifierShift != 0
	if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil {
		cv.Focus(c)
	}
}

// MouseUp is for Fyne. A press and release in place is a click.
func (c *Chart) MouseUp(e *desktop.MouseEvent) {
	defer func() { c.pointer.pan = false }()
	if c.pointer.dragging || e.Button != desktop.MouseButtonPrimary {
		return
	}
	at := c.pixel(e.Position)
	if i := hit(c.layout.Legend, at); i >= 0 {
		c.ToggleLine(i)
	} else if i := hit(c.layout.Marks, at); i >= 0 && c.OnMarkerTapped != nil {
		c.OnMarkerTapped(i)
	}
}

// DoubleTapped fits the view. Two quick clicks on the legend are two clicks.
func (c *Chart) DoubleTapped(e *fyne.PointEvent) {
	if at := c.pixel(e.Position); hit(c.layout.Legend, at) < 0 && hit(c.layout.Marks, at) < 0 {
		c.Fit()
	}
}

// Dragged is for Fyne.
func (c *Chart) Dragged(e *fyne.DragEvent) {
	if !c.pointer.dragging {
		c.pointer.dragging = true
		c.pointer.from = e.Position.SubtractXY(e.Dragged.DX, e.Dragged.DY)
	}
	c.pointer.at = e.Position
	if c.pointer.pan {
		c.panPixels(e.Dragged.DX*c.dots, e.Dragged.DY*c.dots)
	}
	c.refreshOverlay()
}

// DragEnd is for Fyne.
func (c *Chart) DragEnd() {
	if !c.pointer.dragging {
		return
	}
	c.pointer.dragging = false
	if !c.pointer.pan {
		if box, ok := c.selection(); ok {
			c.zoomTo(box)
		}
	}
	c.pointer.pan = false
	c.refreshOverlay()
}

// selection is the box being dragged, in pixels of the picture: over the full height if it is flat, over the full width if
// it is narrow.
func (c *Chart) selection() (image.Rectangle, bool) {
	plot := c.layout.Plot
	box := image.Rectangle{Min: c.pixel(c.pointer.from), Max: c.pixel(c.pointer.at)}.Canon()
	unit := func(logical float32) int { return int(logical * c.dots) }
	wide, high := box.Dx() > unit(minBox), box.Dy() > unit(minBox)
	if box.Dy() <= unit(flatBox) && wide {
		box.Min.Y, box.Max.Y = plot.Min.Y, plot.Max.Y
	} else if box.Dx() <= unit(flatBox) && high {
		box.Min.X, box.Max.X = plot.Min.X, plot.Max.X
	}
	box = box.Intersect(plot)
	return box, (wide || high) && !box.Empty() && !c.layout.Empty
}

// zoomTo shows what is in box. An axis whose whole length was selected stays as it is.
func (c *Chart) zoomTo(box image.Rectangle) {
	plot, x, y := c.layout.Plot, c.figure.X, c.figure.Y
	if box.Dx() < plot.Dx() {
		x = chart.Range{Lo: c.layout.XValue(float64(box.Min.X)), Hi: c.layout.XValue(float64(box.Max.X))}
	}
	if box.Dy() < plot.Dy() {
		y = chart.Range{Lo: c.layout.YValue(float64(box.Max.Y)), Hi: c.layout.YValue(float64(box.Min.Y))}
	}
	c.SetView(x, y)
}

// wheelNotch is how much of the range one notch of the wheel leaves.
const wheelNotch = 0.86

// Scrolled zooms at the pointer: along x over the plot, along y over the numbers left of it. Sideways scrolling moves.
func (c *Chart) Scrolled(e *fyne.ScrollEvent) {
	if c.layout.Empty {
		return
	}
	notches := float64(e.Scrolled.DY) / 10 // Fyne gives about ten for one notch
	factor := math.Pow(wheelNotch, min(max(notches, -4), 4))
	at := c.pixel(e.Position)
	switch {
	case e.Scrolled.DY == 0:
		c.panPixels(e.Scrolled.DX*c.dots, 0)
	case at.X < c.layout.Plot.Min.X:
		c.zoomY(c.layout.YValue(float64(at.Y)), factor)
	default:
		c.zoomX(c.layout.XValue(float64(min(at.X, c.layout.Plot.Max.X))), factor)
	}
}

// zoomX scales x about a value. Zooming out beyond the data is the same as fitting.
func (c *Chart) zoomX(at, factor float64) {
	x := c.xRange().Zoom(at, factor, c.figure.LogX)
	whole := c.figure
	whole.X = chart.Range{}
	if all, _, _ := whole.Fit(); x.Contains(all) {
		x = chart.Range{}
	}
	c.SetView(x, c.figure.Y)
}

func (c *Chart) zoomY(at, factor float64) {
	c.SetView(c.figure.X, c.layout.Y.Zoom(at, factor, c.figure.LogY))
}

// panPixels moves the picture with the pointer. While the height is fitted, only sideways.
func (c *Chart) panPixels(dx, dy float32) {
	plot := c.layout.Plot
	if c.layout.Empty || plot.Empty() {
		return
	}
	y := c.figure.Y
	if !y.Auto() {
		y = y.Pan(float64(dy)/float64(plot.Dy()), c.figure.LogY)
	}
	c.SetView(c.panned(-float64(dx)/float64(plot.Dx())), y)
}

// panned is x moved by a part of its length, but not so far that its middle leaves the data.
func (c *Chart) panned(part float64) chart.Range {
	whole := c.figure
	whole.X = chart.Range{}
	all, _, _ := whole.Fit()
	x := c.xRange().Pan(part, c.figure.LogX)
	middle := c.xRange().Pan(part+0.5, c.figure.LogX).Lo
	if middle < all.Lo || middle > all.Hi {
		return c.figure.X
	}
	return x
}

// pixel is the place of a logical position in the picture.
func (c *Chart) pixel(p fyne.Position) image.Point {
	return image.Pt(int(math.Floor(float64(p.X*c.dots))), int(math.Floor(float64(p.Y*c.dots))))
}

// hit is the index that stands at a point, -1 if none.
func hit(hits []chart.Hit, at image.Point) int {
	for _, h := range hits {
		if at.In(h.Rect) {
			return h.Index
		}
	}
	return -1
}
