package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/look"
	"growlab/app/planner"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/growth"
)

// keep does something to the runs that keeps them in order, off the goroutine of the window, and looks at the list again.
func (w *window) keep(what, trouble string, do func(keeper) error, then func()) {
	k, ok := w.sessions.(keeper)
	if !ok {
		return
	}
	done := w.working(what, nil)
	go func() {
		err := do(k)
		w.feed.deliver(w.ctx, func() {
			done()
			w.acted = time.Now()
			w.look()
			if err != nil {
				w.fail(trouble, err)
			} else if then != nil {
				then()
			}
		})
	}()
}

// askText asks for a line of text.
func (w *window) askText(title, button, text, about string, take func(string)) {
	if w.win == nil {
		return
	}
	entry := w.newDialogEntry()
	entry.SetText(text)
	note := widget.NewLabel(about)
	note.Importance = widget.LowImportance
	body := container.New(look.Column{Width: 380, Space: 4}, entry, container.New(look.Margin(-6, -6, -4, 0), note))
	ask := dialog.NewCustomConfirm("", button, "Cancel", look.Titled(title, body), func(yes bool) {
		if yes {
			take(entry.Text)
		}
	}, w.win)
	entry.OnSubmitted = func(string) { ask.Confirm() }
	w.ask(ask)
	w.win.Canvas().Focus(entry)
	entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func (w *window) askRename(info session.Info) {
	if host, far := w.far(info.ID); far {
		info.Name = strings.TrimSuffix(info.Name, " @ "+host)
	}
	w.askText("Rename the run", "Rename", info.Name, "Its file and its id "+info.ID+" stay as they are.", func(name string) {
		if name == info.Name {
			return
		}
		w.keep("renaming "+info.Name, "The run could not be renamed", func(k keeper) error { _, err := k.Rename(info.ID, name); return err }, nil)
	})
}

func (w *window) askTags(info session.Info) {
	w.askText("Tags of "+info.Name, "Set", info.Tags, "Words, with spaces between. The search finds them.", func(text string) {
		add, remove := tagsChange(info.Tags, text)
		if len(add)+len(remove) == 0 {
			return
		}
		w.keep("tagging "+info.Name, "The tags could not be set", func(k keeper) error { _, err := k.Tag(info.ID, add, remove); return err }, nil)
	})
}

// askDelete says what deleting a run frees before it is done.
func (w *window) askDelete(info session.Info) {
	k, ok := w.sessions.(keeper)
	if !ok || w.win == nil {
		return
	}
	if info.Live() {
		w.fail("The run cannot be deleted", fmt.Errorf("%s is %s; stop it first", info.Name, info.State))
		return
	}
	done := w.working("measuring "+info.Name, nil)
	go func() {
		weight := k.Weight(info)
		w.feed.deliver(w.ctx, func() {
			done()
			w.confirm("Delete the run?", w.deleteText(info, weight), "Delete", widget.DangerImportance, func() { w.remove(info, weight) })
		})
	}()
}

// deleteText is what there is to know before a run that weighs so many bytes is deleted.
func (w *window) deleteText(info session.Info, weight int64) string {
	text := info.Name + ", with its curve, checkpoints and samples, is deleted for ever."
	forks := 0
	for _, other := range w.infos {
		if other.Parent == info.ID {
			forks++
		}
	}
	switch forks {
	case 0:
	case 1:
		text += "\nIts fork stays: it has the past in a file of its own."
	default:
		text += fmt.Sprintf("\nIts %d forks stay: each has the past in a file of its own.", forks)
	}
	where := ""
	if host, far := w.far(info.ID); far {
		where = " on " + host
	}
	return text + "\nThis frees " + words.Size(weight) + where + "."
}

// remove deletes a run that weighs so many bytes. The system frees them in one go, so there is no part of it to tell.
func (w *window) remove(info session.Info, weight int64) {
	var freed int64
	w.keep("deleting "+info.Name+", "+words.Size(weight), "The run could not be deleted", func(k keeper) (err error) { freed, err = k.Remove(info); return err }, func() {
		w.notice(info.Name + " is deleted: " + words.Size(freed) + " are free again")
		w.forget(info)
	})
}

// forget takes a run off the list; if it was on show, another is.
func (w *window) forget(info session.Info) {
	w.lay(info.ID, false)
	for i := range w.infos {
		if w.infos[i].ID == info.ID {
			w.infos = append(w.infos[:i:i], w.infos[i+1:]...)
			break
		}
	}
	w.unremember(info.ID)
	w.acted = time.Now() // a list begun before has it yet
	if info.ID == w.id {
		w.choose(firstRun(w.infos, ""))
	}
	w.runs.Show(w.updated(), w.id)
	w.refreshPages()
}

// askFork offers the checkpoints of a run to fork from.
func (w *window) askFork(info session.Info) {
	k, ok := w.sessions.(keeper)
	if !ok || w.win == nil {
		return
	}
	done := w.working("reading the checkpoints of "+info.Name, nil)
	go func() {
		saved, err := k.Checkpoints(info.ID)
		w.feed.deliver(w.ctx, func() {
			done()
			switch {
			case err != nil:
				w.fail("The checkpoints cannot be read", err)
			case len(saved) == 0:
				w.fail("The run cannot be forked", fmt.Errorf("%s has no checkpoint yet", info.Name))
			default:
				w.chooseFork(info, saved)
			}
		})
	}()
}

// chooseFork asks from which checkpoint, and what is to be different.
func (w *window) chooseFork(info session.Info, saved []session.Saved) {
	texts := make([]string, len(saved))
	for i := range saved {
		texts[i] = savedText(saved[len(saved)-1-i])
	}
	from := widget.NewSelect(texts, nil)
	from.SetSelectedIndex(forkFrom(saved))
	name, set := w.newDialogEntry(), w.newDialogEntry()
	name.SetPlaceHolder(info.Name + " fork")
	set.SetPlaceHolder("nothing")
	set.Offer(func() []form.Offer { return forkOffers(info, saved[len(saved)-1-from.SelectedIndex()]) })
	body := widget.NewForm(widget.NewFormItem("from", from), widget.NewFormItem("name", name), widget.NewFormItem("different", set))
	body.Items[2].HintText = "key=value, several with spaces between; empty for the same again"
	box := container.New(look.Column{Width: max(480, body.MinSize().Width)}, body)
	ask := dialog.NewCustomConfirm("", "Fork and train", "Cancel", look.Titled("Fork "+info.Name, box), func(yes bool) {
		if yes && from.SelectedIndex() >= 0 {
			w.fork(session.Fork{Run: info.ID, Checkpoint: saved[len(saved)-1-from.SelectedIndex()].ID, Name: name.Text, Set: fields(set.Text)})
		}
	}, w.win)
	name.OnSubmitted = func(string) { ask.Confirm() }
	set.OnSubmitted = name.OnSubmitted
	w.ask(ask)
	w.win.Canvas().Focus(name)
}

// forkFrom is which of the checkpoints, newest first, a fork is offered from: nothing is left to train after the last of a run that
// is done.
func forkFrom(saved []session.Saved) int {
	if n := len(saved); n > 1 && saved[n-1].Reason == "end" {
		return 1
	}
	return 0
}

// forkOffers are differences that a fork is often made for.
func forkOffers(info session.Info, from session.Saved) []form.Offer {
	offers := []form.Offer{{Label: "nothing", Text: ""}, {Label: "half the learning rate", Text: "lr=0.5x"}, {Label: "twice the learning rate", Text: "lr=2x"}}
	if next := from.Stage + 1; next <= info.Stages {
		offers = append(offers, form.Offer{
			Label: fmt.Sprintf("grow into stage %d by plain copies", next), Text: fmt.Sprintf("stage.%d.operator=stack stage.%d.ramp=0", next, next),
		})
	}
	return offers
}

func savedText(s session.Saved) string {
	return fmt.Sprintf("step %s · stage %d · %s", words.Thousands(s.Step), s.Stage, s.Reason)
}

// fork makes a fork and shows it.
func (w *window) fork(f session.Fork) {
	k, ok := w.sessions.(keeper)
	if !ok {
		return
	}
	w.expect(pendingStart)
	ctx, cancel := context.WithCancel(w.ctx)
	done := w.working("forking "+w.nameOf(f.Run), cancel)
	go func() {
		defer cancel()
		info, err := k.Fork(ctx, f)
		w.feed.deliver(w.ctx, func() {
			done()
			w.began(info, err, "The fork could not start", "")
		})
	}()
}

// showDifference lists the settings in which two runs differ.
func (w *window) showDifference(a, b string) {
	s, ok := w.workOn()
	if !ok || w.win == nil {
		return
	}
	done := w.working("reading the recipes", nil)
	go func() {
		x, _, err := s.RecipeOf(a)
		var y growth.Recipe
		if err == nil {
			y, _, err = s.RecipeOf(b)
		}
		w.feed.deliver(w.ctx, func() {
			done()
			if err != nil {
				w.fail("The recipes cannot be read", err)
				return
			}
			w.listDifference(a, b, planner.Difference(x, y))
		})
	}()
}

func (w *window) listDifference(a, b string, changes []planner.Change) {
	columns := look.Shares{2, 2, 2}
	rows := container.New(look.Column{Width: 600, Space: 4}, container.New(columns, look.NewLine(look.Caption.Fitting(), "setting"),
		look.NewLine(look.Caption.Fitting(), w.nameOf(a)), look.NewLine(look.Caption.Fitting(), w.nameOf(b))))
	for _, c := range changes {
		if !strings.Contains(c.Key, ".") { // what the recipe is called, and says of itself
			continue
		}
		cells := []fyne.CanvasObject{look.NewLine(look.Style{Fit: true, Mono: true}, c.Key)}
		for _, v := range []string{c.From, c.To} {
			if v == "" {
				v = "–"
			}
			cells = append(cells, look.NewLine(look.Style{Fit: true}, words.OneLine(v, 200)))
		}
		rows.Add(container.New(columns, cells...))
	}
	if len(rows.Objects) == 1 {
		rows.Add(look.NewLine(look.Quiet, "The recipes are the same."))
	}
	scroll := container.NewVScroll(container.New(look.Inset{Right: 12}, rows))
	scroll.SetMinSize(fyne.NewSize(620, min(rows.MinSize().Height+14, 420)))
	w.ask(dialog.NewCustom("", "Close", look.Titled("What differs", scroll), w.win))
}
