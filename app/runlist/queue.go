package runlist

import (
	"fmt"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
)

// QueueHost is what the queue asks of the window.
type QueueHost struct {
	// Move puts an entry at a place among those that wait, from 0.
	Move   func(id string, place int)
	Remove func(id string)
	Hold   func(on bool)
	Clear  func()
	Show   func(run string) // shows the run of an entry
	Hint   func(string)     // may be nil
}

// queue is the runs to come, below the list.
type queue struct {
	object *fyne.Container
	host   QueueHost
	shown  session.Queue
	title  *look.Line
	hold   *look.Tip
	clear  *look.Tip
	list   *fyne.Container
	rows   []*queueRow
	// resized runs when the queue takes another height.
	resized func()
}

// mostQueued is how many entries are on show at once; the rest is counted.
const mostQueued = 6

func newQueue(host QueueHost, resized func()) *queue {
	q := &queue{host: host, resized: resized, title: look.NewLine(look.Heading.Fitting(), ""), list: container.New(look.Column{Width: 120, Space: 1})}
	q.hold = q.button(theme.MediaPauseIcon(), "begin no further run for the present", func() { host.Hold(!q.shown.Held) })
	q.clear = q.button(theme.ContentClearIcon(), "take those that have ended out of the queue", func() { host.Clear() })
	head := container.NewBorder(nil, nil, nil, container.NewHBox(q.clear, q.hold), container.New(look.Inset{Left: 8, Top: 6}, q.title))
	q.object = container.New(look.Column{Width: 120, Space: 1}, widget.NewSeparator(), head, q.list)
	q.object.Hide()
	return q
}

func (q *queue) button(icon fyne.Resource, about string, tapped func()) *look.Tip {
	hint := q.host.Hint
	if hint == nil {
		hint = func(string) {}
	}
	return look.NewTip(icon, about, tapped, hint)
}

// queueRow is one entry.
type queueRow struct {
	object      *fyne.Container
	entry       session.Queued
	place       int // among those that wait, -1 if it does not
	name, state *look.Line
	up, remove  *look.Tip
}

func (q *queue) newRow() *queueRow {
	r := &queueRow{name: look.NewLine(look.Style{Fit: true}, ""), state: look.NewLine(look.Caption.Fitting(), "")}
	r.up = q.button(theme.MoveUpIcon(), "train this one earlier", func() { q.host.Move(r.entry.ID, r.place-1) })
	r.remove = q.button(theme.CancelIcon(), "take this one out of the queue", func() { q.host.Remove(r.entry.ID) })
	text := container.New(look.Margin(8, 0, 2, 2), container.New(look.Column{Width: 60}, r.name, r.state))
	r.object = container.NewBorder(nil, nil, nil, container.NewHBox(r.up, r.remove), text)
	return r
}

// show fills the queue.
func (q *queue) show(shown session.Queue) {
	if reflect.DeepEqual(shown, q.shown) && len(q.rows) > 0 {
		return
	}
	q.shown = shown
	wasVisible, high := q.object.Visible(), q.object.MinSize().Height
	if len(shown.Entries) == 0 {
		q.object.Hide()
	} else {
		q.object.Show()
	}
	waiting := shown.Waiting()
	title := "QUEUE"
	if len(waiting) > 0 {
		title = fmt.Sprintf("QUEUE · %d WAIT", len(waiting))
	}
	icon := theme.MediaPauseIcon()
	if shown.Held {
		title, icon = title+" · HELD", theme.MediaPlayIcon()
	}
	q.title.Set(title)
	q.hold.SetIcon(icon)
	entries := q.onShow()
	for len(q.rows) < len(entries) {
		r := q.newRow()
		q.rows = append(q.rows, r)
		q.list.Add(r.object)
	}
	place := 0
	for i, r := range q.rows {
		if i >= len(entries) {
			r.object.Hide()
			continue
		}
		r.object.Show()
		r.entry, r.place = entries[i], -1
		if r.entry.State == session.Waiting {
			r.place = place
			place++
		}
		r.name.Set(r.entry.Name)
		r.state.Set(queuedText(r.entry, r.place))
		r.state.Paint(theme.ColorNamePlaceHolder)
		if r.entry.State == session.Failed {
			r.state.Paint(theme.ColorNameError)
		}
		look.Enable(r.up, r.place > 0)
		look.Enable(r.remove, r.entry.State != session.Running)
	}
	if wasVisible != q.object.Visible() || high != q.object.MinSize().Height {
		q.resized()
	}
}

// onShow are the entries that fit: what trains and waits first, then what ended.
func (q *queue) onShow() []session.Queued {
	var now, ended []session.Queued
	for _, e := range q.shown.Entries {
		if e.State == session.Waiting || e.State == session.Running {
			now = append(now, e)
		} else {
			ended = append(ended, e)
		}
	}
	all := append(now, ended...)
	return all[:min(len(all), mostQueued)]
}

func queuedText(e session.Queued, place int) string {
	switch e.State {
	case session.Waiting:
		if place == 0 {
			return "next"
		}
		return fmt.Sprintf("waits, number %d", place+1)
	case session.Running:
		return "trains now"
	case session.Failed:
		return "failed: " + words.OneLine(e.Error, 80)
	}
	return e.State
}
