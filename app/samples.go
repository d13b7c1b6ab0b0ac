package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/trainer/event"
)

// samples is the page of generated texts: the newest first, one of them in full.
type samples struct {
	object  fyne.CanvasObject
	none    *widget.Label
	page    *fyne.Container
	rows    *rows
	title   *line
	text    *widget.RichText
	prompt  *widget.TextSegment
	rest    *widget.TextSegment
	texts   []event.Sampled
	reading event.Sampled // what the page shows in full
	follows bool          // the newest is shown as it comes
	quiet   bool
}

func newSamples() *samples {
	s := &samples{none: emptyPage("No sample yet: the network writes one every now and then."), follows: true}
	s.prompt = &widget.TextSegment{Style: widget.RichTextStyle{Inline: true, TextStyle: fyne.TextStyle{Bold: true}, ColorName: theme.ColorNamePrimary}}
	s.rest = &widget.TextSegment{Style: widget.RichTextStyle{Inline: true}}
	s.text = widget.NewRichText(s.prompt, s.rest)
	s.text.Wrapping = fyne.TextWrapWord
	s.title = newLine(quietLine.fitting(), "")
	s.rows = newRows(func() int { return len(s.texts) }, newSampleRow, func(i int, o fyne.CanvasObject) {
		showSampleRow(o, s.texts[len(s.texts)-1-i])
	})
	s.rows.whenSelected(func(i int) {
		if !s.quiet && i < len(s.texts) {
			s.follows = i == 0
			s.read(s.texts[len(s.texts)-1-i])
		}
	})
	right := container.NewBorder(container.New(inset{left: 6, top: 10, bottom: 2}, s.title), nil, nil, nil, container.NewVScroll(s.text))
	left := container.New(fixedWidth(150), container.New(inset{2, 2, 6, 2}, s.rows))
	s.page = container.NewBorder(nil, nil, container.NewHBox(left, widget.NewSeparator()), nil, container.New(inset{left: 6, right: 10}, right))
	s.page.Hide()
	s.object = container.NewStack(container.NewCenter(s.none), s.page)
	return s
}

// fixedWidth is a layout of the given width and of any height.
type fixedWidth float32

// Layout implements fyne.Layout.
func (w fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	inset{}.Layout(objects, size)
}

// MinSize implements fyne.Layout.
func (w fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(w), inset{}.MinSize(objects).Height)
}

func newSampleRow() fyne.CanvasObject {
	return container.New(inset{10, 6, 5, 5}, container.New(column{space: 1}, newLine(lineStyle{fit: true, bold: true}, ""), newLine(captionLine.fitting(), "")))
}

func showSampleRow(o fyne.CanvasObject, e event.Sampled) {
	lines := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	lines[0].(*line).set("step " + thousands(e.Step))
	lines[1].(*line).set(fmt.Sprintf("stage %d · %s tokens", e.Stage, count(e.Tokens)))
}

func (s *samples) show(texts []event.Sampled) {
	if len(texts) == len(s.texts) && (len(texts) == 0 || texts[0] == s.texts[0]) {
		return
	}
	s.texts = texts
	s.none.Hidden, s.page.Hidden = len(texts) > 0, len(texts) == 0
	s.object.Refresh()
	s.rows.Refresh()
	if len(texts) == 0 {
		s.follows = true
		return
	}
	s.mark()
}

// mark keeps the selection on the text that is being read while newer ones come in above it.
func (s *samples) mark() {
	row := 0
	if !s.follows {
		for i, e := range s.texts {
			if e == s.reading {
				row = len(s.texts) - 1 - i
			}
		}
	}
	s.quiet = true
	s.rows.Unselect(s.rows.selected)
	s.rows.Select(row)
	s.quiet = false
	s.read(s.texts[len(s.texts)-1-row])
}

func (s *samples) read(e event.Sampled) {
	s.reading = e
	s.title.set(fmt.Sprintf("step %s · stage %d · temperature %.2g · the prompt is in colour", thousands(e.Step), e.Stage, e.Temperature))
	s.prompt.Text, s.rest.Text = shownText(e.Prompt), shownText(e.Text)
	s.text.Refresh()
}
