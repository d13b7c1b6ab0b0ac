package planner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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

// Host is what an Editor asks of the window. All of it is called on the goroutine of the window, but for Price.
type Host struct {
	// Price says what a recipe takes here; it is slow, and called on a goroutine of its own.
	Price func(context.Context, growth.Recipe) (session.Cost, error)
	// Deliver runs a function on the goroutine of the window.
	Deliver func(func())
	// Train begins a run of a recipe on a text, "" for the embedded one; Enqueue puts it into the queue.
	Train, Enqueue func(r growth.Recipe, data string)
	// OpenFile, SaveFile and OpenFolder let a person choose a path.
	OpenFile   func(chosen func(path string))
	SaveFile   func(name string, chosen func(path string))
	OpenFolder func(chosen func(path string))
	// Copy puts a text on the clipboard.
	Copy func(text string)
	// Back leaves the editor.
	Back func()
}

// Editor shows a Draft and changes it.
type Editor struct {
	Object fyne.CanvasObject

	host   Host
	ctx    context.Context // ends with the window
	draft  *Draft
	cost   *session.Cost // nil while it is not known
	priced growth.Recipe // what cost is of
	asked  int           // counts what Price was asked
	wait   *time.Timer
	blocks string // why nothing can be trained now, whatever the recipe is
	said   string // what the last action came to
	bad    bool   // said is bad news

	presets  *form.Choice
	basic    map[string]*form.Field
	params   *form.Field
	budget   *form.Field
	data     *form.Field
	timeline *Timeline
	table    *table
	more     *more
	body     *fyne.Container
	totals   *look.Line
	machine  *look.Line
	help     *look.Line
	reason   *look.Line
	train    *widget.Button
	enqueue  *widget.Button
	derive   *widget.Button
}

// priceDelay is how long nothing may change before the price is asked for.
const priceDelay = 250 * time.Millisecond

// NewEditor is an editor of the preset named first.
func NewEditor(ctx context.Context, host Host, presets []string) *Editor {
	e := &Editor{host: host, ctx: ctx, basic: map[string]*form.Field{}}
	e.build(presets)
	if len(presets) > 0 {
		e.usePreset(presets[0])
	}
	return e
}

// Draft is what is under edit.
func (e *Editor) Draft() *Draft { return e.draft }

// Edit shows a recipe, which came from o and is to be trained on a text, "" for the embedded one.
func (e *Editor) Edit(r growth.Recipe, o Origin, data string) {
	e.draft = NewDraft(r, o)
	e.presets.Put(o.Preset)
	e.data.Put(data, "")
	e.tell("", false)
	e.dialBack()
	e.Refresh()
}

// dialBack sets the one dial to what the recipe has.
func (e *Editor) dialBack() {
	if p, ok := e.draft.Plan(); ok {
		e.params.Put(short(e.draft.Recipe().Final().Params()), "")
		e.budget.Put(short(p.Tokens), "")
	}
}

// short writes a number with three digits and a suffix, as the dial takes it.
func short(n int64) string { return strings.ReplaceAll(words.Count(n), " ", "") }

// Block says why nothing can be trained at present, "" if it can.
func (e *Editor) Block(reason string) {
	if e.blocks != reason {
		e.blocks = reason
		e.refreshFoot()
	}
}

// Tell shows what came of something that was asked for.
func (e *Editor) Tell(text string, bad bool) {
	e.tell(text, bad)
	e.refreshFoot()
}

func (e *Editor) tell(text string, bad bool) { e.said, e.bad = text, bad }

func (e *Editor) usePreset(name string) {
	r, err := session.LoadRecipe(session.Launch{Recipe: name})
	if err != nil {
		e.Tell(err.Error(), true)
		return
	}
	e.Edit(r, Origin{Preset: name}, e.data.Text())
}

// Open reads a recipe file.
func (e *Editor) Open(path string) {
	r, err := session.LoadRecipe(session.Launch{Recipe: path})
	if err != nil && (r.Version == 0 || len(r.Stages) == 0) {
		e.Tell(sentence(err), true)
		return
	}
	e.Edit(r, Origin{File: path}, e.data.Text()) // faults are shown where they are
}

