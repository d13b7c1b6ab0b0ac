package look

import "fyne.io/fyne/v2"

// Foot is a layout of a body that can scroll and of what stands below it: right below where there is room for Content, which the
// body scrolls, and at the bottom, always on show, where there is not.
type Foot struct {
	Content fyne.CanvasObject
}

// Layout implements fyne.Layout.
func (f Foot) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	body, foot := objects[0], objects[1]
	below := foot.MinSize().Height
	height := max(min(f.Content.MinSize().Height, size.Height-below), 0)
	body.Move(fyne.NewPos(0, 0))
	body.Resize(fyne.NewSize(size.Width, height))
	foot.Move(fyne.NewPos(0, height))
	foot.Resize(fyne.NewSize(size.Width, below))
}

// MinSize implements fyne.Layout.
func (f Foot) MinSize(objects []fyne.CanvasObject) fyne.Size {
	body, foot := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(body.Width, foot.Width), body.Height+foot.Height)
}
