package knobs

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/form"
	"growlab/app/look"
	"growlab/app/plot"
	"growlab/app/words"
	"growlab/trainer/control"
)

// Host is what a Page asks of the window.
type Host struct {
	// Apply gives the engine commands, one after the other; the window answers by Applied.
	Apply func([]control.Command)
	// Revert goes on from before the last change, as a run of its own.
	Revert func()
	// Cancel stops waiting for what was asked for.
	Cancel func()
}

// Page shows the knobs of a live run and what would come of them.
type Page struct {
	Object fyne.CanvasObject

	host   Host
	staged *Staged
	live   bool
	busy   string // what is waited for, "" for nothing
	said   string
	bad    bool
	blind  error  // why it is not known where the run stands; nil if it is, or will be
	drawn  string // what the preview shows, so that it is drawn again only if that changed

	fields            map[string]*form.Field
	apply, discard    *widget.Button
	grow, revert      *widget.Button
	cancel            *widget.Button
	rates, masks      *plot.Chart
	now, then         *restTable
	help, state, note *look.Line
	page, none        fyne.CanvasObject
	right             *fyne.Container   // charts over tables
	ahead             *container.Scroll // of right, for a low window
}

// spec describes the field of a key.
func spec(key string) form.Spec {
	specs := map[string]form.Spec{
		"lr":               {Label: "peak learning rate", About: "The schedule keeps its shape and goes on scaled: 4e-3, or 0.5x of what it is."},
		"weight_decay":     {Label: "weight decay", About: "Of AdamW, on matrices."},
		"clip":             {Label: "clip", About: "Largest gradient norm, 0 is none."},
		"batch":            {Label: "batch tokens", About: "Tokens in one step of this stage and the later ones, a multiple of the context. Memory does not grow."},
		"ramp":             {Label: "rest of the ramp", About: "Tokens over which the growth that is being faded in goes the rest of its way; 0 is at once.", Holder: notRamping},
		"eval.every":       {Label: "evaluate every", About: "Tokens between two evaluations; 0 is never."},
		"sample.every":     {Label: "sample every", About: "Tokens between two samples; 0 is never."},
		"checkpoint.every": {Label: "save every", About: "Tokens between two checkpoints; 0 is never."},
		keyPostpone:        {Label: "postpone growth by", About: "Tokens by which the present stage ends later.", Holder: "tokens"},
		keyExtend:          {Label: "extend the run by", About: "Tokens more for the last stage.", Holder: "tokens"},
		keyThreads:         {Label: "threads", About: "Of the CPU engine, from 1 to what it was started with. Changes no numbers, and leaves the machine to others.", Holder: "as it is"},
	}
	s, ok := specs[key]
	if !ok {
		s = form.Spec{Label: strings.ReplaceAll(key, "_", " ")}
	}
	s.Key = key
	return s
}

// NewPage is a page without a run.
func NewPage(host Host) *Page {
	p := &Page{host: host, staged: NewStaged(), fields: map[string]*form.Field{}}
	p.build()
	p.Refresh()
	return p
}

// Show takes note of a run: its course, nil if that is not known, and whether it trains. Staged edits stay.
func (p *Page) Show(c *Course, live bool) {
	p.live = live
	p.staged.Follow(c)
	p.Refresh()
}

// Forget drops the staged edits and what was said: another run is on show.
func (p *Page) Forget() {
	p.staged.Clear()
	p.busy, p.said = "", ""
	p.Show(nil, false)
}

// Stage stages an edit, as a person does who types in its field.
func (p *Page) Stage(key, value string) {
	p.staged.Set(key, value)
	p.said = ""
	p.Refresh()
}

// Staged is what is on show.
func (p *Page) Staged() *Staged { return p.staged }

// Wait says that something was asked for and is waited for.
func (p *Page) Wait(what string) {
	p.busy, p.said = what, ""
	p.Refresh()
}

// Applied ends the waiting. What was staged is done with, unless err says why not.
func (p *Page) Applied(done string, err error) {
	p.busy = ""
	if err != nil {
		p.said, p.bad = err.Error(), true
	} else {
		p.staged.Clear()
		p.said, p.bad = done, false
	}
	p.Refresh()
}

// Unknown says why it is not known where the run stands, nil if it is.
func (p *Page) Unknown(err error) {
	p.blind = err
	p.Refresh()
}

