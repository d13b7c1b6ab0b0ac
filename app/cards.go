package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/network"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/trainer/event"
)

// cards is the page that a first run begins with: one card for each preset.
type cards struct {
	object  fyne.CanvasObject
	list    *fyne.Container
	title   *look.Line
	back    *widget.Button
	train   func(session.Preset)
	edit    func(session.Preset)
	buttons []*widget.Button
}

func newCards(train, edit func(session.Preset), back func()) *cards {
	c := &cards{
		list:  container.New(&look.Flow{Width: 264, Height: 352, Space: 14}),
		title: look.NewLine(look.Style{Size: theme.SizeNameHeadingText, Bold: true}, "Train a network that grows"),
		back:  widget.NewButtonWithIcon("Back to the runs", theme.NavigateBackIcon(), back),
		train: train, edit: edit,
	}
	about := widget.NewLabel("Each preset trains a small GPT, grows it twice without disturbing what it has learned, and trains on. " +
		"Everything runs on this machine; nothing is downloaded.")
	about.Wrapping, about.Importance = fyne.TextWrapWord, widget.LowImportance
	head := look.Border(nil, nil, nil, container.NewVBox(c.back), container.New(look.Column{Space: 2}, c.title, container.New(look.Inset{Left: -6}, about)))
	c.object = container.NewVScroll(container.New(look.Margin(24, 24, 22, 16), look.Border(head, nil, nil, nil, container.New(look.Inset{Top: 14}, c.list))))
	return c
}

// show offers the presets.
func (c *cards) show(presets []session.Preset) {
	c.list.RemoveAll()
	c.buttons = c.buttons[:0]
	for _, p := range presets {
		c.list.Add(c.card(p))
	}
	if len(presets) == 0 {
		c.list.Add(widget.NewLabel("Timing a few steps on this machine,\nto say how long each preset takes…"))
	}
	c.object.Refresh()
}

// enableTrain switches all Train buttons.
func (c *cards) enableTrain(on bool) {
	for _, b := range c.buttons {
		look.Enable(b, on)
	}
}

func (c *cards) card(p session.Preset) fyne.CanvasObject {
	about := widget.NewLabel(p.About)
	about.Wrapping = fyne.TextWrapWord
	train := widget.NewButtonWithIcon("Train "+p.Name, theme.MediaPlayIcon(), func() { c.train(p) })
	train.Importance = widget.HighImportance
	c.buttons = append(c.buttons, train)
	edit := widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), func() { c.edit(p) })

	title := look.NewLine(look.Style{Bold: true, Size: theme.SizeNameSubHeadingText, Fit: true}, p.Title)
	facts := look.NewLine(look.Quiet.Fitting(), fmt.Sprintf("%s parameters · %s tokens", words.Count(p.Params), words.Count(p.Tokens)))
	time := look.NewLine(look.Style{Bold: true, Fit: true}, estimateText(p))
	stages := container.New(look.Column{Space: 2})
	for i, s := range p.Stages {
		stages.Add(look.NewLine(look.Caption.Fitting(), stageCardText(i+1, s)))
	}
	top := container.New(look.Column{Space: 4}, title, container.New(look.Inset{Left: -6, Right: -6}, about))
	bottom := container.New(look.Column{Space: 5}, stages, facts, time, container.New(look.Inset{Top: 5}, look.Border(nil, nil, nil, edit, train)))
	picture := container.New(look.Inset{Top: 4, Bottom: 10}, network.NewStages(shapesOf(p.Stages)))
	return container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.New(look.Margin(16, 16, 14, 14), look.Border(top, bottom, nil, nil, picture)))
}

func shapesOf(stages []event.StageInfo) []network.Shape {
	shapes := make([]network.Shape, len(stages))
	for i, s := range stages {
		shapes[i] = networkShape(s)
	}
	return shapes
}

func networkShape(s event.StageInfo) network.Shape {
	return network.Shape{Layers: s.Layers, Hidden: s.Hidden, Heads: s.Heads, FFN: s.FFN}
}

func stageCardText(n int, s event.StageInfo) string {
	return fmt.Sprintf("%d · %s · %s params · %s tokens", n, shape(s), words.Count(s.Params), words.Count(s.Tokens))
}

func estimateText(p session.Preset) string {
	if p.Estimate <= 0 {
		return "not timed on this machine yet"
	}
	return fmt.Sprintf("about %s, %s here", words.Duration(p.Estimate), words.Size(p.Memory))
}
