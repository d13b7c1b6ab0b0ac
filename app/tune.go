package app

import (
	"context"
	"fmt"
	"slices"

	"growlab/app/knobs"
	"growlab/app/session"
	"growlab/trainer"
	"growlab/trainer/control"
)

// tuning is what the page of knobs waits for.
type tuning struct {
	course  *knobs.Course // of the run on show, as last read; nil if it is not known
	courses string        // the run, and how much had happened in it, when course was read
	reading bool
	cancel  context.CancelFunc // stops waiting for what was applied
	applied applied
}

// applied is the last group of changes that this window made, which Revert takes back as one.
type applied struct {
	run   string
	first int // how many changes the run had before the group
	last  int // and after it
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
	if !w.looksAt(w.knobs.Object) {
		return
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
	w.knobs.Reverts(w.tuning.together(w.id))
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
			w.knobs.Unknown(err)
			w.refreshKnobs(w.info())
		})
	}()
}

// applyKnobs gives the engine the commands in order, and stops at the first that it refuses.
func (w *window) applyKnobs(commands []control.Command) {
	id := w.id
	ctx, cancel := context.WithCancel(w.ctx)
	w.tuning.cancel = cancel
	group := applied{run: id}
	if w.tuning.course != nil {
		group.first = w.tuning.course.Edits
	}
	group.last = group.first
	w.knobs.Wait("Applied at the end of this step…")
	go func() {
		defer cancel()
		var err error
		for _, c := range commands {
			if err = w.sessions.Send(ctx, id, c); err != nil {
				break
			}
			if _, ok := trainer.EditOf(c); ok {
				group.last++
			}
		}
		w.feed.deliver(w.ctx, func() {
			w.tuning.courses, w.tuning.applied = "", group // read it again
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

// together is how many of the last changes of a course were applied together, and so are reverted together.
func (t *tuning) together(run string) int {
	if a := t.applied; t.course != nil && a.run == run && a.last == t.course.Edits {
		return max(a.last-a.first, 1)
	}
	return 1
}

// revert goes on from before the last change, or group of changes, as a run of its own.
func (w *window) revert() {
	k, ok := w.sessions.(keeper)
	if !ok {
		return
	}
	f, n := session.Fork{Run: w.id, Revert: true}, w.tuning.together(w.id)
	w.knobs.Wait("Stopping the run, and going on from before the last change…")
	if n == 1 {
		w.fork(f)
		return
	}
	go func() {
		saved, err := k.Checkpoints(f.Run)
		w.feed.deliver(w.ctx, func() {
			edits := slices.DeleteFunc(saved, func(s session.Saved) bool { return s.Reason != "edit" })
			if err == nil && len(edits) >= n {
				f.Checkpoint = edits[len(edits)-n].ID // was saved before the first of the group
			}
			w.fork(f)
		})
	}()
}
