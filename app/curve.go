package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"growlab/app/curvepage"
	"growlab/app/curves"
	"growlab/app/session"
	"growlab/trainer/event"
)

// historian is what sessions are that know more of a run's past than Watch delivers; session.Home is one.
type historian interface {
	// Past tells when things happened, and what the run went back behind.
	Past(id string) (session.Past, error)
}

// curveRuns is what the page of curves has to know of runs.
type curveRuns struct {
	overlays map[string]context.CancelFunc // of runs that lie over the selected one; each is followed until its function is called
	colours  map[string]int                // by id; see colour
}

func (w *window) newCurves() *curvepage.Page {
	w.overlays, w.colours = map[string]context.CancelFunc{}, map[string]int{}
	p := curvepage.New(curvepage.Actions{
		Window: func() fyne.Window { return w.win }, Runs: w.overlayChoices, Overlay: w.lay, Transition: w.showTransition,
		Step: w.cursor.tell, Failed: w.fail, TypedKey: w.typedKey, Ask: w.ask,
		Saved: func(path string) { w.notice("saved as " + tilde(path)) },
	})
	p.Loss.SetSmooth(initialSmooth)
	p.Loss.SetLogY(true)
	w.cursor.follow(p.PointAt)
	return p
}

// showCurves shows the run of the view on the page of curves.
func (w *window) showCurves() {
	r := w.view.run
	r.ID, r.Name = w.id, w.info().Name
	w.drop(w.id)
	w.curves.Show(r, w.colour(w.id))
	w.trans.Show(r, w.colour(w.id))
}

// readPast lets r know when its events happened and what the run went back behind, as far as that can be known. It is false if
// ctx ended.
func (w *window) readPast(ctx context.Context, id string, r *curves.Run) bool {
	var past session.Past
	if h, ok := w.sessions.(historian); ok {
		if p, err := h.Past(id); err == nil { // else wall time is not known; Watch says what is wrong
			past = p
		}
	}
	return w.feed.deliver(ctx, func() {
		if len(past.Times) > 0 {
			r.Times, r.Now = past.Times, time.Now
		}
		for _, part := range past.Undone {
			r.AddOrphan(part)
		}
	})
}

// overlayChoices are the runs that have something to show, newest first.
func (w *window) overlayChoices() []curvepage.Choice {
	var all []curvepage.Choice
	for _, info := range w.infos {
		if info.Step > 0 {
			all = append(all, curvepage.Choice{ID: info.ID, Name: info.Name})
		}
	}
	return all
}

// overlay lays a run over the selected one, or takes it off.
func (w *window) overlay(id string, on bool) {
	w.drop(id)
	if !on || id == w.id {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.overlays[id] = cancel
	name := id
	for _, info := range w.infos {
		if info.ID == id {
			name = info.Name
		}
	}
	r := curves.NewRun(id, name)
	go w.followOverlay(ctx, r)
}

func (w *window) followOverlay(ctx context.Context, r *curves.Run) {
	if !w.readPast(ctx, r.ID, r) {
		return
	}
	events, err := w.sessions.Watch(ctx, r.ID)
	if err != nil {
		w.feed.deliver(ctx, func() { w.fail("Run "+r.Name+" cannot be read", err) })
		return
	}
	w.feed.follow(ctx, events, func(batch []event.Event) {
		r.Apply(batch)
		if !w.curves.Shows(r.ID) {
			w.curves.Add(r, w.colour(r.ID))
		}
		w.curves.Refresh()
	})
}

// drop takes an overlay off.
func (w *window) drop(id string) {
	if cancel := w.overlays[id]; cancel != nil {
		cancel()
		delete(w.overlays, id)
	}
	w.curves.Remove(id)
}

// colour is the colour of a run on every chart, an index into chart.Theme.Series.
func (w *window) colour(id string) int { return w.colours[id] }

// colourRuns gives new runs their colours and remembers them.
func (w *window) colourRuns() {
	ids := make([]string, 0, len(w.infos))
	for _, info := range slices.Backward(w.infos) { // oldest first
		ids = append(ids, info.ID)
	}
	w.colours = curves.Colors(ids, w.colours)
	if w.prefs == nil {
		return
	}
	var kept []string
	for _, id := range ids {
		kept = append(kept, fmt.Sprintf("%s=%d", id, w.colours[id]))
	}
	if !slices.Equal(kept, w.prefs.StringList(prefColours)) {
		w.prefs.SetStringList(prefColours, kept)
	}
}

// recallCurves sets the page of curves as it was left, and goes on remembering.
func (w *window) recallCurves(p fyne.Preferences) {
	for _, entry := range p.StringList(prefColours) {
		if id, number, ok := strings.Cut(entry, "="); ok {
			if c, err := strconv.Atoi(number); err == nil {
				w.colours[id] = c
			}
		}
	}
	if names := p.StringList(prefCharts); len(names) > 0 {
		var metrics []curves.Metric
		for _, name := range names {
			if m, err := curves.ParseMetric(name); err == nil {
				metrics = append(metrics, m)
			}
		}
		w.curves.SetMetrics(metrics)
	}
	w.curves.ShowTable(p.BoolWithFallback(prefTable, false))
	w.curves.OnChanged(func() {
		var names []string
		for _, m := range w.curves.Metrics() {
			names = append(names, m.Flag())
		}
		p.SetStringList(prefCharts, names)
		p.SetBool(prefTable, w.curves.TableShown())
	})
}

// exportCurves asks as what to save the curves.
func (w *window) exportCurves() {
	w.turnPage(0)
	w.curves.Export()
}

// showTransition shows the growth into a stage under the microscope.
func (w *window) showTransition(stage int) {
	w.trans.Look(stage)
	w.turnPage(slices.Index(w.pageNames(), "transitions"))
}
