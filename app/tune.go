package app

import (
	"context"
	"fmt"
	"slices"

	"growlab/app/knobs"
	"growlab/app/session"
	"growlab/trainer/control"
)

// tuning is what the page of knobs waits for.
type tuning struct {
	course  *knobs.Course // of the run on show, as last read; nil if it is not known
	courses string        // the run, and how much had happened in it, when course was read
	reading bool
	cancel  context.CancelFunc // stops waiting for what was applied
}

func (w *window) newKnobs() *knobs.Page {
	return knobs.NewPage(knobs.Host{
		Apply: w.applyKnobs, Revert: w.revert,
		Cancel: func() {
			if w.tuning.cancel != nil {
				w.tuning.cancel()
			}
		},
	})
}

// refreshKnobs brings the page up to where the run stands. The course is read again when the run was changed.
func (w *window) refreshKnobs(info session.Info) {
	live := w.id != "" && info.Live()
	if !live {
		w.tuning.course, w.tuning.courses = nil, ""
		w.knobs.Show(nil, false)
		return
	}
	if w.tabs.SelectedIndex() < 0 || w.tabs.Selected().Content != w.knobs.Object {
		return // nobody looks
	}
	if key := fmt.Sprint(w.id, " ", len(w.view.log)); key != w.tuning.courses && !w.tuning.reading {
		w.readCourse(key)
	}
	c := w.tuning.course
	if c != nil && w.view.last.Tokens > c.Tokens {
		moved := *c
		moved.Step, moved.Tokens = w.view.last.Step, w.view.last.Tokens
		c = &moved
		w.tuning.course = c
	}
	w.knobs.Show(c, live)
}

func (w *window) readCourse(key string) {
	s, ok := w.workOn()
	if !ok {
		return
	}
	w.tuning.reading = true
	id := w.id
	go func() {
		c, err := s.Course(id)
		w.feed.deliver(w.ctx, func() {
			w.tuning.reading = false
			if id != w.id {
				return
			}
			w.tuning.courses = key
			if err == nil {
				w.tuning.course = &c
			}
			w.refreshKnobs(w.info())
		})
	}()
}

// applyKnobs gives the engine the commands in order, and stops at the first that it refuses.
func (w *window) applyKnobs(commands []control.Command) {
	id := w.id
	ctx, cancel := context.WithCancel(w.ctx)
	w.tuning.cancel = cancel
	w.knobs.Wait("Applied at the end of this step…")
	go func() {
		defer cancel()
		var err error
		for _, c := range commands {
			if err = w.sessions.Send(ctx, id, c); err != nil {
				break
			}
		}
		w.feed.deliver(w.ctx, func() {
			w.tuning.courses = "" // read it again
			if id == w.id {
				w.knobs.Applied("Applied. The state before is saved: Revert goes back to it.", err)
			}
			w.look()
			w.refresh()
		})
	}()
}

// growNow ends the present stage of the run on show, if it can be ended.
func (w *window) growNow() {
	if w.id != "" && w.info().Live() {
		w.applyKnobs([]control.Command{{Verb: control.Grow}})
		w.turnPage(slices.Index(w.pageNames(), "tune"))
	}
}

// revert goes on from before the last change, as a run of its own.
func (w *window) revert() {
	w.knobs.Wait("Stopping the run, and going on from before the last change…")
	w.fork(session.Fork{Run: w.id, Revert: true})
}
