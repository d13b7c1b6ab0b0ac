package app

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/plot"
	"growlab/app/session"
	"growlab/trainer/event"
)

// window is the main window: it holds what is shown and hands it to its parts. Everything in it belongs to Fyne's goroutine
// except sessions, feed and ctx.
type window struct {
	ctx      context.Context // ends when the window closes
	sessions Sessions
	feed     feed
	wake     chan struct{} // asks for a fresh list of runs
	win      fyne.Window   // nil in a screenshot
	prefs    fyne.Preferences
	open     string        // id of the run to show first
	dialog   dialog.Dialog // shown last

	presets []session.Preset
	infos   []session.Info
	listed  bool // a list of runs has come
	acted   time.Time
	offline string // why there is no list of runs
	trouble string // what a person asked for and could not be done

	id       string // of the selected run; "" for none
	view     *runView
	watching bool
	unwatch  context.CancelFunc
	pending  string // command on its way
	marked   int    // view.changes when the markers were made
	choosing bool   // the cards are on show although there are runs

	content fyne.CanvasObject
	header  *header
	runs    *runList
	cards   *cards
	banner  *banner
	pages   *fyne.Container
	tabs    *container.AppTabs
	chart   *plot.Chart
	loss    *fyne.Container // the chart with its controls
	trans   *transitions
	samples *samples
	journal *journal
	side    *side
	sidebar *fyne.Container
	status  *line
}

// initialSmooth is the smoothing of the loss curve before anyone has chosen another.
const initialSmooth = 0.9

// Widths of the columns at the sides.
const (
	runsWidth = 204
	sideWidth = 272
)

// newWindow builds the window without showing it.
func newWindow(ctx context.Context, s Sessions, do func(func())) *window {
	w := &window{ctx: ctx, sessions: s, feed: feed{do}, wake: make(chan struct{}, 1), view: newRunView(), unwatch: func() {}}
	w.header = newHeader(headerActions{train: w.trainChosen, toggle: w.toggle, stop: w.stop, look: w.chooseLook, help: w.showKeys})
	w.runs = newRunList(w.choose, w.newRun)
	w.runs.rows.others = w.typedKey
	w.cards = newCards(w.train, w.backToRuns)
	w.banner = newBanner(w.dismiss)
	w.chart = plot.NewChart("loss")
	w.chart.SetSmooth(initialSmooth)
	w.chart.SetLogY(true)
	w.chart.OnTypedKey = w.typedKey
	w.trans, w.samples, w.journal, w.side = newTransitions(), newSamples(), newJournal(), newSide()
	w.samples.rows.others, w.journal.rows.others = w.typedKey, w.typedKey
	w.status = newLine(captionLine.fitting(), "")
	w.layOut()
	w.refreshPages()
	return w
}

func (w *window) layOut() {
	w.loss = container.NewBorder(plot.NewControls(w.chart), nil, nil, nil, w.chart)
	w.tabs = container.NewAppTabs(
		container.NewTabItem("Loss", w.loss), container.NewTabItem("Transitions", w.trans.object),
		container.NewTabItem("Samples", w.samples.object), container.NewTabItem("Log", w.journal.object))
	w.pages = container.NewStack(w.tabs, w.cards.object)
	middle := container.NewBorder(w.banner.object, nil, nil, nil, w.pages)
	w.banner.around = middle
	left := container.NewBorder(nil, nil, nil, widget.NewSeparator(), container.New(fixedWidth(runsWidth), w.runs.object))
	w.sidebar = container.NewBorder(nil, nil, widget.NewSeparator(), nil, container.New(fixedWidth(sideWidth), w.side.object))
	top := container.NewVBox(w.header.object, widget.NewSeparator())
	bottom := container.NewVBox(widget.NewSeparator(), container.New(inset{10, 10, 3, 3}, w.status))
	w.content = container.New(insetAll(0), container.NewBorder(top, bottom, left, w.sidebar, middle))
}

