package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
)

func (p Program) runsCheckpoints() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "checkpoints RUN", Short: "list the checkpoints of a run, from which growlab fork goes on",
	}
	cmd.Args, cmd.RunE = atHome(oneRun, func(_ *cobra.Command, h *session.Home, args []string) error {
		all, err := h.Checkpoints(args[0])
		if err != nil {
			return notFound(err)
		}
		if asJSON {
			return writeJSON(p.Streams.Out, all)
		}
		t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "ID\tSTEP\tTOKENS\tSTAGE\tWHY\tSIZE\tSAVED") // Flush tells
		for _, c := range all {
			why := c.Reason
			if c.Pinned {
				why += ", kept"
			}
			_, _ = fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%s\t%s\t%s\n",
				c.ID, grouped(c.Step), grouped(c.Tokens), c.Stage, why, bytesOf(c.Bytes), ago(c.Time, time.Now()))
		}
		return t.Flush()
	})
	jsonFlag(cmd, &asJSON, "print a JSON array")
	return cmd
}
