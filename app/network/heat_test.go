package network

import (
	"math"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// heated is growing(1) with numbers for each part that double from row to row.
func heated() Picture {
	p := growing(1)
	p.Heat = Heat{Name: "gradient", Ends: Parts{1e-3, 2e-3}, Blocks: []Parts{{4e-3, 8e-3}, {16e-3, 32e-3}, {64e-3, 0.128}, {0, 0.256}, {0, 0.512}}}
	return p
}

func TestLevel(t *testing.T) {
	for _, row := range []struct {
		name      string
		x, lo, hi float64
		want      float32
	}{
		{"least", 1, 1, 100, 0},
		{"in the middle of the logarithms", 10, 1, 100, 0.5},
		{"largest", 100, 1, 100, 1},
		{"all alike", 3, 3, 3, 0.5},
		{"not known", 0, 1, 100, cold},
		{"not a number", math.NaN(), 1, 100, cold},
		{"nothing is known", 5, 0, 0, cold},
	} {
		if got := level(row.x, row.lo, row.hi); math.Abs(float64(got-row.want)) > 1e-6 {
			t.Errorf("%s: got %g, want %g", row.name, got, row.want)
		}
	}
}

// Old and new cells of a block have the levels of their own numbers; ghosts and texts have none.
func TestHeatColoursOldAndNewApart(t *testing.T) {
	p := heated()
	cells, labels := p.lay(264, 260, 1, nowhere)
	seen := map[tint][]float32{}
	for _, c := range cells {
		if c.hot != (c.tint != ghost) {
			t.Fatalf("cell %+v: hot is %v", c, c.hot)
		}
		if c.hot && !slices.Contains(seen[c.tint], c.level) {
			seen[c.tint] = append(seen[c.tint], c.level)
		}
	}
	if len(seen[fresh]) != 6 { // ends and five blocks
		t.Errorf("got %d levels of new cells, want 6: %v", len(seen[fresh]), seen[fresh])
	}
	text := ""
	for _, l := range labels {
		text += l.text + "\n"
	}
	for _, want := range []string{"1e-3\n", "0.51  gradient\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the legend lacks %q:\n%s", want, text)
		}
	}
}

// Numbers of another number of layers, as right after a growth, are not drawn.
func TestHeatOfAnotherShapeIsNotDrawn(t *testing.T) {
	p := heated()
	p.Heat.Blocks = p.Heat.Blocks[:3]
	cells, _ := p.lay(264, 260, 1, nowhere)
	for _, c := range cells {
		if c.hot {
			t.Fatalf("cell %+v is coloured by numbers of another network", c)
		}
	}
}

func TestPointerDescribesTheRow(t *testing.T) {
	d, r := shown(t)
	d.Set(growing(0.5))
	last := func() string {
		text := ""
		for _, o := range r.pool.texts {
			if !o.Hidden {
				text = o.Text
			}
		}
		return text
	}
	l := d.picture.layout(d.Size().Width, d.Size().Height)
	over := func(layer int) {
		y := l.bottom() + l.end/2
		if layer != outside {
			y = l.bottom() - (float32(layer)+0.5)*(l.block+l.gap)
		}
		d.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(20, y)}})
	}
	for _, row := range []struct {
		layer int
		want  string
	}{
		{outside, "embedding, output: width 64+32"},
		{0, "block 1: width 64+32, heads 4+2, FFN 256+128"},
		{4, "block 5 new: width 96, heads 6, FFN 384"},
	} {
		if over(row.layer); last() != row.want {
			t.Errorf("over layer %d: got %q, want %q", row.layer, last(), row.want)
		}
	}
	d.Set(heated())
	if over(1); last() != "block 2: old 0.016, new 0.032" {
		t.Errorf("with heat: got %q", last())
	}
	d.MouseOut()
	if got := last(); strings.HasPrefix(got, "block") {
		t.Errorf("without a pointer: got %q, want the legend", got)
	}
}
