package knobs

import (
	"testing"

	"growlab/app/pagetest"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*bench)
	}{
		{"staged", func(b *bench) {
			b.Show(courseAt(t, 800), true)
			b.Stage("lr", "0.5x")
			b.Stage(keyPostpone, "300k")
		}},
		{"refused", func(b *bench) {
			b.Show(courseAt(t, 800), true)
			b.Stage("batch", "1000")
		}},
		{"idle", func(b *bench) { b.Show(nil, false) }},
	} {
		check := pagetest.CheckState
		if row.name == "staged" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Wide, func(t *testing.T, theme string) pagetest.Page {
			b := open(t, theme, 889, 590)
			row.do(b)
			return pagetest.Page{Window: b.win, Refresh: func() {
				if b.page.Visible() {
					b.Show(courseAt(t, 801), true)
				}
			}}
		})
	}
}
