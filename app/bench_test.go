package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/pagetest"
)

// bench is a window on the software canvas whose goroutine is the test's: what other goroutines queue runs when the test
// waits for something.
type bench struct {
	*window
	t     *testing.T
	fake  *fakeSessions
	queue chan func()
	keys  keyCanvas

	closed bool
}

// keyCanvas keeps the shortcuts, which the test canvas of Fyne forgets.
type keyCanvas struct {
	fyne.Canvas
	shortcuts fyne.ShortcutHandler
}

func (k *keyCanvas) AddShortcut(s fyne.Shortcut, f func(fyne.Shortcut)) {
	k.shortcuts.AddShortcut(s, f)
}

func open(t *testing.T, fake *fakeSessions) *bench { return openAt(t, fake, look.Dark, 1280, 800) }

func openAt(t *testing.T, fake *fakeSessions, theme string, width, height float32) *bench {
	t.Helper()
	return openSessions(t, fake, fake, theme, width, height)
}

// openWith opens the window on sessions that can do more than the fake they are made of.
func openWith(t *testing.T, fake *fakeSessions, s Sessions) *bench {
	t.Helper()
	return openSessions(t, fake, s, look.Dark, 1280, 800)
}

func openSessions(t *testing.T, fake *fakeSessions, s Sessions, theme string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(theme))
	ctx, cancel := context.WithCancel(t.Context())
	b := &bench{t: t, fake: fake, queue: make(chan func(), 100)}
	b.window = newWindow(ctx, s, func(f func()) {
		select {
		case b.queue <- f:
		case <-ctx.Done():
		}
	})
	b.win = test.NewWindow(nil)
	b.win.SetOnClosed(func() { b.closed = true })
	t.Cleanup(func() {
		if !b.closed {
			b.win.Close()
		}
	})
	b.win.SetPadded(false)
	b.recall(a.Preferences())
	b.win.SetContent(b.content)
	b.keys.Canvas = b.win.Canvas()
	b.bind(&b.keys)
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
	late := time.After(2 * time.Minute)
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-late:
			b.t.Fatalf("two minutes passed without %s", what)
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

// button finds a visible button by its text, in dialogs first.
func (b *bench) button(text string) *widget.Button {
	b.t.Helper()
	roots := []fyne.CanvasObject{b.content}
	if top := b.win.Canvas().Overlays().Top(); top != nil {
		roots = []fyne.CanvasObject{top}
	}
	for _, root := range roots {
		if found := buttonIn(root, text); found != nil {
			return found
		}
	}
	b.t.Fatalf("there is no button %q on show", text)
	return nil
}

// buttonIn finds a button on show in root; nil if there is none.
func buttonIn(root fyne.CanvasObject, text string) *widget.Button {
	for _, o := range pagetest.Tree(root) {
		if found, ok := o.(*widget.Button); ok && found.Text == text && visible(root, o) {
			return found
		}
	}
	return nil
}

func (b *bench) key(name fyne.KeyName) { b.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name}) }

func (b *bench) ctrl(name fyne.KeyName) {
	b.keys.shortcuts.TypedShortcut(&desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierShortcutDefault})
}
