// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package planner

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

func TestPictures(t *testing.T) {
	for _, row := range []struct {
		name, variant string
		height        float32
		do            func(*bench)
	}{
		{"plan-dark.png", look.Dark, 600, func(*bench) {}},
		{"fault-light.png", look.Light, 600, func(b *bench) {
			b.table.rows[1].inputs["hidden"].entry.SetText("50")
			b.table.rows[2].inputs["operator"].choice.SetSelected("stack")
		}},
		{"more-dark.png", look.Dark, 900, func(b *bench) {
			test.Tap(b.more.fold)
			b.more.search.SetText("stage 2")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, row.variant, 896, row.height)
			row.do(b)
			golden.Check(t, b.win.Canvas().Capture(), row.name)
		})
	}
}
