package engine

import (
	"errors"

	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
)

// Course is how a run came to where it stands: the recipe that it began with, what was changed since, and where that led.
type Course struct {
	Recipe  growth.Recipe // as begun
	Journal []growth.Edit
	Now     growth.Recipe // as edited
	Step    int64         // the last one in the file
	Tokens  int64
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
	c.Now, err = c.Recipe.Edited(c.Journal)
	if n := len(c.Journal); n > 0 && c.Journal[n-1].Tokens > c.Tokens {
		c.Step, c.Tokens = c.Journal[n-1].Step, c.Journal[n-1].Tokens
	}
	return c, err
}
