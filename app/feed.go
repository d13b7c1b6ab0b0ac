package app

import (
	"context"
	"time"

	"growlab/app/session"
	"growlab/trainer/event"
)

// A feed brings what goroutines learn to the goroutine of the window, at most a few times a second and never faster than
// the window takes it.
type feed struct {
	do func(func()) // queues a function for the goroutine of the window
}

const (
	livePeriod  = 200 * time.Millisecond  // between two batches of live events: a frame in software GL takes from training
	listPeriod  = 1500 * time.Millisecond // between two looks at the list of runs
	historyPart = 20_000                  // events of the past that are applied in one go
)

// deliver runs f on the goroutine of the window and waits until it has run; it is false if ctx ended before.
func (f feed) deliver(ctx context.Context, apply func()) bool {
	done := make(chan struct{})
	f.do(func() {
		defer close(done)
		if ctx.Err() == nil {
			apply()
		}
	})
	select {
	case <-done:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// follow gathers the events of in and applies them in batches, until in is closed or ctx ends. Live events wait for the end
// of livePeriod; a long past comes at once, in parts.
func (f feed) follow(ctx context.Context, in <-chan []event.Event, apply func([]event.Event)) {
	var pending []event.Event
	open := true
	for last := (time.Time{}); open || len(pending) > 0; {
		pending, open = gather(ctx, in, pending, last.Add(livePeriod))
		part := pending[:min(len(pending), historyPart)]
		if len(part) > 0 && !f.deliver(ctx, func() { apply(part) }) || ctx.Err() != nil {
			return
		}
		pending = pending[len(part):]
		last = time.Now()
	}
}

// gather adds to pending what in delivers until the given time, waiting for at least one event. It is false once in is
// closed.
func gather(ctx context.Context, in <-chan []event.Event, pending []event.Event, until time.Time) ([]event.Event, bool) {
	wait := time.NewTimer(time.Until(until))
	defer wait.Stop()
	for len(pending) < historyPart {
		due := wait.C
		if len(pending) == 0 {
			due = nil // there is nothing to deliver yet
		}
		select {
		case batch, ok := <-in:
			if !ok {
				return pending, false
			}
			pending = append(pending, batch...)
		case <-due:
			return pending, true
		case <-ctx.Done():
			return nil, false
		}
	}
	return pending, true
}

// poll lists the runs again and again and applies each list. A value on wake asks for a list at once.
func (f feed) poll(ctx context.Context, runs func() ([]session.Info, error), wake <-chan struct{}, apply func(began time.Time, infos []session.Info, err error)) {
	for {
		began := time.Now()
		infos, err := runs()
		if !f.deliver(ctx, func() { apply(began, infos, err) }) {
			return
		}
		select {
		case <-time.After(listPeriod):
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}
