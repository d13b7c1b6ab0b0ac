package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"growlab/app/frontier"
)

// writeFrontier prints who stands where.
func writeFrontier(t *text, f frontier.Frontier) error {
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "contender\truns\tFLOPs\tfinal loss\tspread\tabove the envelope\t95 %\tFLOPs of the envelope to it\t95 %\t\t") // t keeps the error
	for _, s := range f.Fixed {
		writeStanding(rows, s)
	}
	near := f.Nearest()
	for _, s := range near {
		writeStanding(rows, s)
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
	if s := plansSentence(near); s != "" {
		t.paragraph(s)
	}
	for i, s := range near {
		if i == 0 || s.Place != frontier.Above {
			t.paragraph(standingSentence(s))
		}
	}
	t.line("")
	for _, n := range f.Notes {
		t.paragraph("note: " + n)
	}
	return t.err
}

func writeStanding(rows *tabwriter.Writer, s frontier.Standing) {
	spread, above, about := "-", "-", "-"
	if s.Spread != nil {
		spread = fmt.Sprintf("%.4f", *s.Spread)
	}
	if s.AboveBy != nil {
		above, about = fmt.Sprintf("%+.4f", s.AboveBy.Value), bounds(*s.AboveBy, "%+.4f")
	}
	ratio, within := "-", "-"
	switch {
	case s.Ratio != nil:
		ratio, within = fmt.Sprintf("%.2fx", s.Ratio.Value), bounds(*s.Ratio, "%.2f")
	case s.MoreThan != nil:
		ratio = fmt.Sprintf("over %.2fx", *s.MoreThan)
	}
	word := map[string]string{frontier.Below: "below", frontier.On: "on the envelope", frontier.Above: "above", frontier.Beyond: "beyond it"}[s.Place]
	if s.Grown {
		word = strings.TrimSpace("grown " + word)
	}
	_, _ = fmt.Fprintf(rows, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", s.Name, len(s.Runs), flops(s.FLOPs), fixed(s.Loss, 4), spread,
		above, about, ratio, within, word) // the text behind rows keeps the error
}

// plansSentence counts where the growth plans stand.
func plansSentence(plans []frontier.Standing) string {
	count := map[string]int{}
	for _, s := range plans {
		count[s.Place]++
	}
	switch len(plans) {
	case 0:
		return "None of the runs grew, so this is the envelope alone."
	case 1:
		return ""
	}
	then := "The nearest:"
	if count[frontier.Below]+count[frontier.On]+count[frontier.Beyond] > 1 {
		then = "Those not above, nearest first:"
	}
	beyond := ""
	if n := count[frontier.Beyond]; n > 0 {
		beyond = fmt.Sprintf(", %d beyond its end", n)
	}
	return fmt.Sprintf("Growth plans: %d below the envelope, %d on it within noise, %d above%s. %s",
		count[frontier.Below], count[frontier.On], count[frontier.Above], beyond, then)
}

// standingSentence says how far a growth plan is from the envelope.
func standingSentence(s frontier.Standing) string {
	if s.AboveBy == nil {
		return fmt.Sprintf("%s: no fixed size spent as little as its %s, so there is no envelope to hold it against.", s.Name, flops(s.FLOPs))
	}
	var out string
	switch at := fmt.Sprintf("at %s, where the envelope is %s", flops(s.FLOPs), s.By); s.Place {
	case frontier.Below:
		out = fmt.Sprintf("%s is %.3f nats below the envelope %s: growing paid.", s.Name, -s.AboveBy.Value, at)
	case frontier.On:
		out = fmt.Sprintf("%s is on the envelope within noise (%+.3f nats) %s.", s.Name, s.AboveBy.Value, at)
	case frontier.Beyond:
		return fmt.Sprintf("%s is at %+.3f nats to the lowest fixed size, %s, but spent %s, and the longest of those %.2f times that: "+
			"whether growing paid is not known before one spends as much, which growlab twin RUN --rival small trains.",
			s.Name, s.AboveBy.Value, s.By, flops(s.FLOPs), *s.Reach)
	default:
		out = fmt.Sprintf("%s is %.3f nats above the envelope %s: growing did not pay.", s.Name, s.AboveBy.Value, at)
	}
	switch {
	case s.Ratio != nil:
		out += fmt.Sprintf(" To its loss %s takes %.2f times its FLOPs.", s.RatioBy, s.Ratio.Value)
	case s.MoreThan != nil:
		out += fmt.Sprintf(" No fixed size came as low, the longest with %.2f times its FLOPs.", *s.MoreThan)
	}
	if s.Interval != "" {
		out += " Intervals: " + s.Interval + "."
	}
	return out
}
