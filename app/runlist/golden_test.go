package runlist

import (
	"testing"

	"growlab/app/pagetest"
	"growlab/app/session"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*bench)
	}{
		{"tree", func(b *bench) {
			b.Show(runs, "a")
			b.Overlaid(map[string]int{"a": 0, "c": 1, "d": 2})
			b.ShowQueue(queued)
		}},
		{"search", func(b *bench) {
			b.Show(runs, "d")
			b.search.SetText("revert")
		}},
		{"empty", func(b *bench) { b.Show([]session.Info{}, "") }},
	} {
		check := pagetest.CheckState
		if row.name == "tree" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.List, func(t *testing.T, theme string) pagetest.Page {
			b := open(t, theme)
			row.do(b)
			return pagetest.Page{Window: b.win}
		})
	}
}
