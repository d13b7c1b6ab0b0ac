package plot

import (
	"math"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
)

// NewControls returns a one-line bar for c: smoothing, log y, horizontal axis, fit. It follows changes made elsewhere.
func NewControls(c *Chart) fyne.CanvasObject {
	b := newControls(c)
	return container.NewHBox(
		b.caption, container.NewGridWrap(fyne.NewSize(120, b.smooth.MinSize().Height), b.smooth),
		container.NewGridWrap(fyne.NewSize(46, b.factor.MinSize().Height), b.factor),
		b.logY, b.axis, b.fit,
	)
}

// controls are the parts of the bar.
type controls struct {
	c               *Chart
	caption, factor *widget.Label
	smooth          *widget.Slider
	logY            *widget.Check
	axis            *widget.Select
	fit             *widget.Button
	following       bool // the chart is being followed: changes of the widgets are not commands
}

func newControls(c *Chart) *controls {
	b := &controls{c: c, caption: widget.NewLabel("smooth"), factor: widget.NewLabel(""), smooth: widget.NewSlider(0, 1)}
	b.smooth.Step = 0.01
	b.smooth.OnChanged = func(t float64) { b.command(func() { c.SetSmooth(SmoothFactor(t)) }) }
	b.logY = widget.NewCheck("log y", func(on bool) { b.command(func() { c.SetLogY(on) }) })
	var names []string
	for _, a := range chart.Axes() {
		names = append(names, a.String())
	}
	b.axis = widget.NewSelect(names, func(name string) {
		b.command(func() { c.SetXAxis(chart.Axis(slices.Index(names, name))) })
	})
	b.fit = widget.NewButtonWithIcon("", theme.ViewRestoreIcon(), c.Fit)
	c.listeners = append(c.listeners, b.follow)
	b.follow()
	return b
}

func (b *controls) command(do func()) {
	if !b.following {
		do()
	}
}

// follow shows the state of the chart.
func (b *controls) follow() {
	b.following = true
	defer func() { b.following = false }()
	f := b.c.figure
	if SmoothFactor(b.smooth.Value) != f.Smooth {
		b.smooth.SetValue(SmoothPosition(f.Smooth))
	}
	text := "off"
	if f.Smooth > 0 {
		text = strconv.FormatFloat(f.Smooth, 'f', 3, 64)
	}
	if b.factor.Text != text {
		b.factor.SetText(text)
	}
	b.logY.SetChecked(f.LogY)
	b.axis.SetSelectedIndex(int(f.XAxis))
	if fitted := f.X.Auto() && f.Y.Auto(); fitted != b.fit.Disabled() {
		if fitted {
			b.fit.Disable()
		} else {
			b.fit.Enable()
		}
	}
}

// SmoothFactor is the EMA factor at slider position t, 0 to 1. Each third of the slider is a nine more (0.9, 0.99, 0.999):
// what matters is how many points the average spans, about 1/(1-factor).
func SmoothFactor(t float64) float64 {
	return math.Round((1-math.Pow(10, -3*t))*1e4) / 1e4
}

// SmoothPosition is the inverse of SmoothFactor.
func SmoothPosition(factor float64) float64 {
	return min(-math.Log10(1-min(factor, 0.99999))/3, 1)
}
