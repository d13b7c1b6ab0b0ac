package microscope

import "fyne.io/fyne/v2"

// Sizes of the page.
const (
	wide      = 820 // from this width on the facts stand beside the charts
	sideWidth = 250
	gap       = 10
)

// lens is the layout of charts and facts: beside each other where there is room, else the facts below.
type lens struct {
	content fyne.CanvasObject // of the facts, which scroll
	picture *fyne.Container   // part of it, on show where there is room
	laid    float32
}

// Layout implements fyne.Layout.
func (l *lens) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.laid = size.Width
	charts, facts := objects[0], objects[1]
	l.picture.Hidden = size.Width < wide
	if size.Width >= wide {
		charts.Move(fyne.NewPos(0, 0))
		charts.Resize(fyne.NewSize(size.Width-sideWidth-gap, size.Height))
		facts.Move(fyne.NewPos(size.Width-sideWidth, 0))
		facts.Resize(fyne.NewSize(sideWidth, size.Height))
		return
	}
	facts.Resize(fyne.NewSize(size.Width, facts.Size().Height)) // its content then knows how high it is at this width
	height := min(l.content.MinSize().Height, size.Height*0.4)
	charts.Move(fyne.NewPos(0, 0))
	charts.Resize(fyne.NewSize(size.Width, size.Height-height-gap))
	facts.Move(fyne.NewPos(0, size.Height-height))
	facts.Resize(fyne.NewSize(size.Width, height))
}

// MinSize implements fyne.Layout.
func (l *lens) MinSize(objects []fyne.CanvasObject) fyne.Size {
	charts, facts := objects[0].MinSize(), objects[1].MinSize()
	if l.laid >= wide {
		return fyne.NewSize(charts.Width, max(charts.Height, facts.Height))
	}
	return fyne.NewSize(charts.Width, charts.Height+facts.Height+gap)
}

// cells is a layout of equal cells, as many in a row as fit.
type cells struct{ width, space, laid float32 }

func (c *cells) columns(width float32, n int) int {
	return max(min(int((width+c.space)/(c.width+c.space)), n), 1)
}

// Layout implements fyne.Layout.
func (c *cells) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.laid = size.Width
	columns := c.columns(size.Width, len(objects))
	width := (size.Width - float32(columns-1)*c.space) / float32(columns)
	height := c.row(objects)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(float32(i%columns)*(width+c.space), float32(i/columns)*(height+c.space)))
	}
}

// MinSize implements fyne.Layout.
func (c *cells) MinSize(objects []fyne.CanvasObject) fyne.Size {
	columns := c.columns(max(c.laid, c.width), len(objects))
	rows := (len(objects) + columns - 1) / columns
	return fyne.NewSize(c.width, float32(rows)*(c.row(objects)+c.space)-c.space)
}

func (c *cells) row(objects []fyne.CanvasObject) float32 {
	var h float32
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return h
}