// run starts the goroutines that feed the window; they end with ctx.
func (w *window) run() {
	go func() {
		presets := append([]session.Preset{}, w.sessions.Presets()...) // not nil: they have come
		w.feed.deliver(w.ctx, func() { w.takePresets(presets) })
	}()
	go w.feed.poll(w.ctx, w.sessions.Runs, w.wake, w.takeRuns)
}

func (w *window) takePresets(presets []session.Preset) {
	w.presets = presets
	w.header.offer(presets)
	w.cards.show(presets, len(w.infos) > 0)
	w.refresh()
}

// takeRuns takes a list of runs that was begun at the given time. One begun before the last action may not know of it yet.
func (w *window) takeRuns(began time.Time, infos []session.Info, err error) {
	if err != nil {
		w.offline = "The runs cannot be listed: " + err.Error()
		w.refreshBanner()
		return
	}
	if began.Before(w.acted) {
		w.look()
		return
	}
	recovered := w.offline != ""
	w.offline = ""
	first := !w.listed
	w.listed = true
	changed := !slices.Equal(infos, w.infos)
	w.infos = infos
	if first {
		w.cards.show(w.presets, len(infos) > 0)
		w.choose(firstRun(infos, w.open))
	}
	w.rewatch()
	if !w.info().Live() && w.pending != pendingStart {
		w.pending = "" // there is no engine that could answer
	}
	if changed || first || recovered {
		w.runs.show(w.updated(), w.id)
		w.refreshPages()
		w.refresh()
	}
}

// firstRun is the run to show when the window opens: the one asked for, else the newest that trains, else the newest.
func firstRun(infos []session.Info, open string) string {
	best := ""
	for _, info := range slices.Backward(infos) {
		best = info.ID
	}
	for _, info := range slices.Backward(infos) {
		if info.Live() {
			best = info.ID
		}
	}
	for _, info := range infos {
		if info.ID == open {
			best = open
		}
	}
	return best
}

// updated is the list of runs with the selected one as its events tell.
func (w *window) updated() []session.Info {
	infos := slices.Clone(w.infos)
	for i, info := range infos {
		if info.ID == w.id {
			infos[i] = w.view.update(info)
		}
	}
	return infos
}

// info is the list's line of the selected run.
func (w *window) info() session.Info {
	for _, info := range w.infos {
		if info.ID == w.id {
			return info
		}
	}
	return session.Info{ID: w.id}
}

// choose selects a run, "" for none.
func (w *window) choose(id string) {
	w.choosing = false
	if id != w.id {
		w.id, w.trouble = id, ""
		if w.pending != pendingStart {
			w.pending = ""
		}
		w.reset(newRunView())
		w.chart.Fit()
		w.side.diagram.Clear()
		w.unwatch()
		w.watching = false
		if id != "" {
			w.watch(id)
		}
	}
	w.runs.mark(id)
	w.refreshPages()
	w.refresh()
}

// reset shows another view.
func (w *window) reset(v *runView) {
	w.view, w.marked = v, -1
	w.chart.SetLines([]chart.Line{{Series: v.train, Color: 0}, {Series: v.valid, Color: 1, Exact: true}})
}

// watch follows the events of a run. What is on show stays until the first of them come.
func (w *window) watch(id string) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.unwatch, w.watching = cancel, true
	v := newRunView()
	go func() {
		defer cancel()
		events, err := w.sessions.Watch(ctx, id)
		if err != nil {
			w.feed.deliver(ctx, func() { w.watching = false; w.fail("This run cannot be read", err) })
			return
		}
		w.feed.follow(ctx, events, func(batch []event.Event) { w.take(v, batch) })
		w.feed.deliver(ctx, func() {
			w.watching = false
			w.look()
			w.refresh()
		})
	}()
}

// rewatch attaches to the selected run if an engine works on it and nobody follows it.
func (w *window) rewatch() {
	if w.id != "" && !w.watching && w.info().Live() {
		w.watch(w.id)
	}
}

// take applies a batch of events of the selected run.
func (w *window) take(v *runView, batch []event.Event) {
	if v != w.view {
		v.apply(batch)
		w.reset(v)
	} else {
		v.apply(batch)
	}
	w.settle()
	w.runs.update(w.view.update(w.info()))
	w.refresh()
}

