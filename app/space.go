package app

import "fyne.io/fyne/v2"

// inset is a layout that gives all objects the whole field less a margin.
type inset struct{ left, right, top, bottom float32 }

func insetAll(m float32) inset { return inset{m, m, m, m} }

// Layout implements fyne.Layout.
func (i inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(i.left, i.top))
		o.Resize(fyne.NewSize(max(size.Width-i.left-i.right, 0), max(size.Height-i.top-i.bottom, 0)))
	}
}

// MinSize implements fyne.Layout.
func (i inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if o.Visible() {
			s = s.Max(o.MinSize())
		}
	}
	return s.Add(fyne.NewSize(i.left+i.right, i.top+i.bottom))
}

// column is a layout that stacks the visible objects with a fixed space between, each as wide as the column, and asks for
// the given width whatever they ask for.
type column struct{ width, space float32 }

// Layout implements fyne.Layout.
func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		height := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, height))
		y += height + c.space
	}
}

// MinSize implements fyne.Layout.
func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(c.width, 0)
	for _, o := range objects {
		if o.Visible() {
			s.Height += o.MinSize().Height + c.space
		}
	}
	s.Height = max(s.Height-c.space, 0)
	return s
}
