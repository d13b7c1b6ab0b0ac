package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/network"
	"growlab/app/words"
	"growlab/trainer/event"
)

// transitions is the page that shows what each growth did to the network.
type transitions struct {
	object fyne.CanvasObject
	list   *fyne.Container
	none   *widget.Label
	shown  []event.Grew
}

func newTransitions() *transitions {
	t := &transitions{list: container.New(look.Column{Width: 300, Space: 12}), none: emptyPage("No transition yet: the network has not grown.")}
	t.object = container.NewStack(container.NewCenter(t.none), container.NewVScroll(container.New(look.Margin(14, 14, 12, 12), t.list)))
	return t
}

// emptyPage is what a page without content says.
func emptyPage(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})
	l.Importance = widget.LowImportance
	return l
}

// show shows the transitions of a run; next is the number of the coming stage and what is planned for it, 0 for none.
func (t *transitions) show(v *runView) {
	if len(v.grews) < len(t.shown) || len(t.shown) > 0 && v.grews[0].Step != t.shown[0].Step {
		t.clear()
	}
	for _, g := range v.grews[len(t.shown):] {
		t.list.Add(transitionCard(g))
		t.shown = append(t.shown, g)
	}
	text := "No transition yet: the network has not grown."
	if len(v.start.Stages) == 1 {
		text = "This plan has one stage: the network does not grow."
	} else if len(v.start.Stages) > 1 {
		next := v.start.Stages[1]
		text = fmt.Sprintf("No transition yet. The network grows to %s after step %s.", shape(next), words.Thousands(next.FromStep))
	}
	t.none.Hidden = len(t.shown) > 0
	t.none.SetText(text)
}

func (t *transitions) clear() {
	t.shown = nil
	t.list.RemoveAll()
	t.none.Show()
}

// transitionCard is one growth: what grew, the measurements before and after, and a verdict in words.
func transitionCard(g event.Grew) fyne.CanvasObject {
	title := look.NewLine(look.Style{Bold: true, Size: theme.SizeNameSubHeadingText, Fit: true},
		fmt.Sprintf("Stage %d to %d:  %s grows to %s", g.Stage-1, g.Stage, shape(g.From), shape(g.To)))
	at := look.NewLine(look.Quiet, fmt.Sprintf("after step %s, %s tokens", words.Thousands(g.Step), words.Count(g.Tokens)))
	mark, colour := verdictMark(judge(g))
	icon := container.NewGridWrap(fyne.NewSize(20, 20), widget.NewIcon(theme.NewColoredResource(mark, colour)))
	words := widget.NewLabel(verdict(g))
	words.Wrapping = fyne.TextWrapWord
	facts := container.New(&factGrid{cell: 100, space: 10})
	for _, f := range transitionFacts(g) {
		facts.Add(container.New(look.Column{Space: 1}, look.NewLine(look.Caption.Fitting(), f[0]), look.NewLine(look.Style{Bold: true, Fit: true}, f[1])))
	}
	picture := container.NewGridWrap(fyne.NewSize(150, 70), network.NewStages([]network.Shape{networkShape(g.From), networkShape(g.To)}))
	body := container.New(look.Column{Space: 8},
		container.NewBorder(nil, nil, nil, at, title),
		container.NewBorder(nil, nil, container.New(look.Inset{Top: 3}, icon), nil, words),
		container.NewBorder(nil, nil, nil, container.New(look.Inset{Left: 16}, picture), facts),
		look.NewLine(look.Caption.Fitting(), growthOf(g)))
	return container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.New(look.Margin(16, 16, 12, 14), body))
}

func verdictMark(j judgement) (fyne.Resource, fyne.ThemeColorName) {
	switch j {
	case preserved:
		return theme.ConfirmIcon(), theme.ColorNameSuccess
	case broken:
		return theme.ErrorIcon(), theme.ColorNameError
	case nearly, nothingToSay:
		return theme.WarningIcon(), theme.ColorNameWarning
	case notPromised:
		return theme.InfoIcon(), theme.ColorNamePlaceHolder
	}
	return theme.InfoIcon(), theme.ColorNamePlaceHolder
}

// transitionFacts are the measurements of a growth, each with its name.
func transitionFacts(g event.Grew) [][2]string {
	moments := "none to carry"
	if all := g.MomentsCarried + g.MomentsNew; all > 0 {
		moments = fmt.Sprintf("%s of %s", words.Count(g.MomentsCarried), words.Count(all))
	}
	moved := "0"
	if g.MaxLogitDiff != 0 {
		moved = fmt.Sprintf("%.2e", g.MaxLogitDiff)
	}
	return [][2]string{
		{"loss before", words.Fixed(g.LossBefore)},
		{"loss after", words.Fixed(g.LossAfter)},
		{"max |logit diff.|", moved},
		{"largest |logit|", fmt.Sprintf("%.3g", g.MaxLogit)},
		{"moments carried", moments},
		{"parameters", words.Count(g.From.Params) + " to " + words.Count(g.To.Params)},
		{"operator", g.Operator},
		{"mask ramp", rampText(g)},
		{"took", short(g.Seconds)},
	}
}

func rampText(g event.Grew) string {
	if g.RampTokens <= 0 {
		return "none"
	}
	return words.Count(g.RampTokens) + " tokens"
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

// factGrid is a layout of equal cells, as many in a row as fit.
type factGrid struct{ cell, space, laid float32 }

func (f *factGrid) columns(width float32, n int) int {
	return max(min(int((width+f.space)/(f.cell+f.space)), n), 1)
}

// Layout implements fyne.Layout.
func (f *factGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.laid = size.Width
	columns := f.columns(size.Width, len(objects))
	width := (size.Width - float32(columns-1)*f.space) / float32(columns)
	height := rowHeight(objects)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(float32(i%columns)*(width+f.space), float32(i/columns)*(height+f.space)))
	}
}

// MinSize implements fyne.Layout.
func (f *factGrid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	columns := f.columns(max(f.laid, f.cell), len(objects))
	rows := (len(objects) + columns - 1) / columns
	return fyne.NewSize(f.cell, float32(rows)*(rowHeight(objects)+f.space)-f.space)
}

func rowHeight(objects []fyne.CanvasObject) float32 {
	var h float32
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return h
}
