package plot

import (
	"image/color"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"growlab/app/chart"
)

// show puts a chart of two runs, 5000 points each, with a stage at step 1500 and a checkpoint at 3000, into a window of
// 700 x 420.
func showChart(t *testing.T) (*Chart, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.DefaultTheme())
	c := NewChart("loss")
	for k, name := range []string{"grown", "scratch"} {
		s := chart.NewSeries(name)
		for i := range 5000 {
			x := float64(i + 1)
			s.Append(chart.Pos{Step: x, Tokens: 4096 * x, FLOPs: 1e10 * x, Seconds: 0.1 * x}, 2+0.2*float64(k)+8*math.Exp(-x/700))
		}
		c.AddLine(chart.Line{Series: s, Color: k})
	}
	at := c.Figure().Lines[0].Series.PosAt
	c.SetMarkers([]chart.Marker{
		{At: at(1500), Label: "S2 · 6L × 192", Detail: "loss 2.938 → 2.938\nmax |logit diff| 2.1e-06"},
		{At: at(3000), Kind: chart.Saved, Label: "checkpoint", Detail: "12 MB"},
	})
	w := test.NewTempWindow(t, c)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(700, 420))
	return c, w
}

// middle is the logical position of the middle of the plot.
func middle(c *Chart) fyne.Position {
	p := c.layout.Plot.Min.Add(c.layout.Plot.Max).Div(2)
	return fyne.NewPos(float32(p.X)/c.dots, float32(p.Y)/c.dots)
}

func center(c *Chart, h chart.Hit) fyne.Position {
	p := h.Rect.Min.Add(h.Rect.Max).Div(2)
	return fyne.NewPos(float32(p.X)/c.dots, float32(p.Y)/c.dots)
}

func click(c *Chart, at fyne.Position) {
	e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary}
	c.MouseDown(e)
	c.MouseUp(e)
}

func tipTexts(c *Chart) []string {
	var out []string
	t := c.rend.tip
	if t.title.Visible() {
		out = append(out, t.title.Text)
	}
	for _, r := range t.rows {
		if r.name.Visible() {
			out = append(out, r.name.Text)
		}
		if r.value.Visible() {
			out = append(out, r.value.Text)
		}
	}
	return out
}

func TestHoverShowsValuesNearestFirst(t *testing.T) {
	c, w := showChart(t)
	c.SetSmooth(0.9)
	at := middle(c)
	test.MoveMouse(w.Canvas(), at)
	got := tipTexts(c)
	if len(got) != 5 || got[0] != "step 2,500 · 10.2M tokens" || got[1] != "scratch" || got[3] != "grown" {
		t.Fatalf("tooltip %q, want step and tokens, scratch and its value, grown and its value", got)
	}
	// around step 2500 the raw value is 2.2 + 8 exp(-2500/700) = 2.4249, and the average lags behind
	if r := c.Figure().Read(2500, 1)[0]; got[2] != chart.Value(r.Value)+"  ("+chart.Value(r.Raw)+")" || chart.Value(r.Raw) != "2.4249" {
		t.Errorf("value %q, want smoothed (raw) of %v, the raw 2.4249", got[2], r)
	}
	if !c.rend.cross.Visible() {
		t.Error("no cross line")
	}
	if x := c.rend.cross.Position().X + 0.5; math.Abs(float64(x-at.X)) > 1 {
		t.Errorf("cross line at %v, want under the pointer at %v", x, at.X)
	}
	marks := 0
	for _, r := range c.rend.tip.rows {
		if r.mark.Visible() {
			marks++
		}
	}
	if marks != 2 {
		t.Errorf("%d lines marked, want 2", marks)
	}
	test.MoveMouse(w.Canvas(), fyne.NewPos(2, 2))
	if got := tipTexts(c); len(got) != 0 || c.rend.cross.Visible() {
		t.Errorf("outside the plot: tooltip %q, cross %v, want none", got, c.rend.cross.Visible())
	}
}

