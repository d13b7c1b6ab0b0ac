// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package samplepage

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

// TestGoldens draws the page as it stands in windows of 1100 x 700 and 1920 x 1080 units, dark and light, and once at twice the
// scale.
func TestGoldens(t *testing.T) {
	for _, row := range []struct {
		name, theme string
		width, high float32
		scale       float32
		runs        int
	}{
		{"none-dark-1100", look.Dark, 620, 580, 1, 0},
		{"one-dark-1100", look.Dark, 620, 580, 1, 1},
		{"two-light-1100", look.Light, 620, 580, 1, 2},
		{"two-dark-1920", look.Dark, 1440, 960, 1, 2},
		{"one-light-1920", look.Light, 1440, 960, 1, 1},
		{"two-dark-2x", look.Dark, 620, 580, 2, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.New(row.theme))
			p := New(Actions{})
			c := software.NewCanvas()
			c.SetPadded(false)
			c.SetContent(p.Object)
			c.SetScale(row.scale)
			c.Resize(fyne.NewSize(row.width, row.high))
			if row.runs > 0 {
				p.Offer([]Choice{{"b", "flm-1m-twin"}})
				p.Show("a", "flm-1m", texts(9), stages, true)
				p.Turn(1400)
			}
			if row.runs > 1 {
				p.ShowOther("b", "flm-1m-twin", texts(9))
			}
			c.Resize(fyne.NewSize(row.width+1, row.high)) // text that wraps knows its height only when it knows its width
			c.Resize(fyne.NewSize(row.width, row.high))
			golden.Check(t, c.Capture(), row.name+".png")
		})
	}
}
