package runlist

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/plot"
	"growlab/app/session"
)

// row is one run: a box that lays its curve over the chart, in the colour of that curve, a dot for its state, its name and loss,
// and its state in words. A right click opens its menu.
type row struct {
	widget.BaseWidget
	list              *List
	box               *box
	dot               *canvas.Circle
	branch            *canvas.Line // from what it was forked from
	name, loss, state *look.Line
	node              node
	more              *look.Tip         // opens the menu, of the run on show
	under             *canvas.Rectangle // while the pointer is on the row, which keeps that from the list
}

func newRow(l *List) *row {
	r := &row{
		list: l, dot: canvas.NewCircle(color.Transparent), branch: canvas.NewLine(color.Transparent),
		name: look.NewLine(look.Style{Fit: true, Bold: true}, ""), loss: look.NewLine(look.Style{Right: true}, ""),
		state: look.NewLine(look.Caption.Fitting(), ""), under: canvas.NewRectangle(color.Transparent),
	}
	r.under.CornerRadius = 3
	r.under.Hide()
	r.more = look.NewTip(theme.MoreHorizontalIcon(), "lay over, duplicate, fork, run a rival, rename, tag, delete", func() {
		l.host.Menu(r.node.info, fyne.CurrentApp().Driver().AbsolutePositionForObject(r.more).AddXY(0, moreHeight))
	}, func(about string) {
		if l.host.Hint != nil {
			l.host.Hint(about)
		}
	})
	r.more.Hide()
	r.box = newBox(func(on bool) { l.host.Overlay(r.node.info.ID, on) })
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) show(n node) {
	r.node = n
	r.name.Set(n.info.Name)
	r.loss.Set(Loss(n.info))
	r.state.Set(State(n.info))
	r.state.Paint(theme.ColorNamePlaceHolder)
	if n.info.State == session.Failed {
		r.state.Paint(theme.ColorNameError)
	}
	r.name.Paint(theme.ColorNameForeground)
	if n.faint {
		r.name.Paint(theme.ColorNamePlaceHolder)
	}
	colour, on := r.list.overlaid[n.info.ID]
	own := !on && r.list.host.Color != nil
	if own {
		colour = r.list.host.Color(n.info.ID)
	}
	r.box.set(on || n.info.ID == r.list.id, own, colour, n.info.ID == r.list.id)
	look.Show(r.more, n.info.ID == r.list.id)
	r.Refresh()
}

// Tapped implements fyne.Tappable: the list would take the tap, but for our menu.
func (r *row) Tapped(*fyne.PointEvent) { r.list.selectRun(r.node.info.ID) }

// TappedSecondary implements fyne.SecondaryTappable.
func (r *row) TappedSecondary(e *fyne.PointEvent) {
	r.list.host.Menu(r.node.info, e.AbsolutePosition)
}

// MouseIn implements desktop.Hoverable: what has no room in the row is told.
func (r *row) MouseIn(*desktop.MouseEvent) {
	r.pointed(true, r.node.info.Name+" · "+State(r.node.info))
}

// MouseMoved implements desktop.Hoverable.
func (r *row) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (r *row) MouseOut() { r.pointed(false, "") }

func (r *row) pointed(on bool, about string) {
	if look.Show(r.under, on) {
		r.under.Refresh()
	}
	if r.list.host.Hint != nil {
		r.list.host.Hint(about)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return &rowRenderer{row: r, objects: []fyne.CanvasObject{r.under, r.branch, r.box, r.dot, r.name, r.loss, r.state, r.more}}
}

type rowRenderer struct {
	row     *row
	objects []fyne.CanvasObject
}

// Sizes of a row.
const (
	rowHeight = 42
	indent    = 12
	boxSize   = 14

	moreWidth, moreHeight = 26, 18
)

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(120, rowHeight) }

