package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// rows is a list in which the arrow keys select, as in a mail program; keys that it has no use for go to others.
type rows struct {
	widget.List
	selected int // -1 for none
	others   func(*fyne.KeyEvent)
}

func newRows(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *rows {
	r := &rows{selected: -1}
	r.Length, r.CreateItem, r.UpdateItem = length, create, update
	r.HideSeparators = true
	r.ExtendBaseWidget(r)
	return r
}

// whenSelected calls f with the row that is selected.
func (r *rows) whenSelected(f func(int)) {
	r.OnSelected = func(i widget.ListItemID) {
		r.selected = i
		f(i)
	}
}

// TypedKey implements fyne.Focusable.
func (r *rows) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp:
		r.Select(max(r.selected-1, 0))
	case fyne.KeyDown:
		r.Select(min(r.selected+1, r.Length()-1))
	default:
		if r.others != nil {
			r.others(e)
		}
	}
}
