package plot

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
)

// Palette is the chart theme that goes with a theme of the window: dark if its background is.
func Palette(th fyne.Theme, v fyne.ThemeVariant) chart.Theme {
	background := th.Color(theme.ColorNameBackground, v)
	if luminance(opaque(background, background)) < 0.5 {
		return chart.Dark()
	}
	return chart.Light()
}

// swatchSize is the side of a Swatch, in units.
const swatchSize = 10

// Swatch is a small square in the colour that a run has on charts.
type Swatch struct {
	widget.BaseWidget
	index int // into chart.Theme.Series
}

// NewSwatch is a square in a colour, an index into chart.Theme.Series.
func NewSwatch(index int) *Swatch {
	s := &Swatch{index: index}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the colour.
func (s *Swatch) Set(index int) {
	if s.index != index {
		s.index = index
		s.Refresh()
	}
}

// Index is the colour.
func (s *Swatch) Index() int { return s.index }

// CreateRenderer implements fyne.Widget.
func (s *Swatch) CreateRenderer() fyne.WidgetRenderer {
	r := &swatchRenderer{swatch: s, square: canvas.NewRectangle(color.Transparent)}
	r.square.CornerRadius = 3
	r.objects = []fyne.CanvasObject{r.square}
	r.paint()
	return r
}

type swatchRenderer struct {
	swatch  *Swatch
	square  *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *swatchRenderer) Destroy()                     {}
func (r *swatchRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *swatchRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(swatchSize) }

// Layout puts the square into the middle of the room that there is.
func (r *swatchRenderer) Layout(size fyne.Size) {
	r.square.Resize(fyne.NewSquareSize(swatchSize))
	r.square.Move(fyne.NewPos((size.Width-swatchSize)/2, (size.Height-swatchSize)/2))
}

func (r *swatchRenderer) paint() {
	r.square.FillColor = Palette(r.swatch.Theme(), fyne.CurrentApp().Settings().ThemeVariant()).Color(r.swatch.index)
}

// Refresh implements fyne.WidgetRenderer.
func (r *swatchRenderer) Refresh() {
	r.paint()
	r.square.Refresh()
}
