package doctor

import (
	"cmp"
	"fmt"

	"growlab/app/session"
	"growlab/cudart"
)

// checkGPU tells of the GPUs, and how they are used.
func checkGPU(r *cudart.Report) Finding {
	f := Finding{Check: "gpu", OK: r.Usable(), Detail: session.GPUUse(r), Hints: r.Hints}
	if f.OK {
		f.Detail = fmt.Sprintf("%s; driver %s, CUDA %s; %s",
			session.GPUNames(r.GPUs), cmp.Or(r.Driver, "of unknown version"), r.CUDA, session.GPUUse(r))
	}
	return f
}

// checkLibraries tells of those of NVIDIA's libraries that were found and, where no GPU can be used, of those that this depends on,
// with every attempt. all tells everything.
func checkLibraries(r *cudart.Report, all bool) []Finding {
	var fs []Finding
	for _, l := range r.Libraries {
		f := Finding{Check: string(l.Library), OK: l.Problem == "", Detail: l.Problem}
		if f.OK {
			f.Detail = fmt.Sprintf("%s, %s (%s): %s", versionOf(l), l.Path, l.Via, l.Purpose)
		}
		wanted := all || !r.Usable() && (l.Library == cudart.LibDriver || l.Library == cudart.LibNVML)
		if wanted {
			f.Attempts = attemptsOf(r, l.Library)
		}
		if wanted || l.Path != "" {
			fs = append(fs, f)
		}
	}
	return fs
}

// versionOf names what the version of a library is one of.
func versionOf(l cudart.LibraryReport) string {
	switch {
	case l.Version == "":
		return "version unknown"
	case l.Library == cudart.LibDriver:
		return "CUDA " + l.Version
	case l.Library == cudart.LibNVML:
		return "driver " + l.Version
	}
	return l.Version
}

func attemptsOf(r *cudart.Report, lib cudart.Library) (list []cudart.Attempt) {
	for _, a := range r.Attempts {
		if a.Library == lib {
			list = append(list, a)
		}
	}
	return list
}
