package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
)

// runList is the column of runs at the left.
type runList struct {
	object fyne.CanvasObject
	rows   *look.Rows
	none   *widget.Label
	infos  []session.Info
	quiet  bool // a selection that the program makes is not reported
}

func newRunList(choose func(id string), newRun func()) *runList {
	l := &runList{none: widget.NewLabel("No runs yet.\nTrain one: it appears here and stays.")}
	l.none.Wrapping, l.none.Importance = fyne.TextWrapWord, widget.LowImportance
	l.rows = look.NewRows(func() int { return len(l.infos) }, func() fyne.CanvasObject { return newRunRow() }, func(i int, o fyne.CanvasObject) {
		o.(*runRow).show(l.infos[i])
	})
	l.rows.WhenSelected(func(i int) {
		if !l.quiet && i < len(l.infos) {
			choose(l.infos[i].ID)
		}
	})
	add := widget.NewButtonWithIcon("New run", theme.ContentAddIcon(), newRun)
	head := container.New(look.Inset{Left: 8, Top: 6, Bottom: 2}, look.NewLine(look.Heading, "RUNS"))
	l.object = container.New(look.InsetAll(2), container.NewBorder(head, add, nil, nil, container.NewStack(l.rows, container.NewVBox(l.none))))
	return l
}

// show fills the list and marks the run with the given id.
func (l *runList) show(infos []session.Info, id string) {
	l.infos = infos
	l.none.Hidden = len(infos) > 0
	l.none.Refresh()
	l.rows.Refresh()
	l.mark(id)
}

func (l *runList) mark(id string) {
	l.quiet = true
	defer func() { l.quiet = false }()
	for i, info := range l.infos {
		if info.ID == id {
			if l.rows.Selected != i {
				l.rows.Select(i)
			}
			return
		}
	}
	l.rows.Selected = -1
	l.rows.UnselectAll()
}

// update brings one row up to date.
func (l *runList) update(info session.Info) {
	for i := range l.infos {
		if l.infos[i].ID == info.ID && l.infos[i] != info {
			l.infos[i] = info
			l.rows.RefreshItem(i)
		}
	}
}

// runRow is one run: a dot for its state, its name and loss, and its state in words.
type runRow struct {
	widget.BaseWidget
	dot               *canvas.Circle
	name, loss, state *look.Line
	colour            fyne.ThemeColorName
}

func newRunRow() *runRow {
	r := &runRow{
		dot:  canvas.NewCircle(color.Transparent),
		name: look.NewLine(look.Style{Fit: true, Bold: true}, ""), loss: look.NewLine(look.Style{Right: true}, ""),
		state: look.NewLine(look.Caption.Fitting(), ""), colour: theme.ColorNamePlaceHolder,
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *runRow) show(info session.Info) {
	r.name.Set(info.Name)
	r.loss.Set(lossText(info))
	r.state.Set(stateText(info))
	r.state.Paint(theme.ColorNamePlaceHolder)
	r.colour = stateColour(info.State)
	if info.State == session.Failed {
		r.state.Paint(theme.ColorNameError)
	}
	r.Refresh()
}

// stateColour is the colour of the dot; the state is also told in words.
func stateColour(state string) fyne.ThemeColorName {
	switch state {
	case session.Running:
		return theme.ColorNameSuccess
	case session.Paused, session.Interrupted:
		return theme.ColorNameWarning
	case session.Failed:
		return theme.ColorNameError
	case session.Done:
		return theme.ColorNamePrimary
	}
	return theme.ColorNameDisabled
}

// CreateRenderer implements fyne.Widget.
func (r *runRow) CreateRenderer() fyne.WidgetRenderer {
	return &runRowRenderer{row: r, objects: []fyne.CanvasObject{r.dot, r.name, r.loss, r.state}}
}

type runRowRenderer struct {
	row     *runRow
	objects []fyne.CanvasObject
}

func (r *runRowRenderer) Destroy()                     {}
func (r *runRowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *runRowRenderer) MinSize() fyne.Size           { return fyne.NewSize(120, 42) }

func (r *runRowRenderer) Layout(size fyne.Size) {
	const left, right, dot = 24, 8, 8
	name, state := r.row.name.MinSize().Height, r.row.state.MinSize().Height
	top := (size.Height - name - state - 1) / 2
	loss := r.row.loss.MinSize().Width
	r.row.dot.Resize(fyne.NewSize(dot, dot))
	r.row.dot.Move(fyne.NewPos(9, top+(name-dot)/2))
	r.row.loss.Resize(fyne.NewSize(loss, name))
	r.row.loss.Move(fyne.NewPos(size.Width-right-loss, top))
	r.row.name.Resize(fyne.NewSize(max(size.Width-left-right-loss-6, 0), name))
	r.row.name.Move(fyne.NewPos(left, top))
	r.row.state.Resize(fyne.NewSize(max(size.Width-left-right, 0), state))
	r.row.state.Move(fyne.NewPos(left, top+name+1))
}

func (r *runRowRenderer) Refresh() {
	r.row.dot.FillColor = r.row.Theme().Color(r.row.colour, fyne.CurrentApp().Settings().ThemeVariant())
	r.row.dot.Refresh()
	r.Layout(r.row.Size())
}
