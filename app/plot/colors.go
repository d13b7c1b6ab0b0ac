package plot

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"growlab/app/chart"
)

// colors is the chart theme that suits the theme of the window: the palette by how dark the background is, background and
// text the window's own, so that no seam shows.
func (c *Chart) colors() chart.Theme {
	background := c.color(theme.ColorNameBackground)
	t := chart.Light()
	if luminance(background) < 0.5 {
		t = chart.Dark()
	}
	if background != t.Background {
		t.Background = background
		t.Pill = c.color(theme.ColorNameInputBackground)
	}
	t.Foreground = c.color(theme.ColorNameForeground)
	return t
}

// color is a colour of the window's theme; translucent ones are put on its background.
func (c *Chart) color(name fyne.ThemeColorName) color.NRGBA {
	variant := fyne.CurrentApp().Settings().ThemeVariant()
	return opaque(c.Theme().Color(name, variant), c.Theme().Color(theme.ColorNameBackground, variant))
}

func opaque(c, under color.Color) color.NRGBA {
	r, g, b, a := c.RGBA() // premultiplied
	ur, ug, ub, _ := under.RGBA()
	mix := func(top, bottom uint32) uint8 { return uint8((top + bottom*(0xffff-a)/0xffff) >> 8) }
	return color.NRGBA{mix(r, ur), mix(g, ug), mix(b, ub), 255}
}

// luminance is the perceived brightness, 0 to 1 (Rec. 601 weights).
func luminance(c color.NRGBA) float64 {
	return (0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)) / 255
}

func fade(c color.NRGBA, part float64) color.NRGBA {
	c.A = uint8(float64(c.A) * part)
	return c
}
