package app

// place is what stands in the middle of the window besides the pages of a run.
type place int

const (
	placeRun     place = iota // the pages of the selected run, or the presets if there is none
	placePlan                 // the editor of plans
	placeDevices              // the machine and its doctor
)

// goTo shows a place.
func (w *window) goTo(p place) {
	w.place = p
	if p == placeDevices {
		w.goLive()
	} else {
		w.devices.rest()
	}
	w.refreshPages()
}

// comeBack shows the pages of the run again.
func (w *window) comeBack() { w.goTo(placeRun) }
