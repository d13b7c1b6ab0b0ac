package app

import (
	"fmt"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"growlab/app/session"
)

// facts is the table of a run's numbers.
type facts struct {
	object fyne.CanvasObject
	names  []string
	values map[string]*line
}

// The rows of the table.
const (
	factRecipe  = "recipe"
	factDevice  = "device"
	factParams  = "parameters"
	factTokens  = "tokens"
	factCompute = "compute"
	factTime    = "active time"
	factTrain   = "training loss"
	factValid   = "validation loss"
	factBits    = "bits per byte"
	factSaved   = "saved vs. twin"
	factLR      = "learning rate"
)

func newFacts() *facts {
	f := &facts{
		names: []string{
			factRecipe, factDevice, factParams, factTokens, factCompute, factTime, factLR, factTrain, factValid, factBits, factSaved,
		},
		values: map[string]*line{},
	}
	table := container.New(column{width: 120, space: 3})
	for _, name := range f.names {
		value := newLine(lineStyle{fit: true, right: true}, "")
		f.values[name] = value
		table.Add(container.New(pair{}, newLine(quietLine, name), value))
	}
	f.object = table
	return f
}

// pair is a layout of a name and, beside it, its value in all the room that is left. The name takes at least least.
type pair struct{ least float32 }

// Layout implements fyne.Layout.
func (p pair) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	name := max(objects[0].MinSize().Width, p.least)
	objects[0].Resize(fyne.NewSize(name, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(max(size.Width-name-10, 0), size.Height))
	objects[1].Move(fyne.NewPos(name+10, 0))
}

// MinSize implements fyne.Layout.
func (p pair) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(max(objects[0].MinSize().Width, p.least), objects[0].MinSize().Height)
}

func (f *facts) show(v *runView, info session.Info) {
	values := factsOf(v, info)
	for _, name := range f.names {
		value := values[name]
		if value == "" {
			value = "–"
		}
		f.values[name].set(value)
	}
}

// factsOf are the values that are known; the others are absent.
func factsOf(v *runView, info session.Info) map[string]string {
	facts := map[string]string{factRecipe: info.Recipe, factDevice: v.start.Device}
	if _, stage := v.stage(); stage.Params > 0 {
		facts[factParams] = thousands(stage.Params)
	}
	if v.last.Step > 0 {
		facts[factTokens] = count(v.last.Tokens) + " of " + count(v.start.Tokens)
		facts[factCompute] = flops(v.last.FLOPs)
		facts[factTime] = seconds(v.last.Seconds)
		facts[factLR] = fmt.Sprintf("%.3g", v.last.LR)
		facts[factTrain] = fixed(v.last.Loss)
	}
	if e, ok := v.validation(); ok {
		facts[factValid], facts[factBits] = fixed(e.Loss), fixed(e.BitsPerByte)
	}
	if v.ended.State == session.Done {
		facts[factCompute], facts[factTime] = flops(v.ended.FLOPs), seconds(v.ended.Seconds)
		facts[factSaved] = saving(v.ended.FLOPsSaved) + " of " + flops(v.ended.TwinFLOPs)
	}
	return facts
}

// tilde writes a path under the home folder with ~.
func tilde(path string) string {
	home, err := os.UserHomeDir()
	if err == nil && home != "/" && strings.HasPrefix(path, home+"/") {
		return "~" + strings.TrimPrefix(path, home)
	}
	return path
}
