package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// menu is the menu bar. What has a key says so; keys are bound by bind, so that they also work without a menu.
func (w *window) menu() *fyne.MainMenu {
	item := func(title string, key fyne.KeyName, do func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(title, do)
		if key != "" {
			i.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
		}
		return i
	}
	file := fyne.NewMenu("File",
		item("New run…", fyne.KeyN, w.newRun),
		item("Plan a run…", fyne.KeyP, w.planRun),
		item("Attach to a run on another machine…", "", w.showAttach),
		fyne.NewMenuItemSeparator(),
		item("Settings…", fyne.KeyComma, w.showSettings),
		fyne.NewMenuItemSeparator(),
		item("Close the window", fyne.KeyQ, w.requestClose))
	file.Items[len(file.Items)-1].IsQuit = true
	run := fyne.NewMenu("Run",
		item("Train, or resume", fyne.KeyR, w.trainOrResume),
		item("Pause, or go on", "", w.toggle),
		item("Stop and keep a checkpoint", fyne.KeyPeriod, w.stop),
		item("Grow now", fyne.KeyG, w.growNow),
		fyne.NewMenuItemSeparator(),
		item("Rename, fork, duplicate, delete…", fyne.KeyM, w.selectedMenu))
	view := fyne.NewMenu("View")
	for i, p := range w.pages() {
		view.Items = append(view.Items, item(p.title, pageKey(i), func() { w.turnPage(i) }))
	}
	view.Items = append(view.Items, fyne.NewMenuItemSeparator(),
		item("This machine and its doctor", fyne.KeyD, w.showDevices),
		item("Whole curve", fyne.Key0, w.chart.Fit))
	help := fyne.NewMenu("Help",
		item("Keys", "", w.showKeys),
		item("What the events mean", "", w.showMeanings))
	return fyne.NewMainMenu(file, run, view, help)
}

// pageKey is the digit of a page; pages beyond the ninth have none.
func pageKey(i int) fyne.KeyName {
	if i >= 9 {
		return ""
	}
	return fyne.KeyName(string(rune('1' + i)))
}

// turnPage shows a page of the run.
func (w *window) turnPage(i int) {
	w.comeBack()
	w.tabs.SelectIndex(i)
}