// Save writes the recipe to a file, which it is from then on.
func (e *Editor) Save(path string) {
	if err := e.draft.Write(path); err != nil {
		e.Tell(err.Error(), true)
		return
	}
	e.presets.Put("")
	e.Tell("Saved as "+path+".", false)
}

// Set changes a key, as a person does who types in its field.
func (e *Editor) Set(key, text string) {
	e.draft.Set(key, text)
	e.tell("", false)
	e.Refresh()
}

// Derive makes a whole recipe of the one dial.
func (e *Editor) Derive() {
	if err := e.draft.Derive(Goal{e.params.Text(), e.budget.Text()}); err != nil {
		e.Tell(err.Error(), true)
		return
	}
	e.presets.Put("")
	e.tell("Derived: three stages with the paper's shares and ratios, the rest by rule of thumb.", false)
	e.dialBack()
	e.Refresh()
}

func (e *Editor) addStage() {
	e.draft.AddStage()
	e.tell("", false)
	e.Refresh()
}

func (e *Editor) removeStage(n int) {
	e.draft.RemoveStage(n)
	e.tell("", false)
	e.Refresh()
}

func (e *Editor) moveBoundary(n int, tokens int64) {
	e.draft.MoveBoundary(n, tokens)
	e.tell("", false)
	e.Refresh()
}

// Refresh shows the draft.
func (e *Editor) Refresh() {
	for key, f := range e.basic {
		f.Put(e.draft.Text(key), e.draft.Fault(key))
	}
	e.ask()
	plan, ok := e.draft.Plan()
	if ok {
		e.timeline.set(e.segments(plan))
	}
	e.table.show(e.draft, plan, ok, e.cost)
	e.more.show(e.draft)
	e.refreshFoot()
}

// segments are the stages as the timeline draws them.
func (e *Editor) segments(p growth.Plan) []segment {
	faults := e.draft.Faults()
	all := make([]segment, len(p.Stages))
	for i, s := range p.Stages {
		all[i] = segment{tokens: s.Tokens, ramp: s.Ramp, params: s.Params, labels: []string{
			fmt.Sprintf("%d · %s · %s", i+1, s.Config, words.Count(s.Params)), fmt.Sprintf("%d · %s", i+1, words.Count(s.Params)), fmt.Sprint(i + 1),
		}}
		all[i].bad = slices.ContainsFunc(faults, func(f Fault) bool { return f.Stage == i+1 })
	}
	return all
}

// ask has the recipe priced once nothing has changed for a moment.
func (e *Editor) ask() {
	if len(e.draft.Faults()) > 0 || e.host.Price == nil {
		e.cost = nil
		return
	}
	if same(e.priced, e.draft.Recipe()) {
		return
	}
	e.cost, e.priced = nil, e.draft.Recipe()
	e.asked++
	number, r := e.asked, e.priced
	if e.wait != nil {
		e.wait.Stop()
	}
	e.wait = time.AfterFunc(priceDelay, func() {
		if e.ctx.Err() != nil {
			return
		}
		cost, err := e.host.Price(e.ctx, r)
		e.host.Deliver(func() { e.takeCost(number, cost, err) })
	})
}

// same reports whether two recipes cost the same for sure.
func same(a, b growth.Recipe) bool {
	return len(a.Stages) == len(b.Stages) && len(Difference(a, b)) == 0
}

func (e *Editor) takeCost(number int, c session.Cost, err error) {
	if number != e.asked {
		return // of an older recipe
	}
	if err != nil {
		c = session.Cost{Trouble: err.Error()}
	}
	e.cost = &c
	plan, ok := e.draft.Plan()
	e.table.show(e.draft, plan, ok, e.cost)
	e.refreshFoot()
}

