package session

import (
	"growlab/store"
	"growlab/trainer/event"
)

// follower reads the events of a run file in the order in which they were emitted, each once, and knows how many its engine
// has emitted, so that a live stream can go on where the file ends.
type follower struct {
	file *store.Reader
	id   int64 // last journal entry read
	step int64 // last step read
	part int64 // events of the present engine, its Start included, that were read or came live
	live int64 // those of them that came live and are not read yet
}

// read returns the events that came since the last call, without those that came live.
func (f *follower) read() ([]event.Event, error) {
	journal, steps, err := f.snapshot()
	if err != nil {
		return nil, err
	}
	if start := lastStart(journal); start >= 0 && f.part > 0 {
		// Another engine took the run over. It went back to a checkpoint, and what came after that is gone.
		begin := journal[start]
		*f = follower{file: f.file, id: begin.ID - 1, step: begin.Event.(event.Start).Resumed}
		if journal, steps, err = f.snapshot(); err != nil {
			return nil, err
		}
	}
	if n := len(journal); n > 0 {
		f.id = journal[n-1].ID
	}
	if n := len(steps); n > 0 {
		f.step = steps[n-1].Step
	}
	events := merge(journal, steps)
	known := min(f.live, int64(len(events)))
	f.live -= known
	events = events[known:]
	for _, e := range events {
		f.note(e)
	}
	return events, nil
}

// note counts an event.
func (f *follower) note(e event.Event) {
	if _, ok := e.(event.Start); ok {
		f.part = 0
	}
	f.part++
}

// came counts an event that a live stream delivered; the Start of its engine was read before.
func (f *follower) came(e event.Event) {
	f.note(e)
	f.live++
}

func lastStart(journal []store.Journalled) int {
	for i := len(journal) - 1; i >= 0; i-- {
		if _, ok := journal[i].Event.(event.Start); ok {
			return i
		}
	}
	return -1
}

// snapshot reads the journal and the steps as of one moment: steps between two equal looks at the journal.
func (f *follower) snapshot() (journal []store.Journalled, steps []event.Step, err error) {
	after := f.id
	for {
		more, err := f.file.Events(after)
		if err != nil {
			return nil, nil, err
		}
		if steps != nil && len(more) == 0 {
			return journal, steps, nil
		}
		journal = append(journal, more...)
		if n := len(more); n > 0 {
			after = more[n-1].ID
		}
		if steps, err = f.file.Steps(f.step, 0); err != nil {
			return nil, nil, err
		}
		if steps == nil {
			steps = []event.Step{}
		}
	}
}

// merge puts the steps where they belong in the journal: what is journalled at a step came after it.
func merge(journal []store.Journalled, steps []event.Step) []event.Event {
	events := make([]event.Event, 0, len(journal)+len(steps))
	for _, j := range journal {
		at := stepOf(j.Event)
		for len(steps) > 0 && steps[0].Step <= at {
			events = append(events, steps[0])
			steps = steps[1:]
		}
		events = append(events, j.Event)
	}
	for _, s := range steps {
		events = append(events, s)
	}
	return events
}

// stepOf is the step after which an event happened.
func stepOf(e event.Event) int64 {
	switch e := e.(type) {
	case event.Start:
		return e.Resumed
	case event.Step:
		return e.Step
	case event.Eval:
		return e.Step
	case event.GPUs:
		return e.Step
	case event.Memory:
		return e.Step
	case event.Blocks:
		return e.Step
	case event.Grew:
		return e.Step
	case event.Saved:
		return e.Step
	case event.Sampled:
		return e.Step
	case event.Paused:
		return e.Step
	case event.Resumed:
		return e.Step
	case event.Command:
		return e.Step
	case event.Shrank:
		return e.Step
	case event.Ended:
		return e.Step
	}
	return 0
}