// Reverts says how many of the last changes Revert takes back: those that were applied together.
func (p *Page) Reverts(n int) {
	text := revertOne
	if n > 1 {
		text = fmt.Sprintf("Revert the last %d changes", n)
	}
	if p.revert.Text != text {
		p.revert.SetText(text)
	}
}

// Refresh shows what is staged.
func (p *Page) Refresh() {
	look.Show(p.none, !p.live)
	look.Show(p.page, p.live)
	if !p.live {
		return
	}
	for key, f := range p.fields {
		f.Put(p.staged.Text(key), p.staged.Fault(key))
	}
	left, ramping := p.staged.Ramping()
	p.fields["ramp"].Enable(ramping)
	holder := notRamping
	if ramping {
		holder = words.Thousands(left) + " left"
	}
	p.fields["ramp"].SetHolder(holder)
	p.refreshButtons()
	p.preview()
}

func (p *Page) refreshButtons() {
	faults, n := p.staged.Faults(), p.staged.Len()
	free := p.busy == "" && p.staged.course != nil
	look.Enable(p.apply, free && n > 0 && len(faults) == 0)
	look.Enable(p.discard, p.busy == "" && n > 0)
	look.Enable(p.grow, free && p.staged.CanGrow() == "")
	look.Enable(p.revert, free && p.staged.course.Edits > 0)
	look.Show(p.cancel, p.busy != "") // in the place of discard, so that nothing moves
	look.Show(p.discard, p.busy == "")
	colour := theme.ColorNamePlaceHolder
	var text string
	switch {
	case p.busy != "":
		text = p.busy
	case len(faults) > 0:
		text, colour = faults[0], theme.ColorNameError
	case p.said != "":
		text, colour = p.said, theme.ColorNameForeground
		if p.bad {
			colour = theme.ColorNameError
		}
	case n > 0:
		text = "Staged: " + strings.Join(p.staged.Words(), ", ")
		colour = theme.ColorNameForeground
	case p.staged.course == nil && p.blind != nil:
		text, colour = "Where the run stands cannot be read: "+p.blind.Error(), theme.ColorNameError
	case p.staged.course == nil:
		text = "Reading where the run stands…"
	case p.staged.CanGrow() != "":
		text = "Grow now: " + p.staged.CanGrow()
	default:
		text = "Nothing is staged. A change takes effect between two steps; the state before it is saved."
	}
	p.state.Set(text)
	p.state.Paint(colour)
}

// notRamping stands in the field of the ramp while there is none.
const notRamping = "none now"

// revertOne is what the button says that takes back one change.
const revertOne = "Revert the last change"

// resolution is in how many parts of a run the preview tells where it stands.
const resolution = 400

// preview draws the schedule of the rest of the run, as it is and as it would be.
func (p *Page) preview() {
	c := p.staged.course
	if c == nil {
		return
	}
	changes := p.staged.Len() > len(p.staged.faults)
	// A run that trains moves all the time; what lies ahead looks the same until it has moved by a pixel or so.
	key := fmt.Sprint(c.Tokens/max(c.Now.TotalTokens()/resolution, 1), c.Edits, p.staged.values)
	if key == p.drawn {
		return
	}
	p.drawn = key
	rate, mask := schedule(c.Now, *c, "as it goes now")
	rates, masks := []chart.Line{{Series: rate, Color: 0, Exact: true}}, []chart.Line{{Series: mask, Color: 0, Exact: true}}
	if changes {
		rate2, mask2 := schedule(p.staged.then, *c, "as it would go")
		rates = append(rates, chart.Line{Series: rate2, Color: 1, Exact: true})
		masks = append(masks, chart.Line{Series: mask2, Color: 1, Exact: true})
	}
	p.rates.SetLines(rates)
	p.masks.SetLines(masks)
	higher := p.now.show("AS IT GOES NOW · "+summary(c.Now), rest(c.Now, *c))
	if changes {
		higher = p.then.show("AS IT WOULD GO · "+summary(p.staged.then), rest(p.staged.then, *c)) || higher
	}
	if look.Show(p.then.object, changes) || higher {
		p.right.Refresh() // the charts get another height
		p.ahead.Refresh()
	}
	p.note.Set("From step " + words.Thousands(c.Step) + " on; drag in a chart to zoom, double-click to see all.")
}

