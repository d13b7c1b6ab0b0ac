package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

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
}

func operatorRows() []operatorRow {
	var rows []operatorRow
	for _, op := range growth.Operators {
		when := op.Promise.When
		rows = append(rows, operatorRow{op.Name, when == growth.Always, when, op.Masked, op.Depth, op.Source})
	}
	return rows
}

func (p Program) operators() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "operators",
		Short: "list the ways to grow, the default first",
		Long: `The ways to grow a network, the default first; --set stage.2.operator=NAME chooses one. Preserves says when the grown network
computes what the small one did; masked operators fade the new part in, the others add it at once.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return writeJSON(p.Streams.Out, operatorRows())
			}
			t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
			_, _ = fmt.Fprintln(t, "NAME\tPRESERVES\tMASKED\tLAYERS\tSOURCE") // Flush tells
			for _, o := range operatorRows() {
				_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.Name, o.When, yesNo(o.Masked), o.Depth, o.Source)
			}
			return t.Flush()
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
