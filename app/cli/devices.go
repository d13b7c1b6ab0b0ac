package cli

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/cudart"
)

func (p Program) devices() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "list what can train here, which kernels and precision are chosen and why, and the GPUs",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			d := session.ListDevices()
			if asJSON {
				return writeJSON(p.Streams.Out, d)
			}
			t := &text{w: p.Streams.Out}
			writeCPU(t, d.CPU)
			writeGPUs(t, d.CUDA)
			return t.err
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON object")
	cmd.AddCommand(p.probe())
	return cmd
}

// probe is the command of the process in which package session looks for GPUs.
func (p Program) probe() *cobra.Command {
	return &cobra.Command{
		Use: "probe", Short: "print what NVIDIA's libraries tell, as JSON", Hidden: true, Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return writeJSON(p.Streams.Out, cudart.Probe()) },
	}
}

func writeCPU(t *text, c session.CPU) {
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

// writeGPUs lists the GPUs, and says why none can be used if that is so.
func writeGPUs(t *text, r *cudart.Report) {
	for _, g := range r.GPUs {
		writeGPU(t, g)
	}
	if r.Usable() {
		t.line("cuda: driver %s, CUDA %s", cmp.Or(r.Driver, "of unknown version"), r.CUDA)
		t.line("  %s", session.GPUUse(r))
		return
	}
	t.line("cuda: %s", r.Problem)
	t.line("  training uses the CPU")
}

func writeGPU(t *text, g cudart.GPU) {
	number := fmt.Sprintf("gpu %d", g.Ordinal)
	if g.Ordinal < 0 {
		number = "gpu, not given to this process"
	}
	capability := "compute capability unknown"
	if g.Capability != (cudart.Capability{}) {
		capability = "compute capability " + g.Capability.String()
	}
	t.line("%s: %s, %s", number, cmp.Or(g.Name, "name unknown"), capability)
	if facts := measured(g); len(facts) > 0 {
		t.line("  %s", strings.Join(facts, "; "))
	}
	if g.Problem != "" {
		t.line("  could not be asked: %s", strings.ReplaceAll(g.Problem, "\n", "; "))
	}
}

// measured tells what is known of a GPU at this moment; what is not is left out.
func measured(g cudart.GPU) (facts []string) {
	add := func(format string, a ...any) { facts = append(facts, fmt.Sprintf(format, a...)) }
	now := g.Now
	switch {
	case now.MemoryTotal != nil && now.MemoryFree != nil:
		add("%s of memory, %s free", bytesOf(*now.MemoryTotal), bytesOf(*now.MemoryFree))
	case g.Memory > 0:
		add("%s of memory", bytesOf(g.Memory))
	}
	if now.Utilization != nil {
		add("%d %% utilised", *now.Utilization)
	}
	switch {
	case now.Power != nil && now.PowerLimit != nil:
		add("%.0f W of %.0f W", *now.Power, *now.PowerLimit)
	case now.Power != nil:
		add("%.0f W", *now.Power)
	}
	if now.Temperature != nil {
		add("%d °C", *now.Temperature)
	}
	if now.Throttle != nil {
		add("throttled: %s", now.Throttle)
	}
	return facts
}
