package session

import (
	"errors"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

// Past is what a run file tells beside what Watch delivers.
type Past struct {
	Times  []time.Time    // when the events other than steps happened, in their order
	Undone [][]event.Step // what the run went back behind, a part for each time
}

// Past reads it from the file of a run.
func (h *Home) Past(id string) (p Past, err error) {
	err = h.reading(id, func(r *store.Reader) error {
		journal, err := r.Events(0)
		if err != nil {
			return err
		}
		p.Times = times(journal)
		p.Undone, err = r.Undone()
		return err
	})
	return p, err
}

// History is all that a run file tells of a run so far: its events in their order, and its Past.
func (h *Home) History(id string) (events []event.Event, p Past, err error) {
	err = h.reading(id, func(r *store.Reader) error {
		f := follower{file: r}
		journal, steps, err := f.snapshot()
		if err != nil {
			return err
		}
		events, p.Times = merge(journal, steps), times(journal)
		p.Undone, err = r.Undone()
		return err
	})
	return events, p, err
}

func (h *Home) reading(id string, read func(*store.Reader) error) error {
	if h.remote(id) != nil {
		return nil // its file is on another machine
	}
	path, err := store.Find(h.RunFolder(), id)
	if err != nil {
		return err
	}
	r, err := store.OpenReader(path)
	if err != nil {
		return err
	}
	return errors.Join(read(r), r.Close())
}

func times(journal []store.Journalled) []time.Time {
	all := make([]time.Time, len(journal))
	for i, j := range journal {
		all[i] = j.Time
	}
	return all
}