// The pictures are of the software canvas; look at testdata/failed after a change, and copy what is right to testdata.
func TestPictures(t *testing.T) {
	for _, tc := range []struct {
		name    string
		variant fyne.ThemeVariant
		do      func(*Chart, fyne.Window)
	}{
		{"hover-dark.png", theme.VariantDark, func(c *Chart, w fyne.Window) { test.MoveMouse(w.Canvas(), middle(c).AddXY(40, -30)) }},
		{"hover-light.png", theme.VariantLight, func(c *Chart, w fyne.Window) { test.MoveMouse(w.Canvas(), middle(c).AddXY(280, 60)) }},
		{"stage-dark.png", theme.VariantDark, func(c *Chart, w fyne.Window) { test.MoveMouse(w.Canvas(), center(c, c.layout.Marks[0])) }},
		{"select-light.png", theme.VariantLight, func(c *Chart, w fyne.Window) {
			w.Canvas().Focus(c)
			c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: middle(c).AddXY(100, 70)}, Dragged: fyne.NewDelta(100, 70)})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, w := showChart(t)
			test.ApplyTheme(t, forced{theme.DefaultTheme(), tc.variant})
			c.SetLogY(true)
			tc.do(c, w)
			test.AssertImageMatches(t, tc.name, w.Canvas().Capture())
		})
	}
}

func TestHoverDoesNotDrawThePictureAgain(t *testing.T) {
	c, w := showChart(t)
	w.Canvas().Capture()
	before := c.frames
	for x := range 50 {
		test.MoveMouse(w.Canvas(), middle(c).AddXY(float32(x), 0))
	}
	if c.frames != before {
		t.Errorf("%d pictures drawn by hovering, want 0", c.frames-before)
	}
}

func TestHoverOfMarkers(t *testing.T) {
	c, w := showChart(t)
	for _, h := range c.layout.Marks {
		test.MoveMouse(w.Canvas(), center(c, h))
		got := tipTexts(c)
		m := c.figure.Markers[h.Index]
		want := []string{m.Label, "12 MB", "step 3,000 · 12.3M tokens"}
		if m.Kind == chart.StageStart {
			want = []string{m.Label, "loss 2.938 ⟶ 2.938", "max |logit diff| 2.1e-06", "step 1,500 · 6.14M tokens"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("tooltip of %s: %q, want %q", m.Label, got, want)
		}
		if c.Cursor() != desktop.PointerCursor {
			t.Errorf("cursor over %s is not a hand", m.Label)
		}
	}
	if len(c.layout.Marks) != 2 {
		t.Errorf("%d marks, want 2", len(c.layout.Marks))
	}
}

func TestTooltipStaysInside(t *testing.T) {
	c, w := showChart(t)
	plot := c.layout.Plot
	for _, at := range []fyne.Position{
		fyne.NewPos(float32(plot.Min.X)+1, float32(plot.Min.Y)+1), fyne.NewPos(float32(plot.Max.X)-2, float32(plot.Max.Y)-2),
		fyne.NewPos(float32(plot.Max.X)-2, float32(plot.Min.Y)+1), middle(c),
	} {
		test.MoveMouse(w.Canvas(), at)
		box := c.rend.tip.box
		if !box.Visible() {
			t.Errorf("no tooltip at %v", at)
		}
		p, s := box.Position(), box.Size()
		if p.X < 0 || p.Y < 0 || p.X+s.Width > c.Size().Width || p.Y+s.Height > c.Size().Height {
			t.Errorf("tooltip at %v size %v leaves the chart of %v", p, s, c.Size())
		}
	}
}

func TestFigureIsACopy(t *testing.T) {
	c, _ := showChart(t)
	f := c.Figure()
	f.Lines[0].Hidden, f.Markers[0].Label = true, "x"
	lines := c.Figure().Lines
	c.SetLines(lines)
	c.ToggleLine(1)
	if lines[1].Hidden {
		t.Error("a click changed the list that the caller gave")
	}
	c.ToggleLine(1)
	if g := c.Figure(); g.Lines[0].Hidden || g.Markers[0].Label == "x" {
		t.Error("changing the copy changed the chart")
	}
}

// A renderer that makes objects while it lays out or refreshes repaints for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	c, w := showChart(t)
	test.MoveMouse(w.Canvas(), middle(c))
	before := slices.Clone(c.rend.Objects())
	for range 3 {
		c.rend.Layout(c.Size())
		c.Refresh()
		test.MoveMouse(w.Canvas(), middle(c).AddXY(3, 3))
	}
	if !slices.Equal(before, c.rend.Objects()) {
		t.Errorf("objects changed: %d before, %d after", len(before), len(c.rend.Objects()))
	}
}

