package devicepage

import (
	"cmp"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/doctor"
	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/cudart"
)

// Actions are what a person asks of the page's owner.
type Actions struct {
	Look    func()      // examine the machine again
	Back    func()      // leave the page
	Threads func(n int) // let the run that trains use so many threads
	// Train has runs that begin from now on train on a device: cpu, or a list of GPUs such as cuda:0,1.
	Train func(device string)
}

// Page is the page. Object is what is drawn.
type Page struct {
	Object  fyne.CanvasObject
	actions Actions

	again    *widget.Button
	busy     *look.Line
	model    *look.Line
	trains   *widget.Label
	load     *gauge
	memory   *gauge
	held     string          // what the run that trains has of it, as the end of a sentence
	choices  *fyne.Container // kernels and precisions
	threads  *widget.Select
	threadOf *look.Line
	gpus     *fyne.Container
	cards    []*card
	noGPU    *widget.Label
	device   string          // that runs begin on
	fixed    string          // why that cannot be chosen here, "" if it can
	trainsOn *widget.Label   // what that means, in words
	begin    *fyne.Container // trainsOn, where there are GPUs
	report   *cudart.Report  // what was found last
	findings *fyne.Container
	quiet    bool
}

// New makes the page.
func New(a Actions) *Page {
	p := &Page{
		actions: a, model: look.NewLine(look.Style{Bold: true, Fit: true}, ""), busy: look.NewLine(look.Quiet.Fitting(), ""),
		load: newGauge("processors"), memory: newGauge("memory"),
		trains: note(), noGPU: note(), trainsOn: note(), choices: rows(), gpus: container.New(look.Column{Space: 8}), findings: rows(),
		threads: widget.NewSelect(nil, nil), threadOf: look.NewLine(look.Quiet.Fitting(), ""),
	}
	p.again = widget.NewButtonWithIcon("Look again", theme.ViewRefreshIcon(), a.Look)
	back := widget.NewButtonWithIcon("Back", theme.NavigateBackIcon(), a.Back)
	p.threads.OnChanged = func(string) {
		if !p.quiet && a.Threads != nil {
			a.Threads(p.threads.SelectedIndex() + 1)
		}
	}
	title := look.NewLine(look.Style{Size: theme.SizeNameHeadingText, Bold: true}, "This machine")
	head := look.Border(nil, nil, container.New(look.Margin(0, 0, 2, 0), title), container.NewHBox(p.again, back), container.New(look.Margin(14, 14, 10, 0), p.busy))
	p.threads.PlaceHolder = "–"
	p.begin = container.New(look.Margin(-6, -6, -4, -4), p.trainsOn)
	p.begin.Hide()
	left := container.NewHBox(container.New(look.Column{Width: gaugeName - 6}, container.New(look.Margin(0, 0, 8, 0), look.NewLine(look.Quiet, "threads"))),
		container.NewGridWrap(fyne.NewSize(80, 32), p.threads))
	knob := look.Border(nil, nil, left, nil, container.New(look.Margin(8, 0, 8, 0), p.threadOf))
	p.Object = container.NewVScroll(container.New(look.Margin(22, 22, 16, 16), container.New(look.Column{Width: 420, Space: 10},
		head,
		section("PROCESSOR AND MEMORY", p.model, p.trains, p.load, p.memory, knob),
		section("KERNELS AND PRECISION", p.choices),
		section("GPUS", p.noGPU, container.New(look.Column{Space: 2}, p.gpus, p.begin)),
		section("DOCTOR", p.findings))))
	p.Threads("", 0, 0)
	return p
}

func note() *widget.Label {
	l := widget.NewLabel("")
	l.Wrapping, l.Importance = fyne.TextWrapWord, widget.LowImportance
	return l
}

func rows() *fyne.Container { return container.New(look.Column{Space: 3}) }

