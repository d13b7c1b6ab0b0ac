// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package comparison

import (
	"testing"

	"growlab/app/golden"
	"growlab/app/look"
	"growlab/app/session"
)

func TestPictures(t *testing.T) {
	for _, row := range []struct {
		name, variant string
		do            func(*bench)
	}{
		{"verdict-dark.png", look.Dark, func(b *bench) {
			b.Show(grown, []session.Info{other, small, twin, grown})
			b.Done(comparison(t), nil)
		}},
		{"nothing-light.png", look.Light, func(b *bench) { b.Show(grown, []session.Info{grown}) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, row.variant, 860, 640)
			row.do(b)
			golden.Check(t, b.win.Canvas().Capture(), row.name)
		})
	}
}
