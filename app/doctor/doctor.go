// Package doctor checks what a machine has for training and for the window, and says what to do about what is missing. The
// terminal prints its findings, the window shows them.
//
// Callers want Examine.
package doctor

import (
	"growlab/app/session"
	"growlab/cudart"
)

// Finding is what was found about one thing.
type Finding struct {
	Check    string `json:"check"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"` // training needs it
	Detail   string `json:"detail"`
	Fix      string `json:"fix,omitempty"`

	Hints    []string         `json:"hints,omitempty"`
	Attempts []cudart.Attempt `json:"attempts,omitempty"` // files that were looked for
}

// Unfit reports whether f says that this machine cannot train.
func (f Finding) Unfit() bool { return f.Required && !f.OK }

// Examine makes all checks of the machine and of the data folder of h, which takes seconds where GPUs have to wake. verbose has
// all that was looked for of CUDA.
func Examine(h *session.Home, verbose bool) []Finding { return On(session.ListDevices(), h, verbose) }

// On is Examine with the devices of this machine known already.
func On(d session.Devices, h *session.Home, verbose bool) []Finding {
	all := []Finding{
		checkCPU(d.CPU), checkPrecision(d.CPU), checkCores(), checkMemory(), checkFolder(h), checkSocket(), checkWindow(), checkGPU(d.CUDA),
	}
	return append(all, checkLibraries(d.CUDA, verbose)...)
}
