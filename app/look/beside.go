package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Beside is a layout of two objects: a main one, and at its right, with the padding of the theme between, one that has the width
// that Panel asks for. Where there is no room for both, the main one has all of it and Panel is hidden, so that Tab does not reach
// into it: the window can be made narrower than both.
type Beside struct {
	Panel fyne.CanvasObject // all that is in the second object, which is free to be hidden for reasons of its own
}

// Layout implements fyne.Layout.
func (b Beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	main, other := objects[0], objects[1]
	aside, rest := b.Panel.MinSize().Width, size.Width
	both := main.MinSize().Width + theme.Padding() + aside
	Show(b.Panel, both <= size.Width)
	if other.Visible() && b.Panel.Visible() {
		rest -= theme.Padding() + aside
	}
	main.Move(fyne.NewPos(0, 0))
	main.Resize(fyne.NewSize(rest, size.Height))
	other.Move(fyne.NewPos(size.Width-aside, 0))
	other.Resize(fyne.NewSize(aside, size.Height))
}

// MinSize implements fyne.Layout.
func (b Beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := objects[0].MinSize()
	if objects[1].Visible() && b.Panel.Visible() {
		s.Height = max(s.Height, b.Panel.MinSize().Height)
	}
	return s
}
