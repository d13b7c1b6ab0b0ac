package look

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Rows is a list in which the arrow keys select, as in a mail program; keys that it has no use for go to others.
type Rows struct {
	widget.List
	Selected int                  // -1 for none
	Others   func(*fyne.KeyEvent) // takes the keys that the list has no use for; may be nil
	ring     *canvas.Rectangle    // around the list while it has the focus
}

// NewRows is a list of length rows, which create makes and update fills.
func NewRows(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *Rows {
	r := &Rows{Selected: -1}
	r.Length, r.CreateItem, r.UpdateItem = length, create, update
	r.HideSeparators = true
	r.ExtendBaseWidget(r)
	return r
}

// WhenSelected calls f with the row that is selected.
func (r *Rows) WhenSelected(f func(int)) {
	r.OnSelected = func(i widget.ListItemID) {
		r.Selected = i
		r.Highlight(i)
		f(i)
	}
}

// TypedKey implements fyne.Focusable.
func (r *Rows) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp:
		r.Select(max(r.Selected-1, 0))
	case fyne.KeyDown:
		r.Select(min(r.Selected+1, r.Length()-1))
	default:
		if r.Others != nil {
			r.Others(e)
		}
	}
}

// FocusGained implements fyne.Focusable. The row that is lit is the selected one: Fyne's own choice is the first.
func (r *Rows) FocusGained() {
	if r.Selected >= 0 {
		r.Highlight(r.Selected)
	}
	r.List.FocusGained()
	r.setRing(true)
}

// FocusLost implements fyne.Focusable.
func (r *Rows) FocusLost() {
	r.List.FocusLost()
	r.setRing(false)
}

func (r *Rows) setRing(on bool) {
	if r.ring != nil {
		primary := color.NRGBAModel.Convert(r.Theme().Color(theme.ColorNamePrimary, fyne.CurrentApp().Settings().ThemeVariant())).(color.NRGBA)
		primary.A = 0x99 // as around charts: it is there after a click too
		r.ring.StrokeColor = primary
		Show(r.ring, on)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *Rows) CreateRenderer() fyne.WidgetRenderer {
	r.ring = canvas.NewRectangle(color.Transparent)
	r.ring.StrokeWidth, r.ring.CornerRadius = 1, 4
	r.ring.Hide()
	return &rowsRenderer{r.List.CreateRenderer(), r.ring}
}

// rowsRenderer is that of the list, with the ring on top.
type rowsRenderer struct {
	fyne.WidgetRenderer
	ring *canvas.Rectangle
}

// Layout implements fyne.WidgetRenderer.
func (r *rowsRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.Resize(size)
}

// Objects implements fyne.WidgetRenderer.
func (r *rowsRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.ring)
}
