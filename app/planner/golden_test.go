package planner

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"growlab/app/pagetest"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*bench)
	}{
		{"plan", func(*bench) {}},
		{"fault", func(b *bench) {
			b.table.rows[1].inputs["hidden"].entry.SetText("50")
			b.table.rows[2].inputs["operator"].choice.SetSelected("stack")
		}},
		{"more", func(b *bench) {
			test.Tap(b.more.fold)
			b.more.search.SetText("stage 2")
		}},
	} {
		check := pagetest.CheckState
		if row.name != "fault" {
			check = pagetest.Check
		}
		room := pagetest.Whole
		if row.name == "more" { // Fyne's software canvas does not cut what is in a field in a field, so all of it is drawn
			room.Small.Height = room.Large.Height
		}
		check(t, row.name, room, func(t *testing.T, theme string) pagetest.Page {
			b := open(t, theme, 889, 623)
			row.do(b)
			b.settle()
			return pagetest.Page{Window: b.win, Refresh: b.Refresh}
		})
	}
}
