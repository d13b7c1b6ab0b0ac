package look

import "fyne.io/fyne/v2"

// Shares is a layout of cells that share the width in these proportions.
type Shares []float32

// Layout implements fyne.Layout.
func (s Shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var sum float32
	for _, w := range s {
		sum += w
	}
	const space = 8
	x := float32(0)
	for i, o := range objects {
		w := s[i] / sum * (size.Width - space*float32(len(s)-1))
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(max(w, 0), size.Height))
		x += w + space
	}
}

// MinSize implements fyne.Layout.
func (s Shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(300, objects[0].MinSize().Height)
}
