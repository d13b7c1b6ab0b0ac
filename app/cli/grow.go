package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/trainer/control"
)

func (p Program) grow() *cobra.Command {
	return &cobra.Command{
		Use:   "grow RUN",
		Short: "end the stage of a run that trains now, and grow",
		Long: `End the stage of a live run between two of its steps and grow into the next. The state before is saved, and the stages
after it follow as planned. A run in its last stage, or still fading in an earlier growth, refuses.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			info, err := find(home, args[0])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), answerTime)
			defer cancel()
			if err := home.Send(ctx, info.ID, control.Command{Verb: control.Grow}); err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.Streams.Err, "run %s grows\n", info.ID)
			return err
		},
	}
}
