package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Rows is a list in which the arrow keys select, as in a mail program; keys that it has no use for go to others.
type Rows struct {
	widget.List
	Selected int                  // -1 for none
	Others   func(*fyne.KeyEvent) // takes the keys that the list has no use for; may be nil
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
