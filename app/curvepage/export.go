package curvepage

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/form"
	"growlab/app/look"
)

// Format is a kind of file that what is seen can be saved as.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
	CSV Format = "csv"
)

// pngScale is how many pixels a unit of length has in a saved picture: twice as fine as an ordinary screen.
const pngScale = 2

// Write writes what the page shows: pictures as they are seen, with their size, theme and zoom, and as a table every point in view.
func (p *Page) Write(w io.Writer, f Format) error {
	s, width, height := p.seen()
	switch f {
	case PNG:
		return s.WritePNG(w, p.Loss.Colors(), width, height, pngScale)
	case SVG:
		return s.WriteSVG(w, p.Loss.Colors(), width, height)
	case CSV:
		return s.WriteCSV(w)
	}
	return fmt.Errorf("format %q: there are png, svg and csv", f)
}

// seen is the charts on show, and their size together.
func (p *Page) seen() (s chart.Stack, width, height int) {
	var figures []chart.Figure
	var heights []float64
	total := 0.0
	for _, m := range p.board.Metrics {
		c := p.charts[m]
		figures = append(figures, c.Figure())
		heights = append(heights, float64(c.Size().Height))
		total += float64(c.Size().Height)
	}
	s = chart.Stack{Figures: figures, Heights: heights}
	return s, int(math.Round(float64(p.Loss.Size().Width))), int(math.Round(total))
}

// Export asks as what to save, and where.
func (p *Page) Export() {
	w := p.window()
	if w == nil {
		return
	}
	var items []*fyne.MenuItem
	for _, f := range []struct {
		format Format
		title  string
	}{{PNG, "Picture (PNG), as it is seen…"}, {SVG, "Drawing (SVG), as it is seen…"}, {CSV, "Every point in view (CSV)…"}} {
		items = append(items, fyne.NewMenuItem(f.title, func() { p.saveAs(f.format) }))
	}
	p.popUp(p.bar.save, fyne.NewMenu("", items...))
}

// saveAs asks for a file.
func (p *Page) saveAs(f Format) {
	w := p.window()
	d := dialog.NewFileSave(func(out fyne.URIWriteCloser, err error) { p.save(f, out, err) }, w)
	d.SetFileName(p.fileName(f))
	d.SetFilter(storage.NewExtensionFileFilter([]string{"." + string(f)}))
	p.ask(d)
}

// save writes what is seen to the file that was chosen, nil for none, and says so.
func (p *Page) save(f Format, out fyne.URIWriteCloser, err error) {
	if err == nil && out != nil {
		err = errors.Join(p.Write(out, f), out.Close())
	}
	switch {
	case err != nil && p.do.Failed != nil:
		p.do.Failed("The curves could not be saved", err)
	case err == nil && out != nil && p.do.Saved != nil:
		p.do.Saved(out.URI().Path())
	}
}

// fileName suggests a name: that of the run, what is shown and over what.
func (p *Page) fileName(f Format) string {
	name := "curves"
	if len(p.board.Shown) > 0 && p.board.Shown[0].Run.Name != "" {
		name = p.board.Shown[0].Run.Name
	}
	axis := strings.ReplaceAll(strings.ToLower(p.Loss.Figure().XAxis.String()), " ", "-")
	return filepath.Base(strings.ReplaceAll(name, "/", "-")) + "-loss-" + axis + "." + string(f)
}

// askLevel asks for the value of a reference line.
func (p *Page) askLevel() {
	w := p.window()
	if w == nil {
		return
	}
	entry := form.NewEntry(nil)
	if last := p.Loss.Figure().Last(); len(last) > 0 {
		entry.SetText(chart.Value(last[len(last)-1].Value))
	}
	draw := func(text string) {
		y, err := parseLevel(text)
		if err == nil {
			p.Level(y)
		} else if p.do.Failed != nil {
			p.do.Failed("The line could not be drawn", err)
		}
	}
	body := container.New(look.Column{Width: 300, Space: 6}, look.NewLine(look.Caption.Fitting(), "at this loss, in nats per byte"), entry)
	d := dialog.NewCustomConfirm("", "Draw", "Cancel", look.Titled("Reference line", body), func(yes bool) {
		if yes {
			draw(entry.Text)
		}
	}, w)
	entry.OnSubmitted = func(string) { d.Confirm() }
	entry.OnEscape = d.Hide
	p.ask(d)
	w.Canvas().Focus(entry)
}

// ask shows a dialog.
func (p *Page) ask(d dialog.Dialog) {
	if p.do.Ask != nil {
		p.do.Ask(d)
		return
	}
	d.Show()
}

func parseLevel(text string) (float64, error) {
	y, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(y) || math.IsInf(y, 0) {
		return 0, fmt.Errorf("a loss is a number such as 1.35, not %q", text)
	}
	return y, nil
}

// Board is what the page shows, for whoever draws it elsewhere.
func (p *Page) Board() curves.Board {
	b := p.board
	b.View = viewOf(p.Loss.Figure())
	return b
}
