package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"growlab/app/comparison"
	"growlab/app/curvepage"
	"growlab/app/knobs"
	"growlab/app/look"
	"growlab/app/microscope"
	"growlab/app/planner"
	"growlab/app/plot"
	"growlab/app/runlist"
)

// parts are what the window is put together from.
type parts struct {
	content fyne.CanvasObject // all of it
	header  *header
	runs    *runlist.List
	planned *fyne.Container // holds planner, once it is made
	planner *planner.Editor // nil until it is first shown
	knobs   *knobs.Page
	compare *comparison.Page
	cards   *cards
	banner  *banner
	tabs    *look.Tabs // the pages of a run
	curves  *curvepage.Page
	chart   *plot.Chart // of the loss, on that page
	loss    fyne.CanvasObject
	trans   *microscope.Page
	samples *samples
	devices *devices
	journal *journal
	side    *side
	sidebar *fyne.Container // side with its border, where the window has room for it
	status  *look.Line
	jobs    *jobs
}

// initialSmooth is the smoothing of the loss curve before anyone has chosen another.
const initialSmooth = 0.9

// Widths of the columns at the sides.
const (
	runsWidth = 204
	sideWidth = 272
)

// build makes the parts and tells them whom to call.
func (w *window) build() {
	w.header = newHeader(headerActions{train: w.trainChosen, toggle: w.toggle, stop: w.stop, devices: w.showDevices, settings: w.showSettings, help: w.showKeys, hint: w.hint})
	w.runs = w.newRuns()
	w.planned = container.NewStack()
	w.knobs, w.compare = w.newKnobs(), w.newComparison()
	w.cards = newCards(w.train, w.planPreset, w.backToRuns)
	w.banner = newBanner(w.dismiss)
	w.curves = w.newCurves()
	w.chart, w.loss = w.curves.Loss, w.curves.Object
	w.trans, w.samples, w.journal, w.side = microscope.New(w.typedKey), w.newSamples(), newJournal(), newSide(w.recolour)
	w.journal.rows.Others = w.typedKey
	w.devices = w.newDevices()
	w.status, w.jobs = look.NewLine(look.Caption.Fitting(), ""), newJobs(w.hint)
}

// page is one of the tabs of a run.
type page struct {
	name   string // as --page takes it
	title  string
	object fyne.CanvasObject
}

// pages are the tabs of a run, in order; Ctrl+1 shows the first.
func (w *window) pages() []page {
	return []page{
		{"loss", "Loss", w.loss},
		{"transitions", "Transitions", w.trans.Object},
		{"samples", "Samples", w.samples.Object},
		{"tune", "Tune", w.knobs.Object},
		{"compare", "Compare", w.compare.Object},
		{"log", "Log", w.journal.object},
	}
}

// pageNames are the names of the pages.
func (w *window) pageNames() []string {
	var names []string
	for _, p := range w.pages() {
		names = append(names, p.name)
	}
	return names
}

// layOut puts the parts together.
func (w *window) layOut() {
	w.tabs = look.NewTabs()
	for _, p := range w.pages() {
		w.tabs.Append(p.title, p.object)
	}
	w.tabs.Others = w.typedKey
	w.tabs.OnSelected = func(int) {
		w.refreshPages()
		w.refreshKnobs(w.info())
	}
	pages := container.NewStack(w.tabs, w.cards.object, w.planned, w.devices.Object)
	middle := look.Border(w.banner.object, nil, nil, nil, pages)
	w.banner.around = middle
	left := look.Border(nil, nil, nil, widget.NewSeparator(), container.New(look.FixedWidth(runsWidth), w.runs.Object))
	panel := look.Border(nil, nil, widget.NewSeparator(), nil, container.New(look.FixedWidth(sideWidth), w.side.object))
	w.sidebar = container.NewStack(panel)
	top := container.NewVBox(w.header.object, widget.NewSeparator())
	w.jobs.around = look.Border(nil, nil, nil, w.jobs.object, w.status)
	bottom := container.NewVBox(widget.NewSeparator(), container.New(look.Margin(10, 10, 3, 3), w.jobs.around))
	w.content = container.New(look.InsetAll(0), look.Border(top, bottom, left, nil, container.New(look.Beside{Panel: panel}, middle, w.sidebar)))
}
