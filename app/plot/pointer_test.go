package plot

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"growlab/app/chart"
)

func TestDragSelects(t *testing.T) {
	for _, tc := range []struct {
		name         string
		dx, dy       float32
		zoomX, zoomY bool
	}{
		{"flat box: along x", 200, 3, true, false},
		{"narrow box: along y", 5, 100, false, true},
		{"box", 200, 100, true, true},
		{"backwards", -200, -100, true, true},
		{"too small", 3, 3, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, w := showChart(t)
			whole := c.layout
			start := middle(c)
			test.Drag(w.Canvas(), start.AddXY(tc.dx, tc.dy), tc.dx, tc.dy)
			f := c.Figure()
			if !f.X.Auto() != tc.zoomX || !f.Y.Auto() != tc.zoomY {
				t.Fatalf("zoomed x %v y %v, want %v %v", f.X, f.Y, tc.zoomX, tc.zoomY)
			}
			if tc.zoomX {
				from, to := whole.XValue(float64(start.X)), whole.XValue(float64(start.X+tc.dx))
				if math.Abs(f.X.Lo-min(from, to)) > 15 || math.Abs(f.X.Hi-max(from, to)) > 15 {
					t.Errorf("x %v, want %v to %v", f.X, min(from, to), max(from, to))
				}
			}
			if c.rend.selection.Visible() {
				t.Error("the selection is still there")
			}
			test.DoubleTap(c)
			if f := c.Figure(); !f.X.Auto() || !f.Y.Auto() || c.layout.X != whole.X {
				t.Errorf("double click left %v %v", f.X, f.Y)
			}
		})
	}
}

func TestDragShowsSelection(t *testing.T) {
	c, _ := showChart(t)
	c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: middle(c).AddXY(100, 2)}, Dragged: fyne.NewDelta(100, 2)})
	s := c.rend.selection
	if !s.Visible() || math.Abs(float64(s.Size().Width-100)) > 1.5 || s.Size().Height < 200 {
		t.Errorf("selection visible %v size %v, want 100 wide and as high as the plot", s.Visible(), s.Size())
	}
	c.DragEnd()
}

func wheel(c *Chart, at fyne.Position, dy float32) {
	c.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: at}, Scrolled: fyne.NewDelta(0, dy)})
}

func TestWheelZoomsAtPointer(t *testing.T) {
	c, _ := showChart(t)
	at := middle(c).AddXY(60, 0)
	value := c.layout.XValue(float64(at.X))
	wheel(c, at, 10)
	if got := c.layout.XValue(float64(at.X)); math.Abs(got-value) > 1 {
		t.Errorf("under the pointer is now %v, want still %v", got, value)
	}
	if got := c.layout.X.Hi - c.layout.X.Lo; math.Abs(got-5000*wheelNotch) > 1 {
		t.Errorf("%v steps in view after one notch, want %v", got, 5000*wheelNotch)
	}
	for range 3 {
		wheel(c, at, -10)
	}
	if !c.Figure().X.Auto() {
		t.Errorf("zoomed out beyond the data: x %v, want fitted", c.Figure().X)
	}
	wheel(c, fyne.NewPos(4, at.Y), 10)
	if f := c.Figure(); f.Y.Auto() || !f.X.Auto() {
		t.Errorf("wheel over the numbers: x %v y %v, want only y zoomed", f.X, f.Y)
	}
}

func TestPan(t *testing.T) {
	drag := func(button desktop.MouseButton, mod fyne.KeyModifier) func(*Chart) {
		return func(c *Chart) {
			c.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: middle(c)}, Button: button, Modifier: mod})
			c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: middle(c).AddXY(-50, 0)}, Dragged: fyne.NewDelta(-50, 0)})
			c.DragEnd()
		}
	}
	for _, tc := range []struct {
		name  string
		do    func(*Chart)
		right bool
	}{
		{"shift drag to the left", drag(desktop.MouseButtonPrimary, fyne.KeyModifierShift), true},
		{"middle drag to the left", drag(desktop.MouseButtonTertiary, 0), true},
		{"right arrow", func(c *Chart) { c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight}) }, true},
		{"left arrow", func(c *Chart) { c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := showChart(t)
			c.SetView(chart.Range{Lo: 1000, Hi: 2000}, chart.Range{})
			tc.do(c)
			x := c.Figure().X
			if math.Abs(x.Hi-x.Lo-1000) > 1e-6 || (x.Lo > 1000) != tc.right || x.Lo == 1000 {
				t.Errorf("x %v, want 1000 long and moved right: %v", x, tc.right)
			}
			if !c.Figure().Y.Auto() {
				t.Error("the height is no longer fitted")
			}
		})
	}
}

