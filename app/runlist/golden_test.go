// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package runlist

import (
	"testing"
	"time"

	"growlab/app/golden"
	"growlab/app/look"
	"growlab/app/session"
)

func TestPictures(t *testing.T) {
	time.Local = time.UTC //nolint:reassign // dates on show are local, and pictures are compared
	for _, row := range []struct {
		name, variant string
		do            func(*bench)
	}{
		{"tree-dark.png", look.Dark, func(b *bench) {
			b.Show(runs, "a")
			b.Overlaid(map[string]int{"a": 0, "c": 1, "d": 2})
			b.ShowQueue(queued)
		}},
		{"search-light.png", look.Light, func(b *bench) {
			b.Show(runs, "d")
			b.search.SetText("revert")
		}},
		{"empty-light.png", look.Light, func(b *bench) { b.Show([]session.Info{}, "") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, row.variant)
			row.do(b)
			golden.Check(t, b.win.Canvas().Capture(), row.name)
		})
	}
}