func (r *rowRenderer) Layout(size fyne.Size) {
	const right, dot = 8, 8
	w := r.row
	left := 8 + indent*float32(min(w.node.depth, 5))
	name, state := w.name.MinSize().Height, w.state.MinSize().Height
	top := (size.Height - name - state - 1) / 2
	loss := w.loss.MinSize().Width
	put := func(o fyne.CanvasObject, x, y, width, height float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(max(width, 0), height))
	}
	put(w.under, 0, 0, size.Width, size.Height)
	put(w.box, left, top+(name-boxSize)/2, boxSize, boxSize)
	put(w.dot, left+boxSize/2-dot/2, top+name+1+(state-dot)/2, dot, dot)
	text := left + boxSize + 8
	put(w.loss, size.Width-right-loss, top, loss, name)
	put(w.name, text, top, size.Width-text-right-loss-6, name)
	room := size.Width - text - right
	if w.more.Visible() {
		room -= moreWidth
	}
	put(w.state, text, top+name+1, room, state)
	put(w.more, size.Width-right-moreWidth+5, top+name+(state-moreHeight)/2+1, moreWidth, moreHeight)
	w.branch.Hidden = w.node.depth == 0
	w.branch.Position1, w.branch.Position2 = fyne.NewPos(left-5, 3), fyne.NewPos(left-5, size.Height-4)
}

func (r *rowRenderer) Refresh() {
	th, v := r.row.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.row.under.FillColor = th.Color(theme.ColorNameHover, v)
	r.row.dot.FillColor = th.Color(colourOf(r.row.node.info.State), v)
	r.row.branch.StrokeColor, r.row.branch.StrokeWidth = th.Color(theme.ColorNameSeparator, v), 2
	r.row.dot.Refresh()
	r.Layout(r.row.Size())
	r.row.branch.Refresh()
}

// box is a small check box in the colour of a curve.
type box struct {
	widget.BaseWidget
	tapped func(on bool)
	on     bool
	fixed  bool // the selected run is on show, whatever is checked
	colour int  // index into the palette of the chart
	own    bool // the colour is told while the box is empty, too
	hover  bool
}

func newBox(tapped func(bool)) *box {
	b := &box{tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

func (b *box) set(on, own bool, colour int, fixed bool) {
	if b.on != on || b.own != own || b.colour != colour || b.fixed != fixed {
		b.on, b.own, b.colour, b.fixed = on, own, colour, fixed
		b.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (b *box) Tapped(*fyne.PointEvent) {
	if !b.fixed {
		b.tapped(!b.on)
	}
}

// MouseIn implements desktop.Hoverable.
func (b *box) MouseIn(*desktop.MouseEvent) { b.hovered(true) }

// MouseMoved implements desktop.Hoverable.
func (b *box) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *box) MouseOut() { b.hovered(false) }

func (b *box) hovered(on bool) {
	b.hover = on
	b.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (b *box) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(color.Transparent)
	rect.CornerRadius, rect.StrokeWidth = 3, 1.5
	r := &boxRenderer{WidgetRenderer: widget.NewSimpleRenderer(rect), box: b, rect: rect}
	r.paint()
	return r
}

type boxRenderer struct {
	fyne.WidgetRenderer
	box  *box
	rect *canvas.Rectangle
}

func (r *boxRenderer) paint() {
	th, v := r.box.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.FillColor, r.rect.StrokeColor = color.Transparent, th.Color(theme.ColorNameDisabled, v)
	if r.box.own {
		r.rect.StrokeColor = plot.Palette(th, v).Color(r.box.colour)
	}
	if r.box.hover && !r.box.fixed {
		r.rect.StrokeColor = th.Color(theme.ColorNameForeground, v)
	}
	if r.box.on {
		r.rect.FillColor = plot.Palette(th, v).Color(r.box.colour)
		r.rect.StrokeColor = r.rect.FillColor
	}
}

// Refresh implements fyne.WidgetRenderer.
func (r *boxRenderer) Refresh() {
	r.paint()
	r.rect.Refresh()
}
