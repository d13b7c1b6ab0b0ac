package look

import "fyne.io/fyne/v2"

// Show shows or hides o, and reports whether that changed anything.
func Show(o fyne.CanvasObject, on bool) bool {
	if on == o.Visible() {
		return false
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}

// Enable changes a button only if it must: each change repaints.
func Enable(b fyne.Disableable, on bool) {
	if on && b.Disabled() {
		b.Enable()
	} else if !on && !b.Disabled() {
		b.Disable()
	}
}
