package curvepage

import (
	"fyne.io/fyne/v2"

	"growlab/app/chart"
)

// slimLeast is the least height of a chart below the first.
const slimLeast = 58

// stackLayout puts the visible charts above each other; the first has most of the height.
type stackLayout struct{ least float64 } // height of a chart below the first

// Layout implements fyne.Layout.
func (l *stackLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	shown := visible(objects)
	if len(shown) == 0 {
		return
	}
	edges := chart.NewStack(make([]chart.Figure, len(shown))...).Split(float64(size.Height), l.least)
	for i, o := range shown {
		o.Move(fyne.NewPos(0, float32(edges[i])))
		o.Resize(fyne.NewSize(size.Width, float32(edges[i+1]-edges[i])))
	}
}

// MinSize implements fyne.Layout. It is that of the first chart with two more, so that showing all charts does not make the window
// larger.
func (*stackLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for i, o := range visible(objects) {
		min := o.MinSize()
		s.Width = max(s.Width, min.Width)
		if i < 3 {
			s.Height += min.Height
		}
	}
	return s
}

func visible(objects []fyne.CanvasObject) []fyne.CanvasObject {
	var shown []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			shown = append(shown, o)
		}
	}
	return shown
}

// Widths of the slider at the left of the controls, and the space between them: with large text all have to fit beside the network in
// a small window.
const sliderLeast, sliderMost, barGap = 50, 200, 2

// barLayout is a row of controls, of which the first takes what the others leave, from sliderLeast to sliderMost.
type barLayout struct{}

// Layout implements fyne.Layout.
func (b barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, o := range objects {
		width := o.MinSize().Width
		if i == 0 {
			width = min(max(sliderLeast+size.Width-b.MinSize(objects).Width, sliderLeast), sliderMost)
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + barGap
	}
}

// MinSize implements fyne.Layout.
func (barLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(sliderLeast+barGap*float32(len(objects)-1), 0)
	for i, o := range objects {
		s.Height = max(s.Height, o.MinSize().Height)
		if i > 0 {
			s.Width += o.MinSize().Width
		}
	}
	return s
}

// NewStackLayout is the layout of charts above each other, of which the first has most of the height.
func NewStackLayout() fyne.Layout { return &stackLayout{least: 44} }