// A layout of the same size, which Fyne asks for whenever a text changes its width, must do nothing.
func TestLayoutOfSameSizeDoesNothing(t *testing.T) {
	c, _ := showChart(t)
	before := c.layout.Plot
	c.layout.Plot.Max.X = 7 // a mark that arranging would wipe out
	c.rend.Layout(c.Size())
	if c.layout.Plot.Max.X != 7 {
		t.Errorf("laid out again: plot %v, as before %v", c.layout.Plot, before)
	}
}

// A picture of 5000 steps on 600 pixels is drawn again when the run has grown by a part of a pixel, or by something that shows.
func TestGrowDrawsOnlyWhatShows(t *testing.T) {
	c, w := showChart(t)
	grown := c.figure.Lines[0].Series
	w.Canvas().Capture()
	grow := func(steps int, y float64) (drawn int) {
		before := c.frames
		for range steps {
			x := float64(grown.Len() + 1)
			grown.Append(chart.Pos{Step: x, Tokens: 4096 * x, FLOPs: 1e10 * x, Seconds: 0.1 * x}, y)
			c.Grow(nil)
			w.Canvas().Capture()
		}
		return c.frames - before
	}
	level := grown.At(grown.Len() - 1).Y
	if got := grow(100, level); got < 20 || got > 60 {
		t.Errorf("100 steps more, 12 pixels, were drawn %d times, want once for each quarter of a pixel", got)
	}
	if got := grow(1, 3*level); got != 1 {
		t.Errorf("a spike was drawn %d times, want once", got)
	}
	changed := false
	c.Grow(func(*chart.Figure) { changed = true })
	if changed {
		t.Error("without a new point the figure was changed")
	}
	c.Hide()
	if got := grow(50, level); got != 0 {
		t.Errorf("hidden, %d pictures were drawn, want none", got)
	}
	c.Show()
	w.Canvas().Capture()
	if x := c.layout.X.Hi; x != float64(grown.Len()) {
		t.Errorf("shown again, the chart ends at %g, want the last step, %d", x, grown.Len())
	}
}

func TestFollowsTheme(t *testing.T) {
	c, w := showChart(t)
	corner := func() color.Color { return w.Canvas().Capture().At(1, 1) }
	for _, variant := range []fyne.ThemeVariant{theme.VariantDark, theme.VariantLight} {
		test.ApplyTheme(t, forced{theme.DefaultTheme(), variant})
		want := color.NRGBAModel.Convert(theme.DefaultTheme().Color(theme.ColorNameBackground, variant))
		if got := color.NRGBAModel.Convert(corner()); got != want {
			t.Errorf("variant %d: background %v, want %v", variant, got, want)
		}
		if got, want := c.colors().Series[0], map[fyne.ThemeVariant]color.NRGBA{
			theme.VariantDark: chart.Dark().Series[0], theme.VariantLight: chart.Light().Series[0],
		}[variant]; got != want {
			t.Errorf("variant %d: first line %v, want %v", variant, got, want)
		}
	}
}

// forced is a theme in one variant.
type forced struct {
	fyne.Theme
	variant fyne.ThemeVariant
}

func (f forced) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	return f.Theme.Color(n, f.variant)
}

func TestMinSizeSuitsALaptop(t *testing.T) {
	c, _ := showChart(t)
	if m := c.MinSize(); m.Width > 320 || m.Height > 220 {
		t.Errorf("least size %v, want at most 320 x 220", m)
	}
}

func TestTinySizesDoNotPanic(t *testing.T) {
	c, w := showChart(t)
	for _, s := range []fyne.Size{{}, {Width: 1, Height: 1}, {Width: 40, Height: 500}, {Width: 500, Height: 30}} {
		c.Resize(s)
		c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(s.Width/2, s.Height/2)}})
		wheel(c, fyne.NewPos(s.Width/2, s.Height/2), 10)
		w.Canvas().Capture()
	}
}
