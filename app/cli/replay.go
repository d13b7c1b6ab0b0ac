package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/store"
)

func (p Program) replay() *cobra.Command {
	var l session.Launch
	var to int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "carry a run out once more from its journal, and compare bit for bit",
		Long: `Carry out a run that is done or was stopped once more, from its first step and as a new run: the same recipe, seed, precision and
text, and every change that was made while it trained (growlab set, grow, postpone, extend) at its step. Then compare the losses,
gradient norms, learning rates and masks of all steps with those of the run, and say in one line whether they are equal bit for
bit; if not, which step differs first, with exit code 9.

They are on the same machine, whatever the number of threads, and on others with the same kernels (growlab devices names them);
elsewhere a warning says that they may differ.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			home, info, err := openRun(args[0])
			if err != nil {
				return err
			}
			var again string // its file
			err = p.work(cmd, asJSON, func(o engine.Options) (*engine.Engine, error) {
				e, err := engine.Replay(home, store.NewID(), info.File, to, l, o)
				if err == nil {
					again = e.File()
				}
				return e, err
			})
			if err != nil {
				return err
			}
			return p.verify(info.File, again, asJSON)
		},
	}
	cmd.Flags().Int64Var(&to, "to", 0, "the `STEP` after which to stop; without it where the run itself stands")
	deviceFlags(cmd, &l)
	jsonFlag(cmd, &asJSON, "print every event as a line of JSON, and then the comparison")
	return cmd
}

// verify compares the steps of two run files and says what came of it.
func (p Program) verify(was, again string, asJSON bool) error {
	c, err := engine.Compare(was, again)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(p.Streams.Out, c)
	} else if c.Equal {
		_, err = fmt.Fprintln(p.Streams.Out, c)
	}
	if err != nil {
		return err
	}
	return c.Err()
}