// Reason says why the draft cannot be trained now, "" if it can.
func (e *Editor) Reason() string {
	if faults := e.draft.Faults(); len(faults) > 0 {
		text := faults[0].Text
		if n := faults[0].Stage; n > 0 {
			text = fmt.Sprintf("stage %d: %s", n, text)
		}
		if more := len(faults) - 1; more > 0 {
			text += fmt.Sprintf(" (and %d more)", more)
		}
		return text
	}
	if e.cost != nil && e.cost.Trouble != "" {
		return e.cost.Trouble
	}
	return e.blocks
}

// Priced reports whether it is known what the draft takes on this machine.
func (e *Editor) Priced() bool { return e.cost != nil }

func (e *Editor) refreshFoot() {
	reason := e.Reason()
	look.Enable(e.train, reason == "")
	look.Enable(e.enqueue, reason == "" || reason == e.blocks)
	e.totals.Set(e.totalsText())
	e.machine.Set(e.machineText())
	switch {
	case reason != "":
		e.reason.Set("Cannot be trained: " + reason)
		e.reason.Paint(theme.ColorNameError)
	case e.said != "":
		e.reason.Set(e.said)
		e.reason.Paint(theme.ColorNameForeground)
		if e.bad {
			e.reason.Paint(theme.ColorNameError)
		}
	default:
		e.reason.Set(e.changedText())
		e.reason.Paint(theme.ColorNamePlaceHolder)
	}
	if e.bad && e.said != "" {
		e.reason.Set(e.said)
		e.reason.Paint(theme.ColorNameError)
	}
}

// changedText says how the draft differs from where it came from.
func (e *Editor) changedText() string {
	from := "the file " + e.draft.origin.File
	switch {
	case e.draft.origin.Preset != "":
		from = "the preset " + e.draft.origin.Preset
	case e.draft.origin.Goal != Goal{}:
		from = "the derived plan"
	case e.draft.origin.File == "":
		from = "the run it came from"
	}
	switch n := len(e.draft.Changes()); n {
	case 0:
		return "As in " + from + "."
	case 1:
		return "1 setting differs from " + from + "."
	default:
		return fmt.Sprintf("%d settings differ from %s.", n, from)
	}
}

func (e *Editor) totalsText() string {
	p, ok := e.draft.Plan()
	if !ok {
		return ""
	}
	parts := []string{words.Count(p.Stages[len(p.Stages)-1].Params) + " parameters", words.Count(p.Tokens) + " tokens", words.Thousands(p.Steps) + " steps", words.FLOPs(p.FLOPs)}
	if len(p.Stages) > 1 {
		parts = append(parts, fmt.Sprintf("saves %s of the twin's %s", words.Saving(p.Saved), words.FLOPs(p.TwinFLOPs)))
	}
	return strings.Join(parts, " · ")
}

// machineText is what the recipe takes on this machine.
func (e *Editor) machineText() string {
	switch {
	case len(e.draft.Faults()) > 0:
		return ""
	case e.cost == nil:
		return "Measuring this machine…"
	case e.cost.Seconds == 0:
		return ""
	}
	text := "About " + words.Seconds(e.cost.Seconds) + " on this machine"
	if e.cost.Free > 0 {
		text += fmt.Sprintf(", with %s of %s free memory", words.Size(e.cost.Memory), words.Size(e.cost.Free))
	}
	return text + " · " + e.cost.Device
}

