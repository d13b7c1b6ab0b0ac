package app

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"growlab/app/look"
)

// meaning explains a kind of event in two lines at most: what it is, and why it is there or what to do.
type meaning struct{ kind, text string }

// meanings are those of the journal, in the order in which a run meets them.
var meanings = []meaning{
	{"started", "An engine, a process of its own, began the run by its recipe.\nThe seed and the data are all that its numbers depend on."},
	{"grew", "The network became larger, and masks hide what is new, so that it computes what it did (FLM-101B, section 2.3).\nThe journal says by how much the logits moved on one frozen batch: by rounding or not at all."},
	{"evaluated", "The loss on text that training never sees, the same windows each time.\nIf it rises while the training loss falls, the network learns its text by heart."},
	{"sampled", "The network wrote text from the recipe's prompt.\nThe page of samples puts it beside those before and after."},
	{"saved", "A checkpoint, safe in the run file: resume, fork and revert start from one.\nThose at transitions stay; of the others the newest few."},
	{"command", "Somebody changed the run between two steps, in the window or on the terminal.\nThe state before is in a checkpoint, so it can be reverted and replayed."},
	{"memory", "The device had no room for as many sequences at once, so the engine takes fewer and adds up more.\nThe batch, and so the run, stays the same; only its speed changes."},
	{"paused", "The engine waits after a checkpoint, because it was asked to or because the disk is full.\nResume goes on exactly where it stopped."},
	{"resumed", "The run goes on, from where it waited or from a checkpoint.\nSteps after that checkpoint were computed anew."},
	{"stopped", "The engine wrote a checkpoint and ended.\nResume starts another one that goes on from there."},
	{"failed", "The engine could not go on, and says why.\nAll until the last checkpoint is kept; Resume goes on from it."},
	{"done", "All tokens of the recipe were seen. The loss is of the final, longer evaluation.\nCompute saved is against a network of the final size on the same tokens."},
}

// meaningOf explains a kind of event; "" for one that needs no words.
func meaningOf(kind string) string {
	for _, m := range meanings {
		if m.kind == kind {
			return m.text
		}
	}
	return ""
}

// showMeanings lists them.
func (w *window) showMeanings() {
	if w.win == nil {
		return
	}
	list := container.New(look.Column{Width: look.Wide(800), Space: 9})
	for _, m := range meanings {
		list.Add(container.New(look.Pair{Least: 90}, container.NewVBox(look.NewLine(look.Style{Bold: true}, m.kind)), lines(m.text)))
	}
	scroll := container.NewVScroll(container.New(look.Inset{Right: 12}, list))
	scroll.SetMinSize(fyne.NewSize(look.Wide(800)+40, 440))
	w.ask(dialog.NewCustom("", "Close", look.Titled("What the events mean", scroll), w.win))
}

// lines are the lines of a text, each shortened to the width there is.
func lines(text string) fyne.CanvasObject {
	list := container.New(look.Column{Space: 1})
	for line := range strings.SplitSeq(text, "\n") {
		list.Add(look.NewLine(look.Style{Fit: true}, line))
	}
	return list
}
