package app

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"growlab/app/session"
	"growlab/trainer/event"
)

func TestNewRunAndBack(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	tap(t, b.button("New run"))
	if !b.cards.object.Visible() || b.tabs.Visible() {
		t.Fatal("New run does not show the cards")
	}
	tap(t, b.button("Back to the runs"))
	if b.cards.object.Visible() || !b.tabs.Visible() {
		t.Error("Back does not show the run")
	}
	b.ctrl(fyne.KeyN)
	b.key(fyne.KeyEscape)
	if b.choosing {
		t.Error("Esc does not leave the cards")
	}
}

func TestKeys(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	logY := b.chart.Figure().LogY
	b.ctrl(fyne.KeyL)
	if b.chart.Figure().LogY == logY {
		t.Error("Ctrl+L does not switch the loss axis")
	}
	b.ctrl(fyne.Key3)
	if got := b.tabs.SelectedIndex(); got != 2 {
		t.Errorf("Ctrl+3 shows page %d, want 2", got)
	}
	b.key(fyne.KeySpace)
	b.sent("pause flm-1m")
	b.fake.happen("flm-1m", event.Paused{Step: 100})
	b.until("the pause", func() bool { return b.header.toggle.Text == "Resume" })
	b.ctrl(fyne.KeyR)
	b.sent("pause flm-1m", "resume flm-1m")
	b.fake.happen("flm-1m", event.Resumed{Step: 100})
	b.until("the run going on", func() bool { return b.pending == "" && b.header.toggle.Text == "Pause" })
	b.ctrl(fyne.KeyPeriod)
	b.sent("pause flm-1m", "resume flm-1m", "stop flm-1m")
	b.key(fyne.KeyF1)
	tap(t, b.button("Close"))
}

func TestADialogTakesTheKeys(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	b.key(fyne.KeyF1)
	b.key(fyne.KeySpace)
	b.ctrl(fyne.KeyPeriod)
	if got := b.fake.commands(); len(got) != 0 {
		t.Errorf("got commands %q from keys pressed in a dialog, want none", got)
	}
	b.key(fyne.KeyEscape)
	if b.win.Canvas().Overlays().Top() != nil {
		t.Error("Esc does not close the dialog")
	}
}

func TestSpaceReachesTheEngineFromTheList(t *testing.T) {
	b := open(t, at(100).withRun(session.Done, script("first")))
	b.shown(100)
	b.runs.Focus().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.sent("pause flm-1m")
	b.runs.Focus().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	b.until("the run below", func() bool { return b.id == "first" })
}

func TestEnterAndEscInDialogs(t *testing.T) {
	b := open(t, newFake().withRun(session.Done, script("r")))
	b.shown(2000)
	agreed := 0
	for _, row := range []struct {
		name      string
		important widget.Importance
		key       fyne.KeyName
		want      int
	}{
		{"enter agrees", widget.HighImportance, fyne.KeyReturn, 1},
		{"esc does not", widget.HighImportance, fyne.KeyEscape, 1},
		{"enter does not destroy", widget.DangerImportance, fyne.KeyEnter, 1},
	} {
		b.confirm("Really?", "Is it so?", "Yes", row.important, func() { agreed++ })
		b.typedKey(&fyne.KeyEvent{Name: row.key})
		if agreed != row.want {
			t.Errorf("%s: agreed %d times, want %d", row.name, agreed, row.want)
		}
		b.leaveDialog()
		if b.dialog != nil || b.win.Canvas().Overlays().Top() != nil {
			t.Errorf("%s: the dialog is still there", row.name)
		}
	}
	b.askText("Rename", "Rename", "r", "", func(string) { agreed++ })
	b.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.dialog != nil || agreed != 1 {
		t.Error("Esc in an entry does not close the dialog")
	}
	b.typedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if agreed != 1 {
		t.Error("a dialog that is closed was agreed to")
	}
}

func TestTabGoesThroughTheWindowAsOneReads(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	c := b.win.Canvas()
	c.Unfocus()
	var order []fyne.Focusable
	for range 60 {
		c.FocusNext()
		if len(order) > 0 && c.Focused() == order[0] {
			break
		}
		order = append(order, c.Focused())
	}
	last := -1
	for _, stop := range []struct {
		name string
		what fyne.Focusable
	}{{"the selector of presets", b.header.preset}, {"Train or Pause", b.header.toggle}, {"the runs", b.runs.Focus()}, {"the curve", b.chart}, {"the colours of the network", b.side.colours}} {
		i := slices.Index(order, stop.what)
		if i <= last {
			t.Errorf("Tab reaches %s as number %d, after number %d", stop.name, i, last)
		}
		last = i
	}
	// The titles of the pages are the last stop before the page's own controls.
	titles := slices.IndexFunc(order, func(f fyne.Focusable) bool {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(f.(fyne.CanvasObject))
		return at == fyne.CurrentApp().Driver().AbsolutePositionForObject(b.tabs)
	})
	if titles < 0 || titles < slices.Index(order, b.runs.Focus()) || titles > slices.Index(order, fyne.Focusable(b.chart)) {
		t.Fatalf("Tab reaches the titles of the pages as number %d of %d", titles, len(order))
	}
	c.Focus(order[titles])
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if got := b.tabs.SelectedIndex(); got != 1 {
		t.Errorf("Right on the titles shows page %d, want 1", got)
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.sent("pause flm-1m")
}
