package network

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Old parts are blue and new parts green, in dark and in light; the two also differ for colour-blind eyes.
var (
	blue  = color.NRGBA{0x3d, 0x9b, 0xe9, 0xff}
	green = color.NRGBA{0x2c, 0xb6, 0x7d, 0xff}
)

// palette gives each tint its colour.
type palette map[tint]color.NRGBA

func opaque(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

func (p palette) at(t tint, strength float32) color.NRGBA { return faded(p[t], strength) }

func faded(c color.NRGBA, strength float32) color.NRGBA {
	c.A = uint8(float32(c.A)*strength + 0.5)
	return c
}

// pool holds the canvas objects of one drawing and reuses them; what a drawing does not need is hidden.
type pool struct {
	objects []fyne.CanvasObject
	rects   []*canvas.Rectangle
	texts   []*canvas.Text
}

func (p *pool) show(cells []cell, labels []label, colours palette) {
	for len(p.rects) < len(cells) {
		p.rects = append(p.rects, canvas.NewRectangle(color.Transparent))
		p.rebuild()
	}
	for len(p.texts) < len(labels) {
		p.texts = append(p.texts, canvas.NewText("", color.Transparent))
		p.rebuild()
	}
	for i, r := range p.rects {
		if r.Hidden = i >= len(cells); !r.Hidden {
			showCell(r, cells[i], colours)
		}
	}
	for i, t := range p.texts {
		if t.Hidden = i >= len(labels); !t.Hidden {
			showLabel(t, labels[i], colours)
		}
	}
}

// rebuild keeps texts above rectangles.
func (p *pool) rebuild() {
	p.objects = p.objects[:0]
	for _, r := range p.rects {
		p.objects = append(p.objects, r)
	}
	for _, t := range p.texts {
		p.objects = append(p.objects, t)
	}
}

func showCell(r *canvas.Rectangle, c cell, colours palette) {
	r.FillColor, r.StrokeWidth = colours.at(c.tint, c.strength), 0
	if c.hot {
		r.FillColor = faded(heatColour(c.level), c.strength)
	}
	if c.tint == ghost {
		r.FillColor, r.StrokeColor, r.StrokeWidth = color.Transparent, colours.at(ghost, 0.14), 1
	}
	r.CornerRadius = min(3, c.h/3, c.w/3)
	r.Move(fyne.NewPos(c.x, c.y))
	r.Resize(fyne.NewSize(c.w, c.h))
}

func showLabel(t *canvas.Text, l label, colours palette) {
	t.Text, t.Color, t.TextSize, t.TextStyle.Bold = l.text, colours.at(l.tint, 1), l.size, l.bold
	size := t.MinSize()
	t.Resize(size)
	t.Move(fyne.NewPos(l.x, l.y-size.Height/2))
}
