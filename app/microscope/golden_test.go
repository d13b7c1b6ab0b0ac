// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package microscope

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

func TestGoldens(t *testing.T) {
	for _, row := range []struct {
		theme         string
		width, height float32
		scale         float32
	}{{look.Dark, 624, 580, 1}, {look.Light, 1444, 960, 1}, {look.Light, 624, 580, 2}, {look.Dark, 1444, 960, 1}} {
		name := fmt.Sprintf("microscope-%s-%.0f-%.0fx.png", row.theme, row.width, row.scale)
		t.Run(name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.New(row.theme))
			p := New(nil)
			p.Show(runOf(900, 0), 0)
			golden.Check(t, canvas(t, p, row.theme, fyne.NewSize(row.width, row.height), row.scale).Capture(), name)
		})
	}
}
