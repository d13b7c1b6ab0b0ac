package curvepage

import (
	"fmt"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/look"
	"growlab/app/plot"
)

// toolbar is the row of controls above the charts.
type toolbar struct {
	object           fyne.CanvasObject
	p                *Page
	smooth           *Slider
	factor           *look.Line
	axis             *Select
	logX, logY       *Check
	view, runs, save *Button
	fit              *Button
	following        bool // the chart is being followed: changes of the controls are not commands
}

func newToolbar(p *Page) *toolbar {
	t := &toolbar{p: p, factor: look.NewLine(look.Quiet.Fitting(), "")}
	h, c := p.hints, p.Loss
	t.smooth = NewSlider(h, "Smoothing: a moving average over about 1/(1 - factor) steps, corrected at its beginning.\nThe raw values stay behind it as a pale band; a transition starts it afresh.",
		t.command1(func(v float64) { c.SetSmooth(plot.SmoothFactor(v)) }))
	var names []string
	for _, a := range chart.Axes() {
		names = append(names, a.String())
	}
	t.axis = NewSelect(h, names, "What the horizontal axis counts. FLOPs and time compare runs of different sizes fairly.\nActive time leaves pauses out, wall time has them.",
		func(name string) { t.command(func() { c.SetXAxis(chart.Axis(slices.Index(names, name))) }) })
	t.logX = NewCheck(h, "log x", "Logarithmic horizontal axis (X).\nWith log y a power law is a straight line.", t.check(c.SetLogX))
	t.logY = NewCheck(h, "log y", "Logarithmic axis of the loss (Ctrl+L).\nThe beginning no longer hides the end.", t.check(c.SetLogY))
	t.view = NewButton(h, "View", theme.MenuDropDownIcon(), "Charts, smoothing, outliers, alignment, slopes, reference lines.\nKeys on a chart: A align, S slopes, O outliers, R raw values, T table, N next event.", func() { p.popUp(t.view, p.viewMenu()) })
	t.runs = NewButton(h, "Runs", theme.MenuDropDownIcon(), "Lay other runs over this one.\nA run has the same colour everywhere.", func() { p.popUp(t.runs, p.runsMenu()) })
	t.save = NewButton(h, "Export", theme.MenuDropDownIcon(), "Save exactly what is seen as PNG or SVG, or every point of it as CSV (Ctrl+E).\ngrowlab plot draws the same on a terminal.", func() { p.Export() })
	t.fit = NewButton(h, "", theme.ViewRestoreIcon(), "Show the whole curve (Esc, double click).\nDrag a box or turn the wheel to zoom, Shift and drag to move.", c.Fit)
	for _, b := range []*Button{t.view, t.runs, t.save} {
		b.IconPlacement = widget.ButtonIconTrailingText
	}
	t.object = container.New(look.Margin(6, 4, 2, 0), container.New(barLayout{},
		t.smooth,
		container.NewGridWrap(fyne.NewSize(36, 32), container.New(look.Margin(0, 0, 7, 7), t.factor)),
		container.NewGridWrap(fyne.NewSize(100, 32), t.axis),
		t.logX, t.logY, t.view, t.runs, t.save, t.fit))
	t.follow()
	return t
}

func (t *toolbar) command(do func()) {
	if !t.following {
		do()
	}
}

func (t *toolbar) command1(do func(float64)) func(float64) {
	return func(v float64) { t.command(func() { do(v) }) }
}

func (t *toolbar) check(do func(bool)) func(bool) {
	return func(on bool) { t.command(func() { do(on) }) }
}

// follow shows the settings of the chart.
func (t *toolbar) follow() {
	t.following = true
	defer func() { t.following = false }()
	f := t.p.Loss.Figure()
	if plot.SmoothFactor(t.smooth.Value) != f.Smooth {
		t.smooth.SetValue(plot.SmoothPosition(f.Smooth))
	}
	text := "raw"
	if f.Smooth > 0 {
		text = strconv.FormatFloat(f.Smooth, 'f', 3, 64)
	}
	t.factor.Set(text)
	t.logX.SetChecked(f.LogX)
	t.logY.SetChecked(f.LogY)
	t.axis.SetSelectedIndex(int(f.XAxis))
	if fitted := f.X.Auto() && f.Y.Auto(); fitted != t.fit.Disabled() {
		if fitted {
			t.fit.Disable()
		} else {
			t.fit.Enable()
		}
	}
}

// window is where menus and dialogs open; nil for nowhere.
func (p *Page) window() fyne.Window {
	if p.do.Window == nil {
		return nil
	}
	return p.do.Window()
}

