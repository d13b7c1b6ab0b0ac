package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/look"
)

// What the window remembers, beside what is in the run files.
const (
	prefTheme           = "theme"  // look.System, look.Dark, look.Light
	prefWidth           = "width"  // of the window
	prefHeight          = "height" // of the window
	prefSmooth          = "chart.smooth"
	prefLogY            = "chart.log_y"
	prefAxis            = "chart.axis"
	prefKnowsBackground = "closing.knows_background" // has read that runs go on without the window
)

// recall sets the chart as it was left, and goes on remembering.
func (w *window) recall(p fyne.Preferences) {
	w.prefs = p
	w.chart.SetSmooth(p.FloatWithFallback(prefSmooth, initialSmooth))
	w.chart.SetLogY(p.BoolWithFallback(prefLogY, true))
	w.chart.SetXAxis(chart.Axis(p.Int(prefAxis)))
	w.chart.OnChanged = func() {
		f := w.chart.Figure()
		p.SetFloat(prefSmooth, f.Smooth)
		p.SetBool(prefLogY, f.LogY)
		p.SetInt(prefAxis, int(f.XAxis))
	}
}

// chooseLook opens the menu of themes.
func (w *window) chooseLook() {
	if w.win == nil {
		return
	}
	now := w.prefs.StringWithFallback(prefTheme, look.System)
	item := func(title, choice string) *fyne.MenuItem {
		m := fyne.NewMenuItem(title, func() { w.setLook(choice) })
		m.Checked = choice == now
		return m
	}
	menu := fyne.NewMenu("", item("As the system", look.System), item("Dark", look.Dark), item("Light", look.Light))
	pop := widget.NewPopUpMenu(menu, w.win.Canvas())
	pop.ShowAtRelativePosition(fyne.NewPos(w.header.look.Size().Width-pop.MinSize().Width, w.header.look.Size().Height+2), w.header.look)
}

func (w *window) setLook(choice string) {
	w.prefs.SetString(prefTheme, choice)
	fyne.CurrentApp().Settings().SetTheme(look.New(choice))
}
