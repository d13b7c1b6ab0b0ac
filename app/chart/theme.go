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
	Ghost      float64 // opacity of the raw line behind its smoothed one, 0 to 1
}

// Color is the colour of line index i.
func (t Theme) Color(i int) color.NRGBA {
	n := len(t.Series)
	return t.Series[((i%n)+n)%n]
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// Dark is the theme for dark windows.
func Dark() Theme {
	return Theme{
		Background: rgb(0x16171c), Foreground: rgb(0xf2f3f5), Pill: rgb(0x2a2c34), Accent: rgb(0xff6b6b), Ghost: 0.16,
		Series: []color.NRGBA{rgb(0x56b4e9), rgb(0xe69f00), rgb(0x2bc498), rgb(0xd98bc4), rgb(0xf0e442), rgb(0xf2703a), rgb(0x8c9eff), rgb(0xb0b4bd)},
	}
}

// Light is the theme for light windows and for paper.
func Light() Theme {
	return Theme{
		Background: rgb(0xffffff), Foreground: rgb(0x1b1d22), Pill: rgb(0xf3f4f6), Accent: rgb(0xc9252d), Ghost: 0.2,
		Series: []color.NRGBA{rgb(0x0072b2), rgb(0xd17a00), rgb(0x008a63), rgb(0xb0508f), rgb(0x8a7a00), rgb(0xc8441b), rgb(0x4654d1), rgb(0x6b7079)},
	}
}
