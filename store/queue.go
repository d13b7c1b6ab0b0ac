package store

import (
	"database/sql"
	"sync"
	"time"

	"growlab/trainer/event"
)

const (
	// writeEvery is how long the first event of a batch waits for company.
	writeEvery = 250 * time.Millisecond
	// retryMost bounds the pause between attempts to write on a disk that refuses.
	retryMost = 5 * time.Second
	// queueMost is how many events may wait before Emit does.
	queueMost = 1 << 20
	// batchMost is how many events go in one transaction, so that a checkpoint's chunks get between them.
	batchMost = 1 << 14
)

// queued is an event with the time of its Emit.
type queued struct {
	event event.Event
	at    time.Time
}

// queue holds the events that are not in the file yet, in order.
type queue struct {
	mu      sync.Mutex
	room    sync.Cond     // signalled when events leave, and at the end
	wake    chan struct{} // holds a token while there may be events to write
	events  []queued
	most    int
	problem error // of the last attempt to write
	closed  bool
}

func (q *queue) init() {
	q.room.L = &q.mu
	q.wake = make(chan struct{}, 1)
	q.most = queueMost
}

// put appends e, waiting for room if a great many events wait already.
func (q *queue) put(e queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		panic("store: Emit after Close")
	}
	for len(q.events) >= q.most && !q.closed {
		q.room.Wait()
	}
	if q.closed {
		return // there never was room; Close has said so
	}
	q.events = append(q.events, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// head returns the oldest events without removing them; the slice stays valid while later ones are appended.
func (q *queue) head() []queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.events[:min(len(q.events), batchMost)]
}

// wrote notes the outcome of writing the n oldest events and removes them if they are in the file.
func (q *queue) wrote(n int, problem error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.problem = problem
	if problem != nil {
		return
	}
	q.events = append([]queued(nil), q.events[n:]...)
	q.room.Broadcast()
}

// close ends the queue and returns how many events are left in it.
func (q *queue) close() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	return len(q.events)
}

// Emit queues e; the file has it a quarter of a second later. Emit never drops an event. It waits only when a million of
// them are queued, which takes a disk that has refused for long: look at Problem. Emit after Close panics.
func (r *Run) Emit(e event.Event) {
	r.queue.put(queued{event: e, at: time.Now()})
}

// Problem is why queued events could not be written at the last attempt, as a sentence, or nil. The attempts go on.
func (r *Run) Problem() error {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	return r.queue.problem
}

// Flush writes the events queued so far. After nil they survive the death of the process. It tries once; after an error
// they are still queued.
func (r *Run) Flush() error {
	for {
		n, err := r.drainBatch()
		if err != nil || n < batchMost {
			return err
		}
	}
}

// drainBatch writes the oldest events in one transaction and returns how many.
func (r *Run) drainBatch() (int, error) {
	r.write.Lock()
	defer r.write.Unlock()
	batch := r.queue.head()
	if len(batch) == 0 {
		return 0, nil
	}
	err := explain(r.path, transact(r.db, func(tx *sql.Tx) error { return record(tx, batch) }))
	r.queue.wrote(len(batch), err)
	return len(batch), err
}

// drainOften writes the queue every writeEvery while there is something in it, and less often while that fails.
func (r *Run) drainOften() {
	for {
		select {
		case <-r.queue.wake:
		case <-r.stop:
			return
		}
		for pause := writeEvery; ; pause = min(2*pause, retryMost) {
			if r.waits(pause) {
				return
			}
			if r.Flush() == nil {
				break
			}
		}
	}
}

// waits reports whether the run was closed within the time d.
func (r *Run) waits(d time.Duration) bool {
	select {
	case <-time.After(d):
		return false
	case <-r.stop:
		return true
	}
}
