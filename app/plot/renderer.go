package plot

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// renderer is the picture with an overlay of ordinary canvas objects: what follows the pointer moves without the picture
// being drawn again.
//
// Its objects are made once and reused. An object made during Layout or Refresh would count as a change of layout, lead to
// another Layout, and repaint for ever.
type renderer struct {
	c         *Chart
	raster    *canvas.Raster
	focus     *canvas.Rectangle
	selection *canvas.Rectangle
	cross     *canvas.Rectangle
	tip       *tooltip
	size      fyne.Size
	objects   []fyne.CanvasObject
}

func newRenderer(c *Chart) *renderer {
	r := &renderer{
		c:         c,
		raster:    canvas.NewRaster(c.draw),
		focus:     canvas.NewRectangle(color.Transparent),
		selection: canvas.NewRectangle(color.Transparent),
		cross:     canvas.NewRectangle(color.Transparent),
		tip:       newTooltip(),
	}
	r.raster.ScaleMode = canvas.ImageScalePixels // a pixel is a pixel; interpolating costs software GL as much as all the rest
	r.focus.StrokeWidth, r.focus.CornerRadius = 1, 4
	r.selection.StrokeWidth = 1
	for _, o := range []*canvas.Rectangle{r.focus, r.selection, r.cross} {
		o.Hide()
	}
	r.collect()
	return r
}

// collect lists the objects, back to front.
func (r *renderer) collect() {
	r.objects = append(r.objects[:0], r.raster, r.focus, r.selection, r.cross)
	r.objects = r.tip.appendTo(r.objects)
}

// Destroy is for Fyne.
func (r *renderer) Destroy() { r.c.rend = nil }

// MinSize is for Fyne.
func (r *renderer) MinSize() fyne.Size { return r.c.MinSize() }

// Objects is for Fyne.
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }

// Layout is for Fyne, which also calls it, with the same size, whenever the minimal size of a child changes.
func (r *renderer) Layout(size fyne.Size) {
	if size == r.size {
		return
	}
	r.size = size
	r.c.pointer.over = false // it is elsewhere now, and tells so when it moves
	r.raster.Resize(size)
	r.focus.Resize(size)
	r.c.arrange()
	r.overlay()
}

// Refresh is for Fyne: settings, theme or data changed.
func (r *renderer) Refresh() {
	c := r.c
	c.stale = true
	switch {
	case !c.Visible(): // drawn when it is shown
		return
	case !c.behind():
		c.arrange()
		r.raster.Refresh()
		c.repoint()
	case !c.busy:
		c.drawBehind()
	}
	r.overlay()
}

func (c *Chart) refreshOverlay() {
	if c.rend != nil {
		c.rend.overlay()
	}
}

// overlay puts focus ring, selection, cross and tooltip where the pointer wants them.
func (r *renderer) overlay() {
	c := r.c
	show(r.focus, c.focused, func() { paint(r.focus, color.Transparent, fade(c.color(theme.ColorNamePrimary), 0.6)) })
	r.overlaySelection()
	r.overlayTip()
}

func (r *renderer) overlaySelection() {
	c := r.c
	box, ok := c.selection()
	show(r.selection, ok && c.pointer.dragging && !c.pointer.pan, func() {
		primary := c.color(theme.ColorNamePrimary)
		paint(r.selection, fade(primary, 0.16), fade(primary, 0.9))
		r.selection.Move(fyne.NewPos(float32(box.Min.X)/c.dots, float32(box.Min.Y)/c.dots))
		r.selection.Resize(fyne.NewSize(float32(box.Dx())/c.dots, float32(box.Dy())/c.dots))
	})
}

func (r *renderer) overlayTip() {
	c := r.c
	content := c.pointed()
	show(r.cross, content.line, func() {
		paint(r.cross, fade(c.color(theme.ColorNameForeground), 0.45), color.Transparent)
		top, bottom := float32(c.layout.Plot.Min.Y)/c.dots, float32(c.layout.Plot.Max.Y)/c.dots
		r.cross.Move(fyne.NewPos(content.x-0.5, top))
		r.cross.Resize(fyne.NewSize(1, bottom-top))
	})
	if r.tip.show(c, content) {
		r.collect()
	}
}

// show makes o visible or not; place runs when it is to be seen. Nothing is refreshed that did not change.
func show(o fyne.CanvasObject, visible bool, place func()) {
	if visible {
		place()
	}
	if visible != o.Visible() {
		if visible {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// paint recolours a rectangle if needed.
func paint(o *canvas.Rectangle, fill, stroke color.Color) {
	if o.FillColor != fill || o.StrokeColor != stroke {
		o.FillColor, o.StrokeColor = fill, stroke
		o.Refresh()
	}
}
