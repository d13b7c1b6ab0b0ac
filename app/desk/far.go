package desk

import (
	"context"
	"fmt"

	"growlab/app/knobs"
	"growlab/app/session"
	"growlab/growth"
)

// readable is a run whose file can be read here: one of another machine is copied, without its checkpoints.
func (d Desk) readable(ctx context.Context, id string) (session.Info, error) {
	if far := d.Far(id); far != nil {
		return far.Copy(ctx)
	}
	return d.Find(id)
}

func farCourse(far *session.Far) (knobs.Course, error) {
	c, err := far.Course(context.Background())
	if err != nil {
		return knobs.Course{}, err
	}
	now, err := growth.Parse(c.Name, []byte(c.Recipe))
	return knobs.Course{Now: now, Step: c.Step, Tokens: c.Tokens, Edits: c.Edits}, err
}

func farRecipe(far *session.Far, rival string) (growth.Recipe, string, error) {
	f, err := far.Recipe(context.Background(), rival)
	if err != nil {
		return growth.Recipe{}, "", err
	}
	r, err := growth.Parse(f.Name, []byte(f.Recipe))
	return r, f.Data, err
}

// farRival is the recipe of a rival that is to be trained here, which needs the text here.
func farRival(far *session.Far, kind string) (growth.Recipe, string, error) {
	r, data, err := farRecipe(far, kind)
	if err == nil && data != "" {
		err = fmt.Errorf("the text of the run, %s, is on %s; there, growlab twin --queue --rival %s %s trains it", data, far.Host(), kind, far.ID())
	}
	return r, data, err
}