func (p *Page) build() {
	p.help, p.note = look.NewLine(look.Caption.Fitting(), ""), look.NewLine(look.Caption.Fitting(), "")
	p.state = look.NewLine(look.Quiet.Fitting(), "")
	for _, key := range keys() {
		f := form.NewField(spec(key), func(text string) { p.Stage(key, text) })
		f.OnHelp = p.help.Set
		f.OnLeft = p.Refresh
		if key != keyThreads {
			f.Offer(func() []form.Offer { return p.staged.Offers(key) })
		}
		p.fields[key] = f
	}
	p.apply = widget.NewButtonWithIcon("Apply", theme.ConfirmIcon(), func() { p.host.Apply(p.staged.Commands()) })
	p.apply.Importance = widget.HighImportance
	p.discard = widget.NewButton("Discard", func() {
		p.staged.Clear()
		p.said = ""
		p.Refresh()
	})
	p.grow = widget.NewButtonWithIcon("Grow now", theme.UploadIcon(), func() { p.host.Apply([]control.Command{{Verb: control.Grow}}) })
	p.revert = widget.NewButtonWithIcon(revertOne, theme.ContentUndoIcon(), func() { p.host.Revert() })
	p.cancel = widget.NewButton("Cancel", func() { p.host.Cancel() })
	p.rates, p.masks = p.newChart("learning rate"), p.newChart("mask")
	p.now, p.then = newRestTable(), newRestTable()
	none := widget.NewLabel("This run does not train now.\nWhile it trains, its learning rate, batch, growth and more can be changed here.")
	none.Alignment, none.Importance = fyne.TextAlignCenter, widget.LowImportance
	p.none = container.NewCenter(none)
	p.page = p.layOut()
	p.Object = container.NewStack(p.none, p.page)
}

func (p *Page) newChart(name string) *plot.Chart {
	c := plot.NewChart(name)
	c.Minimum = fyne.NewSize(280, 120) // two of them, and tables of now and then, in a window of 700
	f := c.Figure()
	f.XAxis, f.Empty, f.Legend = chart.Tokens, "Nothing lies ahead", name == "learning rate"
	if name == "mask" {
		f.Y = chart.Range{Lo: 0, Hi: 1.05} // also where it is 1 throughout
	}
	c.SetFigure(f)
	return c
}

func (p *Page) layOut() fyne.CanvasObject {
	column := container.New(look.Column{Width: 236, Space: 6})
	pairs := func(list ...string) {
		for i := 0; i < len(list); i += 2 {
			cells := []fyne.CanvasObject{p.fields[list[i]]}
			if i+1 < len(list) {
				cells = append(cells, p.fields[list[i+1]])
			}
			column.Add(container.NewGridWithColumns(2, cells...))
		}
	}
	heading := func(text string) { column.Add(container.New(look.Inset{Top: 4}, look.NewLine(look.Heading, text))) }
	heading("OPTIMIZER")
	pairs("lr", "batch", "weight_decay", "clip")
	heading("GROWTH")
	pairs("ramp", keyPostpone, keyExtend)
	heading("HOW OFTEN")
	pairs("eval.every", "sample.every", "checkpoint.every", keyThreads)
	if more := keys()[len(order):]; len(more) > 0 {
		heading("MORE")
		pairs(more...)
	}
	fields := container.New(look.Margin(12, 12, 6, 0), column)
	scroll := container.NewVScroll(fields)
	scroll.SetMinSize(fyne.NewSize(264, 0))
	buttons := container.New(look.Column{Width: 236, Space: 6},
		container.NewGridWithColumns(2, p.apply, container.NewStack(p.discard, p.cancel)), p.grow, p.revert)
	left := container.New(look.Foot{Content: fields}, scroll, container.New(look.Margin(12, 12, 12, 10), buttons))
	charts := container.New(look.Least{Width: 300, Height: 200}, container.NewGridWithRows(2, p.rates, p.masks))
	tables := container.New(look.Column{Width: 300, Space: 6}, p.now.object, p.then.object, p.note)
	p.right = container.NewBorder(nil, container.New(look.Margin(12, 12, 4, 8), tables), nil, nil, charts)
	head := container.New(look.Margin(12, 12, 6, 2), container.New(look.Column{Width: 300, Space: 2},
		p.state, p.help))
	p.ahead = container.NewVScroll(p.right)
	return container.NewBorder(head, nil, container.NewHBox(left, widget.NewSeparator()), nil, p.ahead)
}
