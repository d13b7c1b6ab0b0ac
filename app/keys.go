package app

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/look"
)

// shortcut is one key of the window with what it does, for the canvas and for the list that F1 shows.
type shortcut struct {
	key   fyne.KeyName
	ctrl  bool
	keys  string // as a person reads it
	about string
	do    func()
}

func (w *window) shortcuts() []shortcut {
	all := []shortcut{
		{fyne.KeyR, true, "Ctrl+R", "train the chosen preset, or resume the selected run", w.trainOrResume},
		{fyne.KeySpace, false, "Space", "pause or resume", w.toggle},
		{fyne.KeyPeriod, true, "Ctrl+.", "stop and keep a checkpoint", w.stop},
		{fyne.KeyN, true, "Ctrl+N", "new run: show the presets", w.newRun},
		{fyne.KeyP, true, "Ctrl+P", "plan a run", w.planRun},
		{fyne.KeyF, true, "Ctrl+F", "search the runs", w.runs.Search},
		{fyne.KeyM, true, "Ctrl+M", "what can be done with the run on show; F2 in the list renames, Del deletes, O overlays", w.selectedMenu},
		{fyne.KeyG, true, "Ctrl+G", "grow now", w.growNow},
		{fyne.KeyL, true, "Ctrl+L", "logarithmic loss axis", func() { w.chart.SetLogY(!w.chart.Figure().LogY) }},
		{fyne.Key0, true, "Ctrl+0", "show the whole curve", w.chart.Fit},
		{fyne.KeyE, true, "Ctrl+E", "export the curves as PNG, SVG or CSV", w.exportCurves},
		{fyne.KeyEscape, false, "Esc", "show the whole curve, or leave the presets", w.escape},
		{fyne.KeyD, true, "Ctrl+D", "this machine and its doctor", w.showDevices},
		{fyne.KeyComma, true, "Ctrl+,", "settings", w.showSettings},
		{fyne.KeyF1, false, "F1", "this list", w.showKeys},
		{fyne.KeyQ, true, "Ctrl+Q", "close the window; runs go on", w.requestClose},
	}
	for i := range min(len(w.pages()), 9) {
		s := shortcut{key: fyne.KeyName(strconv.Itoa(i + 1)), ctrl: true, do: func() { w.turnPage(i) }}
		if i == 0 {
			s.keys, s.about = fmt.Sprintf("Ctrl+1 … %d", len(w.pages())), strings.Join(w.pageNames(), ", ")
		}
		all = append(all, s)
	}
	return all
}

// bind connects the keys to the canvas.
func (w *window) bind(c fyne.Canvas) {
	for _, s := range w.shortcuts() {
		if s.ctrl {
			c.AddShortcut(&desktop.CustomShortcut{KeyName: s.key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) { w.press(s) })
		}
	}
	c.SetOnTypedKey(w.typedKey)
}

// typedKey takes the keys that nothing with the focus has a use for. Enter agrees to what a dialog asks, but for what destroys.
func (w *window) typedKey(e *fyne.KeyEvent) {
	if (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter) && w.dialog != nil {
		if asks, ok := w.dialog.(interface{ Confirm() }); ok && !w.grave {
			asks.Confirm()
		}
		return
	}
	for _, s := range w.shortcuts() {
		if !s.ctrl && s.key == e.Name {
			w.press(s)
		}
	}
}

// press does what a key is for. While a dialog is open, the window behind it takes no keys, and Esc closes the dialog.
func (w *window) press(s shortcut) {
	if w.win != nil && w.win.Canvas().Overlays().Top() != nil {
		if s.key == fyne.KeyEscape {
			w.leaveDialog()
		}
		return
	}
	s.do()
}

// confirm asks whether to do something. Unlike Fyne's own, its text has no large question mark behind it.
func (w *window) confirm(title, text, yes string, important widget.Importance, do func()) {
	label := widget.NewLabel(text)
	ask := dialog.NewCustomConfirm(title, yes, "Cancel", container.New(look.InsetAll(4), label), func(agreed bool) {
		if agreed {
			do()
		}
	}, w.win)
	ask.SetConfirmImportance(important)
	w.ask(ask)
	w.grave = important == widget.DangerImportance
}

// ask shows a dialog.
func (w *window) ask(d dialog.Dialog) {
	w.dialog, w.grave = d, false
	d.SetOnClosed(func() {
		if w.dialog == d {
			w.dialog = nil
		}
	})
	d.Show()
}

// leaveDialog closes the dialog on show, as Esc does.
func (w *window) leaveDialog() {
	if w.dialog != nil {
		w.dialog.Hide()
	}
}

// newDialogEntry is an entry in a dialog, which Esc closes as it does without.
func (w *window) newDialogEntry() *form.Entry {
	e := form.NewEntry(nil)
	e.OnEscape = w.leaveDialog
	return e
}

// trainOrResume goes on with the selected run if it waits or was stopped, else starts a new one.
func (w *window) trainOrResume() {
	info := w.info()
	state := w.view.state(info)
	info.State = state
	c := controlsOf(state, w.pending, w.id != "" && info.Resumable())
	if !w.choosing && (c.toggle == toggleGoOn || c.toggle == toggleRevive) {
		w.toggle()
	} else if c.train {
		w.trainChosen()
	}
}

func (w *window) escape() {
	if w.place != placeRun {
		w.comeBack()
		return
	}
	if w.choosing {
		w.backToRuns()
		return
	}
	if !w.curves.CloseStory() {
		w.chart.Fit()
	}
}

// showKeys lists the keys.
func (w *window) showKeys() {
	if w.win == nil {
		return
	}
	list := container.New(look.Column{Width: 660, Space: 6})
	for _, s := range w.shortcuts() {
		if s.keys != "" {
			list.Add(container.New(look.Pair{Least: 100}, look.NewLine(look.Style{Bold: true}, s.keys), look.NewLine(look.Style{Fit: true}, s.about)))
		}
	}
	w.ask(dialog.NewCustom("Keys", "Close", container.New(look.InsetAll(6), list), w.win))
}
