package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"growlab/app/glload"
	"growlab/app/session"
	"growlab/cudart"
	"growlab/store"
	"growlab/trainer/control"
)

// finding is what doctor found about one thing.
type finding struct {
	Check    string `json:"check"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"` // training on the terminal needs it
	Detail   string `json:"detail"`
	Fix      string `json:"fix,omitempty"`

	Hints    []string         `json:"hints,omitempty"`
	Attempts []cudart.Attempt `json:"attempts,omitempty"` // files that were looked for
}

// errUnfit is returned by doctor when something that training needs is not well.
var errUnfit = errors.New("this machine cannot train: see what is marked FAIL")

func (p Program) doctor() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check what this machine has for training and for the window",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			fit := true
			term := p.outTerminal(cmd)
			for _, f := range examine(home, verbose || asJSON) {
				fit = fit && (f.OK || !f.Required)
				show := f.print
				if asJSON {
					show = func(terminal) error { return writeJSON(p.Streams.Out, f) }
				}
				if err := show(term); err != nil {
					return err
				}
			}
			if !fit {
				return errUnfit
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON, "print a line of JSON for each check")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every place in which NVIDIA's libraries were looked for")
	return cmd
}

// examine makes all checks. verbose has all that was looked for of CUDA.
func examine(h *session.Home, verbose bool) []finding {
	d := session.ListDevices()
	all := []finding{
		checkCPU(d.CPU), checkPrecision(d.CPU), checkCores(), checkMemory(), checkFolder(h), checkSocket(), checkWindow(), checkGPU(d.CUDA),
	}
	return append(all, checkLibraries(d.CUDA, verbose)...)
}

func (f finding) print(t terminal) error {
	mark := t.paint(green, "ok  ")
	switch {
	case !f.OK && f.Required:
		mark = t.paint(red, "FAIL")
	case !f.OK:
		mark = t.paint(yellow, "none")
	}
	_, err := fmt.Fprintf(t, "%s  %-9s %s\n", mark, f.Check, f.Detail)
	if err == nil && f.Fix != "" {
		_, err = fmt.Fprintf(t, "      %-9s fix: %s\n", "", f.Fix)
	}
	for _, h := range f.Hints {
		if err == nil {
			_, err = fmt.Fprintf(t, "      %-9s hint: %s\n", "", h)
		}
	}
	for _, a := range f.Attempts {
		if err == nil {
			_, err = fmt.Fprintf(t, "      %-9s %s\n", "", a)
		}
	}
	return err
}

func checkCPU(c session.CPU) finding {
	f := finding{Check: "cpu", Required: true, OK: c.Error == "", Detail: "kernels"}
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
func checkPrecision(c session.CPU) finding {
	f := finding{Check: "precision", Detail: "none, since the CPU engine does not open"}
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

func checkCores() finding {
	return finding{
		Check: "cores", OK: true, Required: true,
		Detail: fmt.Sprintf("%d, of which %d may be used", runtime.NumCPU(), runtime.GOMAXPROCS(0)),
	}
}

// littleMemory is what flm-1m needs and some to spare.
const littleMemory = 256 << 20

func checkMemory() finding {
	f := finding{Check: "memory", OK: true, Required: true, Detail: "unknown on this system"}
	free, known := session.FreeMemory()
	if !known {
		return f
	}
	f.Detail = bytesOf(free) + " free"
	if total, known := session.TotalMemory(); known {
		f.Detail += " of " + bytesOf(total)
	}
	if free < littleMemory {
		f.OK, f.Fix = false, "end other programs; the smallest preset needs about "+bytesOf(littleMemory)
	}
	return f
}

// checkFolder makes a run file and removes it, which tries all that a run needs of the folder and its disk.
func checkFolder(h *session.Home) finding {
	f := finding{Check: "folder", Required: true, Detail: h.RunFolder() + " takes run files"}
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
		f.Detail += ", " + bytesOf(free) + " free"
	}
	return f
}

func checkSocket() finding {
	f := finding{Check: "socket", Required: true}
	path, err := control.Path("doctor")
	if err != nil {
		f.Detail, f.Fix = err.Error(), "set XDG_RUNTIME_DIR to a folder of yours with a short path"
		return f
	}
	f.OK, f.Detail = true, "control sockets in "+filepath.Dir(path)
	return f
}

func checkWindow() finding {
	f := finding{Check: "window", Detail: "the window can open on DISPLAY=" + os.Getenv("DISPLAY")}
	if err := glload.Available(); err != nil {
		f.Detail, f.Fix = err.Error(), "none is needed to train: growlab train works without"
		return f
	}
	f.OK = true
	return f
}

// checkGPU tells of the GPUs, which are not used.
func checkGPU(r *cudart.Report) finding {
	f := finding{Check: "gpu", OK: r.Usable(), Detail: r.Problem + "; " + session.CPUOnly, Hints: r.Hints}
	if f.OK {
		f.Detail = fmt.Sprintf("%s; driver %s, CUDA %s; %s, so nothing of this is used yet",
			session.GPUNames(r.GPUs), cmp.Or(r.Driver, "of unknown version"), r.CUDA, session.CPUOnly)
	}
	return f
}

// checkLibraries tells of those of NVIDIA's libraries that were found and, where no GPU can be used, of those that this depends on,
// with every attempt. all tells everything.
func checkLibraries(r *cudart.Report, all bool) []finding {
	var fs []finding
	for _, l := range r.Libraries {
		f := finding{Check: string(l.Library), OK: l.Problem == "", Detail: l.Problem}
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
