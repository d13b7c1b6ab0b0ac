package look

import (
	"slices"

	"fyne.io/fyne/v2"
)

// Flow is a layout that sets cards of one size beside each other, as many as fit, and goes on in the next row. Cards in a
// row share its width. Hidden ones take no room.
type Flow struct {
	Width, Height, Space float32 // least width of a card, its height, space between cards
	laid                 float32 // width at the last layout, for the height that MinSize asks for
}

func (f *Flow) columns(width float32, n int) int {
	return max(min(int((width+f.Space)/(f.Width+f.Space)), n), 1)
}

// Layout implements fyne.Layout.
func (f *Flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.laid = size.Width
	objects = visible(objects)
	columns := f.columns(size.Width, len(objects))
	width := min((size.Width-float32(columns-1)*f.Space)/float32(columns), 1.5*f.Width)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, f.Height))
		o.Move(fyne.NewPos(float32(i%columns)*(width+f.Space), float32(i/columns)*(f.Height+f.Space)))
	}
}

// MinSize implements fyne.Layout.
func (f *Flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	objects = visible(objects)
	columns := f.columns(max(f.laid, f.Width), len(objects))
	rows := (len(objects) + columns - 1) / columns
	return fyne.NewSize(f.Width, float32(rows)*(f.Height+f.Space)-f.Space)
}

// visible are the objects on show.
func visible(objects []fyne.CanvasObject) []fyne.CanvasObject {
	return slices.DeleteFunc(slices.Clone(objects), func(o fyne.CanvasObject) bool { return !o.Visible() })
}
