package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"text/tabwriter"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/assets"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/data"
)

// exit is one row of the table of exit codes. A failure has the code of the first row that has an error it wraps.
type exit struct {
	code    int
	meaning string
	errs    []error
}

// exits is the one place where a failure becomes a code.
var exits = []exit{
	{0, "ok", nil},
	{1, "another failure; the sentence on stderr says which", nil},
	{2, "bad usage: an unknown command or flag, a missing or wrong argument", []error{session.ErrUsage}},
	{3, "bad recipe or plan", []error{growth.ErrRecipe, assets.ErrNoRecipe}},
	{4, "a device, a display or a library is not available", []error{session.ErrDevice, ErrNoWindow}},
	{5, "out of memory", []error{session.ErrMemory, compute.ErrNoMemory, syscall.ENOMEM}},
	{6, "training diverged: the loss is not a number any more", []error{trainer.ErrDiverged}},
	{7, "unusable data", []error{data.ErrData}},
	{8, "a run file or checkpoint that this program cannot go on with", []error{
		store.ErrNotOurs, store.ErrNewer, store.ErrNoCheckpoint, engine.ErrMismatch, trainer.ErrCheckpoint,
	}},
	{9, "verification failed: a run file or checkpoint is damaged, or a replay gives other numbers", []error{
		store.ErrDamaged, engine.ErrDiffers, trainer.ErrJournal,
	}},
	{75, "stopped on request, with a checkpoint; growlab resume goes on", []error{engine.ErrStopped}},
	{129, "as 75, because the terminal was closed (SIGHUP)", []error{engine.Signal(syscall.SIGHUP)}},
	{130, "as 75, because of an interrupt (SIGINT); a second one ends at once", []error{engine.Signal(os.Interrupt.(syscall.Signal))}},
	{143, "as 75, because of SIGTERM; a second one ends at once", []error{engine.Signal(syscall.SIGTERM)}},
}

// code is the exit code of err.
func code(err error) int {
	if err == nil {
		return 0
	}
	for _, x := range exits {
		for _, e := range x.errs {
			if errors.Is(err, e) {
				return x.code
			}
		}
	}
	return 1
}

// writeExitCodes prints the table.
func writeExitCodes(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, x := range exits {
		if _, err := fmt.Fprintf(t, "%4d\t%s\n", x.code, x.meaning); err != nil {
			return err
		}
	}
	return t.Flush()
}
