// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package network

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

// TestGoldens draws the network by age and by number, dark and light, and at twice the scale.
func TestGoldens(t *testing.T) {
	deep := Picture{To: Shape{40, 512, 16, 2048}, Final: Shape{40, 512, 16, 2048}, Mask: 1, Stage: 1, Title: "40 layers × 512"}
	for _, row := range []struct {
		name    string
		picture Picture
	}{{"age", growing(0.4)}, {"heat", heated()}, {"deep", deep}} {
		for _, theme := range []string{look.Dark, look.Light} {
			for _, scale := range []float32{1, 2} {
				name := row.name + "-" + theme
				if scale == 2 {
					name += "-2x"
				}
				t.Run(name, func(t *testing.T) {
					test.NewTempApp(t).Settings().SetTheme(look.New(theme))
					d := New()
					d.Set(row.picture)
					c := software.NewCanvas()
					c.SetPadded(false)
					c.SetContent(d)
					c.SetScale(scale)
					c.Resize(fyne.NewSize(264, 236))
					golden.Check(t, c.Capture(), name+".png")
				})
			}
		}
	}
}
