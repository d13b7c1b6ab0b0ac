package desk

import (
	"growlab/app/doctor"
	"growlab/app/session"
	"growlab/cudart"
)

// Examine looks at the machine that the window runs on, which takes seconds where GPUs have to wake.
func (d Desk) Examine() (session.Devices, []doctor.Finding) {
	found := session.ListDevices()
	return found, doctor.On(found, d.Home, false)
}

// GPUs are what the GPUs do at this moment.
func (Desk) GPUs() *cudart.Report { return session.Prober{}.Probe() }

// Now is the load of the processors so far, and free and all memory; 0 for what is not known.
func (Desk) Now() (load session.Load, free, all int64) {
	load, _ = session.MeasureLoad()
	free, _ = session.FreeMemory()
	all, _ = session.TotalMemory()
	return load, free, all
}
