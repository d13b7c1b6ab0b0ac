package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"growlab/app/session"
	"growlab/app/words"
)

// notifyNews tells of runs that have ended or grown since the list before, while the window is not what a person looks at.
func (w *window) notifyNews(before, now []session.Info) {
	if w.notify == nil || w.prefs.Bool(prefQuiet) || w.focused {
		return
	}
	was := map[string]session.Info{}
	for _, info := range before {
		was[info.ID] = info
	}
	for _, info := range now {
		if n := newsOf(was[info.ID], info); n != nil {
			w.notify(n)
		}
	}
}

// newsOf is what is worth telling of a run that was live; nil for nothing.
func newsOf(was, info session.Info) *fyne.Notification {
	switch {
	case !was.Live():
	case info.Live() && was.Step > 0 && info.Stage > was.Stage:
		return fyne.NewNotification(info.Name+" has grown", fmt.Sprintf("stage %d of %d: %s parameters", info.Stage, info.Stages, words.Count(info.Params)))
	case endTitle(info) != "":
		return fyne.NewNotification(endTitle(info), endNotice(info))
	}
	return nil
}

// endTitle names how a run ended; "" for one that did not, or that a person stopped.
func endTitle(info session.Info) string {
	switch info.State {
	case session.Done:
		return info.Name + " is done"
	case session.Failed:
		return info.Name + " failed"
	case session.Interrupted:
		return info.Name + " was interrupted"
	}
	return ""
}

func endNotice(info session.Info) string {
	switch {
	case info.State == session.Failed && info.Error != "":
		return info.Error
	case info.ValLoss > 0:
		return fmt.Sprintf("validation loss %.4f after %s steps", info.ValLoss, words.Thousands(info.Step))
	}
	return fmt.Sprintf("after %s steps; Resume goes on from the last checkpoint", words.Thousands(info.Step))
}

// showTray puts an icon in the tray, where a desktop has one; it is never the only way to anything.
func (w *window) showTray(a fyne.App) {
	d, ok := a.(desktop.App)
	if !ok || w.prefs.Bool(prefNoTray) || !hasBus() {
		return
	}
	quit := fyne.NewMenuItem("Quit", func() {
		w.raise()
		w.requestClose() // which asks about runs, and remembers the window
	})
	quit.IsQuit = true
	d.SetSystemTrayMenu(fyne.NewMenu(appName,
		fyne.NewMenuItem("Show the window", w.raise),
		fyne.NewMenuItem("Pause, or go on", w.toggle), fyne.NewMenuItemSeparator(), quit))
	d.SetSystemTrayIcon(a.Icon())
}

// hasBus reports whether there is a D-Bus of the desktop, through which tray and notifications go.
func hasBus() bool {
	if address := os.Getenv(busAddress); address != "" {
		return address != noBus
	}
	return userBus() != ""
}

// userBus is where a person's D-Bus is if the environment does not say; "" if there is none.
func userBus() string {
	path := filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// busAddress names the D-Bus in the environment; noBus is an address of none.
const busAddress, noBus = "DBUS_SESSION_BUS_ADDRESS", "disabled:"

// leaveBusAlone keeps Fyne from starting a D-Bus of its own, with dbus-launch, where there is none: it would outlive the window, and nobody
// would listen on it.
func leaveBusAlone() error {
	if hasBus() {
		return nil
	}
	return os.Setenv(busAddress, noBus)
}

// newCrier returns a function that sends notifications one after another without waiting for any: a desktop's notification service may hang,
// and then what it has no time for is dropped.
func newCrier(ctx context.Context, send func(*fyne.Notification)) func(*fyne.Notification) {
	if !hasBus() {
		return func(*fyne.Notification) {}
	}
	waiting := make(chan *fyne.Notification, crierWaits)
	go func() {
		for {
			select {
			case n := <-waiting:
				send(n)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func(n *fyne.Notification) {
		select {
		case waiting <- n:
		default:
		}
	}
}

// crierWaits is how many notifications may wait.
const crierWaits = 16

// raise brings the window to the front.
func (w *window) raise() {
	if w.win != nil {
		w.win.Show()
		w.win.RequestFocus()
	}
}
