// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package curvepage

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/curves"
	"growlab/app/golden"
	"growlab/app/look"
	"growlab/trainer/event"
)

func TestGoldens(t *testing.T) {
	for _, row := range []struct {
		name, theme   string
		width, height float32
		scale         float32
		do            func(*Page)
	}{
		{"one", look.Dark, 624, 580, 1, func(*Page) {}},
		{"one", look.Light, 624, 580, 2, func(*Page) {}},
		{"all", look.Light, 1444, 960, 1, func(p *Page) {
			twin := runOf("b", 2)
			twin.Name = "twin"
			p.Add(twin, 1)
			p.SetMetrics(curves.Metrics())
			p.ShowTable(true)
			p.Trends(true)
			p.Level(1.6)
		}},
		{"story", look.Dark, 1444, 960, 1, func(p *Page) {
			p.Align(2)
			p.ShowTable(true)
			p.tell(slices.IndexFunc(p.board.Shown[0].Run.Notes(), func(n curves.Note) bool { _, grew := n.Event.(event.Grew); return grew }))
		}},
	} {
		name := fmt.Sprintf("%s-%s-%.0f-%.0fx.png", row.name, row.theme, row.width, row.scale)
		t.Run(name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.New(row.theme))
			p := New(Actions{})
			p.Loss.SetLogY(true)
			p.Loss.SetSmooth(0.9)
			a := runOf("a", 1)
			a.Name = "grown"
			p.Show(a, 0)
			c := software.NewCanvas()
			c.SetPadded(false)
			c.SetContent(p.Object)
			c.SetScale(row.scale)
			c.Resize(fyne.NewSize(row.width, row.height))
			row.do(p)
			golden.Check(t, c.Capture(), name)
		})
	}
}
