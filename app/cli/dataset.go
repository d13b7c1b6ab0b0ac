package cli

import (
	"fmt"
	"slices"
	"strings"

	"growlab/app/lab"
	"growlab/app/search"
	"growlab/app/session"
	"growlab/store"
)

// runsOn are the files of all finished runs on a text, given by its name or the beginning of its SHA-256, that can be compared with
// each other: those of the commonest context and evaluation, each recipe and seed once. The notes say what was left out.
func runsOn(home *session.Home, dataset string) (files, notes []string, err error) {
	all, err := store.List(home.RunFolder())
	if err != nil {
		return nil, nil, err
	}
	var entries []lab.Entry
	var names []string
	unread := 0
	for _, x := range all {
		if x.Err != nil {
			continue
		}
		if !slices.Contains(names, x.Meta.DataName) {
			names = append(names, x.Meta.DataName)
		}
		if x.Summary.State != store.Done || x.Meta.DataName != dataset && (len(dataset) < 6 || !strings.HasPrefix(x.Meta.DataHash, dataset)) {
			continue
		}
		info, err := home.Find(x.Path)
		if err != nil {
			return nil, nil, err
		}
		e, err := lab.Read(info)
		if err != nil {
			unread++ // it has no curve
			continue
		}
		entries = append(entries, e)
	}
	note := func(n int, format string) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, n))
		}
	}
	kept := commonest(entries)
	once := withoutCopies(kept)
	note(unread, "left out, without evaluations that a curve could be drawn from: %d of the runs on this text")
	note(len(entries)-len(kept), "left out, of another context, evaluation or text of this name: %d of the runs")
	note(len(kept)-len(once), "left out, of the recipe and seed of a newer one: %d of the runs")
	if len(once) < 2 {
		known := "there are none at all"
		if len(names) > 0 {
			known = "there are runs on " + strings.Join(names, ", ")
		}
		return nil, nil, session.Usagef("--all-of is %q, on which there are %d finished runs that can be compared; two are the least, and %s", dataset, len(once), known)
	}
	for _, e := range once {
		files = append(files, e.Info.File)
	}
	return files, notes, nil
}

// commonest are the entries whose losses are of the same thing as those of most others.
func commonest(entries []lab.Entry) []lab.Entry {
	sets := map[string][]lab.Entry{}
	var best []lab.Entry
	for _, e := range entries {
		key := fmt.Sprint(e.Meta.DataHash, e.Recipe.Model.Vocab, e.Recipe.Model.Context, e.Recipe.Eval.Tokens, e.Recipe.Eval.FinalTokens)
		sets[key] = append(sets[key], e)
		if len(sets[key]) > len(best) {
			best = sets[key]
		}
	}
	return best
}

// withoutCopies are the entries of which none before has the recipe, its seed included, and the changes.
func withoutCopies(entries []lab.Entry) []lab.Entry {
	var once []lab.Entry
	for _, e := range entries {
		if !slices.ContainsFunc(once, func(o lab.Entry) bool { return search.Same(o.Recipe, e.Recipe) && slices.Equal(o.Changes, e.Changes) }) {
			once = append(once, e)
		}
	}
	return once
}
