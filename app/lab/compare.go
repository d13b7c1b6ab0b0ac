package lab

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"growlab/app/session"
	"growlab/app/verdict"
)

// Group is all runs of one recipe, seeds aside, which nobody changed as they went, or everybody alike.
type Group struct {
	Name    string
	Entries []Entry
}

// Comparison is a run with its rivals, and the verdict on them.
type Comparison struct {
	Groups  []Group // the first is the run
	Verdict verdict.Verdict
	Tuning  *Tuning // how the learning rates were found; nil if that is not known
	// Colors are those of runs that have one elsewhere too, by id, as indices into chart.Theme.Series; contenders without one take
	// turns.
	Colors map[string]int
}

// Compare judges the first entry, and all others of its group, against the rest.
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
	more, err := unlike(c.Groups)
	if err != nil {
		return c, err
	}
	for _, g := range c.Groups {
		for _, e := range g.Entries {
			for _, x := range e.changes() {
				more = append(more, g.Name+": "+x)
			}
		}
	}
	c.Verdict.Notes = append(c.Verdict.Notes, more...)
	return c, nil
}

// changes says in words what makes a run another than its recipe says, or its measurement another than its own.
func (e Entry) changes() []string {
	var all []string
	say := func(format string, a ...any) { all = append(all, fmt.Sprintf(format, a...)) }
	if s := e.changed(); s != "" {
		say("run %s was changed as it went: %s", e.Info.ID, s)
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
		if err := a.Task.Same(b.Task); err != nil {
			return err
		}
	}
	return nil
}

// groups collects the runs of each key, in the order in which the keys come.
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
				return nil, session.Usagef("runs %s and %s are of one recipe and one seed, %d, with the same changes: they are one measurement, so give one of them",
					other.Info.ID, e.Info.ID, e.Meta.Seed)
			}
		}
		g.Entries = append(g.Entries, e)
		g.Name = g.called()
	}
	tellApart(all)
	return all, nil
}

// called is what the names of g's runs begin with, unless that ends in their recipe's name, or is nothing: then it is that.
func (g Group) called() string {
	var runs, recipes []string
	for _, e := range g.Entries {
		runs, recipes = append(runs, e.Info.Name), append(recipes, e.Recipe.Name)
	}
	run, recipe := inCommon(runs), inCommon(recipes)
	if run == "" || !slices.Contains(runs, run) && recipe != "" && strings.HasSuffix(run, recipe) {
		return cmp.Or(recipe, recipes[0])
	}
	return run
}

// seedPart is what a search puts behind a name for each seed.
var seedPart = regexp.MustCompile(`-seed\d+$`)

// inCommon is what names begin with, their seeds aside: all of the shortest, or what is left without number and hyphen at its end.
func inCommon(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, seedPart.ReplaceAllString(n, ""))
	}
	common := all[0]
	for _, n := range all {
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
	}
	if slices.Contains(all, common) {
		return common
	}
	return strings.TrimRight(strings.TrimRight(common, "0123456789"), "- ")
}

// key is the recipe without its seed and what it is called, and what people changed as the run went.
func (e Entry) key() (string, error) {
	r := e.Recipe
	r.Train.Seed, r.Name, r.Title, r.About, r.RivalOf = 0, "", "", "", ""
	text, err := r.TOML()
	return string(text) + e.changed(), err
}

// changed lists what people changed as the run went; "" if they let it be.
func (e Entry) changed() string {
	var all []string
	for _, x := range e.Changes {
		all = append(all, fmt.Sprintf("%v at step %d", x, x.Step))
	}
	return strings.Join(all, ", ")
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
		x := verdict.Contender{Name: g.Name, Grown: g.Entries[0].Recipe.Grows(), Objective: objective(g.Entries[0].Recipe)}
		for _, e := range g.Entries {
			x.Runs = append(x.Runs, e.Run)
		}
		all = append(all, x)
	}
	return all
}
