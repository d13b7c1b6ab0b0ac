package app

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"growlab/app/glload"
	"growlab/app/look"
	"growlab/assets/icon"
)

const (
	appName = "Growlab"
	appID   = "org.growlab.Growlab"
)

// Options say what a window shows.
type Options struct {
	Sessions Sessions
	Open     string // id of the run to show first; "" for the newest that trains, else the newest
	Version  string // of the program; "" if it is not known
	Theme    string // "dark" or "light"; "" or "system" for the choice remembered, else as the system

	shown func(*window) // runs when the window is up; for tests
}

// ErrNoWindow is wrapped by the errors that say why no window can open on this machine.
var ErrNoWindow = errors.New("the window cannot open")

// Run opens the window and returns when it is closed. It must be called on the main goroutine. Its error wraps ErrNoWindow
// where no window can open, and says what is missing and what works without.
func Run(o Options) error {
	if err := checkTheme(o.Theme); err != nil {
		return err
	}
	if err := glload.Available(); err != nil {
		return noWindow(err)
	}
	return runGuarded(o)
}

func checkTheme(theme string) error {
	switch theme {
	case "", look.System, look.Dark, look.Light:
		return nil
	}
	return fmt.Errorf("theme %q: there are system, dark and light", theme)
}

func noWindow(cause error) error {
	return fmt.Errorf("%w: %w (the terminal works without: growlab train, growlab runs list, growlab --help)", ErrNoWindow, cause)
}

// runGuarded opens the window; a toolkit that panics because there is no screen after all becomes an error.
func runGuarded(o Options) (err error) {
	dir := dataFolder(o.Sessions)
	first, err := takeInstance(dir, o.Open)
	switch {
	case errors.Is(err, errShown):
		return nil
	case err != nil:
		return err
	}
	defer first.close()
	opened := false
	log.SetOutput(&noiseFilter{out: os.Stderr})
	defer log.SetOutput(os.Stderr)
	crashes, crashed, crashErr := watchCrashes(dir, time.Now())
	defer func() {
		if p := recover(); p != nil {
			if opened {
				fmt.Fprintf(os.Stderr, "growlab: the window crashed, runs go on; what it did is in %s\n", crashes.path)
				panic(p) // our bug, not the world's
			}
			err = noWindow(fmt.Errorf("the screen refused it: %v", p))
		}
		crashes.end()
	}()
	if err := leaveBusAlone(); err != nil {
		return err
	}
	a := newApp(o.Theme)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := newWindow(ctx, o.Sessions, doWhileOpen(ctx))
	w.open, w.version = o.Open, o.Version
	w.started = make(chan struct{})
	a.Lifecycle().SetOnStarted(func() {
		opened = true
		close(w.started)
	})
	w.show(a)
	w.welcomeBack(crashed, crashErr)
	w.remember(o.Open)
	w.reattach()
	w.run()
	if o.shown != nil {
		o.shown(w)
	}
	go first.serve(func(run string) { fyne.DoAndWait(func() { w.showAgain(run) }) })
	a.Run()
	return nil
}

// doWhileOpen is fyne.Do until ctx ends, which it does when the window is gone. Between the end of its loop and that, Fyne runs functions
// at once, on the goroutine that asks, where drawing panics for want of a screen: that is forgiven.
func doWhileOpen(ctx context.Context) func(func()) {
	return func(f func()) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second): // it is open: our bug
				panic(p)
			}
		}()
		fyne.Do(f)
	}
}

// dataFolder is where sessions keep their runs; "" if they have no folder.
func dataFolder(s Sessions) string {
	if h, ok := s.(interface{ Folder() string }); ok {
		return h.Folder()
	}
	return os.TempDir()
}

// welcomeBack tells of a crash of the window before.
func (w *window) welcomeBack(crashed string, err error) {
	switch {
	case err != nil:
		w.fail("A crash of the window could not be logged", err)
	case crashed != "":
		w.trouble = "The window crashed the last time; runs were not touched. What it did is in " + tilde(crashed)
		w.refreshBanner()
	}
}

// showAgain answers a second start: the window comes to the front, with the run asked for.
func (w *window) showAgain(run string) {
	w.raise()
	switch _, listed := w.far(run); {
	case run == "" || run == w.id:
	case strings.Contains(run, ":") && !listed:
		w.attach(run)
	default:
		w.look()
		w.choose(run)
	}
}

// newApp makes the application in the theme asked for, or else in the one remembered.
func newApp(choice string) fyne.App {
	if cache, err := os.UserCacheDir(); err == nil {
		_ = os.MkdirAll(filepath.Join(cache, "fyne"), 0o700) // Fyne makes folders in it, but not it; without, it only complains
	}
	fyneapp.SetMetadata(fyne.AppMetadata{ID: appID, Name: appName, Migrations: map[string]bool{"fyneDo": true}})
	a := fyneapp.NewWithID(appID)
	a.SetIcon(fyne.NewStaticResource("growlab.png", icon.PNG()))
	applyLook(a, choice)
	return a
}

// show puts w into a window of a.
func (w *window) show(a fyne.App) {
	w.win = a.NewWindow(appName)
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.recall(a.Preferences())
	w.win.SetContent(w.content)
	w.win.SetMainMenu(w.menu())
	w.bind(w.win.Canvas())
	w.notify = newCrier(w.ctx, a.SendNotification)
	w.showTray(a)
	a.Lifecycle().SetOnEnteredForeground(func() { w.focused = true })
	a.Lifecycle().SetOnExitedForeground(func() { w.focused = false })
	w.win.SetCloseIntercept(w.requestClose)
	w.win.Resize(fyne.NewSize(
		float32(a.Preferences().FloatWithFallback(prefWidth, 1280)), float32(a.Preferences().FloatWithFallback(prefHeight, 800))))
	w.win.Show()
}
