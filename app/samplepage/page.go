package samplepage

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/trainer/event"
)

// Actions are what a person asks of the page's owner.
type Actions struct {
	Seek    func(step int64)  // a sample of this step is being read
	Compare func(id string)   // show the texts of this run beside; "" for none
	Ask     func(session.Ask) // let the run, and the one beside, write
	Cancel  func()            // stop what is being written
	Key     func(*fyne.KeyEvent)
	Color   func(id string) int // that a run has everywhere, an index into chart.Theme.Series; may be nil
}

// Choice is a run that can be shown beside.
type Choice struct{ ID, Name string }

// The two texts that the page shows.
const (
	Left  = 0 // the run's
	Right = 1 // the other's
)

// Page is the page. Object is what is drawn.
type Page struct {
	Object  fyne.CanvasObject
	actions Actions

	none    *widget.Label
	where   *look.Line
	bar     *scrubber
	prompts *widget.Select
	others  *widget.Select
	choices []Choice
	readers [2]*reader
	pair    *fyne.Container
	box     *box

	runs    [2]run
	at      int    // of shown; -1 for none
	follows bool   // the newest is shown as it comes
	only    string // prompt whose texts are shown; "" for all
	shown   []event.Sampled
	asked   bool // what was asked for is on show
	writing [2]bool
	quiet   bool
}

// run is whose texts a reader shows.
type run struct {
	id, name string
	texts    []event.Sampled
	stages   []event.StageInfo
}

const (
	allPrompts = "all prompts"
	noOther    = "no other run"
)

// New makes the page.
func New(a Actions) *Page {
	p := &Page{actions: a, at: -1, follows: true, where: look.NewLine(look.Style{Bold: true, Fit: true}, "")}
	p.none = widget.NewLabel("No sample yet: the network writes one every now and then, as its recipe says, and when it is asked below.")
	p.none.Importance, p.none.Alignment, p.none.Wrapping = widget.LowImportance, fyne.TextAlignCenter, fyne.TextWrapWord
	p.bar = newScrubber(p.read)
	p.bar.others = a.Key
	p.prompts, p.others = widget.NewSelect(nil, p.filter), widget.NewSelect(nil, p.compare)
	p.readers = [2]*reader{newReader(), newReader()}
	p.readers[Right].object.Hide()
	p.pair = container.New(&side{space: 6}, p.readers[Left].object, p.readers[Right].object)
	p.box = newBox(p.press)
	choose := container.NewHBox(container.NewGridWrap(fyne.NewSize(132, 30), p.prompts), container.NewGridWrap(fyne.NewSize(150, 30), p.others))
	head := container.NewBorder(nil, nil, nil, choose, container.New(look.Margin(8, 8, 6, 0), p.where))
	top := container.New(look.Margin(2, 2, 4, 4), container.New(look.Column{Space: 4}, head, p.bar))
	middle := container.NewStack(p.pair, container.NewCenter(container.New(look.FixedWidth(380), p.none)))
	p.Object = container.New(look.Margin(6, 6, 2, 6), container.NewBorder(top, container.New(look.Margin(0, 0, 8, 0), p.box.object), nil, nil, middle))
	p.offer(p.others, []string{noOther}, noOther)
	p.refresh()
	return p
}

// Clear shows no run.
func (p *Page) Clear() {
	p.runs[Left], p.at, p.follows, p.asked = run{}, -1, true, false
	p.refresh()
}

// Show gives the texts of the run, in order, and its stages; can tells whether it can be asked for one.
func (p *Page) Show(id, name string, texts []event.Sampled, stages []event.StageInfo, can bool) {
	p.box.allow(can, p.writing[Left] || p.writing[Right])
	if r := p.runs[Left]; r.id == id && r.name == name && same(r.texts, texts) && slices.Equal(r.stages, stages) {
		return
	}
	if p.runs[Left].id != id {
		p.at, p.follows, p.asked, p.only = -1, true, false, ""
	}
	if p.box.prompt.Text == "" && len(texts) > 0 {
		p.box.prompt.SetText(texts[0].Prompt)
	}
	p.runs[Left] = run{id, name, texts, stages}
	p.refresh()
}

