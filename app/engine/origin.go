package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
)

// origin follows the last edit of a run to where it was made. What a fork inherited was made in the run that it was forked from,
// and only that one has a checkpoint from before; the fork that f means is then one of that run, with the settings of this one.
func origin(h *session.Home, f session.Fork) (session.Fork, error) {
	if !f.Revert || f.Checkpoint != 0 || f.Step != 0 {
		return f, nil
	}
	l, err := readLineage(f.Run)
	if err != nil {
		return f, err
	}
	edits := l.journal
	for l.inherits(len(edits)) {
		child := l
		path, err := store.Find(h.RunFolder(), child.meta.Parent)
		if err != nil {
			return f, session.Usagef("the last change of run %s was made in run %s, from which it was forked: %v", child.meta.ID, child.meta.Parent, err)
		}
		if l, err = readLineage(path); err != nil {
			return f, err
		}
		if f.Name == "" {
			f.Name = child.meta.Name + " revert"
		}
		f.Run, f.Set = path, append(child.settings(l), f.Set...)
		if f.Checkpoint, err = l.before(edits); err != nil {
			return f, err
		}
	}
	return f, nil
}

// lineage is what a run file says of where the run comes from.
type lineage struct {
	meta    store.Meta
	told    told
	journal []growth.Edit
	saved   []store.CheckpointInfo
}

func readLineage(path string) (l lineage, err error) {
	r, err := store.OpenReader(path)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if l.meta, err = r.Meta(); err != nil {
		return l, err
	}
	if l.told, err = tellings(r, l.meta); err != nil {
		return l, err
	}
	if l.saved, err = r.Checkpoints(); err != nil {
		return l, err
	}
	c, err := course(r)
	l.journal = c.Journal
	return l, err
}

// inherits reports whether the run had its first n edits, or the last of them at least, from the run that it was forked from.
func (l lineage) inherits(n int) bool {
	return l.told.Fork != nil && n > 0 && l.journal[n-1].Tokens < l.told.Fork.Tokens
}

// before is the id of the checkpoint that was saved before the last of edits, with which the journal of the run begins; 0 if the
// run inherited it.
func (l lineage) before(edits []growth.Edit) (int64, error) {
	n := len(edits)
	if len(l.journal) < n || !slices.Equal(l.journal[:n], edits) {
		return 0, fmt.Errorf("run %s is not as it was when it was forked: it has the edits %v, its fork %v", l.meta.ID, l.journal, edits)
	}
	if l.inherits(n) {
		return 0, nil
	}
	last, nth := edits[n-1], -1 // of the edits between the same two steps
	for _, e := range edits {
		if e.Step == last.Step {
			nth++
		}
	}
	for _, c := range l.saved {
		if c.Reason != trainer.ReasonEdit || c.Step != last.Step {
			continue
		}
		if nth == 0 {
			return c.ID, nil
		}
		nth--
	}
	return 0, session.Usagef("run %s has no checkpoint from before %v at step %d", l.meta.ID, last, last.Step)
}

// settings are those that a fork has besides its parent's, but for edits, which its journal has.
func (l lineage) settings(parent lineage) []string {
	own := l.told.Set[min(len(parent.told.Set), len(l.told.Set)):]
	return slices.DeleteFunc(slices.Clone(own), func(set string) bool {
		key, _, _ := strings.Cut(set, "=")
		return slices.Contains(growth.Settable(), strings.TrimSpace(key))
	})
}
