package lab

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"growlab/app/verdict"
)

// page is Markdown as it is written.
type page struct{ bytes.Buffer }

func (p *page) line(format string, a ...any) { _, _ = fmt.Fprintf(p, format+"\n", a...) } // a buffer takes everything

// table writes a table; its first row is the head.
func (p *page) table(rows [][]string) {
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, c := range row {
			cells[k] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(c)
		}
		p.line("| %s |", strings.Join(cells, " | "))
		if i == 0 {
			p.line("|%s", strings.Repeat("---|", len(row)))
		}
	}
	p.line("")
}

// markdown is the report's text.
func (c Comparison) markdown() ([]byte, error) {
	diffs, err := differences(c.Groups)
	if err != nil {
		return nil, err
	}
	p := &page{}
	v := c.Verdict
	p.line("# %s against %s\n", v.Run.Name, strings.Join(c.rivals(), ", "))
	p.line("**%s**\n", v.Sentence)
	for _, x := range v.Pairs {
		p.line("- %s", x.Sentence)
	}
	p.line("")
	c.results(p)
	for _, x := range pictures {
		p.line("![%s](%s)\n", x.about, x.file)
	}
	p.line("## How far this carries\n")
	for _, n := range v.AllNotes() {
		p.line("- %s", n)
	}
	p.line("- active time is wall clock: what else the machines did is in it")
	if c.Tuning == nil {
		p.line("- learning rates are those of the recipes; that each contender's was tuned with the same budget is not known from the runs")
	} else {
		p.line("\n## Learning rates\n")
		c.Tuning.markdown(p)
	}
	p.line("\n## What differs between the recipes\n")
	c.differences(p, diffs)
	p.line("## Deviations from the papers\n")
	c.deviations(p)
	p.line("## The runs, and how to repeat them\n")
	c.repeat(p)
	return p.Bytes(), nil
}

// Brief is the part of the report that other documents quote: who won, the tables, the learning rates, and how far it carries, as
// Markdown without headings.
func (c Comparison) Brief() []byte {
	p := &page{}
	v := c.Verdict
	p.line("**%s**\n", v.Sentence)
	c.results(p)
	if c.Tuning != nil {
		c.Tuning.markdown(p)
	}
	for _, x := range v.Pairs {
		p.line("- %s", x.Sentence)
	}
	for _, n := range v.AllNotes() {
		p.line("- note: %s", n)
	}
	return p.Bytes()
}

// Table lists runs beside each other, a row each, as Markdown: how they grow, what they cost and where they end.
func Table(entries []Entry) []byte {
	p := &page{}
	rows := [][]string{{"run", "seed", "peak learning rate, at stage starts", "stages", "tokens by stage", "grown by", "FLOPs", "loss before and after each growth", "final loss"}}
	for _, e := range entries {
		var rates, shapes, tokens, operators, growths []string
		for i, s := range e.Stages {
			rates = append(rates, fmt.Sprintf("%g", e.Recipe.Stages[i].LR))
			shapes, tokens = append(shapes, s.Shape), append(tokens, fmt.Sprint(s.Tokens))
			if s.Operator != "" && !slices.Contains(operators, s.Operator) {
				operators = append(operators, s.Operator)
			}
		}
		for _, g := range e.Grew {
			growths = append(growths, fmt.Sprintf("%.4f, %.4f", g.LossBefore, g.LossAfter))
		}
		rows = append(rows, []string{
			e.Info.Name, fmt.Sprint(e.Meta.Seed), fmt.Sprintf("%g x %s", e.Recipe.Train.LR, strings.Join(rates, ", ")), strings.Join(shapes, ", "),
			strings.Join(tokens, ", "), strings.Join(operators, ", "), fmt.Sprintf("%.4g", e.Run.End.FLOPs), strings.Join(growths, "; "),
			fmt.Sprintf("%.4f", e.Run.End.Loss),
		})
	}
	p.table(rows)
	return p.Bytes()
}

func (c Comparison) rivals() []string {
	var names []string
	for _, g := range c.Groups[1:] {
		names = append(names, g.Name)
	}
	return names
}