// section is a card with a heading.
func section(title string, objects ...fyne.CanvasObject) fyne.CanvasObject {
	body := container.New(look.Column{Space: 4}, look.NewLine(look.Heading, title))
	for _, o := range objects {
		if _, ok := o.(*widget.Label); ok { // labels have a padding of their own
			o = container.New(look.Margin(-6, -6, -4, -4), o)
		}
		body.Add(o)
	}
	return container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.New(look.Margin(14, 14, 11, 12), body))
}

// Looking says that the machine is being examined.
func (p *Page) Looking() {
	p.busy.Set("looking…")
	p.again.Disable()
}

// Show tells what was found.
func (p *Page) Show(d session.Devices, findings []doctor.Finding) {
	p.busy.Set("")
	p.again.Enable()
	p.showCPU(d.CPU)
	p.showGPUs(d.CUDA)
	p.showFindings(findings)
	p.Object.Refresh()
}

func (p *Page) showCPU(c session.CPU) {
	p.model.Set(fmt.Sprintf("%s · %s", cmp.Or(c.Model, "processor of unknown model"), plural(c.Cores, "core")))
	p.trains.SetText("trains as: " + c.Device)
	if c.Error != "" {
		p.trains.SetText("cannot train: " + c.Error)
	}
	p.showMemory(c.Free, c.Memory)
	p.choices.RemoveAll()
	for _, f := range c.Families {
		p.choices.Add(choice("kernels", f.Name, f.Available, f.Chosen, f.Reason))
	}
	for _, f := range c.Precisions {
		p.choices.Add(choice("precision", f.Name, f.Available, f.Chosen, f.Reason))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p *Page) showMemory(free, all int64) {
	if all <= 0 {
		p.memory.set(-1, "not known on this system", false)
		return
	}
	used := float64(all-free) / float64(all)
	p.memory.set(used, fmt.Sprintf("%s free of %s%s", words.Size(free), words.Size(all), p.held), used > 0.9)
}

// choice is a line on one of several kernels or precisions.
func choice(what, name string, available, chosen bool, reason string) fyne.CanvasObject {
	style := look.Style{Fit: true}
	state := "available"
	switch {
	case chosen:
		style.Bold, state = true, "chosen"
	case !available:
		style.Colour, state = theme.ColorNamePlaceHolder, "not here"
	}
	return row(look.NewLine(look.Quiet.Fitting(), what), look.NewLine(style, name), look.NewLine(style, state), wrapped(reason))
}

// wrapped is a text of several lines, set as lines are.
func wrapped(text string) fyne.CanvasObject {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, widget.LowImportance
	return container.New(look.Margin(-6, -6, -6, -6), l)
}

func row(cells ...fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&columns{widths: []float32{gaugeName - 8, 92, 76}}, cells...)
}

// Now tells what the machine does at this moment: the share of its processors that are busy, below 0 if not known, and memory.
func (p *Page) Now(busy float64, free, all int64) {
	if busy < 0 {
		p.load.set(-1, "not known on this system", false)
	} else {
		p.load.set(busy, fmt.Sprintf("%.0f %% busy, with all that runs", 100*busy), false)
	}
	p.showMemory(free, all)
}

// Holds tells what the run that trains holds of the memory, from the next look at it on; an empty name is none.
func (p *Page) Holds(run string, bytes int64) {
	p.held = ""
	if run != "" && bytes > 0 {
		p.held = fmt.Sprintf(", %s has %s", run, words.Size(bytes))
	}
}

// Threads sets the knob for the run that trains: its name, how many threads it uses, and the most it can. An empty name is none.
func (p *Page) Threads(run string, now, most int) {
	p.quiet = true
	defer func() { p.quiet = false }()
	if run == "" || most < 1 {
		p.threads.ClearSelected()
		p.threads.Disable()
		p.threadOf.Set("for a run that trains on the processor; it changes between two steps")
		return
	}
	if len(p.threads.Options) != most {
		options := make([]string, most)
		for i := range options {
			options[i] = fmt.Sprint(i + 1)
		}
		p.threads.SetOptions(options)
	}
	if now >= 1 && now <= most {
		p.threads.SetSelectedIndex(now - 1)
	}
	p.threads.Enable()
	p.threadOf.Set("that " + run + " uses; results do not depend on it")
}

