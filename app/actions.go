package app

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2/widget"

	"growlab/app/session"
	"growlab/trainer/control"
)

// newRun shows the preset cards.
func (w *window) newRun() {
	w.choosing = true
	w.goTo(placeRun)
	w.refreshPages()
}

// backToRuns leaves the preset cards.
func (w *window) backToRuns() {
	w.choosing = false
	w.refreshPages()
}

// trainChosen trains the preset in the header.
func (w *window) trainChosen() {
	if p, ok := w.header.chosen(); ok {
		w.train(p)
	}
}

// train starts a run of p. If another run trains already, the two would share the machine: that is asked first.
func (w *window) train(p session.Preset) {
	if w.pending == pendingStart {
		return
	}
	w.unlessBusy(func() { w.start(p) })
}

// unlessBusy does what takes the whole machine, once a person has agreed to share it with the run that trains.
func (w *window) unlessBusy(do func()) {
	busy := w.training()
	if len(busy) == 0 || w.win == nil {
		do()
		return
	}
	text := fmt.Sprintf("%s is training. Two runs at once share the cores of this machine,\nso each takes about twice as long.", strings.Join(busy, ", "))
	w.confirm("Train a second run?", text, "Train both", widget.HighImportance, do)
}

// training are the names of the runs that train now.
func (w *window) training() []string {
	var names []string
	for _, info := range w.updated() {
		if info.State == session.Running {
			names = append(names, info.Name)
		}
	}
	return names
}

func (w *window) start(p session.Preset) {
	w.expect(pendingStart)
	go func() {
		info, err := w.sessions.Start(w.ctx, session.Launch{Recipe: p.Name})
		w.feed.deliver(w.ctx, func() { w.began(info, err, "The run could not start", "") })
	}()
}

// toggle pauses, resumes or revives the selected run, whichever the header offers.
func (w *window) toggle() {
	info := w.info()
	state := w.view.state(info)
	info.State = state
	switch c := controlsOf(state, w.pending, w.id != "" && info.Resumable()); {
	case c.wait:
	case c.toggle == togglePause:
		w.send(control.Pause, pendingPause)
	case c.toggle == toggleGoOn:
		w.send(control.Resume, pendingResume)
	case c.toggle == toggleRevive:
		w.revive()
	}
}

// revive starts an engine on the selected run, from its last checkpoint.
func (w *window) revive() {
	id := w.id
	w.expect(pendingResume)
	go func() {
		info, err := w.sessions.Resume(w.ctx, id)
		w.feed.deliver(w.ctx, func() { w.began(info, err, "The run could not be resumed", pendingResume) })
	}()
}

func (w *window) stop() {
	if info := w.info(); w.id != "" && w.pending == "" && info.Live() {
		w.send(control.Stop, pendingStop)
	}
}

// expect notes that a command is on its way.
func (w *window) expect(pending string) {
	w.pending, w.acted, w.trouble, w.banner.dropped = pending, time.Now(), "", ""
	w.refresh()
}

func (w *window) send(verb, pending string) {
	id := w.id
	w.expect(pending)
	go func() {
		err := w.sessions.Send(w.ctx, id, control.Command{Verb: verb})
		w.feed.deliver(w.ctx, func() {
			w.acted = time.Now()
			w.look()
			if err != nil {
				w.pending = ""
				w.fail("The engine did not take the command "+verb, err)
				w.refresh()
			}
		})
	}()
}

// began shows a run that an engine has just taken up; pending is what is left to wait for.
func (w *window) began(info session.Info, err error, trouble, pending string) {
	w.pending, w.acted = pending, time.Now()
	w.look()
	if err != nil {
		w.pending = ""
		w.fail(trouble, err)
		w.refresh()
		return
	}
	w.put(info)
	if info.ID == w.id {
		w.choosing = false
		w.goTo(placeRun)
		w.rewatch()
		w.refreshPages()
		w.refresh()
	} else {
		w.choose(info.ID)
	}
	w.runs.Show(w.updated(), w.id)
}

// put adds info to the list of runs, or replaces what stands there of the same run.
func (w *window) put(info session.Info) {
	defer w.colourRuns()
	for i := range w.infos {
		if w.infos[i].ID == info.ID {
			w.infos[i] = info
			return
		}
	}
	w.infos = append([]session.Info{info}, w.infos...)
}

// fail tells that something a person asked for could not be done.
func (w *window) fail(what string, err error) {
	w.trouble = what + ": " + err.Error()
	w.refreshBanner()
}
