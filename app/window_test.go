package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// bench is a window on the software canvas whose goroutine is the test's: what other goroutines queue runs when the test
// waits for something.
type bench struct {
	*window
	t     *testing.T
	fake  *fakeSessions
	queue chan func()
}

func open(t *testing.T, fake *fakeSessions) *bench { return openAt(t, fake, themeDark, 1280, 800) }

func openAt(t *testing.T, fake *fakeSessions, theme string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(newLook(theme))
	ctx, cancel := context.WithCancel(t.Context())
	b := &bench{t: t, fake: fake, queue: make(chan func(), 100)}
	b.window = newWindow(ctx, fake, func(f func()) {
		select {
		case b.queue <- f:
		case <-ctx.Done():
		}
	})
	b.win = test.NewTempWindow(t, nil)
	b.win.SetPadded(false)
	b.recall(a.Preferences())
	b.win.SetContent(b.content)
	b.bind(b.win.Canvas())
	b.win.SetCloseIntercept(b.requestClose)
	b.win.Resize(fyne.NewSize(width, height))
	b.run()
	t.Cleanup(cancel)
	b.until("the list of runs", func() bool { return b.listed && b.presets != nil })
	return b
}

// until runs what was queued for the window until ok.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	late := time.After(10 * time.Second)
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-late:
			b.t.Fatalf("10 s passed without %s", what)
		}
	}
}

// shown waits until the events of the selected run have come.
func (b *bench) shown(step int64) {
	b.t.Helper()
	b.until("the events of the run", func() bool { return b.view.last.Step >= step })
}

func (b *bench) sent(want ...string) {
	b.t.Helper()
	b.until("the commands "+strings.Join(want, ", "), func() bool { return slices.Equal(b.fake.commands(), want) })
}

func tap(t *testing.T, button *widget.Button) {
	t.Helper()
	if button.Disabled() {
		t.Fatalf("button %q is disabled", button.Text)
	}
	test.Tap(button)
}