// settle takes the pending command for done once the engine says so.
func (w *window) settle() {
	state := w.view.state(w.info())
	switch w.pending {
	case pendingPause:
		if state == session.Running {
			return
		}
	case pendingResume:
		if state != session.Running {
			return
		}
	case pendingStop:
		if state == session.Running || state == session.Paused {
			return
		}
	case pendingStart:
		return // ends with the answer of Start
	}
	w.pending = ""
}

// look asks for a fresh list of runs.
func (w *window) look() {
	select {
	case w.wake <- struct{}{}:
	default: // asked already
	}
}

// refreshPages shows the cards or the pages of a run.
func (w *window) refreshPages() {
	show(w.cards.object, w.listed && (w.id == "" || w.choosing))
	show(w.tabs, w.id != "" && !w.choosing)
	if show(w.sidebar, w.id != "" && !w.choosing) {
		w.content.Refresh() // the middle gets another width
	}
	show(w.cards.back, len(w.infos) > 0)
}

// show shows or hides o, and reports whether that changed anything.
func show(o fyne.CanvasObject, on bool) bool {
	if on == o.Visible() {
		return false
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}

// refresh shows everything that follows from the view.
func (w *window) refresh() {
	info := w.info()
	state := w.view.state(info)
	info.State = state
	c := controlsOf(state, w.pending, w.id != "" && info.Resumable())
	p := progress{left: "No run yet"}
	if w.id != "" || w.pending == pendingStart {
		p = progressOf(w.view, w.info(), w.pending)
	}
	w.header.show(c, p)
	w.cards.enableTrain(c.train)
	w.refreshChart()
	w.trans.show(w.view)
	w.samples.show(w.view.samples)
	w.journal.show(w.view.log)
	w.side.show(w.view, info)
	w.status.set(statusText(w.view, info))
	w.refreshBanner()
	w.refreshTitle(info)
}

func (w *window) refreshChart() {
	if w.marked != w.view.changes {
		w.marked = w.view.changes
		w.chart.SetMarkers(w.view.markers())
	}
	w.chart.Refresh()
}

// refreshBanner tells the trouble that matters most, if there is any.
func (w *window) refreshBanner() {
	info := w.info()
	switch state := w.view.state(info); {
	case w.offline != "":
		w.banner.tell(w.offline, "", nil)
	case w.trouble != "":
		w.banner.tell(w.trouble, "", nil)
	case w.id != "" && state == session.Failed:
		w.banner.tell(info.Name+" failed: "+failure(w.view, info), "Resume from the checkpoint", w.toggle)
	case state == session.Paused && w.view.pauseReason != "":
		w.banner.tell(info.Name+" waits: "+w.view.pauseReason, "Resume", w.toggle)
	default:
		w.banner.hide()
	}
}

// dismiss takes note that a person has read the banner.
func (w *window) dismiss() {
	w.trouble = ""
	w.refreshBanner()
}

func failure(v *runView, info session.Info) string {
	if v.ended.Error != "" {
		return v.ended.Error
	}
	return info.Error
}

func (w *window) refreshTitle(info session.Info) {
	if w.win == nil {
		return
	}
	title := appName
	if w.id != "" && info.Live() {
		title = info.Name + " · " + percent(w.view.fraction()) + " · " + appName
	} else if w.id != "" && info.Name != "" {
		title = info.Name + " · " + appName
	}
	if w.win.Title() != title {
		w.win.SetTitle(title)
	}
}

// statusText is the line at the foot of the window.
func statusText(v *runView, info session.Info) string {
	text := ""
	if n := len(v.saves); n > 0 {
		s := v.saves[n-1]
		text = "last checkpoint at step " + thousands(s.Step) + " · " + size(s.Bytes)
	}
	file := info.File
	if file == "" {
		file = v.start.File
	}
	if file != "" {
		if text != "" {
			text += " · "
		}
		text += "run file " + tilde(file)
	}
	return text
}
