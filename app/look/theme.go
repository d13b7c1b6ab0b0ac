package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"growlab/app/chart"
)

// The choices of theme.
const (
	System = "system"
	Dark   = "dark"
	Light  = "light"
)

// Trouble is the field behind bad news.
const Trouble fyne.ThemeColorName = "growlabTrouble"

// Theme is the theme of the window: desktop density, the colours of the charts, dark or light as chosen or as the system is.
type Theme struct {
	fyne.Theme
	choice string
	roomy  bool
}

// New is the theme for one of the choices.
func New(choice string) Theme { return Theme{Theme: theme.DefaultTheme(), choice: choice} }

// Roomy is l with larger text and more space, for fingers and tired eyes.
func (l Theme) Roomy() Theme { l.roomy = true; return l }

// variant is the variant in use, given the one of the system.
func (l Theme) variant(system fyne.ThemeVariant) fyne.ThemeVariant {
	switch l.choice {
	case Dark:
		return theme.VariantDark
	case Light:
		return theme.VariantLight
	}
	return system
}

// Color implements fyne.Theme.
func (l Theme) Color(n fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	v := l.variant(system)
	own := lightColours
	if v == theme.VariantDark {
		own = darkColours
	}
	if c, ok := own[n]; ok {
		return c
	}
	return l.Theme.Color(n, v)
}

var darkColours = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          chart.Dark().Background,
	theme.ColorNameForeground:          color.NRGBA{0xe8, 0xea, 0xed, 0xff},
	theme.ColorNameInputBackground:     color.NRGBA{0x26, 0x28, 0x30, 0xff},
	theme.ColorNameInputBorder:         color.NRGBA{0x4a, 0x4f, 0x5a, 0xff}, // 2.2 : 1 on the background: a box to check must be seen
	theme.ColorNameButton:              color.NRGBA{0x26, 0x28, 0x30, 0xff},
	theme.ColorNameDisabledButton:      color.NRGBA{0x1e, 0x20, 0x26, 0xff},
	theme.ColorNameDisabled:            color.NRGBA{0x8a, 0x8f, 0x9a, 0xff},
	theme.ColorNamePlaceHolder:         color.NRGBA{0x9a, 0x9f, 0xa9, 0xff}, // secondary text: 6.6 : 1 on the background
	theme.ColorNameHeaderBackground:    color.NRGBA{0x1d, 0x1f, 0x25, 0xff}, // cards and panels
	theme.ColorNameOverlayBackground:   color.NRGBA{0x21, 0x23, 0x2a, 0xff},
	theme.ColorNameMenuBackground:      color.NRGBA{0x21, 0x23, 0x2a, 0xff},
	theme.ColorNameSeparator:           color.NRGBA{0x2b, 0x2e, 0x36, 0xff},
	theme.ColorNamePrimary:             color.NRGBA{0x5c, 0x97, 0xf7, 0xff}, // as text 6.2 : 1 on the background, so what stands on it is dark
	theme.ColorNameForegroundOnPrimary: color.NRGBA{0x0b, 0x12, 0x20, 0xff},
	theme.ColorNameForegroundOnError:   color.NRGBA{0x20, 0x0a, 0x0c, 0xff},
	theme.ColorNameHover:               color.NRGBA{0xff, 0xff, 0xff, 0x10},
	theme.ColorNameFocus:               color.NRGBA{0xd6, 0xe4, 0xff, 0x4c}, // lies over buttons: plain ones, and those in the primary colour
	theme.ColorNameSelection:           color.NRGBA{0x2f, 0x72, 0xe6, 0x46},
	theme.ColorNameSuccess:             color.NRGBA{0x2b, 0xc4, 0x98, 0xff},
	theme.ColorNameWarning:             color.NRGBA{0xf0, 0xa4, 0x3a, 0xff},
	theme.ColorNameError:               color.NRGBA{0xff, 0x6b, 0x6b, 0xff},
	Trouble:                            color.NRGBA{0x3a, 0x1f, 0x24, 0xff},
}

var lightColours = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:        chart.Light().Background,
	theme.ColorNameForeground:        color.NRGBA{0x1f, 0x23, 0x28, 0xff},
	theme.ColorNameInputBackground:   color.NRGBA{0xf1, 0xf3, 0xf5, 0xff},
	theme.ColorNameInputBorder:       color.NRGBA{0xb0, 0xb7, 0xc2, 0xff},
	theme.ColorNameButton:            color.NRGBA{0xee, 0xf0, 0xf3, 0xff},
	theme.ColorNameDisabledButton:    color.NRGBA{0xf5, 0xf6, 0xf8, 0xff},
	theme.ColorNameDisabled:          color.NRGBA{0x66, 0x6e, 0x79, 0xff}, // also the text of calm labels: 4.8 : 1 on panels
	theme.ColorNamePlaceHolder:       color.NRGBA{0x5d, 0x65, 0x70, 0xff}, // secondary text: 5.9 : 1 on the background
	theme.ColorNameHeaderBackground:  color.NRGBA{0xf6, 0xf7, 0xf9, 0xff},
	theme.ColorNameOverlayBackground: color.NRGBA{0xff, 0xff, 0xff, 0xff},
	theme.ColorNameMenuBackground:    color.NRGBA{0xff, 0xff, 0xff, 0xff},
	theme.ColorNameSeparator:         color.NRGBA{0xdd, 0xe1, 0xe6, 0xff},
	theme.ColorNamePrimary:           color.NRGBA{0x1f, 0x63, 0xd6, 0xff},
	theme.ColorNameSelection:         color.NRGBA{0x1f, 0x63, 0xd6, 0x2a},
	theme.ColorNameFocus:             color.NRGBA{0x0b, 0x2a, 0x66, 0x60}, // lies over buttons: plain ones, and those in the primary colour
	theme.ColorNameSuccess:           color.NRGBA{0x00, 0x7d, 0x5a, 0xff},
	theme.ColorNameWarning:           color.NRGBA{0xa8, 0x5f, 0x00, 0xff},
	theme.ColorNameError:             color.NRGBA{0xbd, 0x1f, 0x28, 0xff}, // 4.9 : 1 on what is selected
	Trouble:                          color.NRGBA{0xfd, 0xec, 0xec, 0xff},
}

// Size implements fyne.Theme: the stock sizes are for fingers.
func (l Theme) Size(n fyne.ThemeSizeName) float32 {
	if l.roomy {
		switch n {
		case theme.SizeNameText:
			return 14
		case theme.SizeNameCaptionText:
			return 12
		case theme.SizeNamePadding:
			return 4
		case theme.SizeNameInnerPadding:
			return 8
		}
	}
	switch n {
	case theme.SizeNameText:
		return 13
	case theme.SizeNameCaptionText:
		return 11
	case theme.SizeNameSubHeadingText:
		return 16
	case theme.SizeNameHeadingText:
		return 22
	case theme.SizeNamePadding:
		return 3
	case theme.SizeNameInnerPadding:
		return 6
	case theme.SizeNameInlineIcon:
		return 18
	}
	return l.Theme.Size(n)
}
