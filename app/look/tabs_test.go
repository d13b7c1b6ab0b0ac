package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// threeTabs are in a window of their own, with an entry on the second page.
func threeTabs(t *testing.T) (*Tabs, *widget.Entry, fyne.Canvas) {
	test.NewTempApp(t).Settings().SetTheme(New(Dark))
	tabs, entry := NewTabs(), widget.NewEntry()
	tabs.Append("Loss", widget.NewLabel("curve"))
	tabs.Append("Samples", entry)
	tabs.Append("Log", widget.NewLabel("events"))
	w := test.NewTempWindow(t, tabs)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 200))
	return tabs, entry, w.Canvas()
}

func TestTabsTurnByKeys(t *testing.T) {
	tabs, _, c := threeTabs(t)
	var told []int
	var others []fyne.KeyName
	tabs.OnSelected = func(i int) { told = append(told, i) }
	tabs.Others = func(e *fyne.KeyEvent) { others = append(others, e.Name) }
	c.FocusNext()
	if c.Focused() != fyne.Focusable(tabs.strip) {
		t.Fatalf("Tab reaches a %T first, want the strip", c.Focused())
	}
	for _, row := range []struct {
		key  fyne.KeyName
		want int
	}{
		{fyne.KeyRight, 1},
		{fyne.KeyRight, 2},
		{fyne.KeyRight, 0},
		{fyne.KeyLeft, 2},
		{fyne.KeyHome, 0},
		{fyne.KeyEnd, 2},
		{fyne.KeySpace, 2},
	} {
		c.Focused().TypedKey(&fyne.KeyEvent{Name: row.key})
		if got := tabs.SelectedIndex(); got != row.want {
			t.Errorf("%s shows page %d, want %d", row.key, got, row.want)
		}
	}
	if len(told) != 6 {
		t.Errorf("got told of pages %v, want six turns", told)
	}
	if len(others) != 1 || others[0] != fyne.KeySpace {
		t.Errorf("got %v for others, want Space alone", others)
	}
	if c.Focused() != fyne.Focusable(tabs.strip) {
		t.Error("turning pages takes the focus from the strip")
	}
}

func TestTheFocusOfTabsIsSeen(t *testing.T) {
	for _, choice := range []string{Dark, Light} {
		tabs, _, c := threeTabs(t)
		fyne.CurrentApp().Settings().SetTheme(New(choice))
		ring := func() fyne.CanvasObject {
			objects := test.WidgetRenderer(tabs.strip).Objects()
			return objects[len(objects)-1]
		}
		if ring().Visible() {
			t.Errorf("%s: a ring is around a tab without the focus", choice)
		}
		c.FocusNext()
		tabs.SelectIndex(2)
		title := tabs.strip.titles[2]
		if r := ring(); !r.Visible() || r.Position().X < title.Position().X || r.Position().X+r.Size().Width > title.Position().X+title.Size().Width {
			t.Errorf("%s: got a ring at %v of %v, visible %v, want it around %v", choice, r.Position(), r.Size(), r.Visible(), title.Position())
		}
	}
}

func TestTabsTurnByMouse(t *testing.T) {
	tabs, _, c := threeTabs(t)
	title := tabs.strip.titles[1]
	middle := title.Position().AddXY(title.Size().Width/2, title.Size().Height/2)
	test.MoveMouse(c, middle)
	if tabs.strip.hovered != 1 {
		t.Errorf("got title %d lit, want 1", tabs.strip.hovered)
	}
	test.TapCanvas(c, middle)
	if tabs.SelectedIndex() != 1 || c.Focused() != nil {
		t.Errorf("a click shows page %d, want 1; focus on %T, want none", tabs.SelectedIndex(), c.Focused())
	}
	test.TapCanvas(c, fyne.NewPos(390, 10))
	if tabs.SelectedIndex() != 1 {
		t.Error("a click beside the titles turns the page")
	}
	tabs.strip.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(390, 10)}})
	if tabs.strip.hovered != -1 {
		t.Error("a title is lit that nothing points at")
	}
}

func TestAPageOutOfSightGetsNoKeys(t *testing.T) {
	tabs, entry, c := threeTabs(t)
	tabs.SelectIndex(1)
	c.Focus(entry)
	tabs.SelectIndex(0)
	if c.Focused() != nil {
		t.Errorf("the focus is on a %T, want none", c.Focused())
	}
}

func TestTabsMakeNoNewObjects(t *testing.T) {
	tabs, _, _ := threeTabs(t)
	before := append([]fyne.CanvasObject{}, test.WidgetRenderer(tabs.strip).Objects()...)
	tabs.Refresh()
	tabs.Resize(fyne.NewSize(350, 180))
	for i, o := range test.WidgetRenderer(tabs.strip).Objects() {
		if before[i] != o {
			t.Errorf("object %d is another %T", i, o)
		}
	}
	if _, ok := before[0].(*canvas.Rectangle); !ok {
		t.Errorf("got a %T at the back, want what lies behind a title", before[0])
	}
}
