package microscope

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"growlab/app/curvepage"
	"growlab/app/look"
	"growlab/app/words"
	"growlab/trainer/event"
)

// fact is a measurement with its name above it, and a hint on what it means.
type fact struct {
	widget.BaseWidget
	name, value *look.Line
	about       string
	hints       *curvepage.Hints
}

func newFact(h *curvepage.Hints, name, about string) *fact {
	f := &fact{name: look.NewLine(look.Caption.Fitting(), name), value: look.NewLine(look.Style{Bold: true, Fit: true}, ""), about: about, hints: h}
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer is for Fyne.
func (f *fact) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(look.Column{Space: 1}, f.name, f.value))
}

// MouseIn implements desktop.Hoverable.
func (f *fact) MouseIn(*desktop.MouseEvent) { f.hints.Over(f, f.about) }

// MouseMoved implements desktop.Hoverable.
func (f *fact) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (f *fact) MouseOut() { f.hints.Over(f, "") }

// measurements are the facts of a growth: the name, what it means in two lines, and its value.
var measurements = []struct {
	name, about string
	value       func(event.Grew) string
}{
	{"loss before", "Loss of the small network on one frozen batch of held-out text.\nThe same batch is used after the growth, so nothing but the network differs.", func(g event.Grew) string { return words.Fixed(g.LossBefore) }},
	{"loss after", "Loss of the large network on the same batch, before it has learnt anything.\nEqual to the loss before if the function was preserved.", func(g event.Grew) string { return words.Fixed(g.LossAfter) }},
	{"max |logit diff.|", "Largest difference of any logit on that batch.\nOf a preserving growth it is 0, or what rounding makes.", logitDifference},
	{"largest |logit|", "The scale to compare the difference with.\nRounding is relative to it.", func(g event.Grew) string { return fmt.Sprintf("%.3g", g.MaxLogit) }},
	{"moments carried", "Entries of Adam's two moments that were carried over, of all in the large network.\nThe others are new and begin at zero.", moments},
	{"parameters", "Numbers that are trained, before and after.\nA token costs in proportion to them.", func(g event.Grew) string { return words.Count(g.From.Params) + " to " + words.Count(g.To.Params) }},
	{"operator", "How the small network became part of the large one.\ngrowlab operators lists them all.", func(g event.Grew) string { return g.Operator }},
	{"mask ramp", "Tokens over which the mask goes from 0 to 1 and fades the new part in.\nNone: the new part takes part at once.", ramp},
	{"took", "How long growing took, measurements included.\nTraining waits meanwhile.", func(g event.Grew) string { return short(g.Seconds) }},
}

func logitDifference(g event.Grew) string {
	if g.MaxLogitDiff == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2e", g.MaxLogitDiff)
}

func moments(g event.Grew) string {
	all := g.MomentsCarried + g.MomentsNew
	if all == 0 {
		return "none to carry"
	}
	return fmt.Sprintf("%s of %s", words.Count(g.MomentsCarried), words.Count(all))
}

func ramp(g event.Grew) string {
	if g.RampTokens <= 0 {
		return "none"
	}
	return words.Count(g.RampTokens) + " tokens"
}

func short(seconds float64) string {
	if seconds < 1 {
		return strconv.FormatFloat(1000*seconds, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
}

// growthOf lists what grew.
func growthOf(g event.Grew) string {
	var parts []string
	for _, d := range []struct {
		name     string
		from, to int
	}{
		{"hidden", g.From.Hidden, g.To.Hidden},
		{"heads", g.From.Heads, g.To.Heads},
		{"FFN", g.From.FFN, g.To.FFN},
		{"layers", g.From.Layers, g.To.Layers},
	} {
		if d.from != d.to {
			parts = append(parts, fmt.Sprintf("%s %d to %d", d.name, d.from, d.to))
		}
	}
	if len(g.NewLayers) > 0 {
		numbers := make([]string, len(g.NewLayers))
		for i, n := range g.NewLayers {
			numbers[i] = fmt.Sprint(n + 1)
		}
		parts = append(parts, "new blocks "+strings.Join(numbers, ", "))
	}
	return strings.Join(parts, " · ")
}

// title names a growth: "Stage 1 to 2: 3L × 64 grows to 5L × 96".
func title(g event.Grew) string {
	return fmt.Sprintf("Stage %d to %d: %s grows to %s", g.Stage-1, g.Stage, shape(g.From), shape(g.To))
}

func shape(s event.StageInfo) string { return fmt.Sprintf("%dL × %d", s.Layers, s.Hidden) }
