package app

// screen is what stands in the middle of the window besides the pages of a run.
type screen int

const (
	screenRun     screen = iota // the pages of the selected run, or the presets if there is none
	screenDevices               // the machine and its doctor
)

// goTo shows a screen.
func (w *window) goTo(s screen) {
	w.screen = s
	if s == screenDevices {
		w.goLive()
	} else {
		w.devices.rest()
	}
	w.refreshPages()
}

// comeBack shows the pages of the run again.
func (w *window) comeBack() { w.goTo(screenRun) }
