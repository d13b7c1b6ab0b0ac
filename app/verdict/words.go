package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// flops writes an amount of compute: "6.03 TFLOP".
func flops(f float64) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E", "Z"}
	i := 0
	for f >= 999.5 && i < len(prefixes)-1 {
		f /= 1000
		i++
	}
	return fmt.Sprintf("%.3g %sFLOP", f, prefixes[i])
}

// nats writes a difference of losses.
func nats(v float64) string { return fmt.Sprintf("%.3f nats", math.Abs(v)) }

// interval writes " (95 %: 0.1 to 0.2)", or nothing.
func interval(e Estimate, format string) string {
	if e.Low == nil {
		return ""
	}
	return fmt.Sprintf(" (95 %%: "+format+" to "+format+")", *e.Low, *e.High)
}

// ruling says who won at the compute of the run, p being the run's best rival there, and whether that can be said at all.
func (v *Verdict) ruling(p Pair) string {
	s := v.won(p)
	if p.Caution != "" {
		s += fmt.Sprintf(" But %s and %s learn different things, so this does not compare as it stands.", p.Run.Name, p.Rival.Name)
	}
	return s
}

func (v *Verdict) won(p Pair) string {
	at := p.LossAtFLOPs
	where := "At " + flops(at.FLOPs)
	switch at.Winner {
	case "":
		return fmt.Sprintf("%s nobody won: %s and %s differ by %s, which is noise.", where, p.Run.Name, p.Rival.Name, nats(at.Difference.Value))
	case p.Run.Name:
		s := fmt.Sprintf("%s %s won, by %s%s over the next, %s", where, p.Run.Name, nats(at.Difference.Value), interval(at.Difference, "%.3f"), p.Rival.Name)
		if !p.sameBudget() {
			s += ", which stood in the middle of its schedule"
		}
		return s + "."
	}
	s := fmt.Sprintf("%s %s won, by %s%s over %s", where, p.Rival.Name, nats(at.Difference.Value), interval(at.Difference.negated(), "%.3f"), p.Run.Name)
	if p.Run.Grown && !p.Rival.Grown {
		s += ": a fixed size was better, and growing did not pay here"
	}
	return s + "."
}

// words is a pair in sentences.
func (p Pair) words() string {
	s := []string{p.ending()}
	if at := p.LossAtFLOPs; at != nil {
		s = append(s, at.words(p))
	}
	if e := p.FLOPsToEqualLoss; e != nil {
		s = append(s, fmt.Sprintf("To a loss of %.3f, the lowest that both reach, %s takes %.2f times%s the FLOPs of %s.",
			p.EqualLoss, p.Rival.Name, e.Value, interval(*e, "%.2f"), p.Run.Name))
	}
	if p.Caution != "" {
		s = append(s, "They learn different things, so none of this compares as it stands.")
	}
	return strings.Join(s, " ")
}

// caution says that a and b do not learn the same; "" if they do.
func (d *duel) caution() string {
	if d.a.Objective == d.b.Objective {
		return ""
	}
	return fmt.Sprintf("%s learns from %s, but %s from %s; at equal tokens, FLOPs or time they have not read the same text, so losses do not compare as they stand",
		d.a.Name, d.a.Objective, d.b.Name, d.b.Objective)
}

// ending compares the final losses and what they cost.
func (p Pair) ending() string {
	f := p.Final
	cost := fmt.Sprintf("for %.2f times the FLOPs", p.Rival.FLOPs/p.Run.FLOPs)
	if p.sameBudget() {
		cost = "for the same FLOPs"
	}
	switch f.Winner {
	case "":
		return fmt.Sprintf("%s ends as low as %s within noise (%.3f and %.3f), %s.", p.Rival.Name, p.Run.Name, f.Rival, f.Run, cost)
	case p.Run.Name:
		return fmt.Sprintf("%s ends %s above %s (%.3f against %.3f), %s.", p.Rival.Name, nats(f.Difference.Value), p.Run.Name, f.Rival, f.Run, cost)
	}
	return fmt.Sprintf("%s ends %s below %s (%.3f against %.3f), %s.", p.Rival.Name, nats(f.Difference.Value), p.Run.Name, f.Rival, f.Run, cost)
}

