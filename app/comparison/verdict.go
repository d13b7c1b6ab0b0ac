package comparison

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"growlab/app/look"
	"growlab/app/plot"
	"growlab/app/verdict"
	"growlab/app/words"
)

// fill writes the verdict: the sentence, both tables, the words on each rival, and what weakens them.
func (p *Page) fill() {
	v := p.result.Verdict
	p.report.RemoveAll()
	p.report.Add(plain(v.Sentence, true))
	p.report.Add(p.sides(v))
	p.report.Add(p.pairs(v))
	if v.PaperWallClock != nil {
		p.report.Add(plain(fmt.Sprintf("The paper's own ratio, %s at the speed of its last stage: %.2fx.", v.Run.Name, *v.PaperWallClock), false))
	}
	for _, x := range v.Pairs {
		p.report.Add(plain(x.Sentence, false))
	}
	p.report.Add(container.New(look.Inset{Top: 4}, look.NewLine(look.Heading, "HOW FAR THIS CARRIES")))
	for _, n := range v.AllNotes() {
		p.report.Add(plain("• "+n, false))
	}
	p.report.Refresh()
	p.verdictScroll.ScrollToTop()
	p.draw()
}

// sides is the table of contenders.
func (p *Page) sides(v verdict.Verdict) fyne.CanvasObject {
	t := newTable([]float32{3, 1.2, 1.6, 1.2, 1.6, 1.2}, "contender", "loss", "FLOPs", "tokens", "active time", "spread")
	all := []verdict.Side{v.Run}
	for _, x := range v.Pairs {
		all = append(all, x.Rival)
	}
	for i, s := range all {
		spread := "one seed"
		if s.Spread != nil {
			spread = fmt.Sprintf("%.4f", *s.Spread)
		}
		t.mark(p.result.Color(i))
		t.add(s.Name == v.Winner, s.Name, fmt.Sprintf("%.4f", s.Loss), words.FLOPs(s.FLOPs), words.Count(int64(s.Tokens)), words.Seconds(s.Seconds), spread)
	}
	return t.object
}

// pairs is the table of what the run is against each rival.
func (p *Page) pairs(v verdict.Verdict) fyne.CanvasObject {
	t := newTable([]float32{2.2, 1.4, 3, 2.7, 0.9}, "against "+v.Run.Name, "at equal FLOPs", "rival minus run (95 %)", "FLOPs to equal loss (95 %)", "time")
	for i, x := range v.Pairs {
		loss, diff, ratio, wall := "–", "–", "–", "–"
		better := false
		if at := x.LossAtFLOPs; at != nil {
			loss, diff = fmt.Sprintf("%.4f", at.Rival), estimate(at.Difference, "%+.3f")
			better = at.Winner == x.Run.Name
		}
		if e := x.FLOPsToEqualLoss; e != nil {
			ratio = estimate(*e, "%.2f")
		}
		if x.WallClock != nil {
			wall = fmt.Sprintf("%.2fx", *x.WallClock)
		}
		t.mark(p.result.Color(i + 1))
		t.add(better, x.Rival.Name, loss, diff, ratio, wall)
	}
	return t.object
}

// estimate writes a value with its interval.
func estimate(e verdict.Estimate, format string) string {
	if e.Low == nil {
		return fmt.Sprintf(format, e.Value)
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", e.Value, *e.Low, *e.High)
}

// table is rows of text in columns.
type table struct {
	object *fyne.Container
	shares []float32
	swatch *plot.Swatch // of the next row; nil for none
}

func newTable(columns []float32, head ...string) *table {
	t := &table{object: container.New(look.Column{Width: 320, Space: 3}), shares: columns}
	t.row(look.Caption, head)
	return t
}

// mark puts a colour of charts before the first cell of the next row.
func (t *table) mark(color int) { t.swatch = plot.NewSwatch(color) }

// add appends a row; a good one stands out.
func (t *table) add(good bool, cells ...string) {
	style := look.Style{}
	if good {
		style = look.Style{Bold: true, Colour: theme.ColorNameSuccess}
	}
	t.row(style, cells)
}

func (t *table) row(s look.Style, cells []string) {
	var lines []fyne.CanvasObject
	for i, c := range cells {
		style := s.Fitting()
		if i > 0 {
			style = style.AtRight()
		}
		lines = append(lines, look.NewLine(style, c))
	}
	if t.swatch != nil {
		lines[0] = container.NewBorder(nil, nil, container.New(look.Inset{Right: 5}, t.swatch), nil, lines[0])
		t.swatch = nil
	}
	t.object.Add(container.New(look.Shares(t.shares), lines...))
}
