package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Panel is a rounded field that sets a card off the background.
type Panel struct {
	widget.BaseWidget
	colour fyne.ThemeColorName
}

// NewPanel is a field in a colour of the theme; theme.ColorNameHeaderBackground is that of cards.
func NewPanel(colour fyne.ThemeColorName) *Panel {
	p := &Panel{colour: colour}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(color.Transparent)
	rect.CornerRadius, rect.StrokeWidth = 6, 1
	r := &panelRenderer{WidgetRenderer: widget.NewSimpleRenderer(rect), panel: p, rect: rect}
	r.paint()
	return r
}

type panelRenderer struct {
	fyne.WidgetRenderer
	panel *Panel
	rect  *canvas.Rectangle
}

func (r *panelRenderer) paint() {
	t, v := r.panel.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.FillColor = t.Color(r.panel.colour, v)
	r.rect.StrokeColor = t.Color(theme.ColorNameSeparator, v)
}

// Refresh implements fyne.WidgetRenderer.
func (r *panelRenderer) Refresh() {
	r.paint()
	r.rect.Refresh()
}
