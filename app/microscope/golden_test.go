package microscope

import (
	"testing"

	"growlab/app/curves"
	"growlab/app/pagetest"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		run  func() *curves.Run
	}{
		{"growth", func() *curves.Run { return runOf(900, 0) }},
		{"jump", func() *curves.Run { return runOf(540, 1) }},
		{"none", func() *curves.Run { return runOf(100, 0) }},
	} {
		check := pagetest.CheckState
		if row.name == "growth" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Middle, func(t *testing.T, theme string) pagetest.Page {
			pagetest.Start(t, theme)
			p := New(nil)
			p.Show(row.run(), 0)
			return pagetest.Page{Window: pagetest.Show(t, pagetest.Middle.Small, p.Object), Refresh: p.Refresh}
		})
	}
}
