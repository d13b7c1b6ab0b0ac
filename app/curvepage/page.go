package curvepage

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/look"
	"growlab/app/plot"
)

// Actions are what the page asks the window to do. All may be nil.
type Actions struct {
	Window     func() fyne.Window       // for menus and dialogs; a nil window has none
	Runs       func() []Choice          // what can be overlaid, newest first
	Overlay    func(id string, on bool) // gathers another run and hands it to Add, or lets it go
	Transition func(stage int)          // shows the growth into a stage under the microscope
	Step       func(step int64)         // the cursor points at a step of the run
	Failed     func(what string, err error)
	Saved      func(path string)    // the curves are in this file
	TypedKey   func(*fyne.KeyEvent) // keys that no chart has a use for
	Ask        func(dialog.Dialog)  // shows a dialog, which Esc leaves
}

// Choice is a run that can be overlaid.
type Choice struct{ ID, Name string }

// Page is the page of curves.
type Page struct {
	Object fyne.CanvasObject
	Loss   *plot.Chart // the first chart; its settings hold for all
	do     Actions

	board   curves.Board
	charts  map[curves.Metric]*plot.Chart
	group   *plot.Group
	readout *plot.Readout
	table   *fyne.Container // the readout with its border
	stack   *fyne.Container
	story   *story
	bar     *toolbar
	hints   *Hints
	marked  []int // Changes of the shown runs, as of the markers on show
	changed []func()
}

// New returns an empty page with the charts of loss, gradient norm and learning rate.
func New(do Actions) *Page {
	p := &Page{do: do, charts: map[curves.Metric]*plot.Chart{}, hints: NewHints()}
	p.board.Metrics = []curves.Metric{curves.Loss, curves.GradNorm, curves.LearningRate}
	var all []*plot.Chart
	p.stack = container.New(&stackLayout{least: slimLeast})
	for _, m := range curves.Metrics() {
		c := p.newChart(m)
		p.charts[m] = c
		all = append(all, c)
		p.stack.Add(c)
	}
	p.Loss = all[0]
	p.group = plot.NewGroup(all...)
	p.readout = plot.NewReadout(p.group, readoutRows)
	p.table = look.Border(nil, nil, nil, nil, p.readout)
	p.table.Hide()
	p.group.OnCursor = p.cursorMoved
	p.story = newStory(p)
	p.bar = newToolbar(p)
	p.Loss.Listen(p.follow)
	p.put()
	below := container.NewVBox(p.story.object, p.table)
	p.Object = container.NewStack(look.Border(p.bar.object, below, nil, nil, p.stack), p.hints)
	return p
}

// readoutRows is how many lines the table lists.
const readoutRows = 6

func (p *Page) newChart(m curves.Metric) *plot.Chart {
	c := plot.NewChart(m.String())
	f := p.board.Figure(m)
	f.Left = chart.StackLeft
	f.Slim = m != curves.Loss
	c.SetFigure(f)
	if f.Slim {
		c.Minimum = fyne.NewSize(200, slimLeast)
		c.Hide()
	} else {
		c.Minimum = fyne.NewSize(280, 150)
	}
	c.OnTypedKey, c.OnTypedRune = p.typedKey, p.typedRune
	c.OnMarkerTapped = p.tell
	c.OnEscape = p.CloseStory
	return c
}

func (p *Page) typedKey(e *fyne.KeyEvent) {
	if p.do.TypedKey != nil {
		p.do.TypedKey(e)
	}
}

// OnChanged has f called after something changed that is worth remembering, other than the settings of the chart Loss.
func (p *Page) OnChanged(f func()) { p.changed = append(p.changed, f) }

func (p *Page) remember() {
	for _, f := range p.changed {
		f()
	}
}

// Show makes r the run whose events are marked; those that are overlaid stay.
func (p *Page) Show(r *curves.Run, color int) {
	others := slices.DeleteFunc(slices.Clone(p.overlaid()), func(s curves.Shown) bool { return s.Run.ID == r.ID })
	p.board.Shown = append([]curves.Shown{{Run: r, Color: color}}, others...)
	p.story.hide()
	p.put()
}

func (p *Page) overlaid() []curves.Shown {
	if len(p.board.Shown) == 0 {
		return nil
	}
	return p.board.Shown[1:]
}

// Add overlays a run, or replaces what is overlaid of it.
func (p *Page) Add(r *curves.Run, color int) {
	if len(p.board.Shown) == 0 || p.board.Shown[0].Run.ID == r.ID {
		return
	}
	p.Remove(r.ID)
	p.board.Shown = append(slices.Clone(p.board.Shown), curves.Shown{Run: r, Color: color})
	p.put()
}

// Remove takes a run off that was overlaid.
func (p *Page) Remove(id string) {
	i := slices.IndexFunc(p.overlaid(), func(s curves.Shown) bool { return s.Run.ID == id })
	if i < 0 {
		return
	}
	p.board.Shown = slices.Delete(slices.Clone(p.board.Shown), i+1, i+2)
	p.put()
}

// Shows reports whether a run is overlaid.
func (p *Page) Shows(id string) bool {
	return slices.ContainsFunc(p.overlaid(), func(s curves.Shown) bool { return s.Run.ID == id })
}

