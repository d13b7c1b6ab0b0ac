package planner

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/growth"
)

// table is the stages as rows to edit.
type table struct {
	object fyne.CanvasObject
	rows   []*row
	list   *fyne.Container
	set    func(key, text string)
	remove func(n int)
	help   func(string)
	left   func()
	higher func() // the table got another height
}

// row is one stage: a line of inputs and numbers, and below it what its growth keeps, or what is wrong.
type row struct {
	object *fyne.Container
	inputs map[string]*input
	facts  map[string]*look.Line
	notes  []*look.Line // one for each fault
	list   *fyne.Container
	remove *widget.Button
}

// input is a cell that can be edited.
type input struct {
	*form.Frame
	entry  *form.Entry
	choice *form.Choice
}

func (i input) put(text string, bad bool) {
	if i.entry != nil {
		i.entry.Put(text)
	} else {
		i.choice.Put(text)
	}
	i.Mark(bad)
}

// factColumns are the cells of a row that follow from the inputs.
var factColumns = []string{"parameters", "memory", "FLOPs", "time"}

// columns lays out a row of the table: its cells have these shares of the width.
type columns []float32

// tableColumns: number, inputs as in tableKeys, facts, button.
var tableColumns = columns{24, 56, 62, 56, 62, 92, 116, 74, 74, 72, 92, 92, 34}

const cellSpace = 5

// Layout implements fyne.Layout.
func (c columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var sum float32
	for _, w := range c {
		sum += w
	}
	scale := (size.Width - cellSpace*float32(len(c)-1)) / sum
	x := float32(0)
	for i, o := range objects {
		w := c[i] * scale
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		x += w + cellSpace
	}
}

// MinSize implements fyne.Layout.
func (c columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var h float32
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(600, h)
}

func newTable(set func(key, text string), remove func(n int), add func(), help func(string), left, higher func()) *table {
	t := &table{list: container.New(look.Column{Width: 600, Space: 4}), set: set, remove: remove, help: help, left: left, higher: higher}
	head := []fyne.CanvasObject{look.NewLine(look.Heading.Fitting(), "")}
	for _, key := range tableKeys {
		head = append(head, look.NewLine(look.Heading.Fitting(), strings.ToUpper(specOf("stage.2."+key).Label)))
	}
	for _, name := range factColumns {
		head = append(head, look.NewLine(look.Heading.Fitting().AtRight(), strings.ToUpper(strings.Replace(name, "parameters", "params", 1))))
	}
	head = append(head, look.NewLine(look.Heading.Fitting(), ""))
	button := widget.NewButtonWithIcon("Add a stage", theme.ContentAddIcon(), add)
	button.Importance = widget.LowImportance
	t.object = container.New(look.Column{Width: 600, Space: 4}, container.New(tableColumns, head...), t.list, container.NewHBox(button))
	return t
}

func (t *table) newRow(n int) *row {
	r := &row{inputs: map[string]*input{}, facts: map[string]*look.Line{}, list: container.New(look.Column{Width: 600})}
	cells := []fyne.CanvasObject{look.NewLine(look.Style{Bold: true}, strconv.Itoa(n))}
	for _, key := range tableKeys {
		in := t.newInput(stageKey(n, key))
		r.inputs[key] = in
		cells = append(cells, in.Frame) // not in, which would get a renderer of its own
	}
	for _, name := range factColumns {
		r.facts[name] = look.NewLine(look.Style{Fit: true, Right: true}, "")
		cells = append(cells, r.facts[name])
	}
	r.remove = widget.NewButtonWithIcon("", theme.DeleteIcon(), func() { t.remove(n) })
	r.remove.Importance = widget.LowImportance
	cells = append(cells, r.remove)
	r.object = container.New(look.Column{Width: 600, Space: 1}, container.New(tableColumns, cells...), container.New(look.Inset{Left: 32}, r.list))
	return r
}

