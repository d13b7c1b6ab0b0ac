package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"growlab/app/runlist"
	"growlab/app/session"
)

// window is the main window: it holds what is shown and hands it to its parts. Everything in it belongs to Fyne's goroutine
// except sessions, feed and ctx.
type window struct {
	ctx      context.Context // ends when the window closes
	sessions Sessions
	feed     feed
	wake     chan struct{} // asks for a fresh list of runs
	requeue  chan struct{} // asks for a fresh look at the queue
	started  chan struct{} // closed when the window is up; nil if nothing waits for that
	win      fyne.Window   // nil in a screenshot
	prefs    fyne.Preferences
	notify   func(*fyne.Notification) // tells a person who looks elsewhere; nil in a screenshot
	open     string                   // id of the run to show first
	version  string                   // of the program; "" if it is not known
	dialog   dialog.Dialog            // on show; nil for none
	grave    bool                     // what it asks for destroys

	presets []session.Preset
	infos   []session.Info
	listed  bool // a list of runs has come
	acted   time.Time
	offline string // why there is no list of runs
	trouble string // what a person asked for and could not be done

	cursor  stepCursor // the step that a person looks at
	place   place
	focused bool   // a person looks at the window
	hinted  string // stands in the status line while it is not ""

	tuning        tuning
	stopComparing context.CancelFunc // of the comparison that is being made; nil for none

	selection
	parts
	curveRuns
}

// newWindow builds the window without showing it.
func newWindow(ctx context.Context, s Sessions, do func(func())) *window {
	w := &window{ctx: ctx, sessions: s, feed: feed{do}, wake: make(chan struct{}, 1), requeue: make(chan struct{}, 1), selection: noSelection()}
	w.build()
	w.layOut()
	w.refreshPages()
	return w
}

// run starts the goroutines that feed the window; they end with ctx.
func (w *window) run() {
	go func() {
		w.awaitStart()
		presets := append([]session.Preset{}, w.sessions.Presets()...) // not nil: they have come
		w.feed.deliver(w.ctx, func() { w.takePresets(presets) })
	}()
	go w.pollQueue()
	go w.feed.poll(w.ctx, w.sessions.Runs, w.wake, w.takeRuns)
}

// firstFrame is how long the first frame takes, at most, once the window is up.
const firstFrame = 150 * time.Millisecond

// awaitStart returns when the first frame is there: what takes every core for a moment, as measuring how long presets take does,
// would keep it waiting.
func (w *window) awaitStart() {
	if w.started == nil {
		return
	}
	select {
	case <-w.started:
		pause(w.ctx, firstFrame)
	case <-w.ctx.Done():
	}
}

func (w *window) takePresets(presets []session.Preset) {
	w.presets = presets
	w.header.offer(presets)
	w.cards.show(presets)
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
	changed := first || recovered || !runlist.Same(infos, w.infos)
	w.notifyNews(w.infos, infos)
	w.infos = infos
	w.colourRuns()
	if first {
		w.choose(firstRun(infos, w.open))
	}
	w.rewatch()
	if w.pending != "" && w.pending != pendingStart && !w.info().Live() {
		w.pending, changed = "", true // there is no engine that could answer
	}
	if changed {
		w.runs.Show(w.updated(), w.id)
		w.refreshLaid()
		w.refreshPages()
		w.refresh()
	}
}

// look asks for a fresh list of runs.
func (w *window) look() {
	select {
	case w.wake <- struct{}{}:
	default: // asked already
	}
}
