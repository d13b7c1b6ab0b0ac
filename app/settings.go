package app

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/store"
)

// themes are the choices of theme, as settings name them.
var themes = []struct{ choice, title string }{{look.System, "as the system"}, {look.Dark, "dark"}, {look.Light, "light"}}

// scales are the choices of size, in percent of what the screen suggests.
var scales = []string{"75 %", "100 %", "125 %", "150 %", "200 %"}

const (
	compactly = "compact"
	roomily   = "roomy"
)

// applyLook puts the theme, density and scale that are remembered into effect; choice, if it is not "", goes before the theme
// remembered.
func applyLook(a fyne.App, choice string) {
	p := a.Preferences()
	if choice == "" || choice == look.System {
		choice = p.StringWithFallback(prefTheme, look.System)
	}
	if s := p.Int(prefScale); s > 0 {
		_ = os.Setenv("FYNE_SCALE", strconv.FormatFloat(float64(s)/100, 'f', 2, 64)) // the name is a good one
	}
	t := look.New(choice)
	if p.Bool(prefRoomy) {
		t = t.Roomy()
	}
	a.Settings().SetTheme(t) // which also has windows ask for their scale again
}

// showSettings opens the settings. All take effect at once, but for the data folder.
func (w *window) showSettings() {
	if w.win == nil {
		return
	}
	list := container.New(look.Column{Width: 520, Space: 9},
		setting("Theme", "", w.themeSetting()),
		setting("Density", "", w.densitySetting()),
		setting("Size", "of everything, against what the screen suggests", w.scaleSetting()),
		setting("Notifications", "", w.checkSetting(prefQuiet, "tell when a run grows or ends, behind other windows", nil)),
		setting("Tray", "from the next start, where the desktop has a tray", w.checkSetting(prefNoTray, "an icon in the tray", nil)),
		setting("Data folder", "runs and logs; from the next start, and for the terminal too", w.folderSetting()))
	w.ask(dialog.NewCustom("", "Close", look.Titled("Settings", list), w.win))
}

// setting is a name, its control, and what it is about.
func setting(name, about string, control fyne.CanvasObject) fyne.CanvasObject {
	body := container.New(look.Column{Space: 1}, control)
	if about != "" {
		body.Add(look.NewLine(look.Caption.Fitting(), about))
	}
	return container.NewBorder(nil, nil, container.New(look.FixedWidth(110), container.New(look.Margin(0, 0, 7, 0), container.NewVBox(look.NewLine(look.Style{Bold: true, Fit: true}, name)))), nil, body)
}

func (w *window) themeSetting() fyne.CanvasObject {
	titles := make([]string, len(themes))
	now := 0
	for i, t := range themes {
		titles[i] = t.title
		if t.choice == w.prefs.StringWithFallback(prefTheme, look.System) {
			now = i
		}
	}
	s := widget.NewSelect(titles, nil)
	s.SetSelectedIndex(now)
	s.OnChanged = func(string) {
		w.prefs.SetString(prefTheme, themes[s.SelectedIndex()].choice)
		applyLook(fyne.CurrentApp(), "")
	}
	return s
}

func (w *window) densitySetting() fyne.CanvasObject {
	s := widget.NewSelect([]string{compactly, roomily}, nil)
	s.SetSelected(compactly)
	if w.prefs.Bool(prefRoomy) {
		s.SetSelected(roomily)
	}
	s.OnChanged = func(choice string) {
		w.prefs.SetBool(prefRoomy, choice == roomily)
		applyLook(fyne.CurrentApp(), "")
	}
	return s
}

func (w *window) scaleSetting() fyne.CanvasObject {
	s := widget.NewSelect(scales, nil)
	s.SetSelected(fmt.Sprintf("%d %%", w.prefs.IntWithFallback(prefScale, 100)))
	s.OnChanged = func(choice string) {
		if percent, err := strconv.Atoi(strings.TrimSuffix(choice, " %")); err == nil { // one of scales
			w.prefs.SetInt(prefScale, percent)
			applyLook(fyne.CurrentApp(), "")
		}
	}
	return s
}

// checkSetting is a box that is checked unless the preference says no.
func (w *window) checkSetting(no, about string, then func()) fyne.CanvasObject {
	c := widget.NewCheck(about, nil)
	c.SetChecked(!w.prefs.Bool(no))
	c.OnChanged = func(on bool) {
		w.prefs.SetBool(no, !on)
		if then != nil {
			then()
		}
	}
	return c
}

// folderSetting shows the data folder and lets another be chosen.
func (w *window) folderSetting() fyne.CanvasObject {
	at := look.NewLine(look.Style{Fit: true}, tilde(dataFolder(w.sessions)))
	choose := func(dir string) {
		if err := store.ChooseHome(dir); err != nil {
			w.fail("The data folder stays as it is", err)
			return
		}
		next, err := store.Home()
		if err != nil {
			next = err.Error()
		}
		at.Set(tilde(next))
	}
	other := widget.NewButton("Choose…", func() {
		d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
			if err == nil && dir != nil {
				choose(dir.Path())
			}
		}, w.win)
		d.Resize(fyne.NewSize(700, 500))
		w.ask(d)
	})
	back := widget.NewButton("Default", func() { choose("") })
	if os.Getenv("GROWLAB_HOME") != "" {
		other.Disable()
		back.Disable()
		at.Set(at.Text() + " (GROWLAB_HOME)")
	}
	return container.NewBorder(nil, nil, nil, container.NewHBox(other, back), container.New(look.Margin(0, 8, 0, 0), at))
}
