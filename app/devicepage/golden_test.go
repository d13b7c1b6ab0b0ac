// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package devicepage

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

// TestGoldens draws the page as it stands in windows of 1100 x 700 and 1920 x 1080 units.
func TestGoldens(t *testing.T) {
	for _, row := range []struct {
		name, theme         string
		width, height, zoom float32
	}{
		{"dark-1100", look.Dark, 890, 640, 1},
		{"light-1100", look.Light, 890, 640, 1},
		{"dark-1920", look.Dark, 1700, 1010, 1},
		{"light-2x", look.Light, 890, 640, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.New(row.theme))
			p := New(Actions{})
			c := software.NewCanvas()
			c.SetPadded(false)
			c.SetContent(p.Object)
			c.SetScale(row.zoom)
			size := fyne.NewSize(row.width, row.height)
			c.Resize(size)
			p.Show(machine())
			p.Now(0.63, 41e9, 64e9)
			p.Threads("flm-1m", 16, 16)
			c.Resize(size.AddWidthHeight(1, 0)) // text that wraps knows its height only when it knows its width
			c.Resize(size)
			golden.Check(t, c.Capture(), row.name+".png")
		})
	}
}
