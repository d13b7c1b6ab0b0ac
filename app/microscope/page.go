package microscope

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/curvepage"
	"growlab/app/curves"
	"growlab/app/look"
	"growlab/app/network"
	"growlab/app/plot"
	"growlab/app/words"
	"growlab/trainer/event"
)

// metrics are the charts of the page, from above.
var metrics = []curves.Metric{curves.Loss, curves.Mask, curves.LearningRate, curves.GradNorm}

// smooth is the factor of the loss: it spans about ten steps, so that a jump is seen where it is.
const smooth = 0.9

// Page is the page of transitions.
type Page struct {
	Object fyne.CanvasObject

	run    *curves.Run
	color  int
	stage  int  // on show; 0 for none
	latest bool // the newest growth is shown as it comes
	seen   []event.Grew
	last   int64 // step up to which the page shows the run

	none     *widget.Label
	all      fyne.CanvasObject
	choice   *curvepage.Select
	where    *look.Line
	icon     *widget.Icon
	verdict  *widget.Label
	charts   map[curves.Metric]*plot.Chart
	stack    *fyne.Container
	facts    []*fact
	grew     *widget.Label
	picture  *fyne.Container // of the two shapes
	pictured string          // title of the growth in it
	choosing bool            // the selector is being filled
}

// New returns a page without a run; typed gets the keys that no chart has a use for, and may be nil.
func New(typed func(*fyne.KeyEvent)) *Page {
	p := &Page{latest: true, charts: map[curves.Metric]*plot.Chart{}}
	hints := curvepage.NewHints()
	p.none = widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})
	p.none.Importance = widget.LowImportance
	p.choice = curvepage.NewSelect(hints, nil, "The growth to look at.\nThe newest is shown unless another was chosen.", p.choose)
	p.where = look.NewLine(look.Quiet.Fitting(), "")
	p.icon = widget.NewIcon(nil)
	p.verdict = widget.NewLabel("")
	p.verdict.Wrapping = fyne.TextWrapWord
	p.stack = container.New(curvepage.NewStackLayout())
	p.makeCharts(typed)
	head := look.Border(nil, nil, container.NewGridWrap(fyne.NewSize(330, 32), p.choice), nil, container.New(look.Margin(10, 0, 8, 0), p.where))
	verdict := look.Border(nil, nil, container.New(look.Margin(10, 0, 8, 0), container.NewVBox(container.NewGridWrap(fyne.NewSize(20, 20), p.icon))), nil, p.verdict)
	above := container.New(look.Column{Space: 6}, head, container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), verdict))
	facts, content := p.makeFacts(hints)
	body := container.New(&lens{content: content, picture: p.picture}, p.stack, facts)
	p.all = container.New(look.Margin(10, 10, 8, 6), look.Border(container.New(look.Margin(0, 0, 0, 6), above), nil, nil, nil, body))
	p.Object = container.NewStack(container.NewCenter(p.none), p.all, hints)
	p.show()
	return p
}

func (p *Page) makeCharts(typed func(*fyne.KeyEvent)) {
	var all []*plot.Chart
	for i, m := range metrics {
		c := plot.NewChart(m.String())
		c.Home, c.OnTypedKey = chart.Range{Lo: -Around, Hi: Around}, typed
		c.Minimum = fyne.NewSize(200, 120)
		if i > 0 {
			c.Minimum.Height = 44
		}
		p.charts[m] = c
		all = append(all, c)
		p.stack.Add(c)
	}
	plot.NewGroup(all...)
}

func (p *Page) makeFacts(hints *curvepage.Hints) (object, content fyne.CanvasObject) {
	grid := container.New(&cells{width: 100, space: 8})
	for _, m := range measurements {
		f := newFact(hints, m.name, m.about)
		p.facts = append(p.facts, f)
		grid.Add(f)
	}
	p.grew = widget.NewLabel("")
	p.grew.Wrapping, p.grew.Importance, p.grew.SizeName = fyne.TextWrapWord, widget.LowImportance, theme.SizeNameCaptionText
	p.picture = container.NewStack()
	content = container.New(look.Margin(12, 12, 8, 6), container.New(look.Column{Space: 4}, grid, container.New(look.Margin(-6, -6, 0, 0), p.grew), p.picture))
	return container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.NewVScroll(content)), content
}

// Show shows the growths of a run.
func (p *Page) Show(r *curves.Run, color int) {
	p.run, p.color, p.stage, p.latest, p.seen = r, color, 0, true, nil
	p.Refresh()
}

// Look shows the growth into a stage, if the run has got there.
func (p *Page) Look(stage int) {
	if p.run == nil || !slices.ContainsFunc(p.run.Grews, func(g event.Grew) bool { return g.Stage == stage }) {
		return
	}
	p.latest = stage == p.run.Grews[len(p.run.Grews)-1].Stage
	p.stage = stage
	p.list()
	p.show()
}

// Stage is the stage whose beginning is on show; 0 for none.
func (p *Page) Stage() int { return p.stage }

