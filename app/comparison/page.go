package comparison

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/lab"
	"growlab/app/look"
	"growlab/app/plot"
	"growlab/app/session"
	"growlab/growth"
)

// Host is what a Page asks of the window.
type Host struct {
	// Compare judges runs, the first against the others; the window tells of it by Working and answers by Done.
	Compare func(runs []string)
	// Cancel stops what Working told of.
	Cancel func()
	// Rival puts a rival of the run into the queue, one of growth.Rivals.
	Rival func(kind string)
	// Export writes the report of a comparison.
	Export func(lab.Comparison)
	// Open shows a file in the program that the machine has for it.
	Open func(path string)
	// Hint tells what is under the pointer; may be nil.
	Hint func(string)
	// Color is the colour that a run has everywhere, an index into chart.Theme.Series.
	Color func(id string) int
}

// Page compares the run on show with others.
type Page struct {
	Object fyne.CanvasObject

	host   Host
	run    session.Info
	rivals []session.Info  // what the run could be compared with
	picked map[string]bool // by a person or because they are its rivals, by id
	asked  map[string]bool // rivals that were picked or taken off by hand
	result *lab.Comparison // nil if there is none yet
	of     []string        // the runs that result is of
	doing  string          // what is waited for, "" for nothing
	said   string
	bad    bool

	lines           []*candidate
	list            *fyne.Container
	column          *container.Scroll // of list
	compare, cancel *widget.Button
	export          *widget.Button
	kinds           map[string]*look.Tip
	open            *widget.Button // the report that was written
	wrote           string         // its path
	state           *look.Line
	none            *widget.Label
	start           *widget.Button // the twin, where there is nothing to compare with
	empty, full     *fyne.Container
	report          *fyne.Container // verdict in words and tables
	chart           *plot.Chart
	axis            *widget.Select
	axes            []chart.Axis
	verdictScroll   *container.Scroll
}

// kindTexts say what the rivals are.
var kindTexts = map[string]string{
	growth.RivalTwin:   "From-scratch twin",
	growth.RivalSmall:  "Small size, same FLOPs",
	growth.RivalMiddle: "Middle size, same FLOPs",
	growth.RivalLarge:  "Large size, same FLOPs",
	growth.RivalStack:  "Grown by plain copies",
}

// kindHints say what it would show.
var kindHints = map[string]string{
	growth.RivalTwin:   "the last size from the first step, on the same tokens: the paper's own comparison",
	growth.RivalSmall:  "the first size alone, for the FLOPs of the whole run: did growing pay at all?",
	growth.RivalMiddle: "the size in the middle alone, for the FLOPs of the whole run",
	growth.RivalLarge:  "the last size alone, for the FLOPs of the whole run",
	growth.RivalStack:  "the same plan, grown without masks: what do they bring?",
}

// KindText is what a rival is called on the screen.
func KindText(kind string) string { return kindTexts[kind] }

// NewPage is a page without a run.
func NewPage(host Host) *Page {
	p := &Page{host: host, picked: map[string]bool{}, asked: map[string]bool{}, kinds: map[string]*look.Tip{}}
	p.build()
	p.refresh()
	return p
}

// Show takes note of the run on show and of all runs. A comparison stays as long as the run does.
func (p *Page) Show(run session.Info, all []session.Info) {
	if run.ID != p.run.ID {
		p.result, p.of, p.said, p.doing, p.wrote = nil, nil, "", "", ""
		clear(p.picked)
		clear(p.asked)
	}
	changed := run.ID != p.run.ID || run.State != p.run.State
	p.run = run
	rivals := candidates(run, all)
	if changed || !slices.EqualFunc(rivals, p.rivals, sameLine) {
		p.rivals = rivals
		taken := map[string]bool{} // the newest of each recipe is picked
		for _, r := range rivals {
			if !p.asked[r.ID] {
				p.picked[r.ID] = isRival(run, r) && !taken[r.Recipe]
			}
			taken[r.Recipe] = taken[r.Recipe] || p.picked[r.ID]
		}
		p.refresh()
	}
}

