package app

import (
	"context"

	"growlab/app/session"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// Sessions is what the window needs of the runs on this machine; session.Home is one. All methods may be slow and are
// called from goroutines of their own, several at a time.
type Sessions interface {
	// Presets are the recipes that come with the program, the one to try first in front.
	Presets() []session.Preset
	// Runs lists all runs, newest first.
	Runs() ([]session.Info, error)
	// Start begins a run in an engine process of its own and returns once that is up. The end of ctx does not end the run.
	Start(ctx context.Context, l session.Launch) (session.Info, error)
	// Resume goes on with a run that is not live.
	Resume(ctx context.Context, id string) (session.Info, error)
	// Watch delivers the events of a run from its beginning: first the past, in large batches, then what happens. The
	// channel is closed when the run ended or ctx did.
	Watch(ctx context.Context, id string) (<-chan []event.Event, error)
	// Send gives a command to the engine of a live run.
	Send(ctx context.Context, id string, c control.Command) error
}
