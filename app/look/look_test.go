package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

func TestALineIsShortenedToItsWidth(t *testing.T) {
	test.NewTempApp(t)
	l := NewLine(Style{Fit: true}, "a line that is much too long")
	w := test.NewTempWindow(t, l)
	w.Resize(fyne.NewSize(80, 40))
	drawn := test.WidgetRenderer(l).Objects()[0].(*canvas.Text)
	if got := []rune(drawn.Text); len(got) < 2 || got[len(got)-1] != '…' || fyne.MeasureText(drawn.Text, drawn.TextSize, drawn.TextStyle).Width > l.Size().Width {
		t.Errorf("got %q in %g", drawn.Text, l.Size().Width)
	}
	if got := l.Text(); got != "a line that is much too long" {
		t.Errorf("got text %q, want all of it", got)
	}
	if min := l.MinSize().Width; min != 0 {
		t.Errorf("a fitting line asks for %g, want 0", min)
	}
}

func TestFlowTakesNoRoomForWhatIsHidden(t *testing.T) {
	var cells []fyne.CanvasObject
	for range 5 {
		cells = append(cells, canvas.NewRectangle(nil))
	}
	f := &Flow{Width: 100, Height: 50, Space: 10}
	c := container.New(f, cells...)
	c.Resize(fyne.NewSize(210, 300))
	if got := f.MinSize(cells).Height; got != 3*60-10 {
		t.Errorf("got height %g of five in two columns, want 170", got)
	}
	cells[0].Hide()
	c.Refresh()
	if got := f.MinSize(cells).Height; got != 2*60-10 {
		t.Errorf("got height %g of four, want 110", got)
	}
	if at := cells[1].Position(); at != fyne.NewPos(0, 0) {
		t.Errorf("the first on show is at %v", at)
	}
}

func TestAPairIsAsHighAsTheHigherOfTheTwo(t *testing.T) {
	name, value := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	name.SetMinSize(fyne.NewSize(40, 18))
	value.SetMinSize(fyne.NewSize(300, 37))
	if got, want := container.New(Pair{Least: 90}, name, value).MinSize(), fyne.NewSize(90, 37); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSharesFillTheWidth(t *testing.T) {
	a, b := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	container.New(Shares{1, 3}, a, b).Resize(fyne.NewSize(408, 20))
	if a.Size().Width != 100 || b.Size().Width != 300 || b.Position().X != 108 {
		t.Errorf("got %v and %v at %v, want 100 and 300 at 108", a.Size(), b.Size(), b.Position())
	}
}

func TestThemesAnswerAsChosen(t *testing.T) {
	for choice, dark := range map[string]bool{Dark: true, Light: false, System: true} {
		red, _, _, _ := New(choice).Color(theme.ColorNameBackground, theme.VariantDark).RGBA()
		if got := red < 0x8000; got != dark {
			t.Errorf("%s on a dark system: got dark %v, want %v", choice, got, dark)
		}
	}
}

func TestTabGoesAroundABorderAsOneReads(t *testing.T) {
	test.NewTempApp(t)
	var boxes [5]*widget.Check
	for i := range boxes {
		boxes[i] = widget.NewCheck("", nil)
	}
	w := test.NewTempWindow(t, Border(boxes[0], boxes[4], boxes[1], boxes[3], boxes[2]))
	for i, box := range boxes {
		w.Canvas().FocusNext()
		if w.Canvas().Focused() != fyne.Focusable(box) {
			t.Errorf("Tab %d does not reach part %d", i+1, i)
		}
	}
	if n := len(Border(nil, nil, nil, boxes[0], boxes[1]).Objects); n != 2 {
		t.Errorf("got %d objects of two", n)
	}
}
