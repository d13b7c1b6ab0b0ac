package session

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"growlab/store"
)

// Waiting is the state of an entry of the queue whose turn has not come. The others are those of runs: Running, Done, Stopped,
// Failed, Interrupted.
const Waiting = "waiting"

// Queued is an entry of the queue: a run that is to be trained when those before it have ended.
type Queued struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"` // of the run
	Added time.Time `json:"added"`
	State string    `json:"state"`
	Run   string    `json:"run,omitempty"`   // id, from when its turn comes, or of the run to be gone on with
	Error string    `json:"error,omitempty"` // why it failed

	// Recipe is the whole text with all changes, so that what was queued is trained, whatever becomes of a file; "" of a run that is
	// gone on with.
	Recipe  string `json:"recipe,omitempty"`
	Data    string `json:"data,omitempty"`
	Device  string `json:"device,omitempty"`
	Threads int    `json:"threads,omitempty"`
}

// Queue is the order in which runs are to be trained, one at a time. It is a file in the data folder and survives everything.
type Queue struct {
	// Held says that no further run is begun for the present.
	Held    bool     `json:"held"`
	Entries []Queued `json:"entries"` // in order; those that have ended stay until they are removed
}

// Waiting are the entries whose turn has not come.
func (q Queue) Waiting() []Queued {
	return slices.DeleteFunc(slices.Clone(q.Entries), func(e Queued) bool { return e.State != Waiting })
}

func (h *Home) queueFile() string { return filepath.Join(h.Dir, "queue.json") }

// Queue reads the queue.
func (h *Home) Queue() (q Queue, err error) {
	text, err := os.ReadFile(h.queueFile())
	if errors.Is(err, fs.ErrNotExist) {
		return q, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &q)
	}
	if err != nil {
		return q, fmt.Errorf("the queue %s cannot be read: %w", h.queueFile(), err)
	}
	return q, nil
}

// changeQueue lets change work on the queue while nobody else does, and writes it. If change fails nothing is written.
func (h *Home) changeQueue(change func(*Queue) error) (err error) {
	if err := h.makeFolder(h.Dir); err != nil {
		return err
	}
	lock, err := lockFile(filepath.Join(h.Dir, "queue.lock"), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	q, err := h.Queue()
	if err != nil {
		return err
	}
	if err := change(&q); err != nil {
		return err
	}
	text, err := json.MarshalIndent(q, "", "  ")
	if err != nil {
		return fmt.Errorf("the queue: %w", err)
	}
	draft := h.queueFile() + ".new"
	if err := os.WriteFile(draft, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the queue cannot be written: %w", err)
	}
	return os.Rename(draft, h.queueFile())
}

// Enqueue puts a run at the end of the queue. What is wrong with its recipe is said now. StartQueue makes sure that somebody works
// on it.
func (h *Home) Enqueue(l Launch) (Queued, error) {
	if err := l.anchor(); err != nil {
		return Queued{}, err
	}
	r, err := LoadRecipe(l)
	if err != nil {
		return Queued{}, err
	}
	text, err := r.TOML()
	if err != nil {
		return Queued{}, err
	}
	e := Queued{Name: cmp.Or(l.Name, r.Name), Recipe: string(text), Data: l.Data, Device: cmp.Or(l.Device, h.used()), Threads: l.Threads}
	if err := CheckName(e.Name); err != nil {
		return e, err
	}
	if l.Data != "" {
		if _, err := os.Stat(l.Data); err != nil {
			return e, Usagef("the text to train on cannot be read: %v", err)
		}
	}
	return h.enqueue(e)
}

// EnqueueResume puts a run that was stopped, or died, at the end of the queue, to be gone on with.
func (h *Home) EnqueueResume(run string) (Queued, error) {
	info, err := h.Find(run)
	if err != nil {
		return Queued{}, err
	}
	if !info.Resumable() {
		return Queued{}, Usagef("run %s is %s; only one that was stopped, failed or died can be gone on with", info.ID, info.State)
	}
	return h.enqueue(Queued{Name: info.Name, Run: info.ID})
}

func (h *Home) enqueue(e Queued) (Queued, error) {
	e.ID, e.Added, e.State = store.NewID(), time.Now().Truncate(time.Second), Waiting
	return e, h.changeQueue(func(q *Queue) error {
		if i := slices.IndexFunc(q.Entries, func(o Queued) bool { return e.Run != "" && o.Run == e.Run && o.State == Waiting }); i >= 0 {
			return Usagef("run %s is in the queue already", e.Run)
		}
		q.Entries = append(q.Entries, e)
		return nil
	})
}

// at is the place of an entry.
func (q *Queue) at(id string) (int, error) {
	i := slices.IndexFunc(q.Entries, func(e Queued) bool { return e.ID == id })
	if i < 0 {
		return i, Usagef("there is no entry %q in the queue; growlab queue list shows them", id)
	}
	return i, nil
}

// Dequeue removes an entry that does not train. Its run, if it has one, stays.
func (h *Home) Dequeue(id string) error {
	return h.changeQueue(func(q *Queue) error {
		i, err := q.at(id)
		if err != nil {
			return err
		}
		if e := q.Entries[i]; e.State == Running {
			return Usagef("run %s of the queue trains; stop it first", e.Run)
		}
		q.Entries = slices.Delete(q.Entries, i, i+1)
		return nil
	})
}

// ClearQueue removes the entries that have ended, whichever way.
func (h *Home) ClearQueue() error {
	return h.changeQueue(func(q *Queue) error {
		q.Entries = slices.DeleteFunc(q.Entries, func(e Queued) bool { return e.State != Waiting && e.State != Running })
		return nil
	})
}

// MoveQueued puts an entry that waits at a place among those that wait, 0 being the next one to train.
func (h *Home) MoveQueued(id string, place int) error {
	return h.changeQueue(func(q *Queue) error {
		i, err := q.at(id)
		if err != nil {
			return err
		}
		e := q.Entries[i]
		waiting := q.Waiting()
		switch {
		case e.State != Waiting:
			return Usagef("entry %s is %s; only those that wait can be moved", id, e.State)
		case place < 0 || place >= len(waiting):
			return Usagef("the place is %d; it must be from 1 to %d", place+1, len(waiting))
		}
		waiting = slices.DeleteFunc(waiting, func(o Queued) bool { return o.ID == id })
		waiting = slices.Insert(waiting, place, e)
		for k := range q.Entries { // those that wait change places among themselves
			if q.Entries[k].State == Waiting {
				q.Entries[k], waiting = waiting[0], waiting[1:]
			}
		}
		return nil
	})
}

// HoldQueue says whether to begin no further run. The one that trains goes on.
func (h *Home) HoldQueue(held bool) error {
	return h.changeQueue(func(q *Queue) error { q.Held = held; return nil })
}
