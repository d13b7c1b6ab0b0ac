package control

import "sync"

// ring holds the last events published, as lines, numbered from 0. Appending never waits; a reader that falls more than
// the ring's length behind has lost its place.
type ring struct {
	mu      sync.Mutex
	lines   [][]byte // of event n at n % len
	next    int64    // number of the next event
	closed  bool
	changed chan struct{} // closed, and renewed, when something changes
}

func newRing(n int) *ring {
	return &ring{lines: make([][]byte, n), changed: make(chan struct{})}
}

// append stores a line; nil holds the number of an event that cannot be sent.
func (r *ring) append(line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.next%int64(len(r.lines))] = line
	r.next++
	r.wake()
}

func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake()
}

func (r *ring) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// from returns the lines from number n on, and, if there are none, a channel that closes when there may be. ok is false
// if n is no longer, or not yet, a place in the ring; closed if no more lines will follow those returned.
func (r *ring) from(n int64) (lines [][]byte, changed <-chan struct{}, ok, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.next || n < r.next-int64(len(r.lines)) {
		return nil, nil, false, r.closed
	}
	for i := n; i < r.next; i++ {
		lines = append(lines, r.lines[i%int64(len(r.lines))])
	}
	return lines, r.changed, true, r.closed
}

// end is the number of the next event.
func (r *ring) end() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}
