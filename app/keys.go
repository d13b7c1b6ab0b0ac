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
		{fyne.KeyM, true, "Ctrl+M", "what can be done with the run on show", w.selectedMenu},
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
	ask := dialog.NewCustomConfirm("", yes, "Cancel", look.Titled(title, container.New(look.Inset{Left: -6}, label)), func(agreed bool) {
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
	behind, graver := w.dialog, w.grave // one may open another, as settings do
	w.dialog, w.grave = d, false
	d.SetOnClosed(func() {
		if w.dialog == d {
			w.dialog, w.grave = behind, graver
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

// otherKeys are those that parts of the window take while they have the focus.
//
// Arrows are words: Fyne's fallback font has no space to stand between them.
var otherKeys = []struct {
	title string
	keys  [][2]string
}{
	{"On a chart", [][2]string{
		{"Arrows", "move what is seen"},
		{"+ -", "zoom along the axis; [ ] in height"},
		{", .", "move the cursor by a point"},
		{"Home", "show all"},
		{"N P", "the next event, the one before"},
		{"1 … 9", "hide or show a line"},
		{"A X", "align at a growth; logarithmic axis"},
		{"S T", "fitted slope; table of values"},
		{"O R", "leave out outliers; raw values"},
	}},
	{"In the list of runs", [][2]string{
		{"Up, Down", "choose a run"},
		{"O", "lay it over the curve"},
		{"F2 Del", "rename, delete"},
	}},
	{"Everywhere", [][2]string{
		{"Tab", "the next control; Shift+Tab the one before"},
		{"Space", "press what has the focus"},
		{"Left, Right", "turn the page, on the titles of pages"},
		{"Enter", "agree in a dialog; Esc leaves it"},
	}},
}

// showKeys lists the keys.
func (w *window) showKeys() {
	if w.win == nil {
		return
	}
	left := container.New(look.Column{Width: look.Wide(430), Space: 6}, look.NewLine(look.Heading, "THE WINDOW"))
	for _, s := range w.shortcuts() {
		if s.keys != "" {
			left.Add(keyRow(s.keys, s.about))
		}
	}
	right := container.New(look.Column{Width: look.Wide(370), Space: 6})
	for i, group := range otherKeys {
		heading := look.NewLine(look.Heading, strings.ToUpper(group.title))
		if i == 0 {
			right.Add(heading)
		} else {
			right.Add(container.New(look.Inset{Top: 6}, heading))
		}
		for _, k := range group.keys {
			right.Add(keyRow(k[0], k[1]))
		}
	}
	body := container.NewHBox(left, container.New(look.FixedWidth(20)), right)
	w.ask(dialog.NewCustom("", "Close", look.Titled("Keys", body), w.win))
}

// keyRow is a key and what it does.
func keyRow(keys, about string) fyne.CanvasObject {
	return container.New(look.Pair{Least: 84}, look.NewLine(look.Style{Bold: true}, keys), look.NewLine(look.Style{Fit: true}, about))
}
