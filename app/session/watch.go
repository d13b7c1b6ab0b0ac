package session

import (
	"context"
	"errors"
	"time"

	"growlab/store"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

const (
	pollFile   = 500 * time.Millisecond // of a run whose engine has no socket for us
	pollEnding = 50 * time.Millisecond  // of one whose engine is starting or ending
)

// Watch delivers the events of a run from its beginning, each once and in order: first the past from the run file, in one
// batch, then what happens, live. A Start with Resumed = k, other than the first, says that a run went back to step k: what
// came after that step is to be forgotten. The channel is closed when no engine works on the run any more and all it wrote
// was delivered, or with ctx.
func (h *Home) Watch(ctx context.Context, id string) (<-chan []event.Event, error) {
	if r := h.remote(id); r != nil {
		return r.watch(ctx)
	}
	w, first, err := h.openWatch(id)
	if err != nil {
		return nil, err
	}
	go w.run(ctx, first)
	return w.out, nil
}

// openWatch opens the file of a run and reads what is in it.
func (h *Home) openWatch(id string) (*watch, []event.Event, error) {
	path, err := store.Find(h.RunFolder(), id)
	if err != nil {
		return nil, nil, err
	}
	file, err := store.OpenReader(path)
	if err != nil {
		return nil, nil, err
	}
	meta, err := file.Meta()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	w := &watch{follower: follower{file: file}, path: path, id: meta.ID, out: make(chan []event.Event)}
	first, err := w.read()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return w, first, nil
}

// watch is one call of Watch at work.
type watch struct {
	follower
	path string
	id   string
	out  chan []event.Event
}

// run delivers until the run is over. It reads the file, attaches to the engine if there is one, and when that stream ends
// reads the file again.
func (w *watch) run(ctx context.Context, first []event.Event) {
	defer close(w.out)
	defer func() { _ = w.file.Close() }() // only read from
	if !w.send(ctx, first) {
		return
	}
	for {
		_, busy := store.Busy(w.path)
		pause := pollEnding
		if busy {
			attached := w.attach(ctx)
			if !attached {
				pause = pollFile
			}
		}
		if !w.catchUp(ctx) || !busy { // what an engine wrote before it gave the file up is in it
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// catchUp delivers what the file has more. It is false at the end of ctx, or if the file can no longer be read.
func (w *watch) catchUp(ctx context.Context) bool {
	events, err := w.read()
	return w.send(ctx, events) && err == nil
}

// attach delivers live events for as long as the engine streams them, and reports whether it did.
func (w *watch) attach(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx) // ends the stream when we leave it
	defer cancel()
	client, err := control.Dial(ctx, w.id)
	if err != nil {
		return false
	}
	status, err := client.Status(ctx)
	if err != nil || status.Events == 0 { // its Start, from which events are counted, is not in the file yet
		return err == nil
	}
	if !w.catchUp(ctx) {
		return false
	}
	events, pid, err := client.Events(ctx, w.part)
	if err != nil {
		return errors.Is(err, control.ErrBehind)
	}
	if pid != status.PID {
		return true // another engine already; its Start will be in the file
	}
	for e := range events {
		batch := []event.Event{e}
		w.came(e)
		for more := len(events); more > 0; more-- {
			e, ok := <-events
			if !ok {
				break
			}
			w.came(e)
			batch = append(batch, e)
		}
		if !w.send(ctx, batch) {
			break
		}
	}
	return true
}

// send delivers a batch unless ctx ends first.
func (w *watch) send(ctx context.Context, batch []event.Event) bool {
	if len(batch) == 0 {
		return ctx.Err() == nil
	}
	select {
	case w.out <- batch:
		return true
	case <-ctx.Done():
		return false
	}
}
