package knobs

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/pagetest"
)

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*bench)
	}{
		{"staged", func(b *bench) {
			b.Show(courseAt(t, 800), true)
			b.Stage("lr", "0.5x")
			b.Stage(keyPostpone, "300k")
		}},
		{"refused", func(b *bench) {
			b.Show(courseAt(t, 800), true)
			b.Stage("batch", "1000")
		}},
		{"idle", func(b *bench) { b.Show(nil, false) }},
	} {
		check := pagetest.CheckState
		if row.name == "staged" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Wide, func(t *testing.T, theme string) pagetest.Page {
			b := open(t, theme, 889, 590)
			row.do(b)
			return pagetest.Page{Window: b.win, Refresh: func() {
				if b.page.Visible() {
					b.Show(courseAt(t, 801), true)
				}
			}}
		})
	}
}

// In a low window the page scrolls, and what applies an edit stays on show.
func TestALowWindowShowsWhatAppliesAnEdit(t *testing.T) {
	room := fyne.NewSize(749, 402) // of a window of 960 x 540 with its menu
	b := open(t, look.Dark, room.Width, room.Height)
	b.Show(courseAt(t, 800), true)
	b.Stage("lr", "0.5x")
	if got := b.Object.MinSize(); got.Width > room.Width || got.Height > room.Height {
		t.Errorf("the page asks for %v, want at most %v", got, room)
	}
	pagetest.Page{Window: b.win}.CheckAt(t, "a low window", room)
	for _, button := range []*widget.Button{b.apply, b.discard, b.grow, b.revert} {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(button)
		if foot := at.Y + button.Size().Height; foot > room.Height || !button.Visible() {
			t.Errorf("%q ends at %g in a window %g high", button.Text, foot, room.Height)
		}
	}
	test.Tap(b.apply)
	if len(b.applied) != 1 || len(b.applied[0]) != 1 {
		t.Errorf("got %v applied, want one command", b.applied)
	}
}