// sameLine reports whether two runs look the same on this page.
func sameLine(a, b session.Info) bool {
	return a.ID == b.ID && a.Name == b.Name && a.State == b.State && a.ValLoss == b.ValLoss
}

// candidates are the runs that are done, but for the run itself.
func candidates(run session.Info, all []session.Info) []session.Info {
	var out []session.Info
	for _, r := range all {
		if r.ID != run.ID && r.State == session.Done {
			out = append(out, r)
		}
	}
	return out
}

// isRival reports whether r was made to be compared with run: its recipe is called so.
func isRival(run, r session.Info) bool {
	return slices.ContainsFunc(growth.Rivals, func(kind string) bool { return r.Recipe == run.Recipe+"-"+kind })
}

// Picked are the ids of the rivals that are checked, in the order of the list.
func (p *Page) Picked() []string {
	var ids []string
	for _, r := range p.rivals {
		if p.picked[r.ID] {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (p *Page) pick(id string, on bool) {
	p.picked[id], p.asked[id] = on, true
	p.refreshState()
}

// Working tells what is being done.
func (p *Page) Working(doing string) {
	p.doing, p.said, p.wrote = doing, "", ""
	p.refreshState()
}

// Done shows a comparison, or why there is none.
func (p *Page) Done(c lab.Comparison, err error) {
	p.doing = ""
	if err != nil {
		p.said, p.bad = err.Error(), true
		p.refreshState()
		return
	}
	c.Colors = map[string]int{}
	for _, g := range c.Groups {
		for _, e := range g.Entries {
			c.Colors[e.Info.ID] = p.host.Color(e.Info.ID)
		}
	}
	p.result, p.said = &c, ""
	p.of = append([]string{p.run.ID}, p.Picked()...)
	p.fill()
	p.refresh()
}

// Cancelled ends the waiting without an answer.
func (p *Page) Cancelled() {
	p.doing, p.said, p.bad = "", "Cancelled.", false
	p.refreshState()
}

// Tell shows what came of something that was asked for.
func (p *Page) Tell(text string, bad bool) {
	p.doing, p.said, p.bad = "", text, bad
	p.refreshState()
}

// Wrote says where the report was written, and offers to open it.
func (p *Page) Wrote(path string) {
	p.Tell("The report is in "+path+".", false)
	p.wrote = path
	p.refreshState()
}

// Busy reports whether something is being done.
func (p *Page) Busy() bool { return p.doing != "" }

// Asks compares what is picked.
func (p *Page) Asks() {
	if !p.compare.Disabled() {
		p.host.Compare(append([]string{p.run.ID}, p.Picked()...))
	}
}

// refresh shows everything but the verdict itself.
func (p *Page) refresh() {
	p.fillList()
	look.Show(p.empty, p.result == nil)
	look.Show(p.full, p.result != nil)
	p.refreshState()
}

// candidate is a line of the list: a check box, and the colour that the run has on charts.
type candidate struct {
	*fyne.Container
	check  *widget.Check
	swatch *plot.Swatch
}

func newCandidate() *candidate {
	c := &candidate{check: widget.NewCheck("", nil), swatch: plot.NewSwatch(0)}
	c.Container = container.NewBorder(nil, nil, c.swatch, nil, c.check)
	return c
}

// fillList makes a line for each candidate.
func (p *Page) fillList() {
	for len(p.lines) < len(p.rivals) {
		c := newCandidate()
		p.lines = append(p.lines, c)
		p.list.Add(c.Container)
	}
	for i, c := range p.lines {
		look.Show(c.Container, i < len(p.rivals))
		if i < len(p.rivals) {
			p.fillLine(c, p.rivals[i])
		}
	}
	p.column.Refresh()
}

func (p *Page) fillLine(c *candidate, r session.Info) {
	c.swatch.Set(p.host.Color(r.ID))
	text := fmt.Sprintf("%s · %.3f", short(r.Name), r.ValLoss)
	c.check.OnChanged = nil
	if c.check.Text != text {
		c.check.SetText(text)
	}
	if c.check.Checked != p.picked[r.ID] {
		c.check.SetChecked(p.picked[r.ID])
	}
	c.check.OnChanged = func(on bool) { p.pick(r.ID, on) }
}

// short is a name as it fits into the column.
func short(name string) string {
	const most = 17
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}

func (p *Page) refreshState() {
	done := p.run.State == session.Done
	look.Enable(p.compare, p.doing == "" && done && len(p.Picked()) > 0)
	look.Enable(p.export, p.doing == "" && p.result != nil)
	for kind, b := range p.kinds {
		look.Enable(b, p.doing == "" && p.run.Stages > 1 && (kind != growth.RivalMiddle || p.run.Stages != 2)) // of two none is in the middle
	}
	look.Enable(p.start, p.doing == "" && p.run.Stages > 1)
	look.Show(p.cancel, p.doing != "")
	look.Show(p.open, p.wrote != "")
	text, colour := p.advice()
	p.state.Set(text)
	p.state.Paint(colour)
	p.tellEmpty()
}

// advice is the line at the top.
func (p *Page) advice() (string, fyne.ThemeColorName) {
	switch {
	case p.doing != "":
		return p.doing + "…", theme.ColorNameForeground
	case p.said != "" && p.bad:
		return p.said, theme.ColorNameError
	case p.said != "":
		return p.said, theme.ColorNameForeground
	case p.run.State != session.Done:
		return "A verdict takes runs that are done; this one is " + p.run.State + ".", theme.ColorNamePlaceHolder
	case p.result != nil && !slices.Equal(p.of, append([]string{p.run.ID}, p.Picked()...)):
		return "Other rivals are picked than those below: press Compare.", theme.ColorNamePlaceHolder
	case len(p.rivals) == 0:
		return "There is nothing to compare with yet: train one of the rivals below.", theme.ColorNamePlaceHolder
	case len(p.Picked()) == 0:
		return "Pick what to compare the run with.", theme.ColorNamePlaceHolder
	}
	return "", theme.ColorNamePlaceHolder
}

// tellEmpty says what to do where there is no verdict yet.
func (p *Page) tellEmpty() {
	text := "Press Compare: the last networks are measured once more\non the held-out text, which takes a moment."
	switch {
	case p.doing != "":
		text = ""
	case p.run.Stages == 1:
		text = "This run has one size: it does not grow, and so it has no rivals of its own.\nPick what to compare it with at the left."
	case p.run.State != session.Done:
		text = "When this run is done, it can be compared with a rival.\nIts rivals can be put into the queue already."
	case len(p.rivals) == 0:
		text = "There is nothing to compare with yet.\nThe from-scratch twin has the final size from the start,\non the same tokens: the paper's own comparison."
	case len(p.Picked()) == 0:
		text = "Pick rivals at the left, or train one."
	}
	if p.none.Text != text {
		p.none.SetText(text)
	}
	look.Show(p.start, p.run.Stages > 1 && len(p.Picked()) == 0)
}

func (p *Page) build() {
	p.list = container.New(look.Column{Width: 180, Space: 0})
	p.compare = widget.NewButtonWithIcon("Compare", theme.ConfirmIcon(), p.Asks)
	p.compare.Importance = widget.HighImportance
	p.cancel = widget.NewButton("Cancel", func() { p.host.Cancel() })
	p.open = widget.NewButtonWithIcon("Open", theme.FileTextIcon(), func() { p.host.Open(p.wrote) })
	p.export = widget.NewButtonWithIcon("Export report…", theme.DocumentSaveIcon(), func() { p.host.Export(*p.result) })
	p.state = look.NewLine(look.Quiet.Fitting(), "")
	for _, kind := range growth.Rivals {
		p.kinds[kind] = p.newKind(kind)
	}
	p.start = widget.NewButtonWithIcon("Run from-scratch twin", theme.MediaPlayIcon(), func() { p.host.Rival(growth.RivalTwin) })
	p.start.Importance = widget.HighImportance
	p.none = widget.NewLabel("")
	p.none.Alignment, p.none.Importance = fyne.TextAlignCenter, widget.LowImportance
	p.buildChart()
	p.report = container.New(look.Column{Width: 320, Space: 4})
	p.layOut()
}

// newKind is the button that puts a rival into the queue.
func (p *Page) newKind(kind string) *look.Tip {
	b := look.NewTip(nil, kindHints[kind], func() { p.host.Rival(kind) }, func(text string) {
		if p.host.Hint != nil {
			p.host.Hint(text)
		}
	})
	b.Text, b.Alignment, b.Importance = kindTexts[kind], widget.ButtonAlignLeading, widget.MediumImportance
	return b
}

func (p *Page) buildChart() {
	p.chart = plot.NewChart("loss")
	p.axes = []chart.Axis{chart.FLOPs, chart.Tokens, chart.Seconds}
	names := make([]string, len(p.axes))
	for i, a := range p.axes {
		names[i] = a.String()
	}
	p.axis = widget.NewSelect(names, func(string) { p.draw() })
	p.axis.SetSelectedIndex(0)
}

func (p *Page) layOut() {
	head := container.New(look.Column{Width: 190, Space: 4}, p.compare, container.New(look.Inset{Top: 4}, look.NewLine(look.Heading, "WITH")))
	queue := container.New(look.Column{Width: 190, Space: 3}, container.New(look.Inset{Top: 6}, look.NewLine(look.Heading, "ADD TO THE QUEUE")))
	for _, kind := range growth.Rivals {
		queue.Add(p.kinds[kind])
	}
	p.column = container.NewVScroll(p.list)
	left := container.New(look.FixedWidth(214), container.New(look.Margin(10, 6, 8, 8), container.NewBorder(head, queue, nil, nil, p.column)))
	p.empty = container.NewCenter(container.New(look.Column{Width: 360, Space: 8}, p.none, container.NewCenter(p.start)))
	p.verdictScroll = container.NewVScroll(container.New(look.Margin(12, 16, 6, 10), p.report))
	chartHead := container.NewBorder(nil, nil, container.New(look.Margin(12, 4, 8, 0), look.NewLine(look.Heading, "LOSS AGAINST")),
		container.New(look.Inset{Right: 10}, p.export), container.NewHBox(p.axis))
	split := container.NewVSplit(p.verdictScroll, container.NewBorder(chartHead, nil, nil, nil, p.chart))
	split.SetOffset(0.52)
	p.full = container.NewStack(split)
	const high = 30 // with buttons and without, so that nothing moves
	state := container.New(look.Margin(12, 12, 4, 2), container.New(look.Least{Width: 200, Height: high},
		container.NewBorder(nil, nil, nil, container.NewHBox(p.open, p.cancel), p.state)))
	right := container.NewBorder(state, nil, nil, nil, container.NewStack(p.empty, p.full))
	p.Object = container.NewBorder(nil, nil, container.NewHBox(left, widget.NewSeparator()), nil, right)
}

// draw shows the curves over the chosen axis.
func (p *Page) draw() {
	if p.result == nil {
		return
	}
	i := max(p.axis.SelectedIndex(), 0)
	f := p.result.Figure(p.axes[i], p.axes[i] == chart.FLOPs)
	f.Title, f.Note = "", ""
	p.chart.SetFigure(f)
}

// plain is a sentence that wraps.
func plain(text string, bold bool) fyne.CanvasObject {
	l := widget.NewLabel(text)
	l.Wrapping, l.TextStyle.Bold = fyne.TextWrapWord, bold
	return container.New(look.Margin(-6, -6, -4, -4), l)
}
