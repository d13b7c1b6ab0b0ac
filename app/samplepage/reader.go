package samplepage

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/plot"
	"growlab/app/words"
	"growlab/trainer/event"
)

// reader shows one text: whose it is, from where in the run, the prompt in colour, and what the network added.
type reader struct {
	object       fyne.CanvasObject
	swatch       *plot.Swatch
	name, title  *look.Line
	text         *widget.RichText
	scroll       *container.Scroll
	prompt, rest *widget.TextSegment
}

func newReader() *reader {
	r := &reader{swatch: plot.NewSwatch(0), name: look.NewLine(look.Style{Bold: true, Fit: true}, ""), title: look.NewLine(look.Caption.Fitting(), "")}
	r.prompt = &widget.TextSegment{Style: widget.RichTextStyle{Inline: true, TextStyle: fyne.TextStyle{Bold: true}, ColorName: theme.ColorNamePrimary}}
	r.rest = &widget.TextSegment{Style: widget.RichTextStyle{Inline: true}}
	r.text = widget.NewRichText(r.prompt, r.rest)
	r.text.Wrapping = fyne.TextWrapWord
	r.scroll = container.NewVScroll(r.text)
	head := container.New(look.Margin(8, 8, 8, 0), container.New(look.Column{Space: 1}, container.NewBorder(nil, nil, container.New(look.Inset{Right: 6}, r.swatch), nil, r.name), r.title))
	r.object = container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.New(look.InsetAll(4), container.NewBorder(head, nil, nil, nil, r.scroll)))
	return r
}

// read shows a sample of a run.
func (r *reader) read(name string, e event.Sampled) {
	r.show(name, fmt.Sprintf("step %s · stage %d · %s", words.Thousands(e.Step), e.Stage, drawn(e.Temperature, e.TopK, e.TopP)), e.Prompt, e.Text)
}

func (r *reader) show(name, title, prompt, rest string) {
	r.name.Set(name)
	r.title.Set(title)
	r.set(prompt, rest)
}

func (r *reader) set(prompt, rest string) {
	prompt, rest = words.Shown(prompt), words.Shown(rest)
	if prompt == r.prompt.Text && rest == r.rest.Text {
		return
	}
	r.prompt.Text, r.rest.Text = prompt, rest
	r.text.Refresh()
	r.scroll.Refresh()
}

// add goes on with the text, and keeps its end in view.
func (r *reader) add(more string) {
	r.set(r.prompt.Text, r.rest.Text+more)
	r.scroll.ScrollToBottom()
}

// drawn says how bytes were chosen.
func drawn(temperature float64, topK int, topP float64) string {
	if temperature == 0 {
		return "the likeliest byte each time"
	}
	parts := []string{fmt.Sprintf("temperature %.2g", temperature)}
	if topK > 0 {
		parts = append(parts, fmt.Sprintf("top-k %d", topK))
	}
	if topP > 0 && topP < 1 {
		parts = append(parts, fmt.Sprintf("top-p %.2g", topP))
	}
	return strings.Join(parts, ", ")
}
