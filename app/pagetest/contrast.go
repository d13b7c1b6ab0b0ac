package pagetest

import (
	"image/color"
	"math"
	"slices"
)

// contrast is that of a text against the fields behind it, the worst of them if there are several; it is not known before a picture.
func (i *inspector) contrast(w written, ink color.Color) (float64, bool) {
	under := []color.NRGBA{}
	for _, f := range slices.Backward(i.fields) {
		shared := w.visible.and(f.in)
		if shared.empty() || !f.blank && f.fill.A == 0 {
			continue
		}
		if f.blank {
			return 0, false
		}
		if !w.visible.within(f.in, 1) {
			continue // a bar or a line in part of it
		}
		under = append(under, f.fill)
		if f.fill.A == 0xff {
			break
		}
	}
	if len(under) == 0 {
		return 0, false
	}
	back := color.NRGBA{A: 0xff}
	for _, c := range slices.Backward(under) {
		back = over(c, back)
	}
	return ratio(over(color.NRGBAModel.Convert(ink).(color.NRGBA), back), back), true
}

// over is what a colour looks like on an opaque one.
func over(c, back color.NRGBA) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8((int(x)*int(c.A) + int(y)*(0xff-int(c.A))) / 0xff) }
	return color.NRGBA{mix(c.R, back.R), mix(c.G, back.G), mix(c.B, back.B), 0xff}
}

// ratio is the contrast ratio of WCAG 2.2.
func ratio(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(level uint8) float64 {
		v := float64(level) / 0xff
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
