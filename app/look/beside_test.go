package look

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestBesideGivesWayWhereThereIsNoRoom(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(New(Dark)) // its padding is 3
	main, panel := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	main.SetMinSize(fyne.NewSize(600, 300))
	panel.SetMinSize(fyne.NewSize(270, 400))
	other, layout := container.NewStack(panel), Beside{Panel: panel}
	objects := []fyne.CanvasObject{main, other}
	for _, row := range []struct {
		name        string
		width       float32
		hidden      bool    // for reasons of its own
		main, x     float32 // width of the main object, place of the other
		shown       bool
		leastHeight float32
	}{
		{"room for both", 900, false, 627, 630, true, 400},
		{"just enough", 873, false, 600, 603, true, 400},
		{"too narrow", 872, false, 872, 602, false, 300},
		{"room again", 1100, false, 827, 830, true, 400},
		{"hidden", 900, true, 900, 630, false, 300},
		{"hidden, too narrow", 600, true, 600, 330, false, 300},
	} {
		other.Hidden = row.hidden
		layout.Layout(objects, fyne.NewSize(row.width, 500))
		if main.Size().Width != row.main || other.Position().X != row.x {
			t.Errorf("%s: main is %g wide, the other at %g; want %g and %g", row.name, main.Size().Width, other.Position().X, row.main, row.x)
		}
		if got := other.Visible() && panel.Visible(); got != row.shown {
			t.Errorf("%s: the panel is on show: %t, want %t", row.name, got, row.shown)
		}
		if got, want := layout.MinSize(objects), fyne.NewSize(600, row.leastHeight); got != want {
			t.Errorf("%s: asks for %v, want %v", row.name, got, want)
		}
	}
}
