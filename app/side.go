package app

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/network"
	"growlab/app/session"
	"growlab/app/words"
)

// side is the column at the right: the network, its latest text, and the numbers of the run.
type side struct {
	object     fyne.CanvasObject
	content    fyne.CanvasObject // of object, which scrolls it
	diagram    *network.Diagram
	colours    *widget.Select // one of colourings
	sampleHead *look.Line
	sample     *widget.Label
	facts      *facts
}

// previewRunes is how much of a sample the side shows; the page of samples shows all of it.
const previewRunes = 230

func newSide(recoloured func()) *side {
	s := &side{diagram: network.New(), sampleHead: look.NewLine(look.Heading.Fitting(), ""), sample: widget.NewLabel(""), facts: newFacts()}
	s.sample.Wrapping = fyne.TextWrapWord
	s.colours = widget.NewSelect(colouringTitles(), func(string) { recoloured() })
	head := container.NewBorder(nil, nil, container.NewCenter(look.NewLine(look.Heading, "NETWORK")),
		container.NewGridWrap(fyne.NewSize(124, 30), s.colours))
	s.content = container.New(look.Margin(12, 12, 10, 8), container.New(look.Column{Width: 240, Space: 5},
		head, s.diagram,
		widget.NewSeparator(),
		container.New(look.Inset{Top: 4}, look.NewLine(look.Heading, "RUN")), s.facts.object,
		container.New(look.Inset{Top: 4}, widget.NewSeparator()),
		container.New(look.Inset{Top: 4}, s.sampleHead), container.New(look.Inset{Left: -6, Right: -6, Top: -4}, s.sample)))
	s.object = container.NewVScroll(s.content)
	s.colours.SetSelectedIndex(0)
	return s
}

func (s *side) show(v *runView, info session.Info) {
	s.diagram.Set(pictureOf(v, s.colouring()))
	if s.facts.show(v, info) {
		s.content.Refresh() // what stands below moves
	}
	head, text := "LATEST SAMPLE", "none yet"
	if n := len(v.samples); n > 0 {
		last := v.samples[n-1]
		head = "LATEST SAMPLE · STEP " + words.Thousands(last.Step)
		text = words.OneLine(last.Prompt+last.Text, previewRunes)
	}
	s.sampleHead.Set(head)
	if s.sample.Text != text {
		s.sample.SetText(text)
	}
}

// colour chooses how the network is coloured, "" for by age.
func (s *side) colour(title string) error {
	if title == "" {
		return nil
	}
	if i := slices.Index(colouringTitles(), title); i >= 0 {
		s.colours.SetSelectedIndex(i)
		return nil
	}
	return fmt.Errorf("colours %q: there are %s", title, strings.Join(colouringTitles(), ", "))
}

func (s *side) colouring() colouring { return colourings[max(s.colours.SelectedIndex(), 0)] }

// recolour draws the network in the colours that were chosen.
func (w *window) recolour() {
	if w.side != nil {
		if w.prefs != nil {
			w.prefs.SetString(prefColouring, w.side.colours.Selected)
		}
		w.side.diagram.Set(pictureOf(w.view, w.side.colouring()))
	}
}