// From says which weights write what is asked for: those of the checkpoint at a step, 0 if there is none, or the newest, which the
// engine of a run that trains saves first.
func (p *Page) From(step int64, fresh bool) { p.box.from(step, fresh) }

// same compares lists that only grow, or are begun anew.
func same(a, b []event.Sampled) bool {
	return len(a) == len(b) && (len(a) == 0 || a[0] == b[0] && a[len(a)-1] == b[len(b)-1])
}

// Offer lists the runs that can be shown beside.
func (p *Page) Offer(choices []Choice) {
	if slices.Equal(choices, p.choices) {
		return
	}
	p.choices = choices
	p.mark()
}

// mark fills the selector of other runs with the one beside chosen.
func (p *Page) mark() {
	titles := []string{noOther}
	chosen := noOther
	for _, c := range p.choices {
		titles = append(titles, "beside: "+c.Name)
		if c.ID == p.runs[Right].id {
			chosen = titles[len(titles)-1]
		}
	}
	p.offer(p.others, titles, chosen)
}

// offer fills a selector without calling it.
func (p *Page) offer(s *widget.Select, options []string, chosen string) {
	p.quiet = true
	defer func() { p.quiet = false }()
	if !slices.Equal(options, s.Options) {
		s.SetOptions(options)
	}
	if s.Selected != chosen {
		s.SetSelected(chosen)
	}
}

// ShowOther gives the texts of the run beside; an id of "" takes it away.
func (p *Page) ShowOther(id, name string, texts []event.Sampled) {
	if r := p.runs[Right]; r.id == id && r.name == name && same(r.texts, texts) {
		return
	}
	if p.asked && id != p.runs[Right].id && !p.writing[Right] {
		p.readers[Right].show(name, "Write lets both go on", "", "")
	}
	p.runs[Right] = run{id: id, name: name, texts: texts}
	p.mark()
	p.refresh()
}

