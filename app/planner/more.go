package planner

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/look"
)

// more is the folded part of the editor: every other key of the recipe, with a search.
type more struct {
	object fyne.CanvasObject
	fold   *widget.Button
	search *form.Entry
	inner  *fyne.Container
	groups map[string]*shelf
	fields map[string]*form.Field
	set    func(key, text string)
	help   func(string)
	left   func()
	open   bool
}

// shelf is a group of fields under its title.
type shelf struct {
	object *fyne.Container
	grid   *fyne.Container
}

func newMore(set func(key, text string), help func(string), left func()) *more {
	m := &more{groups: map[string]*shelf{}, fields: map[string]*form.Field{}, set: set, help: help, left: left, inner: container.New(look.Column{Width: 600, Space: 10})}
	m.fold = widget.NewButtonWithIcon("All settings", theme.MenuExpandIcon(), m.toggle)
	m.fold.Importance = widget.LowImportance
	m.search = form.NewEntry(func(string) { m.filter() })
	m.search.SetPlaceHolder("Search the settings")
	m.inner.Hide()
	m.search.Hide()
	m.object = container.New(look.Column{Width: 600, Space: 6},
		container.NewBorder(nil, nil, container.NewHBox(m.fold), nil, m.search), m.inner)
	return m
}

func (m *more) toggle() {
	m.open = !m.open
	icon := theme.MenuExpandIcon()
	if m.open {
		icon = theme.MenuDropDownIcon()
		m.inner.Show()
		m.search.Show()
	} else {
		m.inner.Hide()
		m.search.Hide()
	}
	m.fold.SetIcon(icon)
	m.left() // fills the fields
	m.object.Refresh()
}

// show fills the fields, if they are on show.
func (m *more) show(d *Draft) {
	if !m.open {
		return
	}
	wanted := groupsOf(d.Stages())
	made := false
	for _, g := range wanted {
		made = m.ensure(g) || made
	}
	for key, f := range m.fields {
		if stageOf(key) <= d.Stages() {
			f.Put(d.Text(key), d.Fault(key))
		}
	}
	if made || m.count(wanted) {
		m.filter()
	}
}

// count hides the shelves of stages that are gone, and reports whether that changed anything.
func (m *more) count(wanted []group) bool {
	changed := false
	for title, s := range m.groups {
		on := false
		for _, g := range wanted {
			on = on || g.title == title
		}
		if !on && s.object.Visible() {
			s.object.Hide()
			changed = true
		} else if on && !s.object.Visible() && m.search.Text == "" {
			changed = true
		}
	}
	return changed
}

// ensure makes what a group lacks, and reports whether it lacked anything.
func (m *more) ensure(g group) bool {
	s := m.groups[g.title]
	made := s == nil
	if made {
		s = &shelf{grid: container.New(&look.Flow{Width: 150, Height: 50, Space: 8})}
		s.object = container.New(look.Column{Width: 600, Space: 4}, look.NewLine(look.Heading, strings.ToUpper(g.title)), s.grid)
		m.groups[g.title] = s
		m.inner.Add(s.object)
	}
	for _, key := range g.keys {
		if m.fields[key] != nil {
			continue
		}
		made = true
		f := form.NewField(specOf(key), func(text string) { m.set(key, text) })
		f.OnHelp, f.OnLeft = m.help, m.left
		m.fields[key] = f
		s.grid.Add(f)
	}
	return made
}

// filter shows the fields that the search is for.
func (m *more) filter() {
	want := strings.ToLower(strings.TrimSpace(m.search.Text))
	for title, s := range m.groups {
		any := false
		for _, o := range s.grid.Objects {
			f := o.(*form.Field)
			on := want == "" || strings.Contains(strings.ToLower(title+" "+f.Spec.Key+" "+f.Spec.Label+" "+f.Spec.About), want)
			any = any || on
			if on {
				f.Show()
			} else {
				f.Hide()
			}
		}
		if any {
			s.object.Show()
		} else {
			s.object.Hide()
		}
	}
	m.inner.Refresh()
	m.object.Refresh()
}
