package plot

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
)

// Readout is a table of what all lines of a group have at the cursor, the nearest to the pointer first; while the cursor stands
// nowhere, of their last values.
type Readout struct {
	widget.BaseWidget
	group *Group
	rows  int
	rend  *readoutRenderer
}

// NewReadout returns the table of a group with so many rows, and takes the group's OnCursor.
func NewReadout(g *Group, rows int) *Readout {
	r := &Readout{group: g, rows: rows}
	r.ExtendBaseWidget(r)
	g.OnCursor = r.Update
	return r
}

// Update shows the values of now.
func (r *Readout) Update() {
	if r.rend != nil && r.Visible() {
		r.rend.fill()
	}
}

// CreateRenderer is for Fyne.
func (r *Readout) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	r.rend = newReadoutRenderer(r)
	return r.rend
}

// The columns of a readout: where they end, counted from the right, and from which width of the table on they are there.
var readoutColumns = []struct {
	title string
	end   float32
	least float32
}{
	{"", 0, 0}, // the line: takes what is left
	{"drawn", 330, 0},
	{"measured", 250, 0},
	{"step", 180, 0},
	{"tokens", 110, 0},
	{"active time", 8, 0},
}

const (
	readoutLine = 17
	readoutText = 11.5
	readoutWide = 430 // columns need so much beside the name
)

// readoutRenderer has a title row and a pool of rows, which are made once.
type readoutRenderer struct {
	r       *Readout
	cells   [][]*canvas.Text // row 0 is the titles
	dots    []*canvas.Circle
	objects []fyne.CanvasObject
	size    fyne.Size
}

func newReadoutRenderer(r *Readout) *readoutRenderer {
	out := &readoutRenderer{r: r}
	for range r.rows + 1 {
		var cells []*canvas.Text
		for range readoutColumns {
			cell := canvas.NewText("", color.Transparent)
			cell.TextSize = readoutText
			cells = append(cells, cell)
			out.objects = append(out.objects, cell)
		}
		dot := newCircle(dotSize)
		out.cells, out.dots = append(out.cells, cells), append(out.dots, dot)
		out.objects = append(out.objects, dot)
	}
	return out
}

// Destroy is for Fyne.
func (o *readoutRenderer) Destroy() { o.r.rend = nil }

// MinSize is for Fyne.
func (o *readoutRenderer) MinSize() fyne.Size {
	return fyne.NewSize(280, float32(len(o.cells))*readoutLine+6)
}

// Objects is for Fyne.
func (o *readoutRenderer) Objects() []fyne.CanvasObject { return o.objects }

// Layout is for Fyne, which also calls it with the same size whenever the minimal size of a child changes.
func (o *readoutRenderer) Layout(size fyne.Size) {
	if size != o.size {
		o.size = size
		o.fill()
	}
}

// Refresh is for Fyne.
func (o *readoutRenderer) Refresh() { o.fill() }

// fill shows the values of now.
func (o *readoutRenderer) fill() {
	values := o.r.group.Values()
	_, pointing := o.r.group.Cursor()
	title := "last values"
	if pointing {
		title = "at the cursor, nearest first"
	}
	o.row(0, title, readoutColumns[1].title, readoutColumns[2].title, readoutColumns[3].title, readoutColumns[4].title, readoutColumns[5].title)
	for i := range o.r.rows {
		dot := o.dots[i+1]
		switch more := len(values) - o.r.rows; {
		case i >= len(values):
			o.row(i + 1)
			show(dot, false, func() {})
		case i == o.r.rows-1 && more > 0:
			o.row(i+1, fmt.Sprintf("and %d more lines", more+1))
			show(dot, false, func() {})
		default:
			v := values[i]
			o.row(i+1, name(v), chart.Value(v.Reading.Value), measured(v), chart.Comma(int64(math.Round(v.At.Step))), chart.Short(v.At.Tokens), chart.Clock(v.At.Seconds))
			show(dot, true, func() {
				disc(dot, v.Chart.dot(v.Chart.colors(), v.Line), color.NRGBA{})
				dot.Move(fyne.NewPos(8, float32(i+1)*readoutLine+6))
			})
		}
	}
}

// name is the line's, and its chart's unless that is the loss, whose lines say so.
func name(v Value) string {
	if y := v.Chart.figure.YName; v.Chart.figure.Slim {
		return y + " · " + v.Line.Label()
	}
	return v.Line.Label()
}

// measured is the raw value of a smoothed line.
func measured(v Value) string {
	if v.Raw == v.Reading.Value {
		return ""
	}
	return chart.Value(v.Raw)
}

// row writes the cells of row i; the rest of them become empty.
func (o *readoutRenderer) row(i int, texts ...string) {
	fg := opaque(o.r.Theme().Color(theme.ColorNameForeground, fyne.CurrentApp().Settings().ThemeVariant()), color.Black)
	if i == 0 {
		fg = opaque(o.r.Theme().Color(theme.ColorNamePlaceHolder, fyne.CurrentApp().Settings().ThemeVariant()), color.Black)
	}
	y := float32(i)*readoutLine + 2
	for k, cell := range o.cells[i] {
		text := ""
		if k < len(texts) && (k == 0 || o.size.Width >= readoutWide || k <= 3) {
			text = texts[k]
		}
		write(cell, text, fg, i > 0 && k == 1)
		x := float32(8)
		if k > 0 {
			x = o.end(k) - cell.MinSize().Width
		} else if i > 0 {
			x = 8 + dotSize + 6
		}
		if at := fyne.NewPos(x, y); cell.Position() != at {
			cell.Move(at)
		}
	}
}

// end is the right end of column k.
func (o *readoutRenderer) end(k int) float32 {
	if o.size.Width >= readoutWide {
		return o.size.Width - readoutColumns[k].end
	}
	return o.size.Width - 8 - float32(3-min(k, 3))*70 // three of them
}
