package app

import (
	"context"
	"errors"
	"time"

	"growlab/app/samplepage"
	"growlab/app/session"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// sampler is what sessions are that can let a network write text now; session.Home is one.
type sampler interface {
	// Sample lets the network of a run's last checkpoint write; piece gets the text as it comes.
	Sample(ctx context.Context, id string, a session.Ask, piece func(string)) (event.Sampled, error)
}

// samples joins the page of samples to the runs.
type samples struct {
	*samplepage.Page
	cancel context.CancelFunc // of what is being written; nil if nothing is

	other   string // id of the run beside; "" for none
	unwatch context.CancelFunc
	texts   []event.Sampled // of the run beside
}

func (w *window) newSamples() *samples {
	s := &samples{unwatch: func() {}}
	s.Page = samplepage.New(samplepage.Actions{Seek: w.cursor.tell, Compare: w.sampleBeside, Ask: w.askForText, Cancel: s.stop, Key: w.typedKey, Color: w.colour})
	w.cursor.follow(s.Turn)
	return s
}

// stop gives up what is being written.
func (s *samples) stop() {
	if s.cancel != nil {
		s.cancel()
	}
}

// refreshSamples shows the samples of the selected run and offers the others.
func (w *window) refreshSamples(info session.Info) {
	_, can := w.sessions.(sampler)
	saved := int64(0)
	if n := len(w.view.saves); n > 0 {
		saved = w.view.saves[n-1].Step
	}
	w.samples.From(saved, info.Live() && w.view.last.Step > saved)
	w.samples.Show(w.id, info.Name, w.view.samples, w.view.start.Stages, can && len(w.view.saves) > 0)
	var others []samplepage.Choice
	for _, i := range w.infos {
		if i.ID != w.id && i.Step > 0 {
			others = append(others, samplepage.Choice{ID: i.ID, Name: i.Name})
		}
	}
	w.samples.Offer(others)
	if w.samples.other != "" && w.samples.other == w.id {
		w.sampleBeside("")
	}
}

// sampleBeside follows the samples of another run; "" for none.
func (w *window) sampleBeside(id string) {
	s := w.samples
	s.unwatch()
	s.other, s.texts = id, nil
	name := ""
	for _, i := range w.infos {
		if i.ID == id {
			name = i.Name
		}
	}
	s.ShowOther(id, name, nil)
	if id == "" {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	s.unwatch = cancel
	go func() {
		defer cancel()
		events, err := w.sessions.Watch(ctx, id)
		if err != nil {
			w.feed.deliver(ctx, func() { w.fail("The run beside cannot be read", err) })
			return
		}
		w.feed.follow(ctx, events, func(batch []event.Event) {
			s.take(batch)
			s.ShowOther(id, name, s.texts)
		})
	}()
}

// take keeps the samples among the events of the run beside.
func (s *samples) take(batch []event.Event) {
	for _, e := range batch {
		switch e := e.(type) {
		case event.Start:
			kept := s.texts[:0:0]
			for _, t := range s.texts {
				if t.Step <= e.Resumed {
					kept = append(kept, t)
				}
			}
			s.texts = kept
		case event.Sampled:
			s.texts = append(s.texts, e)
		default:
		}
	}
}

// askForText lets the selected run, and the one beside, write.
func (w *window) askForText(a session.Ask) {
	s := w.samples
	s.stop()
	ctx, cancel := context.WithCancel(w.ctx)
	s.cancel = cancel
	ids := []string{w.id}
	if s.other != "" {
		ids = append(ids, s.other)
	}
	live := map[string]bool{}
	for _, i := range w.infos {
		live[i.ID] = i.Live()
	}
	for which, id := range ids {
		s.Begin(which, a)
		go w.write(ctx, which, id, live[id], a)
	}
}

// piecePeriod is the time between two pieces of text on the screen.
const piecePeriod = 80 * time.Millisecond

// write passes the text that a run writes on to the page, as it comes. The engine of a live run saves its weights first.
func (w *window) write(ctx context.Context, which int, id string, live bool, a session.Ask) {
	pieces := make(chan string, 64)
	var e event.Sampled
	var err error
	go func() {
		defer close(pieces)
		if live {
			_ = w.sessions.Send(ctx, id, control.Command{Verb: control.Save}) // without, the last checkpoint writes
		}
		e, err = w.sessions.(sampler).Sample(ctx, id, a, func(piece string) {
			select {
			case pieces <- piece:
			case <-ctx.Done():
			}
		})
	}()
	for piece := range pieces {
		time.Sleep(piecePeriod)
		for more := len(pieces); more > 0; more-- {
			piece += <-pieces
		}
		w.feed.deliver(ctx, func() { w.samples.Write(which, piece) })
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("it was stopped")
	}
	w.feed.deliver(w.ctx, func() { w.samples.End(which, e, err) })
}
