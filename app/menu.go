package app

import (
	"fmt"

	"fyne.io/fyne/v2"
)

// menu is the menu bar. What has a key says so; keys are bound by bind, so that they also work without a menu. They stand in the
// titles: Fyne draws those of shortcuts at a fifth of the contrast of text, which nobody can read.
func (w *window) menu() *fyne.MainMenu {
	item := func(title, keys string, do func()) *fyne.MenuItem {
		if keys != "" {
			title += "  (" + keys + ")"
		}
		return fyne.NewMenuItem(title, do)
	}
	file := fyne.NewMenu("File",
		item("New run…", "Ctrl+N", w.newRun),
		item("Plan a run…", "Ctrl+P", w.planRun),
		item("Attach to a run on another machine…", "", w.showAttach),
		fyne.NewMenuItemSeparator(),
		item("Settings…", "Ctrl+,", w.showSettings),
		fyne.NewMenuItemSeparator(),
		item("Close the window", "Ctrl+Q", w.requestClose))
	file.Items[len(file.Items)-1].IsQuit = true
	run := fyne.NewMenu("Run",
		item("Train, or resume", "Ctrl+R", w.trainOrResume),
		item("Pause, or go on", "Space", w.toggle),
		item("Stop and keep a checkpoint", "Ctrl+.", w.stop),
		item("Grow now", "Ctrl+G", w.growNow),
		fyne.NewMenuItemSeparator(),
		item("Rename, fork, duplicate, delete…", "Ctrl+M", w.selectedMenu))
	view := fyne.NewMenu("View")
	for i, p := range w.pages() {
		view.Items = append(view.Items, item(p.title, pageKey(i), func() { w.turnPage(i) }))
	}
	view.Items = append(view.Items, fyne.NewMenuItemSeparator(),
		item("This machine and its doctor", "Ctrl+D", w.showDevices),
		item("Whole curve", "Ctrl+0", w.chart.Fit))
	help := fyne.NewMenu("Help",
		item("First steps", "", w.showFirstSteps),
		item("Keys", "F1", w.showKeys),
		item("What the events mean", "", w.showMeanings),
		fyne.NewMenuItemSeparator(),
		item("About Growlab", "", w.showAbout))
	return fyne.NewMainMenu(file, run, view, help)
}

// pageKey is the key of a page; pages beyond the ninth have none.
func pageKey(i int) string {
	if i >= 9 {
		return ""
	}
	return fmt.Sprintf("Ctrl+%d", i+1)
}

// turnPage shows a page of the run.
func (w *window) turnPage(i int) {
	w.comeBack()
	w.tabs.SelectIndex(i)
}
