package app

import (
	"context"

	"growlab/app/knobs"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
)

// What sessions may be besides; session.Home is the first two, desk.Desk all.

// keeper keeps runs in order.
type keeper interface {
	Rename(run, name string) (session.Info, error)
	Tag(run string, add, remove []string) (session.Info, error)
	// Weight is the bytes that Remove of a run frees.
	Weight(info session.Info) int64
	Remove(info session.Info) (freed int64, err error)
	Checkpoints(run string) ([]session.Saved, error)
	Fork(ctx context.Context, f session.Fork) (session.Info, error)
}

// queuer orders the runs to come.
type queuer interface {
	Queue() (session.Queue, error)
	MoveQueued(id string, place int) error
	Dequeue(id string) error
	HoldQueue(held bool) error
	ClearQueue() error
	StartQueue(ctx context.Context) error
}

// workshop looks ahead and compares.
type workshop interface {
	// Price says what a recipe takes on this machine.
	Price(r growth.Recipe) (session.Cost, error)
	// RecipeOf is the recipe of a run and the path of its text, "" for the embedded one.
	RecipeOf(run string) (r growth.Recipe, data string, err error)
	StartRecipe(ctx context.Context, r growth.Recipe, data string) (session.Info, error)
	EnqueueRecipe(ctx context.Context, r growth.Recipe, data string) error
	// Course is where a live run stands and what lies ahead of it.
	Course(run string) (knobs.Course, error)
	// Rival is the recipe of what a run is compared with, one of growth.Rivals, and the path of its text.
	Rival(run, kind string) (r growth.Recipe, data string, err error)
	// Compare judges the first run against the others.
	Compare(ctx context.Context, runs []string, tell func(doing string)) (lab.Comparison, error)
}
