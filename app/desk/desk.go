// Package desk is what the window asks of this machine besides its runs: what a recipe is and costs, what a change would come to,
// what a run is compared with and who won.
package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"growlab/app/engine"
	"growlab/app/knobs"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/compute"
)

// Desk is a data folder with all that the window does on it.
type Desk struct{ *session.Home }

// Course is where a run stands and what lies ahead of it.
func (d Desk) Course(id string) (knobs.Course, error) {
	if far := d.Far(id); far != nil {
		return farCourse(far)
	}
	info, err := d.Find(id)
	if err != nil {
		return knobs.Course{}, err
	}
	c, err := engine.ReadCourse(info.File)
	if err != nil {
		return knobs.Course{}, err
	}
	return knobs.Course{Now: c.Now, Step: c.Step, Tokens: c.Tokens, Edits: len(c.Journal)}, nil
}

// RecipeOf is the recipe that a run began with, and the path of its text, "" for the embedded one.
func (d Desk) RecipeOf(id string) (r growth.Recipe, data string, err error) {
	if far := d.Far(id); far != nil {
		return farRecipe(far, "")
	}
	info, err := d.Find(id)
	if err != nil {
		return r, "", err
	}
	file, err := store.OpenReader(info.File)
	if err != nil {
		return r, "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	meta, err := file.Meta()
	if err != nil {
		return r, "", err
	}
	r, err = growth.Parse(meta.RecipeName, []byte(meta.Recipe))
	return r, meta.DataPath, err
}

// withDraft calls f with a file of r that is there for as long.
func withDraft(r growth.Recipe, f func(path string) error) (err error) {
	draft, err := lab.Draft(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(filepath.Dir(draft))) }()
	return f(draft)
}

// StartRecipe begins a run of a recipe on a text, "" for the embedded one, as Start does.
func (d Desk) StartRecipe(ctx context.Context, r growth.Recipe, data string) (info session.Info, err error) {
	err = withDraft(r, func(path string) error {
		info, err = d.Start(ctx, session.Launch{Recipe: path, Name: r.Name, Data: data})
		return err
	})
	return info, err
}

// EnqueueRecipe puts a run of a recipe at the end of the queue, and makes sure that somebody works on it.
func (d Desk) EnqueueRecipe(ctx context.Context, r growth.Recipe, data string) error {
	err := withDraft(r, func(path string) error {
		_, err := d.Enqueue(session.Launch{Recipe: path, Name: r.Name, Data: data})
		return err
	})
	if err != nil {
		return err
	}
	return d.StartQueue(ctx)
}

// Rival is the recipe of what a run is compared with, one of growth.Rivals, and the path of its text.
func (d Desk) Rival(id, kind string) (growth.Recipe, string, error) {
	if far := d.Far(id); far != nil {
		return farRival(far, kind)
	}
	of, err := lab.Of(d.Home, id, "")
	if err != nil {
		return growth.Recipe{}, "", err
	}
	r, err := of.Recipe.Rival(kind, of.Spent)
	return r, of.Data, err
}

// Compare judges the first run against the others, which must all be done. Where their last networks cannot be measured again,
// curves are compared as they are, and a note says why. The end of ctx ends the waiting, and the work at the next run.
func (d Desk) Compare(ctx context.Context, ids []string, tell func(doing string)) (lab.Comparison, error) {
	type answer struct {
		c   lab.Comparison
		err error
	}
	out := make(chan answer, 1)
	go func() {
		c, err := d.compare(ctx, ids, tell)
		out <- answer{c, err}
	}()
	select {
	case a := <-out:
		return a.c, a.err
	case <-ctx.Done():
		return lab.Comparison{}, ctx.Err()
	}
}

func (d Desk) compare(ctx context.Context, ids []string, tell func(string)) (c lab.Comparison, err error) {
	var entries []lab.Entry
	for _, id := range ids {
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		tell("reading " + id)
		info, err := d.readable(ctx, id)
		if err != nil {
			return c, err
		}
		e, err := lab.Read(info)
		if err != nil {
			return c, err
		}
		entries = append(entries, e)
	}
	if _, err := lab.Compare(entries); err != nil { // what cannot be compared need not be measured
		return c, err
	}
	why := d.measure(ctx, entries, tell)
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	if c, err = lab.Compare(entries); err == nil && why != nil {
		c.Verdict.Notes = append(c.Verdict.Notes, fmt.Sprintf("curves are compared as they were measured: %v", why))
	}
	return c, err
}

// measure measures the last networks of all entries, or of none.
func (d Desk) measure(ctx context.Context, entries []lab.Entry, tell func(string)) error {
	open := func(precision string) (compute.Device, error) { return session.OpenDevice("", d.Threads, precision) }
	measured := make([]lab.Entry, len(entries))
	for i, e := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tell(fmt.Sprintf("measuring the last network of %s, %d of %d", e.Info.Name, i+1, len(entries)))
		one := []lab.Entry{e}
		if err := lab.Measure(one, open); err != nil {
			return err
		}
		measured[i] = one[0]
	}
	copy(entries, measured)
	return nil
}
