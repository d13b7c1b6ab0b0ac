package samplepage

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
)

// box is where one asks for a text: what it goes on from, and how bytes are drawn.
type box struct {
	object                   fyne.CanvasObject
	prompt                   *widget.Entry
	temperature, topP        *widget.Slider
	temperatureText, topText *look.Line
	topK, length             *widget.Select
	write                    *widget.Button
	source                   *look.Line // which weights write
	fresh                    bool       // they are saved first
	busy                     bool
	can                      bool
}

// The choices of how many bytes are considered, and written.
var (
	topKs   = []string{"all", "1", "5", "10", "20", "40", "100"}
	lengths = []string{"100", "200", "500", "1000", "2000"}
)

func newBox(pressed func()) *box {
	b := &box{
		prompt:      widget.NewMultiLineEntry(),
		temperature: widget.NewSlider(0, 2), topP: widget.NewSlider(0.05, 1),
		temperatureText: look.NewLine(look.Quiet, ""), topText: look.NewLine(look.Quiet, ""),
		topK: widget.NewSelect(topKs, nil), length: widget.NewSelect(lengths, nil),
		source: look.NewLine(look.Caption.Fitting(), ""),
		write:  widget.NewButtonWithIcon("Write", theme.DocumentCreateIcon(), pressed),
	}
	b.prompt.SetPlaceHolder("What the network goes on from: a sentence it might have read")
	b.prompt.Wrapping = fyne.TextWrapWord
	b.prompt.SetMinRowsVisible(2)
	b.prompt.OnSubmitted = func(string) { pressed() }
	b.write.Importance = widget.HighImportance
	b.temperature.Step, b.topP.Step = 0.05, 0.05
	b.temperature.OnChanged = func(x float64) { b.temperatureText.Set(temperatureText(x)) }
	b.topP.OnChanged = func(x float64) { b.topText.Set(topPText(x)) }
	b.temperature.SetValue(0.8)
	b.topP.SetValue(1)
	b.temperatureText.Set(temperatureText(0.8))
	b.topText.Set(topPText(1))
	b.topK.SetSelected(topKs[0])
	b.length.SetSelected(lengths[1])
	setting := func(title fyne.CanvasObject, width float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(look.Column{Width: width, Space: 1}, title, o)
	}
	row := container.NewHBox(
		setting(b.temperatureText, 138, b.temperature),
		setting(b.topText, 118, b.topP),
		setting(look.NewLine(look.Quiet, "top-k"), 70, b.topK),
		setting(look.NewLine(look.Quiet, "bytes"), 70, b.length))
	button := container.New(look.Margin(4, 0, 18, 0), b.write)
	head := container.NewBorder(nil, nil, look.NewLine(look.Heading, "LET IT WRITE"), nil, container.New(look.Inset{Left: 8}, b.source))
	b.object = container.New(look.Column{Space: 4}, head, b.prompt, container.NewBorder(nil, nil, row, button))
	return b
}

// from says which weights write: those of the checkpoint at a step, or, of a run that trains, the newest, which are saved first.
func (b *box) from(step int64, fresh bool) {
	b.fresh = fresh
	switch {
	case fresh:
		b.source.Set("by the newest weights, saved first")
	case step > 0:
		b.source.Set("by the checkpoint at step " + words.Thousands(step))
	default:
		b.source.Set("")
	}
}

func temperatureText(x float64) string {
	if x == 0 {
		return "temperature 0: likeliest"
	}
	return fmt.Sprintf("temperature %.2f", x)
}

func topPText(x float64) string {
	if x >= 1 {
		return "top-p 1: all"
	}
	return fmt.Sprintf("top-p %.2f", x)
}

// seeds is how many seeds there are to choose from: few enough that a person can type one again.
const seeds = 1_000_000

// ask is what the box says; each has another seed.
func (b *box) ask() session.Ask {
	a := session.Ask{Prompt: b.prompt.Text, Temperature: b.temperature.Value, TopP: b.topP.Value, Seed: rand.Uint64N(seeds)}
	if a.TopP >= 1 {
		a.TopP = 0
	}
	a.TopK, _ = strconv.Atoi(b.topK.Selected)     // "all" is 0
	a.Tokens, _ = strconv.Atoi(b.length.Selected) // one of lengths
	return a
}

// allow switches the button: text can be asked for, and while it comes it can be stopped.
func (b *box) allow(can, busy bool) {
	if can == b.can && busy == b.busy {
		return
	}
	b.can, b.busy = can, busy
	if busy {
		b.write.Icon = theme.MediaStopIcon()
		b.write.SetText("Stop")
	} else {
		b.write.Icon = theme.DocumentCreateIcon()
		b.write.SetText("Write")
	}
	if can || busy {
		b.write.Enable()
	} else {
		b.write.Disable()
	}
}
