package session

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"growlab/trainer/control"
	"growlab/trainer/event"
)

const (
	remoteBatch = 5000            // events of the past that are delivered at once
	remotePause = 2 * time.Second // before a broken connection is tried again
)

// watch is Home.Watch of a run of another machine. When the connection breaks it is made again and the past is read anew, from a
// Start with Resumed = 0 on. The channel is closed when no engine works on the run, when the machine cannot be reached any more,
// or with ctx.
func (r *remote) watch(ctx context.Context) (<-chan []event.Event, error) {
	socket, err := r.show(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan []event.Event)
	go func() {
		defer close(out)
		w := &remoteWatch{remote: r, out: out}
		for w.round(ctx, socket) {
			select {
			case <-time.After(remotePause):
			case <-ctx.Done():
				return
			}
			if socket, err = r.show(ctx); err != nil {
				return
			}
		}
	}()
	return out, nil
}

// remoteWatch is one call of watch at work.
type remoteWatch struct {
	*remote
	out   chan<- []event.Event
	part  int64 // events of the present engine that were delivered, its Start included
	ended bool
}

// round delivers the past and then what happens, and reports whether to try again.
func (w *remoteWatch) round(ctx context.Context, socket string) (again bool) {
	if err := w.past(ctx); err != nil || socket == "" {
		return false
	}
	if err := w.live(ctx); errors.Is(err, control.ErrBehind) {
		return true
	}
	_, err := w.show(ctx) // how the run stands now
	return err == nil && !w.ended && ctx.Err() == nil
}

// past delivers what the run file there has.
func (w *remoteWatch) past(ctx context.Context) error {
	cmd := w.command(ctx, "runs", "events", w.id)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = w.deliverAll(ctx, out)
	_, _ = io.Copy(io.Discard, out) // of what could not be read
	return errors.Join(err, cmd.Wait())
}

func (w *remoteWatch) deliverAll(ctx context.Context, lines io.Reader) error {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(make([]byte, 64<<10), 64<<20)
	var batch []event.Event
	for scanner.Scan() {
		e, err := event.Unmarshal(scanner.Bytes())
		if err != nil {
			return err
		}
		if batch = append(batch, e); len(batch) == remoteBatch {
			if err := w.deliver(ctx, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return errors.Join(scanner.Err(), w.deliver(ctx, batch))
}

// live delivers what happens until the engine or the connection ends.
func (w *remoteWatch) live(ctx context.Context) error {
	client, err := w.client(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, _, err := client.Events(ctx, w.part)
	if err != nil {
		return err
	}
	for e := range events {
		batch := []event.Event{e}
		for more := len(events); more > 0; more-- {
			if e, ok := <-events; ok {
				batch = append(batch, e)
			}
		}
		if err := w.deliver(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// deliver sends a batch and counts it.
func (w *remoteWatch) deliver(ctx context.Context, batch []event.Event) error {
	if len(batch) == 0 {
		return ctx.Err()
	}
	for _, e := range batch {
		switch e.(type) {
		case event.Start:
			w.part, w.ended = 0, false
		case event.Ended:
			w.ended = true
		default:
		}
		w.part++
	}
	select {
	case w.out <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