// Turn reads the sample next to a step, as the cursor on the curve moves.
func (p *Page) Turn(step int64) {
	best := -1
	for i, e := range p.shown {
		if best < 0 || distance(e.Step, step) <= distance(p.shown[best].Step, step) {
			best = i
		}
	}
	if best >= 0 && (best != p.at || p.asked) {
		p.asked = false
		p.at, p.follows = best, best == len(p.shown)-1
		p.refresh()
	}
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// read shows a sample that was chosen on the bar.
func (p *Page) read(i int) {
	p.asked = false
	p.at, p.follows = i, i == len(p.shown)-1
	p.refresh()
	p.actions.Seek(p.shown[i].Step)
}

func (p *Page) filter(prompt string) {
	if p.quiet {
		return
	}
	p.only = ""
	if i := p.prompts.SelectedIndex(); i > 0 {
		p.only = p.known()[i-1]
	}
	p.at, p.follows = -1, true
	p.refresh()
}

func (p *Page) compare(string) {
	if p.quiet {
		return
	}
	id := ""
	if i := p.others.SelectedIndex(); i > 0 {
		id = p.choices[i-1].ID
	}
	p.actions.Compare(id)
}

// known are the prompts of the run, in the order in which they came up.
func (p *Page) known() (all []string) {
	for _, e := range p.runs[Left].texts {
		if !slices.Contains(all, e.Prompt) {
			all = append(all, e.Prompt)
		}
	}
	return all
}

// refresh shows everything anew.
func (p *Page) refresh() {
	known := p.known()
	titles := []string{allPrompts}
	chosen := allPrompts
	for _, prompt := range known {
		titles = append(titles, "“"+words.OneLine(prompt, 24)+"”")
		if prompt == p.only {
			chosen = titles[len(titles)-1]
		}
	}
	p.offer(p.prompts, titles, chosen)
	p.prompts.Hidden = len(known) < 2
	p.shown = p.runs[Left].texts
	if p.only != "" {
		p.shown = slices.DeleteFunc(slices.Clone(p.shown), func(e event.Sampled) bool { return e.Prompt != p.only })
	}
	if p.at >= len(p.shown) || p.follows {
		p.at = len(p.shown) - 1
	}
	p.refreshBar()
	p.refreshTexts()
}

func (p *Page) refreshBar() {
	var bounds, marks []int64
	for _, s := range p.runs[Left].stages {
		bounds = append(bounds, s.FromStep+s.Steps)
	}
	for _, e := range p.shown {
		marks = append(marks, e.Step)
	}
	at := p.at
	if p.asked {
		at = -1
	}
	p.bar.show(bounds, marks, at)
	switch {
	case p.asked:
		p.where.Set("Asked for now · the bar goes back")
	case p.at < 0:
		p.where.Set("Samples")
	default:
		p.where.Set(fmt.Sprintf("Sample %d of %d · step %s · %s tokens", p.at+1, len(p.shown), words.Thousands(p.shown[p.at].Step), words.Count(p.shown[p.at].Tokens)))
	}
}

func (p *Page) refreshTexts() {
	for i, r := range p.readers {
		if p.actions.Color != nil {
			r.swatch.Set(p.actions.Color(p.runs[i].id))
		}
	}
	empty := p.at < 0 && !p.asked
	p.none.Hidden, p.pair.Hidden = !empty, empty
	two := p.runs[Right].id != "" && !empty
	if two {
		p.readers[Right].object.Show()
	} else {
		p.readers[Right].object.Hide()
	}
	p.pair.Refresh()
	if empty || p.asked {
		return
	}
	now := p.shown[p.at]
	p.readers[Left].read(p.runs[Left].name, now)
	if !two {
		return
	}
	if e, ok := p.match(now); ok {
		p.readers[Right].read(p.runs[Right].name, e)
	} else {
		p.readers[Right].show(p.runs[Right].name, "it has no sample", "", "")
	}
}

// match is the other run's sample that goes with e: of the same prompt if there is one, after as many tokens or the most below.
func (p *Page) match(e event.Sampled) (best event.Sampled, ok bool) {
	better := func(a, b event.Sampled) bool { // a than b
		if (a.Prompt == e.Prompt) != (b.Prompt == e.Prompt) {
			return a.Prompt == e.Prompt
		}
		if (a.Tokens <= e.Tokens) != (b.Tokens <= e.Tokens) {
			return a.Tokens <= e.Tokens
		}
		return distance(a.Tokens, e.Tokens) < distance(b.Tokens, e.Tokens)
	}
	for _, other := range p.runs[Right].texts {
		if !ok || better(other, best) {
			best, ok = other, true
		}
	}
	return best, ok
}

// press asks for a text, or stops the one that comes.
func (p *Page) press() {
	if p.writing[Left] || p.writing[Right] {
		p.actions.Cancel()
		return
	}
	if p.box.can {
		p.actions.Ask(p.box.ask())
	}
}

// Begin says that a run has begun to write what was asked for.
func (p *Page) Begin(which int, a session.Ask) {
	p.asked, p.writing[which] = true, true
	p.box.allow(p.box.can, true)
	doing := "reading the last checkpoint…"
	if p.box.fresh {
		doing = "saving the newest weights…"
	}
	p.readers[which].show(p.runs[which].name, doing, a.Prompt, "")
	p.refresh()
}

// Write goes on with the text that was asked for.
func (p *Page) Write(which int, more string) {
	if p.asked {
		p.readers[which].title.Set("writing…")
		p.readers[which].add(more)
	}
}

// End shows the whole text that was asked for, or why there is none.
func (p *Page) End(which int, e event.Sampled, err error) {
	p.writing[which] = false
	p.box.allow(p.box.can, p.writing[Left] || p.writing[Right])
	switch {
	case !p.asked:
	case err != nil:
		p.readers[which].title.Set("not written: " + err.Error())
	default:
		p.readers[which].read(p.runs[which].name, e)
	}
}

// side is a layout that shares the width among the visible objects.
type side struct{ space float32 }

// Layout implements fyne.Layout.
func (s *side) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := 0
	for _, o := range objects {
		if o.Visible() {
			n++
		}
	}
	if n == 0 {
		return
	}
	width := (size.Width - s.space*float32(n-1)) / float32(n)
	x := float32(0)
	for _, o := range objects {
		if o.Visible() {
			o.Move(fyne.NewPos(x, 0))
			o.Resize(fyne.NewSize(width, size.Height))
			x += width + s.space
		}
	}
}

// MinSize implements fyne.Layout.
func (s *side) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 80) }
