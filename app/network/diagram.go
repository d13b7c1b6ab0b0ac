package network

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// growthTime is how long a growth is drawn.
const growthTime = 400 * time.Millisecond

// Diagram is the widget that shows a Picture.
type Diagram struct {
	widget.BaseWidget
	picture   Picture
	grown     float32 // how far the last growth has been drawn
	animation *fyne.Animation
	pointed   int // layer under the pointer
}

// New returns an empty Diagram.
func New() *Diagram {
	d := &Diagram{grown: 1, pointed: nowhere}
	d.ExtendBaseWidget(d)
	return d
}

// Set shows p. If p is the network on show grown to the next stage, the growth is animated; else p appears at once.
func (d *Diagram) Set(p Picture) {
	if p.same(d.picture) {
		return
	}
	grows := d.picture.To.Layers > 0 && p.From == d.picture.To && p.To != d.picture.To && p.Final == d.picture.Final
	d.picture = p
	if grows {
		d.grow()
	}
	d.Refresh()
}

// Clear shows no network, so that the next Set is not taken for a growth.
func (d *Diagram) Clear() { d.Set(Picture{}) }

func (d *Diagram) grow() {
	if d.animation != nil {
		d.animation.Stop()
	}
	d.animation = fyne.NewAnimation(growthTime, func(t float32) {
		d.grown = t
		d.Refresh()
	})
	d.animation.Curve = fyne.AnimationEaseInOut
	d.grown = 0
	d.animation.Start()
}

// MouseIn implements desktop.Hoverable.
func (d *Diagram) MouseIn(e *desktop.MouseEvent) { d.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable: the row under the pointer is described below the drawing.
func (d *Diagram) MouseMoved(e *desktop.MouseEvent) {
	d.point(d.picture.under(d.Size().Width, d.Size().Height, e.Position.Y))
}

// MouseOut implements desktop.Hoverable.
func (d *Diagram) MouseOut() { d.point(nowhere) }

func (d *Diagram) point(layer int) {
	if layer != d.pointed {
		d.pointed = layer
		d.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (d *Diagram) CreateRenderer() fyne.WidgetRenderer { return &renderer{diagram: d} }

// renderer carries a laid out picture to pools of canvas objects. The pools only grow: making objects anew at each refresh
// would have Fyne lay out and repaint for ever.
type renderer struct {
	diagram *Diagram
	pool    pool
	size    fyne.Size
}

func (r *renderer) Destroy()                     {}
func (r *renderer) MinSize() fyne.Size           { return fyne.NewSize(230, 236) }
func (r *renderer) Objects() []fyne.CanvasObject { return r.pool.objects }

func (r *renderer) Layout(size fyne.Size) {
	if size != r.size {
		r.size = size
		r.draw()
	}
}

func (r *renderer) Refresh() {
	r.draw()
	canvas.Refresh(r.diagram)
}

func (r *renderer) draw() {
	cells, labels := r.diagram.picture.lay(r.size.Width, r.size.Height, r.diagram.grown, r.diagram.pointed)
	v := fyne.CurrentApp().Settings().ThemeVariant()
	r.pool.show(cells, labels, paletteOf(r.diagram.Theme(), v))
}

func paletteOf(t fyne.Theme, v fyne.ThemeVariant) palette {
	fg := t.Color(theme.ColorNameForeground, v)
	dim := t.Color(theme.ColorNamePlaceHolder, v)
	good := t.Color(theme.ColorNameSuccess, v)
	return palette{text: opaque(fg), quiet: opaque(dim), ends: opaque(dim), old: blue, fresh: green, noted: opaque(good), ghost: opaque(fg)}
}
