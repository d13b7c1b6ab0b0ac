package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
)

// attacher is what sessions are that can show runs of other machines.
type attacher interface {
	// Attach connects to a run of another machine, "host:RUN", which Runs lists from then on.
	Attach(ctx context.Context, target string) (session.Info, error)
}

// distant is what sessions are that tell runs of other machines apart; session.Home is one.
type distant interface {
	// Leave takes such a run off the list, where it goes on as it did.
	Leave(id string) error
	// Far is such a run, nil for one of this machine.
	Far(id string) *session.Far
}

// showAttach asks for a run on another machine.
func (w *window) showAttach() {
	if w.win == nil {
		return
	}
	where := w.newDialogEntry()
	where.SetPlaceHolder("host:RUN, for example gpu-box:flm-10m")
	about := widget.NewLabel("Growlab must be installed there, and ssh must reach the host without asking for a password.\n" +
		"Nothing is opened to the network: the run's socket comes through ssh.")
	about.Importance = widget.LowImportance
	body := container.New(look.Column{Width: max(470, about.MinSize().Width), Space: 4}, where, container.New(look.Margin(-6, -6, -4, 0), about))
	ask := dialog.NewCustomConfirm("", "Attach", "Cancel", look.Titled("Attach to a run on another machine", body), func(yes bool) {
		if yes {
			w.attach(where.Text)
		}
	}, w.win)
	where.OnSubmitted = func(string) { ask.Confirm() }
	w.ask(ask)
	w.win.Canvas().Focus(where)
}

// attach shows a run of another machine as soon as ssh has found it.
func (w *window) attach(target string) {
	a, ok := w.sessions.(attacher)
	if !ok || target == "" {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	done := w.working("attaching to "+target, cancel)
	go func() {
		defer cancel()
		info, err := a.Attach(ctx, target)
		w.feed.deliver(w.ctx, func() {
			done()
			if errors.Is(err, context.Canceled) {
				return
			}
			if err != nil {
				w.fail("The run could not be reached", err)
				return
			}
			w.remember(info.ID)
			w.put(info)
			w.choose(info.ID)
			w.rewatch()
			w.runs.Show(w.updated(), w.id)
			w.look()
		})
	}()
}

// far reports whether a run is of another machine, and on which.
func (w *window) far(id string) (host string, far bool) {
	if a, ok := w.sessions.(distant); ok {
		if f := a.Far(id); f != nil {
			return f.Host(), true
		}
	}
	return "", false
}

// leave takes a run of another machine off the list.
func (w *window) leave(info session.Info) {
	if err := w.sessions.(distant).Leave(info.ID); err != nil { // only offered where there is one
		w.fail("The run stays on the list", err)
		return
	}
	w.forget(info)
}

// remember has the next window attach to a run of another machine again.
func (w *window) remember(id string) {
	if known := w.prefs.StringList(prefFar); strings.Contains(id, ":") && !slices.Contains(known, id) {
		w.prefs.SetStringList(prefFar, append(known, id))
	}
}

// unremember takes that back.
func (w *window) unremember(id string) {
	if known := w.prefs.StringList(prefFar); slices.Contains(known, id) {
		w.prefs.SetStringList(prefFar, slices.DeleteFunc(slices.Clone(known), func(o string) bool { return o == id }))
	}
}

// reattach attaches to the runs of other machines that the window before showed. A run that is gone is forgotten.
func (w *window) reattach() {
	a, ok := w.sessions.(attacher)
	known := w.prefs.StringList(prefFar)
	if !ok || len(known) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	done := w.working("attaching to "+strings.Join(known, ", "), cancel)
	go func() {
		defer cancel()
		for _, id := range known {
			info, err := a.Attach(ctx, id)
			if !w.feed.deliver(ctx, func() { w.reattached(id, info, err) }) {
				break
			}
		}
		w.feed.deliver(w.ctx, done)
	}()
}

func (w *window) reattached(id string, info session.Info, err error) {
	switch {
	case err == nil:
		w.put(info)
		if w.id == "" && !w.choosing {
			w.choose(info.ID)
		}
		w.runs.Show(w.updated(), w.id)
		w.look()
	case session.Unreachable(err):
		w.fail("A run that the window showed the last time is not on the list", err)
	default:
		w.unremember(id)
	}
}

// reconnect tries at once to reach the machine of the run on show.
func (w *window) reconnect() {
	w.unwatch()
	w.watching = false
	w.attach(w.id)
}

// lostText tells why a run of another machine is not followed.
func lostText(info session.Info) string {
	host, _, _ := strings.Cut(info.ID, ":")
	return "The run on " + host + " cannot be followed at present: " + info.Lost + ". What is on show is as it was."
}

// hint shows a text in place of the status, "" for the status.
func (w *window) hint(text string) {
	w.hinted = text
	w.refreshStatus()
}
