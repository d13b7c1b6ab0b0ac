package comparison

import (
	"testing"

	"growlab/app/pagetest"
	"growlab/app/session"
)

func TestPages(t *testing.T) {
	all := []session.Info{other, small, twin, grown}
	for _, row := range []struct {
		name string
		do   func(*bench)
	}{
		{"verdict", func(b *bench) {
			b.Show(grown, all)
			b.Done(comparison(t), nil)
		}},
		{"working", func(b *bench) {
			b.Show(grown, all)
			b.Working("measuring the last network of flm-1m-twin on 480 windows")
		}},
		{"nothing", func(b *bench) { b.Show(grown, []session.Info{grown}) }},
	} {
		check := pagetest.CheckState
		if row.name == "verdict" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Wide, func(t *testing.T, theme string) pagetest.Page {
			b := open(t, theme, 889, 590)
			row.do(b)
			return pagetest.Page{Window: b.win}
		})
	}
}
