package plot

import (
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"growlab/app/chart"
)

// linked is a chart of two runs with one of their gradient norms below, joined, in a window of 700 x 600.
func linked(t testing.TB, points int) (loss, norm *Chart, g *Group, w fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	fyne.CurrentApp().Settings().SetTheme(theme.DefaultTheme())
	loss, norm = NewChart("loss"), NewChart("gradient norm")
	for k, name := range []string{"grown", "scratch"} {
		s := chart.NewSheet(name, name)
		for i := range points {
			x := float64(i + 1)
			noise := math.Mod(x*0.618, 1) - 0.5
			s.Append(chart.Pos{Step: x, Tokens: 4096 * x, FLOPs: 1e10 * x, Seconds: 0.1 * x}, 2+float64(k)+8*math.Exp(-x/700)+0.2*noise, 0.5+0.1*noise)
		}
		loss.AddLine(chart.Line{Series: s.Series(0), Color: k})
		norm.AddLine(chart.Line{Series: s.Series(1), Color: k})
	}
	f := norm.Figure()
	f.Slim = true
	norm.SetFigure(f)
	g = NewGroup(loss, norm)
	w = test.NewWindow(container.New(layout.NewGridLayoutWithRows(2), loss, norm))
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(700, 600))
	return loss, norm, g, w
}

func TestGroupSharesX(t *testing.T) {
	loss, norm, _, _ := linked(t, 2000)
	loss.SetView(chart.Range{Lo: 100, Hi: 300}, chart.Range{Lo: 1, Hi: 5})
	if f := norm.Figure(); f.X != (chart.Range{Lo: 100, Hi: 300}) || !f.Y.Auto() {
		t.Errorf("the other chart shows %v, %v; want the same x and a height of its own", f.X, f.Y)
	}
	norm.SetXAxis(chart.FLOPs)
	norm.SetLogX(true)
	if f := loss.Figure(); f.XAxis != chart.FLOPs || !f.LogX || !f.X.Auto() || !f.Y.Auto() {
		t.Errorf("the loss shows %v, log %v, %v, %v; want FLOPs, logarithmic, fitted", f.XAxis, f.LogX, f.X, f.Y)
	}
}

func TestGroupSharesTheCursor(t *testing.T) {
	loss, norm, g, w := linked(t, 2000)
	moves := 0
	g.OnCursor = func() { moves++ }
	at := middle(loss)
	at.Y = float32(loss.layout.YPixel(4.8)) / loss.dots // on the run from scratch
	test.MoveMouse(w.Canvas(), at)
	if !norm.rend.cross.Visible() || norm.rend.tip.box.Visible() {
		t.Error("the other chart has no cross line, or has a tooltip")
	}
	if a, b := loss.rend.cross.Position().X, norm.rend.cross.Position().X; math.Abs(float64(a-b)) > 1.5 {
		t.Errorf("cross lines at %g and %g, want below each other", a, b)
	}
	marks := 0
	for _, r := range norm.rend.tip.rows {
		if r.mark.Visible() {
			marks++
		}
	}
	if marks != 2 || moves == 0 {
		t.Errorf("%d lines marked in the other chart, want 2; %d moves told", marks, moves)
	}
	values := g.Values()
	var names []string
	for _, v := range values {
		names = append(names, v.Chart.figure.YName+"/"+v.Line.Label())
	}
	if want := []string{"loss/scratch", "loss/grown"}; len(values) != 4 || !slices.Equal(names[:2], want) || values[0].Gap > values[1].Gap {
		t.Errorf("values %q, want the nearest of the chart under the pointer first, then the other chart's", names)
	}
	g.PointAt(loss.figure.Lines[0].Series.PosAt(3), true) // told back by somebody who follows the cursor
	if again := g.Values(); len(again) != 4 || again[0].Line.Label() != "scratch" || again[0].Gap != values[0].Gap {
		t.Errorf("values %v after an echo, want those nearest to the pointer first as before", again)
	}
	loss.MouseOut()
	if norm.rend.cross.Visible() || loss.rend.cross.Visible() {
		t.Error("a cross line stays when the pointer leaves")
	}
	if values := g.Values(); len(values) != 4 || values[0].At.Step != 2000 {
		t.Errorf("without a cursor: %d values, the first at step %g; want the four last ones", len(values), values[0].At.Step)
	}
}

