package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestAListShowsItsFocus(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(New(Dark))
	lit, chosen := -1, -1
	r := NewRows(func() int { return 3 }, func() fyne.CanvasObject { return widget.NewLabel("run") }, func(int, fyne.CanvasObject) {})
	r.OnHighlighted = func(i widget.ListItemID) { lit = i }
	r.WhenSelected(func(i int) { chosen = i })
	w := test.NewTempWindow(t, r)
	w.Resize(fyne.NewSize(200, 200))
	r.Select(2)
	w.Canvas().Focus(r)
	if !r.ring.Visible() || lit != 2 {
		t.Errorf("with the focus: ring %v, row %d lit; want a ring, and the row that is selected", r.ring.Visible(), lit)
	}
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if chosen != 1 || lit != 1 {
		t.Errorf("Up chooses row %d and lights %d, want 1", chosen, lit)
	}
	w.Canvas().Unfocus()
	if r.ring.Visible() {
		t.Error("the ring stays without the focus")
	}
}
