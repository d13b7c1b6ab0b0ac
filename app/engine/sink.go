package engine

import (
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// sink is the trainer's Sink: the run file, the subscribers of the control socket, and the caller in this process.
type sink struct {
	run    *store.Run
	server *control.Server
	watch  func(event.Event)
}

// Emit implements trainer.Sink. The file comes first: who is told of an event finds it there, or soon will. A Start is in
// the file before anyone hears of it, because subscribers count events from it; so is a Command, because its checkpoint is, and
// an engine that is killed then would leave a change of which nobody knows who asked for it.
func (s *sink) Emit(e event.Event) {
	s.run.Emit(e)
	_, begins := e.(event.Start)
	if _, asked := e.(event.Command); asked || begins {
		_ = s.run.Flush() // Problem tells, if it lasts
	}
	s.server.Publish(e)
	if s.watch != nil {
		s.watch(e)
	}
}

// Save implements trainer.Sink.
func (s *sink) Save(c trainer.Checkpoint) (bytes int64, err error) { return s.run.Save(toStore(c)) }

// Problem implements trainer.Sink.
func (s *sink) Problem() error { return s.run.Problem() }