func TestTooltipListsTheNearestFirst(t *testing.T) {
	loss, _, _, w := linked(t, 2000)
	for _, row := range []struct {
		y    float64
		want string
	}{{4.8, "scratch"}, {3.8, "grown"}} {
		at := middle(loss)
		at.Y = float32(loss.layout.YPixel(row.y)) / loss.dots
		test.MoveMouse(w.Canvas(), at)
		if got := tipTexts(loss); len(got) != 5 || got[1] != row.want {
			t.Errorf("at %g: tooltip %q, want %s first", row.y, got, row.want)
		}
	}
}

func TestCursorMovesByKeys(t *testing.T) {
	loss, _, g, _ := linked(t, 2000)
	loss.SetView(chart.Range{Lo: 500, Hi: 520}, chart.Range{})
	loss.TypedRune('.')
	first, on := g.Cursor()
	loss.TypedRune('.')
	second, _ := g.Cursor()
	loss.TypedRune(',')
	back, _ := g.Cursor()
	if !on || math.Abs(first-511) > 0.5 || math.Abs(second-first-1) > 0.5 || math.Abs(back-first) > 0.5 {
		t.Errorf("the cursor was at %g, %g and %g, want from the middle one step on and one back", first, second, back)
	}
	for range 30 {
		loss.TypedRune('.')
	}
	if x := loss.Figure().X; x.Lo <= 500 {
		t.Errorf("the view is %v, want it to follow the cursor", x)
	}
	var rune1 rune
	loss.OnTypedRune = func(r rune) { rune1 = r }
	loss.TypedRune('n')
	if rune1 != 'n' {
		t.Error("a key without use is not passed on")
	}
}

func TestReadout(t *testing.T) {
	loss, _, g, w := linked(t, 2000)
	r := NewReadout(g, 3)
	win := test.NewTempWindow(t, r)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(640, 80))
	before := slices.Clone(r.rend.Objects())
	text := func(i, k int) string { return r.rend.cells[i][k].Text }
	if text(0, 0) != "last values" || text(1, 3) != "2,000" {
		t.Errorf("without a cursor: %q, step %q; want the last values", text(0, 0), text(1, 3))
	}
	at := middle(loss)
	at.Y = float32(loss.layout.YPixel(4.8)) / loss.dots
	test.MoveMouse(w.Canvas(), at)
	if text(0, 0) != "at the cursor, nearest first" || text(1, 0) != "scratch" || text(2, 0) != "grown" || text(3, 0) != "and 2 more lines" {
		t.Errorf("rows %q, %q, %q under %q", text(1, 0), text(2, 0), text(3, 0), text(0, 0))
	}
	if want := chart.Value(g.Values()[0].Reading.Value); text(1, 1) != want {
		t.Errorf("value %q, want %q", text(1, 1), want)
	}
	if !slices.Equal(before, r.rend.Objects()) {
		t.Error("moving the pointer made new objects")
	}
	win.Resize(fyne.NewSize(300, 80))
	if text(1, 5) != "" || text(1, 1) == "" {
		t.Errorf("narrow: active time %q, value %q; want the value alone", text(1, 5), text(1, 1))
	}
}

// A picture that takes long is drawn elsewhere; until it is there the one before stays, and changes meanwhile lead to one more.
func TestSlowPicturesAreDrawnBehind(t *testing.T) {
	loss, _, _, w := linked(t, 2000)
	queue := make(chan func(), 10)
	loss.queue = func(f func()) { queue <- f }
	w.Canvas().Capture()
	first, before := loss.front, slices.Clone(loss.front.Pix)
	loss.slow, loss.took = 0, time.Second
	loss.SetView(chart.Range{Lo: 100, Hi: 300}, chart.Range{})
	w.Canvas().Capture()
	if loss.front != first || !slices.Equal(before, loss.front.Pix) {
		t.Fatal("the picture changed on the goroutine of the window")
	}
	if !loss.busy {
		t.Fatal("nobody draws")
	}
	loss.SetView(chart.Range{Lo: 150, Hi: 250}, chart.Range{}) // what is being drawn is out of date
	next := func() {
		select {
		case f := <-queue:
			f()
		case <-time.After(2 * time.Minute):
			t.Fatal("no picture came")
		}
	}
	next()
	if loss.front == first || loss.layout.X.Lo != 100 {
		t.Errorf("x from %g is on show, want from 100", loss.layout.X.Lo)
	}
	w.Canvas().Capture()
	next()
	w.Canvas().Capture()
	if loss.layout.X != (chart.Range{Lo: 150, Hi: 250}) || loss.busy {
		t.Errorf("in the end %v is on show, want 150 to 250", loss.layout.X)
	}
	want := image.NewRGBA(loss.front.Rect)
	chart.Draw(want, loss.figure, loss.colors(), float64(loss.dots))
	if !slices.Equal(want.Pix, loss.front.Pix) {
		t.Error("the picture differs from one drawn at once")
	}
}

