package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// firstSteps lead through the window, from the first run to the report; each is a title and what to do.
var firstSteps = []struct{ title, text string }{
	{"Train", "New run shows the presets, and Train on a card begins one; the smallest takes minutes.\nA run is a process of its own: the window may be closed meanwhile."},
	{"Watch", "Loss has the curve: drag over a part to enlarge it, double-click for the whole, point at a label\nto read what happened. At the right is the network, to scale: what a growth adds is green and fades in."},
	{"Look closer", "Transitions puts each growth under the microscope: what it did to loss, logits and optimizer.\nSamples shows what the network wrote over time, and writes what you ask for."},
	{"Change it", "Tune stages changes to a run that trains, shows what the schedule would be, and applies them\nbetween two steps. Revert goes back to before."},
	{"Compare", "From-scratch twin, on the page Compare, queues the network that was large from the start.\nWhen both are done, Compare says who won, and Export report writes it down."},
	{"Your own plan", "Edit on a card, or Plan a run, changes all there is to change, and says what it costs here.\nThe menu of a run forks it from any checkpoint, duplicates, renames, tags and deletes it."},
}

// showFirstSteps is the guide in short.
func (w *window) showFirstSteps() {
	if w.win == nil {
		return
	}
	list := container.New(look.Column{Width: look.Wide(640), Space: 10})
	for _, step := range firstSteps {
		title := container.New(look.FixedWidth(110), container.NewVBox(look.NewLine(look.Style{Bold: true}, step.title)))
		list.Add(container.NewBorder(nil, nil, title, nil, lines(step.text)))
	}
	w.ask(dialog.NewCustom("", "Close", look.Titled("First steps", list), w.win))
}

// showAbout says which Growlab this is.
func (w *window) showAbout() {
	if w.win == nil {
		return
	}
	lines := []string{
		"Growlab trains a small GPT and grows it while it trains, after FLM-101B (arXiv:2309.03852): masks let the",
		"larger network compute exactly what the smaller one did, and fade the new part in.", "",
	}
	if w.version != "" {
		lines = append(lines, "version "+w.version)
	}
	if dir := dataFolder(w.sessions); dir != "" {
		lines = append(lines, fmt.Sprintf("runs and logs are in %s", tilde(dir)))
	}
	lines = append(lines, "the same program on a terminal: growlab --help")
	w.ask(dialog.NewCustom("", "Close", look.Titled("About Growlab", container.New(look.Inset{Left: -6}, widget.NewLabel(strings.Join(lines, "\n")))), w.win))
}
