package app

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/network"
	"growlab/app/session"
	"growlab/trainer/event"
)

// cards is the page that a first run begins with: one card for each preset.
type cards struct {
	object  fyne.CanvasObject
	list    *fyne.Container
	title   *line
	back    *widget.Button
	train   func(session.Preset)
	buttons []*widget.Button
}

func newCards(train func(session.Preset), back func()) *cards {
	c := &cards{
		list:  container.New(&flow{width: 264, height: 352, space: 14}),
		title: newLine(lineStyle{size: theme.SizeNameHeadingText, bold: true}, "Train a network that grows"),
		back:  widget.NewButtonWithIcon("Back to the runs", theme.NavigateBackIcon(), back),
		train: train,
	}
	about := widget.NewLabel("Each preset trains a small GPT, grows it twice without disturbing what it has learned, and trains on. " +
		"Everything runs on this machine; nothing is downloaded.")
	about.Wrapping, about.Importance = fyne.TextWrapWord, widget.LowImportance
	head := container.NewBorder(nil, nil, nil, container.NewVBox(c.back), container.New(column{space: 2}, c.title, container.New(inset{left: -6}, about)))
	c.object = container.NewVScroll(container.New(inset{24, 24, 22, 16}, container.NewBorder(head, nil, nil, nil, container.New(inset{top: 14}, c.list))))
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
		c.list.Add(widget.NewLabel("Reading the presets…"))
	}
	c.object.Refresh()
}

// enableTrain switches all Train buttons.
func (c *cards) enableTrain(on bool) {
	for _, b := range c.buttons {
		enable(b, on)
	}
}

func (c *cards) card(p session.Preset) fyne.CanvasObject {
	about := widget.NewLabel(p.About)
	about.Wrapping = fyne.TextWrapWord
	train := widget.NewButtonWithIcon("Train "+p.Name, theme.MediaPlayIcon(), func() { c.train(p) })
	train.Importance = widget.HighImportance
	c.buttons = append(c.buttons, train)

	title := newLine(lineStyle{bold: true, size: theme.SizeNameSubHeadingText, fit: true}, p.Title)
	facts := newLine(quietLine.fitting(), fmt.Sprintf("%s parameters · %s tokens", count(p.Params), count(p.Tokens)))
	time := newLine(lineStyle{bold: true, fit: true}, estimateText(p))
	stages := container.New(column{space: 2})
	for i, s := range p.Stages {
		stages.Add(newLine(captionLine.fitting(), stageCardText(i+1, s)))
	}
	top := container.New(column{space: 4}, title, container.New(inset{left: -6, right: -6}, about))
	bottom := container.New(column{space: 5}, stages, facts, time, container.New(inset{top: 5}, train))
	picture := container.New(inset{top: 4, bottom: 10}, network.NewStages(shapesOf(p.Stages)))
	return container.NewStack(newPanel(), container.New(inset{16, 16, 14, 14}, container.NewBorder(top, bottom, nil, nil, picture)))
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
	return fmt.Sprintf("%d · %s · %s params · %s tokens", n, shape(s), count(s.Params), count(s.Tokens))
}

func estimateText(p session.Preset) string {
	if p.Estimate <= 0 {
		return "time on this machine not known yet"
	}
	return "about " + duration(p.Estimate) + " on this machine"
}

// panel is a rounded field that sets a card off the background.
type panel struct {
	widget.BaseWidget
	colour fyne.ThemeColorName
}

func newPanel() *panel {
	p := &panel{colour: theme.ColorNameHeaderBackground}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements fyne.Widget.
func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(color.Transparent)
	rect.CornerRadius, rect.StrokeWidth = 6, 1
	r := &panelRenderer{WidgetRenderer: widget.NewSimpleRenderer(rect), panel: p, rect: rect}
	r.paint()
	return r
}

type panelRenderer struct {
	fyne.WidgetRenderer
	panel *panel
	rect  *canvas.Rectangle
}

func (r *panelRenderer) paint() {
	t, v := r.panel.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.FillColor = t.Color(r.panel.colour, v)
	r.rect.StrokeColor = t.Color(theme.ColorNameSeparator, v)
}

// Refresh implements fyne.WidgetRenderer.
func (r *panelRenderer) Refresh() {
	r.paint()
	r.rect.Refresh()
}

// flow is a layout that sets cards of one size beside each other, as many as fit, and goes on in the next row. Cards in a
// row share its width.
type flow struct {
	width, height, space float32 // least width of a card, its height, space between cards
	laid                 float32 // width at the last layout, for the height that MinSize asks for
}

func (f *flow) columns(width float32, n int) int {
	return max(min(int((width+f.space)/(f.width+f.space)), n), 1)
}

// Layout implements fyne.Layout.
func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.laid = size.Width
	columns := f.columns(size.Width, len(objects))
	width := min((size.Width-float32(columns-1)*f.space)/float32(columns), 1.5*f.width)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, f.height))
		o.Move(fyne.NewPos(float32(i%columns)*(width+f.space), float32(i/columns)*(f.height+f.space)))
	}
}

// MinSize implements fyne.Layout.
func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	columns := f.columns(max(f.laid, f.width), len(objects))
	rows := (len(objects) + columns - 1) / columns
	return fyne.NewSize(f.width, float32(rows)*(f.height+f.space)-f.space)
}