// BenchmarkPan1M moves a chart of a million points, raw and smoothed, on the software canvas: what a frame costs in all.
func BenchmarkPan1M(b *testing.B) {
	test.NewTempApp(b)
	c := NewChart("loss")
	c.SetSmooth(0.99)
	c.SetLogY(true)
	const n = 1_000_000
	s := chart.NewSeries("run")
	for i := range n {
		x := float64(i + 1)
		s.Append(chart.Pos{Step: x, Tokens: x, FLOPs: x, Seconds: x}, 2+8*math.Exp(-x/70_000)+0.2*(math.Mod(x*0.618, 1)-0.5))
	}
	c.AddLine(chart.Line{Series: s})
	w := test.NewWindow(c)
	b.Cleanup(w.Close)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1000, 640))
	c.slow = time.Hour // count the drawing
	c.SetView(chart.Range{Lo: n / 4, Hi: 3 * n / 4}, chart.Range{})
	w.Canvas().Capture()
	by := 0.002
	for b.Loop() {
		if x := c.figure.X; x.Lo < n/8 || x.Hi > n*7/8 {
			by = -by
		}
		c.moveX(by)
		w.Canvas().Capture()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// BenchmarkPan1MDrawing is the same without the canvas around it: Fyne's software painter copies the picture, a graphics card
// need not.
func BenchmarkPan1MDrawing(b *testing.B) {
	test.NewTempApp(b)
	c := NewChart("loss")
	c.SetSmooth(0.99)
	c.SetLogY(true)
	const n = 1_000_000
	s := chart.NewSeries("run")
	for i := range n {
		x := float64(i + 1)
		s.Append(chart.Pos{Step: x, Tokens: x, FLOPs: x, Seconds: x}, 2+8*math.Exp(-x/70_000)+0.2*(math.Mod(x*0.618, 1)-0.5))
	}
	c.AddLine(chart.Line{Series: s})
	c.Resize(fyne.NewSize(1000, 640))
	c.slow = time.Hour
	c.SetView(chart.Range{Lo: n / 4, Hi: 3 * n / 4}, chart.Range{})
	c.draw(1000, 640)
	for b.Loop() {
		c.moveX(0.002)
		if c.figure.X.Hi > n*7/8 {
			c.SetView(chart.Range{Lo: n / 4, Hi: 3 * n / 4}, chart.Range{})
		}
		c.draw(1000, 640)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

func TestTheCursorStaysUnderThePointerWhenThePictureMoves(t *testing.T) {
	loss, norm, g, w := linked(t, 2000)
	test.MoveMouse(w.Canvas(), middle(loss).AddXY(-90, 0))
	before, _ := g.Cursor()
	for _, row := range []struct {
		name string
		do   func()
	}{
		{"zoomed by a setter", func() { loss.SetView(chart.Range{Lo: 1000, Hi: 1800}, chart.Range{}) }},
		{"panned by a key", func() { loss.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) }},
		{"another axis", func() { loss.SetXAxis(chart.Tokens) }},
	} {
		row.do()
		now, on := g.Cursor()
		if want := loss.layout.XValue(float64(loss.pointer.at.X * loss.dots)); !on || now != want || now == before {
			t.Errorf("%s: the cursor is at %g (before %g), want %g, which the pointer is on", row.name, now, before, want)
		}
		if a, b := loss.rend.cross.Position().X, norm.rend.cross.Position().X; math.Abs(float64(a-b)) > 6 {
			t.Errorf("%s: cross lines at %g and %g, want below each other", row.name, a, b)
		}
		before = now
	}
}
