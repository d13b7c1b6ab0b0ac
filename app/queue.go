package app

import (
	"strings"
	"time"

	"growlab/app/session"
)

// pollQueue reads the queue beside the list of runs; a machine that has none has an empty one.
func (w *window) pollQueue() {
	q, ok := w.sessions.(queuer)
	if !ok {
		return
	}
	for {
		shown, err := q.Queue()
		if !w.feed.deliver(w.ctx, func() { w.takeQueue(shown, err) }) {
			return
		}
		select {
		case <-time.After(listPeriod):
		case <-w.requeue:
		case <-w.ctx.Done():
			return
		}
	}
}

func (w *window) takeQueue(q session.Queue, err error) {
	if err != nil {
		w.fail("The queue cannot be read", err)
		return
	}
	w.runs.ShowQueue(q)
}

// reorder changes the queue and looks at it again.
func (w *window) reorder(change func(queuer) error) {
	q, ok := w.sessions.(queuer)
	if !ok {
		return
	}
	go func() {
		err := change(q)
		w.feed.deliver(w.ctx, func() {
			if err != nil {
				w.fail("The queue could not be changed", err)
			}
			w.lookAtQueue()
		})
	}()
}

// holdQueue begins no further run, or goes on.
func (w *window) holdQueue(on bool) {
	w.reorder(func(q queuer) error {
		if err := q.HoldQueue(on); err != nil || on {
			return err
		}
		return q.StartQueue(w.ctx)
	})
}

func (w *window) lookAtQueue() {
	select {
	case w.requeue <- struct{}{}:
	default: // asked already
	}
}

// runRival puts a rival of a run into the queue.
func (w *window) runRival(id, kind string) {
	s, ok := w.workOn()
	if !ok {
		return
	}
	name := w.nameOf(id)
	w.compare.Working("adding the " + kind + " of " + name + " to the queue")
	done := w.working("adding the "+kind+" of "+name+" to the queue", nil)
	go func() {
		r, data, err := s.Rival(id, kind)
		if err == nil {
			err = s.EnqueueRecipe(w.ctx, r, data)
		}
		w.feed.deliver(w.ctx, func() {
			done()
			w.lookAtQueue()
			w.look()
			if err != nil {
				w.compare.Tell(err.Error(), true)
				w.fail("The rival could not be queued", err)
				return
			}
			w.compare.Tell(r.Name+" is in the queue.", false)
			w.notice(r.Name + " is in the queue")
		})
	}()
}

// noticeTime is how long a notice stands in the status line.
const noticeTime = 6 * time.Second

// notice shows a text in the status line for a moment.
func (w *window) notice(text string) {
	w.hint(text)
	time.AfterFunc(noticeTime, func() {
		w.feed.deliver(w.ctx, func() {
			if w.hinted == text {
				w.hint("")
			}
		})
	})
}

// fields are the words of a text.
func fields(text string) []string { return strings.Fields(text) }
