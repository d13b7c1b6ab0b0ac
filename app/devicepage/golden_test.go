package devicepage

import (
	"testing"

	"growlab/app/pagetest"
	"growlab/cudart"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*Page)
	}{
		{"gpus", func(p *Page) {
			p.Show(machine())
			p.Now(0.63, 41e9, 64e9)
			p.Threads("flm-1m", 16, 16)
		}},
		{"laptop", func(p *Page) {
			d, findings := machine()
			d.CUDA = &cudart.Report{Problem: "libcuda.so.1 was not found: no NVIDIA driver is installed"}
			p.Show(d, findings[:1])
			p.Now(0.04, 3e9, 64e9)
		}},
		{"looking", func(p *Page) { p.Looking() }},
	} {
		check := pagetest.CheckState
		if row.name == "gpus" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Whole, func(t *testing.T, theme string) pagetest.Page {
			pagetest.Start(t, theme)
			p := New(Actions{})
			w := pagetest.Show(t, pagetest.Whole.Small, p.Object)
			row.do(p)
			return pagetest.Page{Window: w, Refresh: func() { p.Now(0.5, 12e9, 64e9) }}
		})
	}
}