func TestPanKeepsDataInView(t *testing.T) {
	c, _ := showChart(t)
	c.SetView(chart.Range{Lo: 1000, Hi: 2000}, chart.Range{})
	for range 100 {
		c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
	if x := c.Figure().X; x.Lo > 5000 {
		t.Errorf("panned away from the data, which ends at 5000: %v", x)
	}
}

func TestKeys(t *testing.T) {
	c, _ := showChart(t)
	c.TypedRune('+')
	if c.Figure().X.Auto() {
		t.Error("+ did not zoom")
	}
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !c.Figure().X.Auto() {
		t.Error("Esc did not fit")
	}
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if c.Figure().Y.Auto() {
		t.Error("Up did not move")
	}
	before := c.layout.Y
	c.TypedRune(']')
	if got, was := c.Figure().Y, before; got.Hi-got.Lo >= was.Hi-was.Lo {
		t.Errorf("] shows %v of %v, want less", got, was)
	}
	closer := c.Figure().Y
	c.TypedRune('[')
	if got := c.Figure().Y; got.Hi-got.Lo <= closer.Hi-closer.Lo {
		t.Errorf("[ shows %v after %v, want more", got, closer)
	}
	c.OnEscape = func() bool { return true }
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Figure().Y.Auto() {
		t.Error("Esc fitted although it had another use")
	}
	c.OnEscape = func() bool { return false }
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !c.Figure().Y.Auto() {
		t.Error("Esc without another use did not fit")
	}
	c.TypedRune('2')
	if !c.Figure().Lines[1].Hidden {
		t.Error("2 did not hide the second line")
	}
	var passed fyne.KeyName
	c.OnTypedKey = func(e *fyne.KeyEvent) { passed = e.Name }
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if passed != fyne.KeySpace {
		t.Errorf("passed on %q, want Space", passed)
	}
}

func TestClickFocusesAndShowsIt(t *testing.T) {
	c, w := showChart(t)
	click(c, middle(c))
	if w.Canvas().Focused() != c || !c.rend.focus.Visible() {
		t.Errorf("focused %v, ring %v", w.Canvas().Focused(), c.rend.focus.Visible())
	}
}

func TestLegendClickHides(t *testing.T) {
	c, _ := showChart(t)
	changes := 0
	c.OnChanged = func() { changes++ }
	second := center(c, c.layout.Legend[1])
	click(c, second)
	if f := c.Figure(); !f.Lines[1].Hidden || f.Lines[0].Hidden || changes != 1 {
		t.Fatalf("hidden %v %v after a click on the second entry, %d changes", f.Lines[0].Hidden, f.Lines[1].Hidden, changes)
	}
	c.SetView(chart.Range{Lo: 1, Hi: 9}, chart.Range{})
	c.DoubleTapped(&fyne.PointEvent{Position: second})
	if c.Figure().X.Auto() {
		t.Error("a double click on the legend fitted the view")
	}
	click(c, second)
	if c.Figure().Lines[1].Hidden {
		t.Error("the second click did not show the line again")
	}
}

func TestMarkerClick(t *testing.T) {
	c, _ := showChart(t)
	got := -1
	c.OnMarkerTapped = func(i int) { got = i }
	click(c, center(c, c.layout.Marks[1]))
	if got != c.layout.Marks[1].Index {
		t.Errorf("marker %d, want %d", got, c.layout.Marks[1].Index)
	}
}
