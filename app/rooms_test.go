package app

import (
	"testing"

	"fyne.io/fyne/v2"

	"growlab/app/look"
	"growlab/app/pagetest"
)

// The rooms in which pages are tested alone are those that the window gives them.
func TestRooms(t *testing.T) {
	for _, field := range []struct {
		name   string
		window fyne.Size
		of     func(pagetest.Room) fyne.Size
	}{
		{"small", pagetest.Window.Small, func(r pagetest.Room) fyne.Size { return r.Small }},
		{"large", pagetest.Window.Large, func(r pagetest.Room) fyne.Size { return r.Large }},
	} {
		f := &examined{fakeSessions: at(100)}
		b := openSessions(t, f.fakeSessions, f, look.Dark, field.window.Width, field.window.Height)
		b.shown(100)
		check := func(what string, o fyne.CanvasObject, room pagetest.Room) {
			t.Helper()
			got, want := o.Size(), field.of(room)
			if d := got.Subtract(want); max(d.Width, -d.Width, d.Height, -d.Height) > 0.5 {
				t.Errorf("%s: %s has %v, want %v", field.name, what, got, want)
			}
		}
		check("the list", b.runs.Object, pagetest.List)
		check("the loss", b.loss, pagetest.Middle)
		b.page("tune")
		check("the knobs", b.knobs.Object, pagetest.Wide)
		b.page("compare")
		check("the comparison", b.compare.Object, pagetest.Wide)
		b.page("transitions")
		check("the microscope", b.trans.Object, pagetest.Middle)
		b.page("samples")
		check("the samples", b.samples.Object, pagetest.Middle)
		b.showDevices()
		check("the devices", b.devices.Object, pagetest.Whole)
		b.newRun()
		check("the cards", b.cards.object, pagetest.Whole)
	}
}
