package search

import (
	"path/filepath"
	"reflect"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
)

// past is a run that was there before.
type past struct {
	path   string
	meta   store.Meta
	recipe growth.Recipe
}

// remember reads the recipes of all runs, newest first. Files that cannot be read, or whose recipe this program does not accept,
// are none of ours.
func (q *Queue) remember() ([]past, error) {
	entries, err := store.List(q.Home.RunFolder())
	if err != nil {
		return nil, err
	}
	var all []past
	for _, e := range entries {
		if e.Err != nil {
			continue
		}
		if r, err := growth.Parse(e.Meta.RecipeName, []byte(e.Meta.Recipe)); err == nil {
			all = append(all, past{e.Path, e.Meta, r})
		}
	}
	return all, nil
}

// find is the run of r on this text: one that is done, else the newest. A run whose course somebody changed is none.
func (q *Queue) find(r growth.Recipe) (best session.Info, found bool, err error) {
	text := q.Launch.Data
	if text != "" {
		if text, err = filepath.Abs(text); err != nil {
			return best, false, err
		}
	}
	for _, p := range q.past {
		if p.meta.DataPath != text || !Same(p.recipe, r) || engine.SameData(p.meta) != nil {
			continue
		}
		switch course, err := engine.ReadCourse(p.path); {
		case err != nil:
			return best, false, err
		case len(course.Asked) > 0:
			continue
		}
		info, err := q.Home.Find(p.path)
		if err != nil {
			return best, false, err
		}
		if !found || info.State == session.Done && best.State != session.Done {
			best, found = info, true
		}
	}
	return best, found, nil
}

// Same reports whether two recipes give the same numbers, whatever they are called and however often they sample and save.
func Same(a, b growth.Recipe) bool {
	for _, r := range []*growth.Recipe{&a, &b} {
		r.Name, r.Title, r.About, r.RivalOf = "", "", "", ""
		r.Sample, r.Checkpoint = growth.Sample{}, growth.Checkpoint{}
	}
	return reflect.DeepEqual(a, b)
}
