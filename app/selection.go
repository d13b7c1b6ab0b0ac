package app

import (
	"context"
	"slices"

	"growlab/app/chart"
	"growlab/app/session"
	"growlab/trainer/event"
)

// selection is the run that the window shows, and what it is waiting for.
type selection struct {
	id       string // "" for none
	view     *runView
	watching bool // events are followed
	unwatch  context.CancelFunc
	pending  string // command on its way
	choosing bool   // the cards are on show although there is a run
}

func noSelection() selection { return selection{view: newRunView(), unwatch: func() {}} }

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
	w.goTo(placeRun)
	if id != w.id {
		if w.id != "" { // what the window said as it opened stays
			w.trouble = ""
		}
		w.id = id
		if w.pending != pendingStart {
			w.pending = ""
		}
		w.reset(newRunView())
		w.chart.Fit()
		w.side.diagram.Clear()
		w.knobs.Forget()
		w.cancelComparing()
		w.unwatch()
		w.watching = false
		if id != "" {
			w.watch(id)
		}
	}
	w.runs.Mark(id)
	w.refreshLaid()
	w.refreshPages()
	w.refresh()
}

// reset shows another view.
func (w *window) reset(v *runView) {
	w.view = v
	w.sayEmpty()
	w.showCurves()
}

// sayEmpty has the chart say what is to be done while it has nothing to show.
func (w *window) sayEmpty() {
	text := chart.EmptyText
	if w.id != "" {
		text = "Reading " + w.info().Name + "…"
		if w.view.start.Tokens > 0 {
			text = "The first step is being computed"
		}
	}
	if f := w.chart.Figure(); f.Empty != text {
		f.Empty = text
		w.chart.SetFigure(f)
	}
}

// watch follows the events of a run. What is on show stays until the first of them come.
func (w *window) watch(id string) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.unwatch, w.watching = cancel, true
	v := newRunView()
	go func() {
		defer cancel()
		if !w.readPast(ctx, id, v.run) {
			return
		}
		events, err := w.sessions.Watch(ctx, id)
		if err != nil {
			w.feed.deliver(ctx, func() { w.unread(err) })
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

// unread tells why the selected run cannot be followed. What is wrong with another machine, the list tells.
func (w *window) unread(err error) {
	w.watching = false
	if far, _ := w.sessions.(distant); far == nil || far.Far(w.id) == nil {
		w.fail("This run cannot be read", err)
	}
	w.look()
}

// rewatch attaches to the selected run if an engine works on it, which can be reached, and nobody follows it.
func (w *window) rewatch() {
	if info := w.info(); w.id != "" && !w.watching && info.Live() && info.Lost == "" {
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
	w.runs.Update(w.view.update(w.info()))
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