// GPUs tells what the GPUs do at this moment, as one of Show.
func (p *Page) GPUs(r *cudart.Report) { p.showGPUs(r) }

func (p *Page) showGPUs(r *cudart.Report) {
	if r == nil {
		p.noGPU.SetText("not looked for")
		return
	}
	switch {
	case !r.Usable():
		p.noGPU.SetText(r.Problem)
	default:
		text := "driver " + cmp.Or(r.Driver, "of unknown version")
		if version := r.CUDA.String(); version != "" {
			text += ", CUDA " + version
		}
		p.noGPU.SetText(text)
	}
	for len(p.cards) < len(r.GPUs) {
		c := newCard(p.choose)
		p.cards = append(p.cards, c)
		p.gpus.Add(c.object)
	}
	p.report = r
	used, err := session.GPUsOf(p.device, func() *cudart.Report { return r })
	if err != nil {
		used = nil // trainsOn says what is wrong with it
	}
	p.trainsOn.SetText(p.choice(r))
	p.begin.Hidden = len(r.GPUs) == 0
	for i, c := range p.cards {
		if i < len(r.GPUs) {
			c.show(r.GPUs[i])
			c.offer(slices.Contains(used, r.GPUs[i].Ordinal), p.fixed == "" && session.CannotTrain(r, r.GPUs[i]) == "")
			c.object.Show()
		} else {
			c.object.Hide()
		}
	}
}

// Use tells which device runs begin on, by its name; fixed says why that cannot be chosen here, "" if it can.
func (p *Page) Use(device, fixed string) {
	p.device, p.fixed = device, fixed
	if p.report != nil {
		p.showGPUs(p.report)
	}
}

// choice says what runs begin on.
func (p *Page) choice(r *cudart.Report) string {
	text := session.TrainsOn(p.device, r)
	if p.fixed != "" {
		text += "; " + p.fixed
	}
	return text
}

// choose has runs begin on the GPUs whose boxes are ticked.
func (p *Page) choose() {
	var gpus []int
	for i, g := range p.report.GPUs {
		if p.cards[i].use.Checked {
			gpus = append(gpus, g.Ordinal)
		}
	}
	p.Use(session.DeviceOf(gpus), "")
	if p.actions.Train != nil {
		p.actions.Train(p.device)
	}
}

func (p *Page) showFindings(findings []doctor.Finding) {
	p.findings.RemoveAll()
	for _, f := range findings {
		p.findings.Add(finding(f))
	}
}

// finding is one check with what to do about it.
func finding(f doctor.Finding) fyne.CanvasObject {
	mark, colour := "ok", theme.ColorNameSuccess
	switch {
	case f.Unfit():
		mark, colour = "broken", theme.ColorNameError
	case !f.OK:
		mark, colour = "none", theme.ColorNamePlaceHolder
	}
	texts := container.New(look.Column{}, wrapped(f.Detail))
	if f.Fix != "" {
		texts.Add(advice("to do: " + f.Fix))
	}
	for _, h := range f.Hints {
		texts.Add(advice("hint: " + h))
	}
	return container.New(&columns{widths: []float32{gaugeName - 8, 76}},
		look.NewLine(look.Style{Fit: true, Bold: true}, f.Check), look.NewLine(look.Style{Fit: true, Bold: true, Colour: colour}, mark), texts)
}

func advice(text string) fyne.CanvasObject {
	l := widget.NewLabel(text)
	l.Wrapping, l.TextStyle.Bold = fyne.TextWrapWord, true
	return container.New(look.Margin(-6, -6, -8, -6), l)
}
