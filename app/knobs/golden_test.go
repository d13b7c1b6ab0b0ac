// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package knobs

import (
	"testing"

	"growlab/app/golden"
	"growlab/app/look"
)

func TestPictures(t *testing.T) {
	for _, row := range []struct {
		name, variant string
		do            func(*bench)
	}{
		{"staged-dark.png", look.Dark, func(b *bench) {
			b.Stage("lr", "0.5x")
			b.Stage(keyPostpone, "300k")
		}},
		{"refused-light.png", look.Light, func(b *bench) { b.Stage("batch", "1000") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, row.variant, 640, 580)
			b.Show(courseAt(t, 800), true)
			row.do(b)
			golden.Check(t, b.win.Canvas().Capture(), row.name)
		})
	}
}
