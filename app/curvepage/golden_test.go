package curvepage

import (
	"slices"
	"testing"

	"growlab/app/curves"
	"growlab/app/pagetest"
	"growlab/trainer/event"
)

func TestPages(t *testing.T) {
	grew := func(n curves.Note) bool { _, ok := n.Event.(event.Grew); return ok }
	for _, row := range []struct {
		name string
		do   func(*Page)
	}{
		{"one", func(*Page) {}},
		{"all", func(p *Page) {
			twin := runOf("b", 2)
			twin.Name = "twin"
			p.Add(twin, 1)
			p.SetMetrics(curves.Metrics())
			p.ShowTable(true)
			p.Trends(true)
			p.Level(1.6)
		}},
		{"story", func(p *Page) {
			p.Align(2)
			p.ShowTable(true)
			p.tell(slices.IndexFunc(p.board.Shown[0].Run.Notes(), grew))
		}},
	} {
		check := pagetest.CheckState
		if row.name == "all" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Middle, func(t *testing.T, theme string) pagetest.Page {
			p := page(t, theme)
			a := runOf("a", 1)
			a.Name = "grown"
			w := pagetest.Show(t, pagetest.Middle.Small, p.Object)
			p.Show(a, 0)
			row.do(p)
			return pagetest.Page{Window: w, Refresh: func() {
				a.Apply([]event.Event{event.Step{Step: 1001, Tokens: 1001 * 1536, Stage: 2, Loss: 1.5, LR: 8e-3, Mask: 1, FLOPs: 1.001e12, Seconds: 31}})
				p.Refresh()
			}}
		})
	}
	pagetest.CheckState(t, "empty", pagetest.Middle, func(t *testing.T, theme string) pagetest.Page {
		p := page(t, theme)
		w := pagetest.Show(t, pagetest.Middle.Small, p.Object)
		p.Show(curves.NewRun("a", "grown"), 0)
		return pagetest.Page{Window: w}
	})
}

// page is one with the settings that the window begins with.
func page(t *testing.T, theme string) *Page {
	t.Helper()
	pagetest.Start(t, theme)
	p := New(Actions{})
	p.Loss.SetLogY(true)
	p.Loss.SetSmooth(0.9)
	return p
}
