package cli

import (
	"github.com/spf13/cobra"

	"growlab/trainer/control"
)

func (p Program) grow() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "grow RUN",
		Short: "end the stage of a run that trains now, and grow",
		Long: `End the stage of a live run between two of its steps and grow into the next. The state before is saved, and the stages
after it follow as planned. A run in its last stage, or still fading in an earlier growth, refuses.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd, args[0], dry, func(control.Command) string { return "grows" }, control.Command{Verb: control.Grow})
		},
	}
	dryRunFlag(cmd, &dry)
	return cmd
}