func (a AtFLOPs) words(p Pair) string {
	where := fmt.Sprintf("At %s", flops(a.FLOPs))
	switch a.Winner {
	case "":
		return fmt.Sprintf("%s they are equal within noise (%.3f and %.3f).", where, a.Rival, a.Run)
	case p.Run.Name:
		return fmt.Sprintf("%s %s is %s lower%s.", where, p.Run.Name, nats(a.Difference.Value), interval(a.Difference, "%.3f"))
	}
	return fmt.Sprintf("%s %s is %s lower%s.", where, p.Rival.Name, nats(a.Difference.Value), interval(a.Difference.negated(), "%.3f"))
}

// negated is the estimate of the opposite difference.
func (e Estimate) negated() Estimate {
	e.Value = -e.Value
	if e.Low != nil {
		low, high := -*e.High, -*e.Low
		e.Low, e.High = &low, &high
	}
	return e
}

// covers says what the intervals of the pair are.
func (d *duel) covers() string {
	switch {
	case !d.single() && len(d.ca) > 1 && len(d.cb) > 1:
		return "95 %, Welch's t over runs of different seeds"
	case !d.single():
		return "95 %, Student's t over the side that has several runs; the other is taken to spread as much"
	case len(d.paired) > 0:
		return "95 %, noise of measuring only: scatter of the curves, and spread over windows of held-out text; one seed each"
	}
	return "95 %, scatter of the curves only; one seed each"
}

// notes says what weakens the pair.
func (d *duel) notes(p Pair) []string {
	var notes []string
	note := func(format string, a ...any) { notes = append(notes, fmt.Sprintf(format, a...)) }
	if d.single() {
		note("one seed each: how far another would end from here is not known, and differences below %g nats are called noise", OneSeed)
		if sa, sb := d.a.Runs[0].Seed, d.b.Runs[0].Seed; sa != sb {
			note("their seeds differ, %d and %d: they began from other weights and saw the text in another order, so give runs of one seed", sa, sb)
		}
	}
	if !d.ca[0].shifted {
		note("the last networks were not measured on the windows of the curves, so curves end at the last evaluation before the end")
	}
	if at := p.LossAtFLOPs; at != nil && !p.sameBudget() {
		cut := p.Rival
		if p.Run.FLOPs > p.Rival.FLOPs {
			cut = p.Run
		}
		note("%s is read at %s of %s, in the middle of its schedule, with a learning rate that had not fallen yet: a schedule of its own would take it lower there", cut.Name, flops(at.FLOPs), flops(cut.FLOPs))
	}
	if p.FLOPsToEqualLoss == nil {
		note("one of them is at %.3f at its first evaluation already, so the FLOPs to it are not known", p.EqualLoss)
	}
	if !d.sameDevice() {
		note("they ran on different devices, so times are not compared")
	}
	return notes
}

// AllNotes are the cautions, then the notes of the pairs and of the verdict, each once, with the pairs that they are of where not of
// all.
func (v Verdict) AllNotes() []string {
	var notes []string
	of := map[string][]string{}
	for _, p := range v.Pairs {
		for _, n := range append([]string{"intervals are " + p.Interval}, p.Notes...) {
			if of[n] == nil {
				notes = append(notes, n)
			}
			of[n] = append(of[n], p.Rival.Name)
		}
	}
	for i, n := range notes {
		if names := of[n]; len(names) < len(v.Pairs) {
			notes[i] = strings.Join(names, ", ") + ": " + n
		}
	}
	return slices.Concat(v.Cautions(), notes, v.Notes)
}

// Cautions are those of the pairs.
func (v Verdict) Cautions() []string {
	var all []string
	for _, p := range v.Pairs {
		if p.Caution != "" {
			all = append(all, p.Caution)
		}
	}
	return all
}
