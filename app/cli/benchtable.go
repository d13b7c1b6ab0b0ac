package cli

import (
	"fmt"
	"text/tabwriter"

	"growlab/trainer/bench"
)

// writeBench prints a benchmark as tables.
func writeBench(t *text, r bench.Result) error {
	m := measurementOf(r)
	t.line("shape %s", m.Description)
	t.line("%s parameters, %s tokens a step, %sFLOP a token; %s", grouped(m.Params), grouped(int64(m.StepTokens)), scaled(m.FLOPsPerToken), m.Device)
	t.line("")
	m.writeRates(t, r)
	t.line("")
	m.writeOperations(t)
	return t.err
}

func (m measurement) writeRates(t *text, r bench.Result) {
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "\ttokens/s, median\tbest\tworst\tspread\tGFLOP/s\tof peak\t") // t keeps the error
	row := func(name string, x bench.Rates) {
		rate := x.Median() * m.FLOPsPerToken / 1e9
		_, _ = fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\t%.0f\t%s\t\n", name, grouped(int64(x.Median())), grouped(int64(x.Best())),
			grouped(int64(x.Worst())), percent(x.Spread()), rate, m.ofPeak(rate, 1))
	}
	row("plain", r.Plain)
	if m.Masked != nil {
		row("masked", r.Masked)
	}
	_ = rows.Flush() // t keeps the error
	peak := "this engine cannot measure the peak of this machine"
	if m.Peak != nil {
		peak = fmt.Sprintf("the peak is %.0f GFLOP/s in %s on %d threads, measured here", *m.Peak, m.Precision, m.Threads)
	}
	t.line("%d runs; %s", len(r.Plain), peak)
	if m.Masked != nil {
		t.line("masked (the middle of a growth, step by step beside the plain network): %s of the plain speed", percent(m.Masked.Ratio))
	}
}

// ofPeak is which part a rate in GFLOP/s is of what threads of the machine's can reach.
func (m measurement) ofPeak(rate float64, threads int) string {
	if m.Peak == nil {
		return "-"
	}
	return percent(rate / *m.Peak * float64(threads))
}

func (m measurement) writeOperations(t *text) {
	t.line("a step with each operation timed: %.2f ms x %d threads = %.2f thread-ms (average of %d)",
		m.Step.Milliseconds, m.Threads, m.Step.ThreadMilliseconds, m.Step.Steps)
	t.line("  %-9s  %-15s  %6s  %9s  %7s  %8s  %7s", "phase", "operation", "calls", "thread-ms", "share", "GFLOP/s*", "of peak")
	for _, c := range m.Operations {
		rate, of := "-", "-"
		if c.GFLOPS > 0 {
			rate, of = fmt.Sprintf("%.0f", c.GFLOPS), m.ofPeak(c.GFLOPS, m.Threads)
		}
		t.line("  %-9s  %-15s  %6s  %9.2f  %7s  %8s  %7s", c.Phase, c.Operation, grouped(c.Calls), c.ThreadMilliseconds, percent(c.Share), rate, of)
	}
	t.line("")
	for _, p := range m.Phases {
		t.line("  %-9s  all                      %9.2f  %7s", p.Phase, p.ThreadMilliseconds, percent(p.Share))
	}
	t.line("* of one thread, in matrix products")
}
