package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tip is a button with an icon only; what it does is told in the status line while the pointer or the focus is on it.
type Tip struct {
	widget.Button
	about string
	hint  func(string)
}

// NewTip is a button that reports to hint.
func NewTip(icon fyne.Resource, about string, tapped func(), hint func(string)) *Tip {
	t := &Tip{about: about, hint: hint}
	t.Icon, t.OnTapped, t.Importance = icon, tapped, widget.LowImportance
	t.ExtendBaseWidget(t)
	return t
}

// MouseIn implements desktop.Hoverable.
func (t *Tip) MouseIn(e *desktop.MouseEvent) {
	t.hint(t.about)
	t.Button.MouseIn(e)
}

// MouseOut implements desktop.Hoverable.
func (t *Tip) MouseOut() {
	t.hint("")
	t.Button.MouseOut()
}

// FocusGained implements fyne.Focusable.
func (t *Tip) FocusGained() {
	t.hint(t.about)
	t.Button.FocusGained()
}

// FocusLost implements fyne.Focusable.
func (t *Tip) FocusLost() {
	t.hint("")
	t.Button.FocusLost()
}
