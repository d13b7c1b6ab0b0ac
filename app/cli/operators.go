package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/growth"
)

// operatorRow is one operator as the list shows it.
type operatorRow struct {
	Name      string `json:"name"`
	Preserves bool   `json:"preserves"` // in every growth that it takes
	When      string `json:"when"`      // always, never, or the condition
	Masked    bool   `json:"masked"`
	Depth     string `json:"depth"` // order of new layers, unless the recipe says another
	Source    string `json:"source"`
	Text      string `json:"text,omitempty"` // of one that was asked for by name
}

func operatorRows() []operatorRow {
	var rows []operatorRow
	for _, op := range growth.Operators {
		when := op.Promise.When
		rows = append(rows, operatorRow{Name: op.Name, Preserves: when == growth.Always, When: when, Masked: op.Masked, Depth: op.Depth, Source: op.Source})
	}
	return rows
}

func (p Program) operators() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "operators [NAME]",
		Short: "list the ways to grow, the default first, or show one with its picture",
		Long: `The ways to grow a network, the default first; --set stage.2.operator=NAME chooses one. Preserves says when the grown network
computes what the small one did; masked operators fade the new part in, the others add it at once. With NAME, one of them as
its source text explains it: what it does, with a picture, and where it deviates from its paper.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return session.Usagef("%s takes one operator, or none to list them all", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			rows := operatorRows()
			if len(args) == 1 {
				op, err := growth.Lookup(args[0])
				if err != nil {
					return session.Usagef("%v", err)
				}
				rows = slices.DeleteFunc(rows, func(r operatorRow) bool { return r.Name != op.Name })
				rows[0].Text = op.Text()
			}
			if asJSON {
				return writeJSON(p.Streams.Out, rows)
			}
			t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
			_, _ = fmt.Fprintln(t, "NAME\tPRESERVES\tMASKED\tLAYERS\tSOURCE") // Flush tells
			for _, o := range rows {
				_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.Name, o.When, yesNo(o.Masked), o.Depth, o.Source)
			}
			if err := t.Flush(); err != nil || len(args) == 0 {
				return err
			}
			_, err := fmt.Fprintf(p.Streams.Out, "\n%s\n", rows[0].Text)
			return err
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON array")
	return cmd
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
