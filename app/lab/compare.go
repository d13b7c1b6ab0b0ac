package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"growlab/app/session"
	"growlab/app/verdict"
)

// Group is all runs of one recipe, seeds aside.
type Group struct {
	Name    string
	Entries []Entry
}

// Comparison is a run with its rivals, and the verdict on them.
type Comparison struct {
	Groups  []Group // the first is the run
	Verdict verdict.Verdict
	Tuning  *Tuning // how the learning rates were found; nil if that is not known
}

// Compare judges the first entry, and all others of its recipe, against the rest.
func Compare(entries []Entry) (c Comparison, err error) {
	if err := sameTask(entries); err != nil {
		return c, err
	}
	if c.Groups, err = groups(entries); err != nil {
		return c, err
	}
	if len(c.Groups) < 2 {
		return c, session.Usagef("all runs are of recipe %q; a comparison needs a rival of another, which growlab twin %s makes",
			c.Groups[0].Name, entries[0].Info.ID)
	}
	all := c.Contenders()
	c.Verdict = verdict.Judge(all[0], all[1:])
	for _, e := range entries {
		c.Verdict.Notes = append(c.Verdict.Notes, e.changes()...)
	}
	return c, nil
}

// changes says in words what makes a run another than its recipe says, or its measurement another than its own.
func (e Entry) changes() []string {
	var all []string
	say := func(format string, a ...any) { all = append(all, fmt.Sprintf(format, a...)) }
	for _, x := range e.Changes {
		say("run %s was changed as it went: %v at step %d", e.Info.ID, x, x.Step)
	}
	if f := e.Info.Fork; f != nil {
		say("run %s is a fork: until step %d it is run %s", e.Info.ID, f.Step, e.Info.Parent)
	}
	if e.Why != "" {
		say("the last network of run %s was measured in %s, though the run has %s: %s", e.Info.ID, e.Measured, e.precision(), e.Why)
	}
	return all
}

// sameTask refuses runs whose losses are not of the same thing.
func sameTask(entries []Entry) error {
	if len(entries) < 2 {
		return session.Usagef("a comparison needs a run and at least one rival; there are %d runs", len(entries))
	}
	a := entries[0]
	for i, b := range entries[1:] {
		if slices.ContainsFunc(entries[:i+1], func(e Entry) bool { return e.Info.ID == b.Info.ID }) {
			return session.Usagef("run %s is named twice", b.Info.ID)
		}
		if a.Meta.DataHash != b.Meta.DataHash {
			return session.Usagef("runs %s and %s saw different texts (%s, SHA-256 %.12s…, and %s, %.12s…): losses compare on one text only",
				a.Info.ID, b.Info.ID, a.Meta.DataName, a.Meta.DataHash, b.Meta.DataName, b.Meta.DataHash)
		}
		for _, f := range []struct {
			what   string
			va, vb int64
		}{
			{"model.vocab", int64(a.Recipe.Model.Vocab), int64(b.Recipe.Model.Vocab)},
			{"model.context", int64(a.Recipe.Model.Context), int64(b.Recipe.Model.Context)},
			{"eval.tokens", int64(a.Recipe.Eval.Tokens), int64(b.Recipe.Eval.Tokens)},
			{"eval.final_tokens", int64(a.Recipe.Eval.FinalTokens), int64(b.Recipe.Eval.FinalTokens)},
		} {
			if f.va != f.vb {
				return session.Usagef("runs %s and %s have %s of %d and %d: their losses are of different things", a.Info.ID, b.Info.ID, f.what, f.va, f.vb)
			}
		}
	}
	return nil
}

// groups collects the runs of each recipe, in the order in which the recipes come.
func groups(entries []Entry) ([]Group, error) {
	var all []Group
	at := map[string]int{}
	for _, e := range entries {
		key, err := e.key()
		if err != nil {
			return nil, err
		}
		i, known := at[key]
		if !known {
			i = len(all)
			at[key] = i
			all = append(all, Group{Name: e.Info.Name})
		}
		g := &all[i]
		for _, other := range g.Entries {
			if other.Meta.Seed == e.Meta.Seed {
				return nil, session.Usagef("runs %s and %s are of one recipe and one seed, %d: they are one measurement, so give one of them",
					other.Info.ID, e.Info.ID, e.Meta.Seed)
			}
		}
		g.Entries = append(g.Entries, e)
		g.Name = g.called()
	}
	tellApart(all)
	return all, nil
}

// called is the name of the runs of g; if they have several, that of their recipe; if it has several too, as runs made by a search
// have, what those begin with.
func (g Group) called() string {
	for _, name := range []func(Entry) string{
		func(e Entry) string { return e.Info.Name },
		func(e Entry) string { return e.Recipe.Name },
	} {
		if one := name(g.Entries[0]); !slices.ContainsFunc(g.Entries, func(e Entry) bool { return name(e) != one }) {
			return one
		}
	}
	common := g.Entries[0].Recipe.Name
	for _, e := range g.Entries {
		for !strings.HasPrefix(e.Recipe.Name, common) {
			common = common[:len(common)-1]
		}
	}
	common = strings.TrimSuffix(strings.TrimRight(common, "0123456789"), "seed")
	return cmp.Or(strings.TrimRight(common, "-"), g.Entries[0].Recipe.Name)
}

// key is the recipe without its seed and what it is called.
func (e Entry) key() (string, error) {
	r := e.Recipe
	r.Train.Seed, r.Name, r.Title, r.About, r.RivalOf = 0, "", "", "", ""
	text, err := r.TOML()
	return string(text), err
}

// tellApart gives groups of one name their run's id too.
func tellApart(all []Group) {
	count := map[string]int{}
	for _, g := range all {
		count[g.Name]++
	}
	for i := range all {
		if g := &all[i]; count[g.Name] > 1 {
			g.Name = fmt.Sprintf("%s (%s)", g.Name, g.Entries[0].Info.ID)
		}
	}
}

// Contenders are the groups as they are judged, the run first.
func (c Comparison) Contenders() []verdict.Contender {
	var all []verdict.Contender
	for _, g := range c.Groups {
		x := verdict.Contender{Name: g.Name, Grown: len(g.Entries[0].Recipe.Stages) > 1}
		for _, e := range g.Entries {
			x.Runs = append(x.Runs, e.Run)
		}
		all = append(all, x)
	}
	return all
}
