package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"growlab/app/glload"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/store"
	"growlab/trainer/control"
)

func checkCPU(c session.CPU) Finding {
	f := Finding{Check: "cpu", Required: true, OK: c.Error == "", Detail: "kernels"}
	for i, k := range c.Families {
		f.Detail += option(i, k.Name, k.Chosen, k.Reason)
	}
	if c.Error != "" {
		f.Detail = c.Error
		if c.Forced != "" {
			f.Fix = "unset GROWLAB_CPU"
		}
	}
	return f
}

// checkPrecision tells which precisions there are; fp32 is enough.
func checkPrecision(c session.CPU) Finding {
	f := Finding{Check: "precision", Detail: "none, since the CPU engine does not open"}
	for i, p := range c.Precisions {
		if i == 0 {
			f.Detail = "of matrix products:"
		}
		f.OK = f.OK || p.Available
		f.Detail += option(i, p.Name, p.Chosen, p.Reason)
	}
	return f
}

// option is one of several that can be chosen, in a sentence.
func option(i int, name string, chosen bool, reason string) string {
	s := " " + name
	if i > 0 {
		s = "; " + name
	}
	if chosen {
		s += " (chosen)"
	}
	return s + ": " + reason
}

func checkCores() Finding {
	return Finding{
		Check: "cores", OK: true, Required: true,
		Detail: fmt.Sprintf("%d, of which %d may be used", runtime.NumCPU(), runtime.GOMAXPROCS(0)),
	}
}

// littleMemory is what flm-1m needs and some to spare.
const littleMemory = 256 << 20

func checkMemory() Finding {
	f := Finding{Check: "memory", OK: true, Required: true, Detail: "unknown on this system"}
	free, known := session.FreeMemory()
	if !known {
		return f
	}
	f.Detail = words.Size(free) + " free"
	if total, known := session.TotalMemory(); known {
		f.Detail += " of " + words.Size(total)
	}
	if free < littleMemory {
		f.OK, f.Fix = false, "end other programs; the smallest preset needs about "+words.Size(littleMemory)
	}
	return f
}

// checkFolder makes a run file and removes it, which tries all that a run needs of the folder and its disk.
func checkFolder(h *session.Home) Finding {
	f := Finding{Check: "folder", Required: true, Detail: h.RunFolder() + " takes run files"}
	id := "doctor-" + store.NewID()
	path := filepath.Join(h.RunFolder(), store.FileName("doctor", id))
	run, err := store.Create(path, store.Meta{ID: id, Name: "doctor"})
	if err == nil {
		err = run.Close()
	}
	if run != nil {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		f.Detail, f.Fix = err.Error(), "set GROWLAB_HOME to a folder of yours on a local disk"
		return f
	}
	f.OK = true
	if free, ok := freeDisk(h.RunFolder()); ok {
		f.Detail += ", " + words.Size(free) + " free"
	}
	return f
}

func checkSocket() Finding {
	f := Finding{Check: "socket", Required: true}
	path, err := control.Path("doctor")
	if err != nil {
		f.Detail, f.Fix = err.Error(), "set XDG_RUNTIME_DIR to a folder of yours with a short path"
		return f
	}
	f.OK, f.Detail = true, "control sockets in "+filepath.Dir(path)
	return f
}

func checkWindow() Finding {
	f := Finding{Check: "window", Detail: "the window can open on DISPLAY=" + os.Getenv("DISPLAY")}
	if err := glload.Available(); err != nil {
		f.Detail, f.Fix = err.Error(), "none is needed to train: growlab train works without"
		return f
	}
	f.OK = true
	return f
}
