package app

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/words"
)

// journal is the page that lists what happened, the newest first.
type journal struct {
	object fyne.CanvasObject
	rows   *look.Rows
	none   *widget.Label
	about  *fyne.Container // explains the event that is selected, in two lines
	lines  []logLine
}

func newJournal() *journal {
	j := &journal{none: emptyPage("Nothing has happened yet.")}
	j.rows = look.NewRows(func() int { return len(j.lines) }, newLogRow, func(i int, o fyne.CanvasObject) {
		showLogRow(o, j.lines[len(j.lines)-1-i])
	})
	j.about = container.New(look.Margin(10, 10, 4, 4), lines("Select an event to read what it means.\n "))
	j.rows.WhenSelected(j.explain)
	head := container.New(logColumns{}, look.NewLine(look.Heading.Fitting().AtRight(), "STEP"), look.NewLine(look.Heading.Fitting(), "EVENT"),
		look.NewLine(look.Heading.Fitting(), "WHAT HAPPENED, NEWEST FIRST"))
	j.object = container.NewStack(container.NewCenter(j.none), container.New(look.InsetAll(4), look.Border(head, container.NewVBox(widget.NewSeparator(), j.about), nil, nil, j.rows)))
	return j
}

// explain says what the event of a row means.
func (j *journal) explain(row int) {
	if row >= len(j.lines) {
		return
	}
	line := j.lines[len(j.lines)-1-row]
	text := meaningOf(line.kind)
	if text == "" {
		text = line.kind + ": " + line.text
	}
	first, second, _ := strings.Cut(text, "\n")
	texts := j.about.Objects[0].(*fyne.Container).Objects
	texts[0].(*look.Line).Set(first)
	texts[1].(*look.Line).Set(second)
}

func newLogRow() fyne.CanvasObject {
	return container.New(logColumns{}, look.NewLine(look.Quiet.Fitting().AtRight(), ""), look.NewLine(look.Style{Fit: true, Bold: true}, ""), look.NewLine(look.Style{Fit: true}, ""))
}

func showLogRow(o fyne.CanvasObject, l logLine) {
	cells := o.(*fyne.Container).Objects
	cells[0].(*look.Line).Set(words.Thousands(l.step))
	cells[1].(*look.Line).Set(l.kind)
	cells[2].(*look.Line).Set(l.text)
	colour := theme.ColorNameForeground
	if l.bad {
		colour = theme.ColorNameError
	}
	cells[2].(*look.Line).Paint(colour)
}

// logColumns is the layout of a row: step, kind, text.
type logColumns struct{}

// Layout implements fyne.Layout.
func (logColumns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := []float32{8, 82, 176}
	ends := []float32{70, 170, size.Width - 8}
	for i, o := range objects {
		height := o.MinSize().Height
		o.Move(fyne.NewPos(x[i], (size.Height-height)/2))
		o.Resize(fyne.NewSize(max(ends[i]-x[i], 0), height))
	}
}

// MinSize implements fyne.Layout.
func (logColumns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, objects[0].MinSize().Height+7)
}

func (j *journal) show(lines []logLine) {
	if len(lines) == len(j.lines) && (len(lines) == 0 || lines[0] == j.lines[0]) {
		return
	}
	j.lines = lines
	j.none.Hidden = len(lines) > 0
	j.none.Refresh()
	j.rows.Refresh()
}

// emptyPage is what a page without content says.
func emptyPage(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})
	l.Importance = widget.LowImportance
	return l
}
