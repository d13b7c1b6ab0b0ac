package cli

import (
	"cmp"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/lab"
	"growlab/app/session"
	"growlab/app/verdict"
	"growlab/trainer/compute"
)

// compareFlags are those of growlab compare.
type compareFlags struct {
	session.Launch
	tuneFlags
	report             string
	asJSON, asMarkdown bool
}

func (p Program) compare() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare RUN TWIN... | compare --tune RUN|RECIPE...",
		Short: "say who won: a run against its rivals, by compute, time and final loss",
		Long: `Compare finished runs: the first, with all others of its recipe, against the rest. Runs of one recipe that differ in their
seed are one contender, and give intervals that know of seeds; one run each gives the noise of measuring only.

flops_to_equal_loss_ratio is the rival's FLOPs over the run's, both until the lowest loss that all of them reach: above 1 the run
needs less. wall_clock_ratio_at_equal_tokens is the rival's active time over the run's, the paper's 3.56x. The last networks are
measured once more on the held-out text of the curves, which takes a moment. growlab twin trains rivals.

With --tune the contenders are recipes, by presets, TOML files or runs of them; a recipe alone is compared with all its rivals
(growlab twin). Each gets the best of the same number of learning rates, tried around its own on a seed that is not compared;
then each is trained at its rate on every one of --seeds, and the verdict is on those. All of them are ordinary runs, and
those that there are already are found. Ctrl+C saves a checkpoint and ends; the same command goes on where it stopped. --transfer
takes the rates from smaller contenders, in the same order, that are tuned instead.`,
		Args: func(cmd *cobra.Command, args []string) error {
			least := 2
			if f.tune { // its rivals are derived
				least = 1
			}
			if len(args) < least {
				return session.Usagef("%s takes a run and at least one rival: ids, their beginnings, names or files; growlab twin makes rivals", cmd.CommandPath())
			}
			if f.asJSON && f.asMarkdown {
				return session.Usagef("--json and --markdown are two ways to print; give one of them")
			}
			return f.check(cmd)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var tuning *lab.Tuning
			names := map[string]string{} // of contenders, by run
			if f.tune {
				var err error
				if tuning, args, names, err = p.tuned(cmd, f, args); err != nil {
					return err
				}
			}
			entries, err := p.entries(args, names, f.Launch)
			if err != nil {
				return err
			}
			c, err := lab.Compare(entries)
			if err != nil {
				return err
			}
			if tuning != nil {
				c.Tuning = tuning
				c.Verdict.Notes = append(tuning.Notes(), c.Verdict.Notes...)
			}
			return p.compared(f, c)
		},
	}
	cmd.Flags().StringVar(&f.report, "report", "", "write a lab report into the folder `DIR`: Markdown, PNG, CSV and the recipes")
	tuneFlagsOf(cmd, &f.tuneFlags)
	cmd.Flags().StringVar(&f.Data, "data", "", "with --tune, text to train on; without it the first run's, or the King James Bible")
	deviceFlags(cmd, &f.Launch)
	jsonFlag(cmd, &f.asJSON, "print one JSON object")
	cmd.Flags().BoolVar(&f.asMarkdown, "markdown", false, "print the tables as Markdown")
	return cmd
}

// compared prints a comparison and writes its report.
func (p Program) compared(f compareFlags, c lab.Comparison) error {
	if f.report != "" {
		if err := lab.WriteReport(f.report, c); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(p.Streams.Out, struct {
			verdict.Verdict
			Tuning *lab.Tuning `json:"tuning,omitempty"`
		}{c.Verdict, c.Tuning})
	}
	if f.asMarkdown {
		_, err := p.Streams.Out.Write(c.Brief())
		return err
	}
	t := &text{w: p.Streams.Out}
	if c.Tuning != nil {
		writeTuning(t, *c.Tuning)
	}
	return writeVerdict(t, c.Verdict, f.report)
}