// popUp opens a menu below a button.
func (p *Page) popUp(b *Button, m *fyne.Menu) {
	w := p.window()
	if w == nil {
		return
	}
	widget.NewPopUpMenu(m, w.Canvas()).ShowAtRelativePosition(fyne.NewPos(0, b.Size().Height+2), b)
}

func item(title string, on bool, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(title, do)
	i.Checked = on
	return i
}

// viewMenu is what can be shown and how.
func (p *Page) viewMenu() *fyne.Menu {
	f := p.Loss.Figure()
	set := func(change func(*chart.Figure)) func() {
		return func() {
			g := p.Loss.Figure()
			change(&g)
			p.Loss.SetFigure(g)
		}
	}
	items := []*fyne.MenuItem{
		item("Smoothing starts afresh at transitions", !f.Through, set(func(g *chart.Figure) { g.Through = !g.Through })),
		item("Raw values behind the smoothed ones", !f.NoGhost, set(func(g *chart.Figure) { g.NoGhost = !g.NoGhost })),
		item("Leave outliers out of the height", f.Robust, set(func(g *chart.Figure) { g.Robust = !g.Robust })),
		item("Fitted slope of what is in view", p.board.Trends, func() { p.Trends(!p.board.Trends) }),
		fyne.NewMenuItem("Reference line…", p.askLevel),
	}
	if len(p.board.Levels) > 0 {
		items = append(items, fyne.NewMenuItem("Take reference lines off", p.NoLevels))
	}
	if stages := p.board.Stages(); len(stages) > 0 {
		align := fyne.NewMenuItem("Align runs at", nil)
		align.ChildMenu = fyne.NewMenu("", item("their start", p.board.Align == 0, func() { p.Align(0) }))
		for _, s := range stages {
			align.ChildMenu.Items = append(align.ChildMenu.Items, item(fmt.Sprintf("the growth to stage %d", s), p.board.Align == s, func() { p.Align(s) }))
		}
		items = append(items, align)
	}
	items = append(items, fyne.NewMenuItemSeparator())
	for _, m := range curves.Metrics()[1:] {
		if m == curves.Memory && !p.hasMemory() {
			continue
		}
		items = append(items, item("Chart: "+m.String(), slices.Contains(p.board.Metrics, m), func() { p.toggle(m) }))
	}
	items = append(items, item("Table of values", p.TableShown(), func() { p.ShowTable(!p.TableShown()) }))
	return fyne.NewMenu("", items...)
}

func (p *Page) hasMemory() bool {
	return slices.ContainsFunc(p.board.Shown, func(s curves.Shown) bool { return s.Run.Has(curves.Memory) })
}

// mostRuns is how many runs the menu offers.
const mostRuns = 14

// runsMenu are the runs that can be laid over the one on show.
func (p *Page) runsMenu() *fyne.Menu {
	var items []*fyne.MenuItem
	var choices []Choice
	if p.do.Runs != nil {
		choices = p.do.Runs()
	}
	for _, c := range choices {
		if len(p.board.Shown) > 0 && p.board.Shown[0].Run.ID == c.ID {
			continue
		}
		if len(items) == mostRuns && !p.Shows(c.ID) {
			continue
		}
		items = append(items, item(c.Name, p.Shows(c.ID), func() { p.do.Overlay(c.ID, !p.Shows(c.ID)) }))
	}
	if len(items) == 0 {
		none := fyne.NewMenuItem("There is no other run", nil)
		none.Disabled = true
		items = append(items, none)
	}
	return fyne.NewMenu("", items...)
}

// typedRune takes the keys that a chart passes on.
func (p *Page) typedRune(r rune) {
	f := p.Loss.Figure()
	switch r {
	case 'x', 'X':
		p.Loss.SetLogX(!f.LogX)
	case 's', 'S':
		p.Trends(!p.board.Trends)
	case 't', 'T':
		p.ShowTable(!p.TableShown())
	case 'a', 'A':
		p.alignNext()
	case 'n', 'N':
		p.story.next(1)
	case 'p', 'P':
		p.story.next(-1)
	case 'o', 'O':
		f.Robust = !f.Robust
		p.Loss.SetFigure(f)
	case 'r', 'R':
		f.NoGhost = !f.NoGhost
		p.Loss.SetFigure(f)
	}
}

// alignNext aligns at the next transition, after the last one at the start again.
func (p *Page) alignNext() {
	places := append([]int{0}, p.board.Stages()...)
	p.Align(places[(slices.Index(places, p.board.Align)+1)%len(places)])
}
