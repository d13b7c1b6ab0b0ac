package app

import (
	"fyne.io/fyne/v2"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
)

// refreshPages shows the cards or the pages of a run.
func (w *window) refreshPages() {
	here := w.place == placeRun
	look.Show(w.planned, w.place == placePlan)
	look.Show(w.devices.Object, w.place == placeDevices)
	look.Show(w.cards.object, here && w.listed && (w.id == "" || w.choosing))
	look.Show(w.tabs, here && w.id != "" && !w.choosing)
	if look.Show(w.sidebar, here && w.id != "" && !w.choosing && !w.wide()) {
		w.content.Refresh() // the middle gets another width
	}
	look.Show(w.cards.back, len(w.infos) > 0)
	w.refreshCurves()
}

// refreshCurves brings the charts up to date that are on show: whatever changes in a hidden one would make Fyne paint the window.
func (w *window) refreshCurves() {
	switch {
	case w.looksAt(w.curves.Object):
		w.curves.Refresh()
	case w.looksAt(w.trans.Object):
		w.trans.Refresh()
	}
}

// looksAt reports whether a page of a run is on show.
func (w *window) looksAt(page fyne.CanvasObject) bool {
	return w.place == placeRun && w.tabs.Selected() == page
}

// wide reports whether the page on show needs the room of the side.
func (w *window) wide() bool { return w.looksAt(w.knobs.Object) || w.looksAt(w.compare.Object) }

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
	w.refreshCurves()
	w.refreshSamples(info)
	w.journal.show(w.view.log)
	w.side.show(w.view, info)
	w.refreshStatus()
	w.refreshThreads(info)
	w.refreshKnobs(info)
	w.refreshPlanner()
	w.compare.Show(info, w.infos)
	w.refreshBanner()
	w.refreshTitle(info)
}

// refreshBanner tells the trouble that matters most, if there is any.
func (w *window) refreshBanner() {
	info := w.info()
	switch state := w.view.state(info); {
	case w.offline != "":
		w.banner.tell(w.offline, "", nil)
	case w.trouble != "":
		w.banner.tell(w.trouble, "", nil)
	case w.id != "" && info.Lost != "":
		w.banner.tell(lostText(info), "Try now", w.reconnect)
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
		title = info.Name + " · " + words.Percent(w.view.fraction()) + " · " + appName
	} else if w.id != "" && info.Name != "" {
		title = info.Name + " · " + appName
	}
	if w.win.Title() != title {
		w.win.SetTitle(title)
	}
}

// refreshStatus shows the status of the run, or what is hinted at.
func (w *window) refreshStatus() {
	text := w.hinted
	if text == "" {
		text = statusText(w.view, w.info())
	}
	w.status.Set(text)
}

// statusText is the line at the foot of the window.
func statusText(v *runView, info session.Info) string {
	text := ""
	if n := len(v.saves); n > 0 {
		s := v.saves[n-1]
		text = "last checkpoint at step " + words.Thousands(s.Step) + " · " + words.Size(s.Bytes)
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