// entries reads the runs and measures their last networks. Where that cannot be, curves are compared as they are. names are what
// runs are called here, if not what they are called.
func (p Program) entries(args []string, names map[string]string, l session.Launch) (entries []lab.Entry, err error) {
	home, err := session.Open()
	if err != nil {
		return nil, err
	}
	for _, arg := range args {
		info, err := find(home, arg)
		if err != nil {
			return nil, err
		}
		e, err := lab.Read(info)
		if err != nil {
			return nil, err
		}
		e.Info.Name = cmp.Or(names[e.Info.ID], e.Info.Name)
		entries = append(entries, e)
	}
	err = lab.Measure(entries, func(precision string) (compute.Device, error) {
		return session.OpenDevice(l.Device, l.Threads, precision)
	})
	switch {
	case errors.Is(err, session.ErrUsage), l.Device != "" && errors.Is(err, session.ErrDevice):
		return nil, err
	case err != nil:
		_, _ = fmt.Fprintf(p.Streams.Err, "growlab: curves are compared as they were measured: %v\n", err) // nobody else to tell
	}
	return entries, nil
}

// writeVerdict prints a verdict.
func writeVerdict(t *text, v verdict.Verdict, report string) error {
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "contender\truns\ttokens\tFLOPs\tactive time\tfinal loss\tspread\t") // t keeps the error
	writeSide(rows, v.Run)
	for _, x := range v.Pairs {
		writeSide(rows, x.Rival)
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
	rows = tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(rows, "against %s\tloss at equal FLOPs\tdifference\t95 %%\tFLOPs to equal loss\t95 %%\ttime at equal tokens\t\n", v.Run.Name) // t keeps the error
	for _, x := range v.Pairs {
		writePair(rows, x)
	}
	_ = rows.Flush() // t keeps the error
	if v.PaperWallClock != nil {
		t.line("")
		t.line("the paper's own ratio, %s at the speed of its last stage: %.2fx", v.Run.Name, *v.PaperWallClock)
	}
	t.line("")
	for _, x := range v.Pairs {
		t.paragraph(x.Sentence)
	}
	t.line("")
	t.paragraph(v.Sentence)
	t.line("")
	for _, n := range v.AllNotes() {
		t.paragraph("note: " + n)
	}
	if report != "" {
		t.line("")
		t.line("report    %s", lab.ReportFile(report))
	}
	return t.err
}

func writeSide(rows *tabwriter.Writer, s verdict.Side) {
	spread := "-"
	if s.Spread != nil {
		spread = fmt.Sprintf("%.4f", *s.Spread)
	}
	_, _ = fmt.Fprintf(rows, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", s.Name, len(s.Runs), grouped(int64(s.Tokens)), flops(s.FLOPs),
		clock(seconds(s.Seconds)), fixed(s.Loss, 4), spread) // the text behind rows keeps the error
}

func writePair(rows *tabwriter.Writer, p verdict.Pair) {
	loss, diff, within := "-", "-", "-"
	if at := p.LossAtFLOPs; at != nil {
		loss = fmt.Sprintf("%.4f at %s", at.Rival, flops(at.FLOPs))
		diff, within = fmt.Sprintf("%+.4f", at.Difference.Value), bounds(at.Difference, "%+.4f")
	}
	ratio, about, wall := "-", "-", "-"
	if e := p.FLOPsToEqualLoss; e != nil {
		ratio, about = fmt.Sprintf("%.2fx", e.Value), bounds(*e, "%.2f")
	}
	if p.WallClock != nil {
		wall = fmt.Sprintf("%.2fx", *p.WallClock)
	}
	_, _ = fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", p.Rival.Name, loss, diff, within, ratio, about, wall) // as in writeSide
}

// bounds writes an interval, "-" if there is none.
func bounds(e verdict.Estimate, format string) string {
	if e.Low == nil {
		return "-"
	}
	return fmt.Sprintf(format+" to "+format, *e.Low, *e.High)
}

// paragraph prints a sentence or more in lines of a readable length.
func (t *text) paragraph(s string) {
	for _, line := range wrap(s, 110) {
		t.line("%s", line)
	}
}
