package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/trainer/control"
)

func (p Program) set() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "set RUN key=value…",
		Short: "change a setting of a run that trains now",
		Long: `Change settings of a live run, between two of its steps. RUN is an id, its beginning, a name or a file. The state before each
change is saved, the run file keeps when it was made, a resumed run keeps it, and growlab replay makes it again. Settings:

  lr=4e-3             the peak learning rate; the schedule keeps its shape and goes on scaled
  lr=0.5x             the same, as a multiple of the present one
  weight_decay=0.05   on matrices
  clip=0.5            the largest gradient norm, 0 is none
  batch=3072          tokens in one step of this stage and the later ones, a multiple of the context; no more sequences
                      than planned are in memory at once
  ramp=50k            tokens over which the growth that is being faded in goes the rest of its way, 0 is at once
  eval.every=50k      tokens between evaluations; also sample.every and checkpoint.every; 0 is never

and one that changes no numbers, and that a resumed run has forgotten:

  threads=N           threads of the CPU engine, from 1 to the number that it was started with`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return session.Usagef("%s takes a run and a setting, for example: growlab set RUN lr=0.5x", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			commands, err := settings(args[1:])
			if err != nil {
				return err
			}
			return p.ask(cmd, args[0], dry, func(c control.Command) string { return "has " + c.Detail() + " from the next step on" }, commands...)
		},
	}
	dryRunFlag(cmd, &dry)
	return cmd
}

// settings reads key=value words.
func settings(words []string) ([]control.Command, error) {
	var all []control.Command
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		c := control.Command{Verb: control.Set, Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)}
		if err := c.Validate(); err != nil {
			return nil, session.Usagef("%q is not a setting: %v", w, err)
		}
		all = append(all, c)
	}
	return all, nil
}
