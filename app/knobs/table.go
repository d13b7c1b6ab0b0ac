package knobs

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"growlab/app/look"
)

// restTable is the stages that lie ahead, under a title. It keeps its lines from one run to the next.
type restTable struct {
	object *fyne.Container
	title  *look.Line
	rows   [][]*look.Line
	lines  []*fyne.Container
}

var restHead = []string{"stage", "to step", "batch", "ramped", "learning rate"}

func newRestTable() *restTable {
	t := &restTable{title: look.NewLine(look.Heading.Fitting(), "")}
	t.object = container.New(look.Column{Width: 300, Space: 2}, t.title)
	var head []fyne.CanvasObject
	for i, name := range restHead {
		head = append(head, look.NewLine(styleOf(look.Caption, i), name))
	}
	t.object.Add(container.New(restColumns, head...))
	return t
}

func styleOf(s look.Style, column int) look.Style {
	s = s.Fitting()
	if column > 0 {
		s = s.AtRight()
	}
	return s
}

// show fills the table and reports whether it became higher or lower.
func (t *restTable) show(title string, stages []ahead) bool {
	changed := len(t.rows) < len(stages)
	t.title.Set(title)
	for len(t.rows) < len(stages) {
		var cells []*look.Line
		var objects []fyne.CanvasObject
		for i := range restHead {
			cells = append(cells, look.NewLine(styleOf(look.Style{}, i), ""))
			objects = append(objects, cells[i])
		}
		t.rows, t.lines = append(t.rows, cells), append(t.lines, container.New(restColumns, objects...))
		t.object.Add(t.lines[len(t.lines)-1])
	}
	for i, line := range t.lines {
		changed = look.Show(line, i < len(stages)) || changed
		if i < len(stages) {
			for k, text := range stages[i].cells() {
				t.rows[i][k].Set(text)
			}
		}
	}
	return changed
}

var restColumns = look.Shares{2.2, 1.25, 1.1, 1.25, 3.1}