// Refresh shows what came since the last time. It makes no objects, and draws only charts that are on show and would look different.
func (p *Page) Refresh() {
	if now := p.changes(); !slices.Equal(now, p.marked) {
		p.put()
		return
	}
	for _, m := range p.board.Metrics {
		p.charts[m].Grow(func(f *chart.Figure) { p.fit(m, f) })
	}
	p.readout.Update()
}

func (p *Page) changes() []int {
	var all []int
	for _, s := range p.board.Shown {
		all = append(all, s.Run.Changes, len(s.Run.Orphans()))
	}
	return all
}

// fit fits trends to what is in view now.
func (p *Page) fit(m curves.Metric, f *chart.Figure) {
	if m == curves.Loss {
		f.Trends = p.board.FitTrends(*f)
	}
}

// put shows the board: its lines, markers and panels. Zoom and settings stay, and lines stay hidden.
func (p *Page) put() {
	p.marked = p.changes()
	for _, m := range curves.Metrics() {
		p.charts[m].Hidden = !slices.Contains(p.board.Metrics, m)
	}
	p.draw()
	p.stack.Refresh()
	p.readout.Update()
}

// follow is called after a setting of the loss changed, which holds for all charts.
func (p *Page) follow() {
	p.draw()
	p.bar.follow()
	p.readout.Update()
}

// draw gives every chart what the board says of it.
func (p *Page) draw() {
	p.board.View = viewOf(p.Loss.Figure())
	for _, m := range curves.Metrics() {
		want := p.board.Figure(m)
		p.charts[m].Change(func(f *chart.Figure) {
			hidden := map[*chart.Series]bool{}
			for _, l := range f.Lines {
				hidden[l.Series] = l.Hidden
			}
			for i := range want.Lines {
				want.Lines[i].Hidden = hidden[want.Lines[i].Series]
			}
			f.Lines, f.Along, f.Markers, f.Levels, f.XName = want.Lines, want.Along, want.Markers, want.Levels, want.XName
			f.Smooth, f.Through, f.NoGhost, f.Robust = want.Smooth, want.Through, want.NoGhost, want.Robust
			if m != curves.Loss { // whose empty text is the window's
				f.Empty = want.Empty
			}
			p.fit(m, f)
		})
	}
}

func viewOf(f chart.Figure) curves.View {
	return curves.View{
		Axis: f.XAxis, LogX: f.LogX, LogY: f.LogY, Smooth: f.Smooth, Through: f.Through, NoGhost: f.NoGhost, Robust: f.Robust, X: f.X, Y: f.Y,
	}
}

// Metrics are the charts on show.
func (p *Page) Metrics() []curves.Metric { return slices.Clone(p.board.Metrics) }

// SetMetrics shows these charts, and that of the loss in any case.
func (p *Page) SetMetrics(metrics []curves.Metric) {
	p.board.Metrics = []curves.Metric{curves.Loss}
	for _, m := range curves.Metrics()[1:] {
		if slices.Contains(metrics, m) {
			p.board.Metrics = append(p.board.Metrics, m)
		}
	}
	p.put()
	p.remember()
}

// toggle shows or hides the chart of a metric.
func (p *Page) toggle(m curves.Metric) {
	if i := slices.Index(p.board.Metrics, m); i >= 0 {
		p.SetMetrics(slices.Delete(p.Metrics(), i, i+1))
	} else {
		p.SetMetrics(append(p.Metrics(), m))
	}
}

// TableShown reports whether the table of values is on show.
func (p *Page) TableShown() bool { return p.table.Visible() }

// ShowTable shows or hides the table of values.
func (p *Page) ShowTable(on bool) {
	p.table.Hidden = !on
	p.Object.Refresh()
	p.readout.Update()
	p.remember()
}

// Align puts the zero of the axis where the runs grew into a stage; 0 puts it at their start.
func (p *Page) Align(stage int) {
	if p.board.Align != stage {
		p.board.Align = stage
		p.put()
		p.Loss.Fit()
	}
}

// Trends shows or hides fitted slopes. A power law is a straight line on logarithmic axes, so these are switched on.
func (p *Page) Trends(on bool) {
	p.board.Trends = on
	if on {
		p.Loss.SetLogX(true)
		p.Loss.SetLogY(true)
	}
	p.put()
}

// Level draws a reference line at a loss.
func (p *Page) Level(y float64) {
	p.board.Levels = append(p.board.Levels, y)
	p.put()
}

// NoLevels takes all reference lines off.
func (p *Page) NoLevels() {
	p.board.Levels = nil
	p.put()
}

// PointAt puts the cursor at a step of the run, as the pointer would, if it is in view.
func (p *Page) PointAt(step int64) {
	if len(p.board.Shown) == 0 {
		return
	}
	p.group.PointAt(p.board.Shown[0].Run.At(step), step >= 0)
}

// cursorMoved follows the cursor.
func (p *Page) cursorMoved() {
	p.readout.Update()
	if p.do.Step == nil || len(p.board.Shown) == 0 {
		return
	}
	train := p.board.Shown[0].Run.Series(curves.Loss)
	for _, v := range p.group.Values() {
		if _, on := p.group.Cursor(); on && v.Line.Series == train {
			p.do.Step(int64(v.At.Step))
			return
		}
	}
}
