package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// tip is a button with an icon only; what it does is told in the status line while the pointer or the focus is on it.
type tip struct {
	widget.Button
	about string
	hint  func(string)
}

func newTip(icon fyne.Resource, about string, tapped func(), hint func(string)) *tip {
	t := &tip{about: about, hint: hint}
	t.Icon, t.OnTapped, t.Importance = icon, tapped, widget.LowImportance
	t.ExtendBaseWidget(t)
	return t
}

// MouseIn implements desktop.Hoverable.
func (t *tip) MouseIn(e *desktop.MouseEvent) {
	t.hint(t.about)
	t.Button.MouseIn(e)
}

// MouseOut implements desktop.Hoverable.
func (t *tip) MouseOut() {
	t.hint("")
	t.Button.MouseOut()
}

// FocusGained implements fyne.Focusable.
func (t *tip) FocusGained() {
	t.hint(t.about)
	t.Button.FocusGained()
}

// FocusLost implements fyne.Focusable.
func (t *tip) FocusLost() {
	t.hint("")
	t.Button.FocusLost()
}
