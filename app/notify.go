package app

import (
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"growlab/app/session"
)

// notifyEnds tells of runs that have ended since the list before, while the window is not what a person looks at.
func (w *window) notifyEnds(before, now []session.Info) {
	if w.win == nil || w.prefs.Bool(prefQuiet) || w.focused {
		return
	}
	was := map[string]bool{}
	for _, info := range before {
		was[info.ID] = info.Live()
	}
	for _, info := range now {
		if title := endTitle(info); was[info.ID] && title != "" {
			fyne.CurrentApp().SendNotification(fyne.NewNotification(title, endNotice(info)))
		}
	}
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
		return fmt.Sprintf("validation loss %.4f after %d steps", info.ValLoss, info.Step)
	}
	return fmt.Sprintf("after %d steps; Resume goes on from the last checkpoint", info.Step)
}

// showTray puts an icon in the tray, where a desktop has one; it is never the only way to anything.
func (w *window) showTray(a fyne.App) {
	d, ok := a.(desktop.App)
	if !ok || w.prefs.Bool(prefNoTray) || os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		return
	}
	d.SetSystemTrayMenu(fyne.NewMenu(appName,
		fyne.NewMenuItem("Show the window", w.raise),
		fyne.NewMenuItem("Pause, or go on", w.toggle)))
	d.SetSystemTrayIcon(a.Icon())
}

// raise brings the window to the front.
func (w *window) raise() {
	if w.win != nil {
		w.win.Show()
		w.win.RequestFocus()
	}
}
