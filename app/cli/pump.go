package cli

import (
	"sync"

	"growlab/trainer/event"
)

// pump shows events from a goroutine of its own, in order, so that a terminal that is stopped by Ctrl+S, or a reader of a
// pipe that is slow, does not hold up training. A day of steps that nobody reads takes some hundred megabytes.
type pump struct {
	show  func(event.Event)
	mu    sync.Mutex
	some  sync.Cond // signalled when queue or ended changes
	queue []event.Event
	ended bool
	done  chan struct{}
}

func newPump(show func(event.Event)) *pump {
	p := &pump{show: show, done: make(chan struct{})}
	p.some.L = &p.mu
	go p.run()
	return p
}

// put takes an event. It does not wait.
func (p *pump) put(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, e)
	p.some.Signal()
}

// end returns when all events have been shown.
func (p *pump) end() {
	p.mu.Lock()
	p.ended = true
	p.some.Signal()
	p.mu.Unlock()
	<-p.done
}

func (p *pump) run() {
	defer close(p.done)
	for {
		batch := p.take()
		if batch == nil {
			return
		}
		for _, e := range batch {
			p.show(e)
		}
	}
}

// take waits for events; nil is the end.
func (p *pump) take() []event.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && !p.ended {
		p.some.Wait()
	}
	batch := p.queue
	p.queue = nil
	return batch
}
