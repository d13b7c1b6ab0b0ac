package chart

import "image/color"

// Theme is the colours of a picture. Line i of a figure is drawn in Series[i mod len(Series)], the same hue in both
// themes, so that a run keeps its colour when the theme changes.
type Theme struct {
	Background color.NRGBA
	Foreground color.NRGBA // text at full strength; axes, grid and dim text are fractions of it
	Pill       color.NRGBA // fill of marker labels
	Accent     color.NRGBA // spikes and other alarms
	Series     []color.NRGBA
	Ghost      float64 // opacity of the raw line behind its smoothed one, 0 to 1; less when there are several
}

// Color is the colour of line index i.
func (t Theme) Color(i int) color.NRGBA {
	n := len(t.Series)
	return t.Series[((i%n)+n)%n]
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// The palettes start from Okabe and Ito's (jfly.uni-koeln.de/color) and are moved, hue kept, until every pair differs enough
// for every kind of colour vision and every colour stands out from its background; TestPalettes holds them there.

// Dark is the theme for dark windows.
func Dark() Theme {
	return Theme{
		Background: rgb(0x16171c), Foreground: rgb(0xf2f3f5), Pill: rgb(0x2a2c34), Accent: rgb(0xff6b6b), Ghost: 0.2,
		Series: []color.NRGBA{rgb(0x3bceff), rgb(0xe9a002), rgb(0x0b9f6f), rgb(0xbd7caf), rgb(0xe6e142), rgb(0xf36d37), rgb(0x899bf9), rgb(0xb0aaaf)},
	}
}

// Light is the theme for light windows and for paper.
func Light() Theme {
	return Theme{
		Background: rgb(0xffffff), Foreground: rgb(0x1b1d22), Pill: rgb(0xf3f4f6), Accent: rgb(0xc9252d), Ghost: 0.26,
		Series: []color.NRGBA{rgb(0x458ddb), rgb(0xd47d06), rgb(0x126a3f), rgb(0xa34a8e), rgb(0x837f2e), rgb(0xc92f0b), rgb(0x4452d1), rgb(0x5b6b68)},
	}
}
