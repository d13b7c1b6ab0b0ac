package cli

import (
	"bufio"

	"github.com/spf13/cobra"
)

func (p Program) runsEvents() *cobra.Command {
	return &cobra.Command{
		Use:   "events RUN",
		Short: "print all that has happened in a run so far, a line of JSON for each event",
		Args:  oneRun,
		RunE: func(_ *cobra.Command, args []string) error {
			home, info, err := openRun(args[0])
			if err != nil {
				return err
			}
			events, _, err := home.History(info.ID)
			if err != nil {
				return err
			}
			out := bufio.NewWriter(p.Streams.Out)
			for _, e := range events {
				if err := writeEvent(out, e); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	}
}
