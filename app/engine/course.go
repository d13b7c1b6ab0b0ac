package engine

import (
	"errors"
	"slices"

	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// Course is how a run came to where it stands: the recipe that it began with, what was changed since, and where that led.
type Course struct {
	Recipe  growth.Recipe // as begun
	Journal []growth.Edit
	// Asked is the journal without the stages that ended on a plateau, as their recipe wants it: what people changed.
	Asked  []growth.Edit
	Now    growth.Recipe // as edited
	Step   int64         // the last one in the file
	Tokens int64
}

// ReadCourse reads the course of the run in file, which an engine may be writing. Every edit is in a checkpoint before it takes
// effect, so that the newest one has all of them.
func ReadCourse(file string) (c Course, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return course(r)
}

func course(r *store.Reader) (c Course, err error) {
	meta, err := r.Meta()
	if err != nil {
		return c, err
	}
	if c.Recipe, err = parse(r, meta); err != nil {
		return c, err
	}
	sum, err := r.Summary() // before the checkpoint: an edit after this step may be known, one before it must
	if err != nil {
		return c, err
	}
	if sum.Last != nil {
		c.Step, c.Tokens = sum.Last.Step, sum.Last.Tokens
	}
	kept, err := r.LatestMeta()
	switch {
	case errors.Is(err, store.ErrNoCheckpoint): // nothing can have been changed
	case err != nil:
		return c, err
	default:
		if c.Journal, err = (trainer.Checkpoint{Meta: kept}).Journal(c.Recipe); err != nil {
			return c, err
		}
	}
	if c.Asked, err = asked(r, c.Journal); err != nil {
		return c, err
	}
	c.Now, err = c.Recipe.Edited(c.Journal)
	if n := len(c.Journal); n > 0 && c.Journal[n-1].Tokens > c.Tokens {
		c.Step, c.Tokens = c.Journal[n-1].Step, c.Journal[n-1].Tokens
	}
	return c, err
}

// asked leaves out of a journal the stages that ended by themselves.
func asked(r *store.Reader, journal []growth.Edit) ([]growth.Edit, error) {
	events, err := r.Events(0)
	if err != nil {
		return nil, err
	}
	by := map[int64]bool{} // people, after so many tokens
	for _, j := range events {
		if c, ok := j.Event.(event.Command); ok && c.Verb == control.Grow {
			by[c.Tokens] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(journal), func(e growth.Edit) bool {
		return e.Key == growth.EditEnd && !by[e.Tokens]
	}), nil
}
