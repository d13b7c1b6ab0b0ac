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
	remoteBatch    = 5000                   // events of the past that are delivered at once
	remotePause    = 500 * time.Millisecond // before an engine that is starting or ending is looked for again
	reconnectFirst = 2 * time.Second        // before a broken connection is tried again, and twice that each time
	reconnectLast  = 30 * time.Second       // but no more than this
)

// watch is Home.Watch of a run of another machine. When the connection breaks, that is told by Info.Lost and Home.Line, and it is made
// again for as long as that can help. The channel is closed when no engine works on the run, when only a person could make the
// connection again, or with ctx.
func (r *remote) watch(ctx context.Context) (<-chan []event.Event, error) {
	r.watching(1)
	if _, err := r.show(ctx); err != nil && !passing(err) {
		r.watching(-1)
		if ctx.Err() == nil {
			r.lose(err)
		}
		return nil, err
	}
	w := &remoteWatch{remote: r, out: make(chan []event.Event)}
	go w.run(ctx)
	return w.out, nil
}

// watching counts the calls of watch at work.
func (r *remote) watching(change int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watched += change
}

// remoteWatch is one call of watch at work.
type remoteWatch struct {
	*remote
	out chan []event.Event
	pid int // of the engine that events came from; 0 for none
	delivered
}

// run delivers until the run is over.
func (w *remoteWatch) run(ctx context.Context) {
	defer close(w.out)
	defer w.watching(-1)
	for wait := reconnectFirst; ; {
		again, err := w.round(ctx)
		pause := remotePause
		switch {
		case ctx.Err() != nil || err == nil && !again:
			return
		case err == nil:
			wait = reconnectFirst
		case !passing(err):
			w.lose(err)
			return
		default:
			w.lose(err)
			pause, wait = wait, min(2*wait, reconnectLast)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// round asks how the run stands, delivers what is new of its past and then what happens, and reports whether to look again.
func (w *remoteWatch) round(ctx context.Context) (again bool, err error) {
	socket, err := w.show(ctx)
	if err != nil {
		return false, err
	}
	w.keep()
	if socket == "" {
		err := w.past(ctx)
		return w.live(), err // an engine that starts or ends has no socket
	}
	client, err := w.client(ctx)
	if errors.Is(err, control.ErrNoEngine) && !passing(err) {
		return true, nil // it has just ended
	}
	if err != nil {
		return false, err
	}
	return true, w.follow(ctx, client)
}

// live reports whether an engine works on the run, as it was when last asked.
func (r *remote) live() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info.Live()
}

// follow delivers what an engine tells. One that is followed already goes on where it was; of another the past is read first.
func (w *remoteWatch) follow(ctx context.Context, client *control.Client) error {
	status, err := client.Status(ctx)
	if err != nil || status.Events == 0 { // its Start, from which events are counted, is not in the file yet
		return nil
	}
	ctx, cancel := context.WithCancel(ctx) // ends the stream when we leave it
	defer cancel()
	if status.PID == w.pid {
		err := w.stream(ctx, client)
		if !errors.Is(err, control.ErrBehind) {
			return nil // that it broke is what the next round finds
		}
	}
	if err := w.past(ctx); err != nil {
		return err
	}
	w.pid = status.PID
	_ = w.stream(ctx, client) // as above
	return nil
}

// stream delivers what happens until the engine or the connection ends.
func (w *remoteWatch) stream(ctx context.Context, client *control.Client) error {
	events, pid, err := client.Events(ctx, w.part())
	if err != nil {
		return err
	}
	if pid != w.pid {
		return nil // another engine already; its Start will be in the file
	}
	for e := range events {
		batch := []event.Event{w.note(e)}
		for more := len(events); more > 0; more-- {
			if e, ok := <-events; ok {
				batch = append(batch, w.note(e))
			}
		}
		if err := w.deliver(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// past delivers what the run file there has and was not delivered before.
func (w *remoteWatch) past(ctx context.Context) error {
	cmd := w.growlab(ctx, "runs", "events", w.id)
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
	if e := finished(cmd.Wait()); e != nil && ctx.Err() == nil {
		return w.failure(e, errs.String())
	}
	return err
}

func (w *remoteWatch) deliverAll(ctx context.Context, lines io.Reader) error {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(make([]byte, 64<<10), 64<<20)
	var batch []event.Event
	fresh := w.reread()
	for scanner.Scan() {
		if !bytes.HasPrefix(scanner.Bytes(), []byte("{")) {
			continue // what the shell there says to everybody
		}
		e, err := event.Unmarshal(scanner.Bytes())
		if err != nil {
			return err
		}
		if !fresh(e) {
			continue
		}
		if batch = append(batch, w.note(e)); len(batch) == remoteBatch {
			if err := w.deliver(ctx, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return errors.Join(scanner.Err(), w.deliver(ctx, batch))
}

// deliver sends a batch.
func (w *remoteWatch) deliver(ctx context.Context, batch []event.Event) error {
	if len(batch) == 0 {
		return ctx.Err()
	}
	select {
	case w.out <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// delivered counts what was delivered, so that a past that is read once more brings only what is new. Each Start opens an engine's
// part of the events; in a part, steps are told apart by their number and the rest by its place.
type delivered struct {
	starts int   // parts, the present one included
	steps  int64 // events of the present part that are steps
	step   int64 // the last of them
	others int64 // events of the present part that are none, its Start included
}

// part is how many events of the present engine were delivered.
func (d *delivered) part() int64 { return d.steps + d.others }

// note counts an event, and returns it.
func (d *delivered) note(e event.Event) event.Event {
	switch e := e.(type) {
	case event.Start:
		*d = delivered{starts: d.starts + 1, others: 1}
	case event.Step:
		d.steps++
		d.step = e.Step
	default:
		d.others++
	}
	return e
}

// reread begins to read the past once more: the function that is returned reports of one event after another whether it is new.
func (d *delivered) reread() func(event.Event) bool {
	starts, others, before := 0, int64(0), *d
	return func(e event.Event) bool {
		switch e := e.(type) {
		case event.Start:
			starts, others = starts+1, 1
			return starts > before.starts
		case event.Step:
			return starts > before.starts || starts == before.starts && e.Step > before.step
		default:
			others++
			return starts > before.starts || starts == before.starts && others > before.others
		}
	}
}
