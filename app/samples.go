package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/words"
	"growlab/trainer/event"
)

// samples is the page of generated texts: the newest first, one of them in full.
type samples struct {
	object  fyne.CanvasObject
	none    *widget.Label
	page    *fyne.Container
	rows    *look.Rows
	title   *look.Line
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
	s.title = look.NewLine(look.Quiet.Fitting(), "")
	s.rows = look.NewRows(func() int { return len(s.texts) }, newSampleRow, func(i int, o fyne.CanvasObject) {
		showSampleRow(o, s.texts[len(s.texts)-1-i])
	})
	s.rows.WhenSelected(func(i int) {
		if !s.quiet && i < len(s.texts) {
			s.follows = i == 0
			s.read(s.texts[len(s.texts)-1-i])
		}
	})
	right := container.NewBorder(container.New(look.Inset{Left: 6, Top: 10, Bottom: 2}, s.title), nil, nil, nil, container.NewVScroll(s.text))
	left := container.New(look.FixedWidth(150), container.New(look.Margin(2, 2, 6, 2), s.rows))
	s.page = container.NewBorder(nil, nil, container.NewHBox(left, widget.NewSeparator()), nil, container.New(look.Inset{Left: 6, Right: 10}, right))
	s.page.Hide()
	s.object = container.NewStack(container.NewCenter(s.none), s.page)
	return s
}

func newSampleRow() fyne.CanvasObject {
	return container.New(look.Margin(10, 6, 5, 5), container.New(look.Column{Space: 1}, look.NewLine(look.Style{Fit: true, Bold: true}, ""), look.NewLine(look.Caption.Fitting(), "")))
}

func showSampleRow(o fyne.CanvasObject, e event.Sampled) {
	lines := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	lines[0].(*look.Line).Set("step " + words.Thousands(e.Step))
	lines[1].(*look.Line).Set(fmt.Sprintf("stage %d · %s tokens", e.Stage, words.Count(e.Tokens)))
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
	s.rows.Unselect(s.rows.Selected)
	s.rows.Select(row)
	s.quiet = false
	s.read(s.texts[len(s.texts)-1-row])
}

func (s *samples) read(e event.Sampled) {
	s.reading = e
	s.title.Set(fmt.Sprintf("step %s · stage %d · temperature %.2g · the prompt is in colour", words.Thousands(e.Step), e.Stage, e.Temperature))
	s.prompt.Text, s.rest.Text = words.Shown(e.Prompt), words.Shown(e.Text)
	s.text.Refresh()
}
