package devicepage

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// gauge is a share of something: its name, a bar, and the numbers in words.
type gauge struct {
	widget.BaseWidget
	name, text *look.Line
	share      float64
	warn       bool // the share is a bad one
}

// The columns of a gauge.
const (
	gaugeName = 92
	gaugeText = 190
)

func newGauge(name string) *gauge {
	g := &gauge{name: look.NewLine(look.Quiet.Fitting(), name), text: look.NewLine(look.Style{Fit: true}, "–")}
	g.ExtendBaseWidget(g)
	return g
}

// set shows a share of 0 to 1 in words; a share below 0 is not known.
func (g *gauge) set(share float64, text string, warn bool) {
	g.text.Set(text)
	if share != g.share || warn != g.warn {
		g.share, g.warn = share, warn
		g.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (g *gauge) CreateRenderer() fyne.WidgetRenderer {
	r := &gaugeRenderer{gauge: g, track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	r.track.CornerRadius, r.fill.CornerRadius = 4, 4
	r.objects = []fyne.CanvasObject{g.name, r.track, r.fill, g.text}
	r.paint()
	return r
}

type gaugeRenderer struct {
	gauge       *gauge
	track, fill *canvas.Rectangle
	objects     []fyne.CanvasObject
}

func (r *gaugeRenderer) Destroy()                     {}
func (r *gaugeRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *gaugeRenderer) MinSize() fyne.Size {
	return fyne.NewSize(gaugeName+gaugeText+60, r.gauge.name.MinSize().Height+2)
}

func (r *gaugeRenderer) Layout(size fyne.Size) {
	const height = 8
	g := r.gauge
	bar := min(size.Width-gaugeName-gaugeText-12, 420)
	line := g.name.MinSize().Height
	g.name.Move(fyne.NewPos(0, (size.Height-line)/2))
	g.name.Resize(fyne.NewSize(gaugeName-8, line))
	r.track.Move(fyne.NewPos(gaugeName, (size.Height-height)/2))
	r.track.Resize(fyne.NewSize(bar, height))
	r.fill.Move(r.track.Position())
	r.fill.Resize(fyne.NewSize(bar*float32(min(max(g.share, 0), 1)), height))
	r.fill.Hidden = g.share <= 0
	g.text.Move(fyne.NewPos(gaugeName+bar+12, (size.Height-line)/2))
	g.text.Resize(fyne.NewSize(max(size.Width-gaugeName-bar-12, 0), line))
}

func (r *gaugeRenderer) paint() {
	t, v := r.gauge.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.track.FillColor = t.Color(theme.ColorNameSeparator, v)
	r.fill.FillColor = t.Color(theme.ColorNamePrimary, v)
	if r.gauge.warn {
		r.fill.FillColor = t.Color(theme.ColorNameWarning, v)
	}
}

func (r *gaugeRenderer) Refresh() {
	r.paint()
	r.Layout(r.gauge.Size())
	canvas.Refresh(r.gauge)
}
