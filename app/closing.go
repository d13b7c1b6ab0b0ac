package app

import (
	"fmt"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/trainer/control"
)

// requestClose closes the window. Runs go on in processes of their own; the first time that matters, it is said and asked.
func (w *window) requestClose() {
	if w.win.Canvas().Overlays().Top() != nil {
		return // something is being asked already
	}
	live := w.live()
	if len(live) == 0 || w.prefs.Bool(prefKnowsBackground) {
		w.close()
		return
	}
	w.askBeforeClosing(live)
}

// live are the runs that an engine works on.
func (w *window) live() []session.Info {
	var live []session.Info
	for _, info := range w.updated() {
		if info.Live() {
			live = append(live, info)
		}
	}
	return live
}

func (w *window) askBeforeClosing(live []session.Info) {
	names := make([]string, len(live))
	for i, info := range live {
		names[i] = info.Name
	}
	text := widget.NewLabel(fmt.Sprintf("The engine of %s is a process of its own: it goes on without the window,\n"+
		"and Growlab shows it again when it is next opened.", strings.Join(names, ", ")))
	ask := dialog.NewCustomWithoutButtons("", look.Titled("Close the window?", container.New(look.Inset{Left: -6}, text)), w.win)
	keep := widget.NewButton("Keep training in the background", func() {
		w.prefs.SetBool(prefKnowsBackground, true)
		ask.Hide()
		w.close()
	})
	keep.Importance = widget.HighImportance
	stop := widget.NewButton("Stop and keep checkpoint", func() {
		ask.Hide()
		w.stopAll(live)
	})
	cancel := widget.NewButton("Cancel", ask.Hide)
	ask.SetButtons([]fyne.CanvasObject{cancel, stop, keep})
	w.ask(ask)
}

// stopAll stops the runs and closes the window once their engines have taken the command; each writes its checkpoint
// whether the window is there or not.
func (w *window) stopAll(live []session.Info) {
	var sent sync.WaitGroup
	errs := make([]error, len(live))
	for i, info := range live {
		sent.Go(func() { errs[i] = w.sessions.Send(w.ctx, info.ID, control.Command{Verb: control.Stop}) })
	}
	go func() {
		sent.Wait()
		w.feed.deliver(w.ctx, func() { w.closeUnless(live, errs) })
	}()
}

func (w *window) closeUnless(live []session.Info, errs []error) {
	for i, err := range errs {
		if err != nil {
			w.fail("The engine of "+live[i].Name+" did not take the command stop", err)
			return
		}
	}
	w.close()
}

// close remembers the size of the window and ends it.
func (w *window) close() {
	size := w.win.Canvas().Size()
	w.prefs.SetFloat(prefWidth, float64(size.Width))
	w.prefs.SetFloat(prefHeight, float64(size.Height))
	w.prefs.SetString(prefPage, w.pageNames()[max(w.tabs.SelectedIndex(), 0)])
	w.win.Close()
}
