package app

import (
	"slices"

	"fyne.io/fyne/v2"

	"growlab/app/chart"
)

// What the window remembers, beside what is in the run files.
const (
	prefTheme           = "theme"      // look.System, look.Dark, look.Light
	prefWidth           = "width"      // of the window
	prefHeight          = "height"     // of the window
	prefRoomy           = "roomy"      // larger text and more space
	prefScale           = "scale"      // of everything, in percent; 0 is as the screen suggests
	prefPage            = "page"       // of a run that was on show last
	prefQuiet           = "notify.off" // no notifications
	prefNoTray          = "tray.off"   // no icon in the tray
	prefColouring       = "network.colours"
	prefSmooth          = "chart.smooth"
	prefLogY            = "chart.log_y"
	prefAxis            = "chart.axis"
	prefCharts          = "chart.panels"             // names of the charts below the loss
	prefTable           = "chart.table"              // the table of values is on show
	prefColours         = "chart.colours"            // of runs, "id=3"
	prefDevice          = "device"                   // that runs begin on, "" for auto
	prefFar             = "runs.far"                 // ids of attached runs of other machines
	prefKnowsBackground = "closing.knows_background" // has read that runs go on without the window
)

// recall sets the chart as it was left, and goes on remembering.
func (w *window) recall(p fyne.Preferences) {
	w.prefs = p
	if page := p.String(prefPage); slices.Contains(w.pageNames(), page) {
		w.tabs.SelectIndex(slices.Index(w.pageNames(), page))
	}
	w.chart.SetSmooth(p.FloatWithFallback(prefSmooth, initialSmooth))
	w.chart.SetLogY(p.BoolWithFallback(prefLogY, true))
	w.chart.SetXAxis(chart.Axis(p.Int(prefAxis)))
	w.chart.OnChanged = func() {
		f := w.chart.Figure()
		p.SetFloat(prefSmooth, f.Smooth)
		p.SetBool(prefLogY, f.LogY)
		p.SetInt(prefAxis, int(f.XAxis))
	}
	w.recallDevice()
	_ = w.side.colour(p.String(prefColouring)) // one that is gone is by age
	w.recallCurves(p)
}
