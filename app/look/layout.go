package look

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Border is Fyne's container of that name with its objects in the order in which they are read, top, left, centre, right and bottom:
// Tab reaches them in this order, and Fyne's own begins in the centre. All but the centre may be nil.
func Border(top, bottom, left, right, centre fyne.CanvasObject) *fyne.Container {
	objects := slices.DeleteFunc([]fyne.CanvasObject{top, left, centre, right, bottom}, func(o fyne.CanvasObject) bool { return o == nil })
	return container.New(layout.NewBorderLayout(top, bottom, left, right), objects...)
}

// Inset is a layout that gives all objects the whole field less a margin.
type Inset struct{ Left, Right, Top, Bottom float32 }

// Margin is an Inset by its four sides.
func Margin(left, right, top, bottom float32) Inset { return Inset{left, right, top, bottom} }

// InsetAll is the same margin on all sides.
func InsetAll(m float32) Inset { return Inset{m, m, m, m} }

// Layout implements fyne.Layout.
func (i Inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(i.Left, i.Top))
		o.Resize(fyne.NewSize(max(size.Width-i.Left-i.Right, 0), max(size.Height-i.Top-i.Bottom, 0)))
	}
}

// MinSize implements fyne.Layout.
func (i Inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if o.Visible() {
			s = s.Max(o.MinSize())
		}
	}
	return s.Add(fyne.NewSize(i.Left+i.Right, i.Top+i.Bottom))
}

// Wide is a width for text that was measured at 13, the size of compact text, in the size of now.
func Wide(width float32) float32 { return width * theme.TextSize() / 13 }

// Column is a layout that stacks the visible objects with a fixed space between, each as wide as the column, and asks for
// the given width whatever they ask for.
type Column struct{ Width, Space float32 }

// Layout implements fyne.Layout.
func (c Column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		height := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, height))
		y += height + c.Space
	}
}

// MinSize implements fyne.Layout.
func (c Column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(c.Width, 0)
	for _, o := range objects {
		if o.Visible() {
			s.Height += o.MinSize().Height + c.Space
		}
	}
	s.Height = max(s.Height-c.Space, 0)
	return s
}

// FixedWidth is a layout of the given width and of any height.
type FixedWidth float32

// Layout implements fyne.Layout.
func (w FixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	Inset{}.Layout(objects, size)
}

// MinSize implements fyne.Layout.
func (w FixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(w), Inset{}.MinSize(objects).Height)
}

// Least is a layout that gives all room to its object, and asks for so little only: what is drawn into it shrinks with the window.
type Least struct{ Width, Height float32 }

// Layout implements fyne.Layout.
func (Least) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// MinSize implements fyne.Layout.
func (l Least) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(l.Width, l.Height) }

// Pair is a layout of a name and, beside it, its value in all the room that is left. The name takes at least Least.
type Pair struct{ Least float32 }

// Layout implements fyne.Layout.
func (p Pair) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	name := max(objects[0].MinSize().Width, p.Least)
	objects[0].Resize(fyne.NewSize(name, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(max(size.Width-name-10, 0), size.Height))
	objects[1].Move(fyne.NewPos(name+10, 0))
}

// MinSize implements fyne.Layout.
func (p Pair) MinSize(objects []fyne.CanvasObject) fyne.Size {
	name, value := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(name.Width, p.Least), max(name.Height, value.Height))
}
