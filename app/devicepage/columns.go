package devicepage

import "fyne.io/fyne/v2"

// columns is a layout of cells beside each other: widths for all but the last, which gets the rest and may be several lines
// high.
type columns struct {
	widths []float32
	laid   float32 // width of the last cell at the last layout
}

// columnGap is the space between cells.
const columnGap = 8

func (c *columns) rest(width float32) float32 {
	for _, w := range c.widths {
		width -= w + columnGap
	}
	return max(width, 0)
}

// Layout implements fyne.Layout.
func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	last := len(objects) - 1
	c.laid = c.rest(size.Width)
	for i, o := range objects {
		width, height := c.laid, size.Height
		if i < last {
			width, height = c.widths[i], o.MinSize().Height
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, height))
		x += width + columnGap
	}
}

// MinSize implements fyne.Layout.
func (c *columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(0, 0)
	for i, o := range objects {
		m := o.MinSize()
		s.Height = max(s.Height, m.Height)
		if i < len(objects)-1 {
			s.Width += c.widths[i] + columnGap
		}
	}
	s.Width += 80
	return s
}
