package app

import (
	"fmt"

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
	diagram    *network.Diagram
	sampleHead *look.Line
	sample     *widget.Label
	facts      *facts
}

// previewRunes is how much of a sample the side shows; the page of samples shows all of it.
const previewRunes = 230

func newSide() *side {
	s := &side{diagram: network.New(), sampleHead: look.NewLine(look.Heading.Fitting(), ""), sample: widget.NewLabel(""), facts: newFacts()}
	s.sample.Wrapping = fyne.TextWrapWord
	s.object = container.NewVScroll(container.New(look.Margin(12, 12, 10, 8), container.New(look.Column{Width: 240, Space: 5},
		look.NewLine(look.Heading, "NETWORK"), s.diagram,
		widget.NewSeparator(),
		container.New(look.Inset{Top: 4}, look.NewLine(look.Heading, "RUN")), s.facts.object,
		container.New(look.Inset{Top: 4}, widget.NewSeparator()),
		container.New(look.Inset{Top: 4}, s.sampleHead), container.New(look.Inset{Left: -6, Right: -6, Top: -4}, s.sample))))
	return s
}

func (s *side) show(v *runView, info session.Info) {
	s.diagram.Set(pictureOf(v))
	s.facts.show(v, info)
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

// pictureOf is the network as it stands in v.
func pictureOf(v *runView) network.Picture {
	n, now := v.stage()
	if n == 0 {
		return network.Picture{}
	}
	p := network.Picture{
		To: networkShape(now), Mask: v.mask(), Stage: n, Final: networkShape(v.start.Stages[len(v.start.Stages)-1]),
		Title: fmt.Sprintf("%d layers × %d · %d heads · %s", now.Layers, now.Hidden, now.Heads, words.Count(now.Params)),
	}
	for _, g := range v.grews {
		if g.Stage == n {
			p.From, p.NewLayers = networkShape(g.From), g.NewLayers
		}
	}
	return p
}