// results is the tables of sides and pairs.
func (c Comparison) results(p *page) {
	v := c.Verdict
	rows := [][]string{{"contender", "seeds", "tokens", "FLOPs", "active time", "final loss", "spread over seeds"}}
	for _, s := range append([]verdict.Side{v.Run}, rivalsOf(v)...) {
		spread := "one seed"
		if s.Spread != nil {
			spread = fmt.Sprintf("%.4f", *s.Spread)
		}
		rows = append(rows, []string{
			s.Name, fmt.Sprint(len(s.Runs)), fmt.Sprintf("%.0f", s.Tokens), fmt.Sprintf("%.4g", s.FLOPs),
			time.Duration(s.Seconds * float64(time.Second)).Round(time.Second / 10).String(), fmt.Sprintf("%.4f", s.Loss), spread,
		})
	}
	p.table(rows)
	rows = [][]string{{"rival of " + v.Run.Name, "FLOPs to equal loss, rival / run", "at loss", "loss at equal FLOPs, rival and run", "rival - run", "at FLOPs", "active time at equal tokens, rival / run"}}
	for _, x := range v.Pairs {
		row := []string{x.Rival.Name, "-", fmt.Sprintf("%.4f", x.EqualLoss), "-", "-", "-", "-"}
		if e := x.FLOPsToEqualLoss; e != nil {
			row[1] = inWords(*e, "%.3f")
		}
		if at := x.LossAtFLOPs; at != nil {
			row[3], row[4], row[5] = fmt.Sprintf("%.4f and %.4f", at.Rival, at.Run), inWords(at.Difference, "%+.4f"), fmt.Sprintf("%.4g", at.FLOPs)
		}
		if x.WallClock != nil {
			row[6] = fmt.Sprintf("%.2f at %.0f", *x.WallClock, x.EqualTokens)
		}
		rows = append(rows, row)
	}
	p.table(rows)
	if w := v.PaperWallClock; w != nil {
		p.line("The paper's own ratio (its 3.56x: all tokens at the speed of the last stage, over the time taken) is %.2f for %s.\n", *w, v.Run.Name)
	}
}

func rivalsOf(v verdict.Verdict) []verdict.Side {
	var all []verdict.Side
	for _, x := range v.Pairs {
		all = append(all, x.Rival)
	}
	return all
}

// inWords writes "2.1 (1.9 to 2.3)".
func inWords(e verdict.Estimate, format string) string {
	if e.Low == nil {
		return fmt.Sprintf(format, e.Value)
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", e.Value, *e.Low, *e.High)
}

func (c Comparison) differences(p *page, all []Difference) {
	head := []string{"key"}
	for _, g := range c.Groups {
		head = append(head, g.Name)
	}
	rows := [][]string{head}
	for _, d := range all {
		rows = append(rows, append([]string{"`" + d.Key + "`"}, d.Values...))
	}
	p.table(rows)
}

// deviations lists those of all contenders, each once with who carries it.
func (c Comparison) deviations(p *page) {
	for _, d := range deviations {
		var who []string
		for _, g := range c.Groups {
			if d.holds(g.Entries[0].Recipe) {
				who = append(who, g.Name)
			}
		}
		switch {
		case len(who) == 0:
		case len(who) == len(c.Groups):
			p.line("- all: %s (`%s`)", d.Text, d.Where)
		default:
			p.line("- %s: %s (`%s`)", strings.Join(who, ", "), d.Text, d.Where)
		}
	}
	c.ownDeviations(p)
	p.line("")
}

// ownDeviations lists those of single runs, which no recipe tells: the precision that auto came to, and the journal of edits.
func (c Comparison) ownDeviations(p *page) {
	for _, g := range c.Groups {
		for _, e := range g.Entries {
			if e.precision() == "" {
				p.line("- %s, run %s: the run file does not say its precision, which was fp32 then; the paper has bf16", g.Name, e.Info.ID)
			}
			for _, x := range e.changes() {
				p.line("- %s: %s", g.Name, x)
			}
		}
	}
}

// repeat lists the runs and the commands that make them again.
func (c Comparison) repeat(p *page) {
	e := c.Groups[0].Entries[0]
	p.line("Text: %s, SHA-256 `%s`.\n", e.Meta.DataName, e.Meta.DataHash)
	rows := [][]string{{"contender", "run", "seed", "device", "precision", "program", "began"}}
	for _, g := range c.Groups {
		for _, e := range g.Entries {
			rows = append(rows, []string{g.Name, e.Info.ID, fmt.Sprint(e.Meta.Seed), e.Run.Device, cmp.Or(e.precision(), "fp32"), e.Meta.Version, e.Info.Created.UTC().Format("2006-01-02 15:04 UTC")})
		}
	}
	p.table(rows)
	p.line("```")
	var ids []string
	for i, g := range c.Groups {
		for _, e := range g.Entries {
			p.line("growlab train --recipe %s%s", recipeFile(i, g), arguments(e))
			ids = append(ids, e.Info.ID)
		}
	}
	p.line("growlab compare %s --report DIR   # with the ids of the new runs", strings.Join(ids, " "))
	p.line("```")
}

// arguments are what the recipe does not say.
func arguments(e Entry) string {
	s := fmt.Sprintf(" --seed %d", e.Meta.Seed)
	if e.Info.Name != e.Recipe.Name {
		s += " --name " + quoted(e.Info.Name)
	}
	if e.Meta.DataPath != "" {
		s += " --data " + quoted(e.Meta.DataPath)
	}
	if e.Meta.Threads > 0 {
		s += fmt.Sprintf(" --threads %d", e.Meta.Threads)
	}
	return s
}

// quoted is an argument as a shell takes it.
func quoted(s string) string {
	if slices.ContainsFunc([]rune(s), func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$`*?[](){}<>|&;#~!", r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