// build makes the widgets.
func (e *Editor) build(presets []string) {
	e.help = look.NewLine(look.Caption.Fitting(), "")
	explain := func(text string) { e.help.Set(text) }
	field := func(s form.Spec, edited func(string)) *form.Field {
		f := form.NewField(s, edited)
		f.OnHelp = explain
		f.OnLeft = func() { e.Refresh() }
		return f
	}
	for _, key := range basicKeys {
		e.basic[key] = field(specOf(key), func(text string) { e.Set(key, text) })
	}
	e.params = field(form.Spec{Label: "final parameters", About: "The one dial: a size and a number of tokens give a whole plan, by Derive."}, func(string) {})
	e.budget = field(form.Spec{Label: "tokens in all", About: "The one dial: a size and a number of tokens give a whole plan, by Derive."}, func(string) {})
	for _, f := range []*form.Field{e.params, e.budget} {
		f.Input().(*form.Entry).OnSubmitted = func(string) { e.Derive() }
		f.OnLeft = nil
	}
	e.data = field(form.Spec{Label: "text to train on", About: "A file or a folder of UTF-8 text; empty is the King James Bible, which is inside.", Holder: "King James Bible (embedded)"}, func(string) {})
	e.presets = form.NewChoice(presets, e.usePreset)
	e.presets.PlaceHolder = "Begin with…"
	e.derive = widget.NewButton("Derive", e.Derive)
	e.timeline = NewTimeline()
	e.timeline.OnMoved, e.timeline.OnHelp = e.moveBoundary, explain
	e.table = newTable(e.Set, e.removeStage, e.addStage, explain, func() { e.Refresh() }, func() { e.body.Refresh() })
	e.more = newMore(e.Set, explain, func() { e.Refresh() })
	e.machine = look.NewLine(look.Style{Fit: true}, "")
	e.totals, e.reason = look.NewLine(look.Style{Bold: true, Fit: true}, ""), look.NewLine(look.Quiet.Fitting(), "")
	e.train = widget.NewButtonWithIcon("Train", theme.MediaPlayIcon(), func() { e.host.Train(e.draft.Recipe(), e.data.Text()) })
	e.train.Importance = widget.HighImportance
	e.enqueue = widget.NewButtonWithIcon("Add to queue", theme.ContentAddIcon(), func() { e.host.Enqueue(e.draft.Recipe(), e.data.Text()) })
	e.layOut()
}

func (e *Editor) layOut() {
	title := look.NewLine(look.Style{Size: theme.SizeNameHeadingText, Bold: true, Fit: true}, "Plan a run")
	files := container.NewHBox(
		container.NewGridWrap(fyne.NewSize(150, 32), e.presets),
		widget.NewButtonWithIcon("Open…", theme.FolderOpenIcon(), func() { e.host.OpenFile(e.Open) }),
		widget.NewButtonWithIcon("Save as…", theme.DocumentSaveIcon(), func() { e.host.SaveFile(e.draft.Recipe().Name+".toml", e.Save) }),
		widget.NewButtonWithIcon("Copy as command", theme.ContentCopyIcon(), func() {
			e.host.Copy(e.draft.Command(e.data.Text()))
			e.Tell("The command is on the clipboard.", false)
		}),
		widget.NewButtonWithIcon("Back", theme.NavigateBackIcon(), func() { e.host.Back() }))
	head := container.NewBorder(nil, nil, nil, files, title)
	folder := widget.NewButtonWithIcon("", theme.FolderOpenIcon(), func() {
		e.host.OpenFolder(func(path string) { e.data.Type(path) })
	})
	under := func(o fyne.CanvasObject) fyne.CanvasObject { // beside an input, below its label
		return container.NewVBox(container.New(look.Inset{Top: 16}, o))
	}
	basic := container.NewGridWithColumns(3,
		e.basic["name"], container.NewBorder(nil, nil, nil, under(folder), e.data),
		container.NewGridWithColumns(2, e.basic["train.lr"], e.basic["train.batch"]))
	dial := container.NewBorder(nil, nil, nil, nil,
		container.NewGridWithColumns(3, e.params, container.NewBorder(nil, nil, nil, under(e.derive), e.budget), container.NewStack()))
	e.body = container.New(look.Column{Width: 600, Space: 8}, head, basic, dial,
		container.New(look.Inset{Top: 4}, e.timeline), e.table.object, e.more.object)
	foot := container.NewBorder(nil, container.New(look.Inset{Top: 3}, e.reason), nil, container.NewHBox(e.enqueue, e.train),
		container.New(look.Column{Width: 300, Space: 2}, e.totals, e.machine))
	bottom := container.NewVBox(container.New(look.Margin(24, 24, 0, 2), e.help), widget.NewSeparator(), container.New(look.Margin(24, 24, 6, 8), foot))
	e.Object = container.NewBorder(nil, bottom, nil, nil, container.NewVScroll(container.New(look.Margin(24, 24, 16, 12), e.body)))
}
