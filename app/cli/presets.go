package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/assets"
)

// presetRow is one preset as the list shows it.
type presetRow struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	About   string   `json:"about"`
	RivalOf string   `json:"rival_of,omitempty"` // the preset that this one is compared with
	Shapes  []string `json:"shapes"`             // of the stages
	Params  int64    `json:"params"`             // of the last stage
	Tokens  int64    `json:"tokens"`
	FLOPs   float64  `json:"flops"`
}

func (p Program) presets() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "presets",
		Short: "list the recipes that come with the program",
		Long: `The recipes that come with the program, the cheapest first, each followed by those that are only compared with it.
growlab train --recipe NAME trains one, growlab plan --recipe NAME shows it in full with the time that it takes here, and
growlab plan --recipe NAME --print-recipe writes it as a file to change.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			rows, err := presetRows()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(p.Streams.Out, rows)
			}
			return writePresets(&text{w: p.Streams.Out}, rows)
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON array")
	return cmd
}

// presetRows are all presets, rivals behind what they are compared with.
func presetRows() ([]presetRow, error) {
	var rows []presetRow
	cost := map[string]float64{}
	for _, name := range assets.Recipes() {
		r, err := session.LoadRecipe(session.Launch{Recipe: name})
		if err != nil {
			return nil, err
		}
		plan := r.Plan()
		row := presetRow{Name: name, Title: r.Title, About: r.About, RivalOf: r.RivalOf, Tokens: plan.Tokens, FLOPs: plan.FLOPs}
		for _, s := range plan.Stages {
			row.Shapes, row.Params = append(row.Shapes, s.Config.String()), s.Params
		}
		cost[name] = plan.FLOPs
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b presetRow) int {
		of, ofB := cmp.Or(a.RivalOf, a.Name), cmp.Or(b.RivalOf, b.Name)
		return cmp.Or(cmp.Compare(cost[of], cost[ofB]), cmp.Compare(of, ofB), cmp.Compare(len(a.RivalOf), len(b.RivalOf)), cmp.Compare(a.FLOPs, b.FLOPs))
	})
	return rows, nil
}

func writePresets(t *text, rows []presetRow) error {
	table := tabwriter.NewWriter(t, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tSTAGES\tPARAMETERS\tTOKENS\tCOMPUTE\tWHAT IT IS") // t keeps the error
	for _, r := range rows {
		name := r.Name
		if r.RivalOf != "" {
			name = "  " + name
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", name, strings.Join(r.Shapes, ", "), counted(r.Params), counted(r.Tokens),
			flops(r.FLOPs), r.Title)
	}
	_ = table.Flush() // t keeps the error
	return t.err
}

// counted is a number of parameters or tokens, with B for the 1e9 of recipes and papers.
func counted(n int64) string { return strings.Replace(scaled(float64(n)), " G", " B", 1) }
