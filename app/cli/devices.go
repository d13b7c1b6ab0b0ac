package cli

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/session"
)

func (p Program) devices() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "list what can train here, which kernels and precision are chosen, and why",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			d := session.ListDevices()
			if asJSON {
				return writeJSON(p.Streams.Out, d)
			}
			return writeCPU(&text{w: p.Streams.Out}, d.CPU)
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON object")
	return cmd
}

func writeCPU(t *text, c session.CPU) error {
	t.line("cpu: %s", cmp.Or(c.Model, "model unknown"))
	memory := "memory unknown"
	if c.Memory > 0 {
		memory = fmt.Sprintf("%s of memory, %s free", bytesOf(c.Memory), bytesOf(c.Free))
	}
	t.line("  %d cores, %d threads used; %s", c.Cores, c.Threads, memory)
	if c.Device != "" {
		t.line("  trains as: %s", c.Device)
	}
	if c.Error != "" {
		t.line("  cannot train: %s", c.Error)
	}
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', 0)
	row := func(what, name string, available, chosen bool, reason string) {
		_, _ = fmt.Fprintf(rows, "  %s\t%s\t%s\t%s\n", what, name, standing(available, chosen), reason) // t keeps the error
	}
	for _, f := range c.Families {
		row("kernels", f.Name, f.Available, f.Chosen, f.Reason)
	}
	for _, f := range c.Precisions {
		row("precision", f.Name, f.Available, f.Chosen, f.Reason)
	}
	_ = rows.Flush() // t keeps the error
	return t.err
}

// standing is a word on one choice among several.
func standing(available, chosen bool) string {
	switch {
	case chosen:
		return "chosen"
	case available:
		return "available"
	}
	return "not here"
}