// Refresh shows what came since the last time. While nothing near the growth on show comes, it does nothing.
func (p *Page) Refresh() {
	if p.run == nil {
		return
	}
	if !slices.EqualFunc(p.run.Grews, p.seen, func(a, b event.Grew) bool { return a.Step == b.Step && a.Stage == b.Stage }) {
		p.seen = slices.Clone(p.run.Grews)
		if n := len(p.seen); n == 0 {
			p.stage = 0
		} else if p.latest || p.stage == 0 {
			p.stage, p.latest = p.seen[n-1].Stage, true
		}
		p.list()
		p.show()
		return
	}
	if g, ok := p.growth(); !ok {
		p.none.SetText(p.nothing())
	} else if p.last != p.run.Last.Step && p.last <= g.Step+Around {
		p.show()
	}
}

// growth is the one on show.
func (p *Page) growth() (event.Grew, bool) {
	for _, g := range p.seen {
		if g.Stage == p.stage {
			return g, true
		}
	}
	return event.Grew{}, false
}

// list fills the selector.
func (p *Page) list() {
	p.choosing = true
	defer func() { p.choosing = false }()
	var titles []string
	for _, g := range p.seen {
		titles = append(titles, title(g))
	}
	if !slices.Equal(titles, p.choice.Options) {
		p.choice.SetOptions(titles)
	}
	for i, g := range p.seen {
		if g.Stage == p.stage {
			p.choice.SetSelectedIndex(i)
		}
	}
}

func (p *Page) choose(string) {
	if i := p.choice.SelectedIndex(); !p.choosing && i >= 0 && i < len(p.seen) {
		p.stage, p.latest = p.seen[i].Stage, i == len(p.seen)-1
		p.show()
	}
}

// nothing is what the page says without a growth.
func (p *Page) nothing() string {
	if p.run != nil {
		switch s := p.run.Start.Stages; {
		case len(s) == 1:
			return "This plan has one stage: the network does not grow."
		case len(s) > 1:
			return fmt.Sprintf("No transition yet. The network grows to %s after step %s.", shape(s[1]), words.Thousands(s[1].FromStep))
		}
	}
	return "No transition yet: the network has not grown."
}

// show shows the growth.
func (p *Page) show() {
	g, ok := p.growth()
	p.none.Hidden, p.all.(*fyne.Container).Hidden = ok, !ok
	if !ok {
		p.none.SetText(p.nothing())
		p.Object.Refresh()
		return
	}
	p.last = p.run.Last.Step
	p.where.Set(fmt.Sprintf("after step %s, %s tokens", words.Thousands(g.Step), words.Count(g.Tokens)))
	mark, colour := signOf(Judge(g))
	p.icon.SetResource(theme.NewColoredResource(mark, colour))
	text := Verdict(g) + " " + After(p.run, g).Words()
	if p.verdict.Text != text {
		p.verdict.SetText(text)
	}
	for i, m := range measurements {
		p.facts[i].value.Set(m.value(g))
	}
	if text := growthOf(g); p.grew.Text != text {
		p.grew.SetText(text)
	}
	p.draw(g)
	p.plot(g)
	p.Object.Refresh()
}

// draw shows the two shapes, unless they are on show.
func (p *Page) draw(g event.Grew) {
	if name := title(g); p.pictured != name {
		p.pictured = name
		p.picture.Objects = []fyne.CanvasObject{network.NewStages([]network.Shape{drawn(g.From), drawn(g.To)})}
		p.picture.Refresh()
	}
}

func drawn(s event.StageInfo) network.Shape {
	return network.Shape{Layers: s.Layers, Hidden: s.Hidden, Heads: s.Heads, FFN: s.FFN}
}

// plot shows the curves around g. What a person zoomed to stays while new steps come.
func (p *Page) plot(g event.Grew) {
	b := curves.Board{Shown: []curves.Shown{{Run: p.run, Color: p.color}}, Metrics: metrics, Align: g.Stage}
	b.View.Smooth = smooth
	for _, m := range metrics {
		want := b.Figure(m)
		want.Legend, want.Left, want.Slim = true, chart.StackLeft, m != curves.Loss
		p.charts[m].Change(func(f *chart.Figure) {
			want.X, want.Y = f.X, f.Y
			if len(f.Lines) == 0 || f.Lines[0].Series != want.Lines[0].Series || f.Lines[0].Origin != want.Lines[0].Origin {
				want.X, want.Y = p.charts[m].Home, chart.Range{}
			}
			*f = want
		})
	}
}

func signOf(j Judgement) (fyne.Resource, fyne.ThemeColorName) {
	switch j {
	case Preserved:
		return theme.ConfirmIcon(), theme.ColorNameSuccess
	case Broken:
		return theme.ErrorIcon(), theme.ColorNameError
	case Nearly, NothingToSay:
		return theme.WarningIcon(), theme.ColorNameWarning
	case NotPromised:
		return theme.InfoIcon(), theme.ColorNamePlaceHolder
	}
	return theme.InfoIcon(), theme.ColorNamePlaceHolder
}