func (t *table) newInput(key string) *input {
	spec := specOf(key)
	focus := func(on bool) {
		if !on {
			t.help("")
			t.left()
			return
		}
		t.help(spec.Label + " (" + key + "): " + spec.About)
	}
	if spec.Choices != nil {
		c := form.NewChoice(spec.Choices, func(text string) { t.set(key, text) })
		c.OnFocus = focus
		return &input{Frame: form.NewFrame(c), choice: c}
	}
	e := form.NewEntry(func(text string) { t.set(key, text) })
	e.OnFocus = focus
	return &input{Frame: form.NewFrame(e), entry: e}
}

// show fills the rows.
func (t *table) show(d *Draft, p growth.Plan, planned bool, cost *session.Cost) {
	changed := false
	for len(t.rows) < d.Stages() {
		changed = true
		r := t.newRow(len(t.rows) + 1)
		t.rows = append(t.rows, r)
		t.list.Add(r.object)
	}
	for i, r := range t.rows {
		if on := i < d.Stages(); on != r.object.Visible() {
			if on {
				r.object.Show()
			} else {
				r.object.Hide()
			}
			changed = true
		}
		if i < d.Stages() {
			changed = r.show(d, i+1, p, planned, cost) || changed
		}
	}
	if changed {
		t.higher()
	}
}

// show fills the row and reports whether it became higher or lower.
func (r *row) show(d *Draft, n int, p growth.Plan, planned bool, cost *session.Cost) bool {
	c := d.recipe.Config(n - 1)
	for _, key := range tableKeys {
		in := r.inputs[key]
		if n == 1 && reaches("stage.*."+key) {
			if in.Visible() {
				in.Hide()
			}
			continue
		}
		in.put(d.Text(stageKey(n, key)), d.Fault(stageKey(n, key)) != "")
		if in.choice != nil && d.Text(stageKey(n, key)) == "" {
			in.choice.Put(growth.Operators[0].Name) // the default
		}
	}
	r.inputs["heads"].entry.SetPlaceHolder(strconv.Itoa(c.Heads))
	r.inputs["ffn"].entry.SetPlaceHolder(strconv.Itoa(c.FFN))
	if d.recipe.Stages[n-1].FLOPs > 0 && planned {
		r.inputs["tokens"].entry.SetPlaceHolder(spoken(stageKey(n, "tokens"), words.Amount(p.Stages[n-1].Tokens)))
	}
	values := map[string]string{}
	if planned {
		s := p.Stages[n-1]
		values["parameters"], values["FLOPs"] = words.Count(s.Params), words.FLOPs(s.FLOPs)
	}
	if cost != nil && n <= len(cost.Stages) {
		values["memory"], values["time"] = words.Size(cost.Stages[n-1].Memory), words.Seconds(cost.Stages[n-1].Seconds)
	}
	for _, name := range factColumns {
		v := values[name]
		if v == "" {
			v = "–"
		}
		r.facts[name].Set(v)
	}
	look.Enable(r.remove, d.Stages() > 1)
	return r.tell(d, n)
}

// tell shows what is wrong with stage n, or what its growth keeps, and reports whether that takes more lines or fewer.
func (r *row) tell(d *Draft, n int) bool {
	var wrong []string
	for _, f := range d.Faults() {
		if f.Stage == n {
			wrong = append(wrong, f.Text)
		}
	}
	texts, colour := wrong, theme.ColorNameError
	if len(wrong) == 0 {
		texts, colour = []string{d.Promise(n)}, theme.ColorNamePlaceHolder
		if n == 1 {
			texts[0] = fmt.Sprintf("trained from random weights: %s", d.recipe.Config(0))
		}
	}
	changed := false
	for len(r.notes) < len(texts) {
		r.notes = append(r.notes, look.NewLine(look.Caption.Fitting(), ""))
		r.list.Add(r.notes[len(r.notes)-1])
		changed = true
	}
	for i, note := range r.notes {
		on := i < len(texts)
		if on != note.Visible() {
			changed = true
			if on {
				note.Show()
			} else {
				note.Hide()
			}
		}
		if on {
			note.Set(texts[i])
			note.Paint(colour)
		}
	}
	return changed
}
