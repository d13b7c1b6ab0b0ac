package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"growlab/app/comparison"
	"growlab/app/runlist"
	"growlab/app/session"
	"growlab/growth"
)

// newRuns is the column of runs.
func (w *window) newRuns() *runlist.List {
	return runlist.NewList(runlist.Host{
		Choose: w.choose, New: w.newRun, Overlay: w.lay, Menu: w.runMenu, Rename: w.askRename, Delete: w.askDelete, Hint: w.hint, Keys: w.typedKey, Color: w.colour,
		Queue: runlist.QueueHost{
			Move:   func(id string, place int) { w.reorder(func(q queuer) error { return q.MoveQueued(id, place) }) },
			Remove: func(id string) { w.reorder(func(q queuer) error { return q.Dequeue(id) }) },
			Hold:   w.holdQueue,
			Clear:  func() { w.reorder(queuer.ClearQueue) },
			Hint:   w.hint,
		},
	})
}

// lay lays the curve of a run over the chart, or takes it off.
func (w *window) lay(id string, on bool) {
	w.overlay(id, on)
	w.refreshLaid()
}

// laid reports whether the curve of a run lies over the one on show.
func (w *window) laid(id string) bool { return w.overlays[id] != nil }

// refreshLaid shows in the list which runs are on the chart, each in its colour.
func (w *window) refreshLaid() {
	shown := map[string]int{w.id: w.colour(w.id)}
	for id := range w.overlays {
		shown[id] = w.colour(id)
	}
	w.runs.Overlaid(shown)
}

// runMenu opens the menu of a run.
func (w *window) runMenu(info session.Info, at fyne.Position) {
	if w.win == nil {
		return
	}
	_, works := w.workOn()
	item := func(title string, on bool, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(title, do)
		m.Disabled = !on
		return m
	}
	_, keeps := w.sessions.(keeper)
	over := item("Lay over the chart", info.ID != w.id, func() { w.lay(info.ID, !w.laid(info.ID)) })
	over.Checked = w.laid(info.ID)
	rivals := item("Run a rival", works, nil)
	rivals.ChildMenu = fyne.NewMenu("")
	for _, kind := range growth.Rivals {
		rivals.ChildMenu.Items = append(rivals.ChildMenu.Items, fyne.NewMenuItem(comparison.KindText(kind), func() { w.runRival(info.ID, kind) }))
	}
	differs := item("What differs from the run on show…", works && info.ID != w.id && w.id != "", func() { w.showDifference(w.id, info.ID) })
	menu := fyne.NewMenu("", over, fyne.NewMenuItemSeparator(),
		item("Duplicate settings…", works, func() { w.duplicate(info.ID) }),
		item("Fork from a checkpoint…", keeps, func() { w.askFork(info) }),
		rivals, differs, fyne.NewMenuItemSeparator(),
		item("Rename…", keeps, func() { w.askRename(info) }),
		item("Tags…", keeps, func() { w.askTags(info) }),
		item("Copy the id", true, func() { fyne.CurrentApp().Clipboard().SetContent(info.ID) }),
		item("Delete…", keeps && !info.Live(), func() { w.askDelete(info) }))
	if _, far := w.far(info.ID); far {
		menu.Items = append(menu.Items, item("Take off the list", true, func() { w.leave(info) }))
	}
	widget.ShowPopUpMenuAtPosition(menu, w.win.Canvas(), at)
}

// selectedMenu opens the menu of the run on show.
func (w *window) selectedMenu() {
	if w.id != "" && w.win != nil {
		w.runMenu(w.info(), fyne.CurrentApp().Driver().AbsolutePositionForObject(w.runs.Object).AddXY(60, 80))
	}
}

// workOn is the workshop, if sessions are one.
func (w *window) workOn() (workshop, bool) {
	s, ok := w.sessions.(workshop)
	return s, ok
}

// nameOf is what a run is called.
func (w *window) nameOf(id string) string {
	for _, info := range w.infos {
		if info.ID == id {
			return info.Name
		}
	}
	return id
}

// tagsChange is what has to be added and taken away to have the tags that a person wrote, words with spaces or commas between.
func tagsChange(was, written string) (add, remove []string) {
	old := strings.Fields(was)
	now := strings.FieldsFunc(written, func(r rune) bool { return r == ',' || r == ' ' })
	for _, t := range now {
		if !slices.Contains(old, t) {
			add = append(add, t)
		}
	}
	for _, t := range old {
		if !slices.Contains(now, t) {
			remove = append(remove, t)
		}
	}
	return add, remove
}
