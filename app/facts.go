package app

import (
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"growlab/app/look"
	"growlab/app/session"
	"growlab/app/words"
)

// facts is the table of a run's numbers.
type facts struct {
	object *fyne.Container
	names  []string
	values map[string]*look.Line
	memory fyne.CanvasObject // the row of it, which is there only if it is known
}

// The rows of the table.
const (
	factRecipe  = "recipe"
	factDevice  = "device"
	factMemory  = "memory" // of a run on a processor; a GPU's stands beside the device
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
			factRecipe, factDevice, factMemory, factParams, factTokens, factCompute, factTime, factLR, factTrain, factValid, factBits, factSaved,
		},
		values: map[string]*look.Line{},
	}
	table := container.New(look.Column{Width: 120, Space: 3})
	for _, name := range f.names {
		value := look.NewLine(look.Style{Fit: true, Right: true}, "")
		f.values[name] = value
		row := container.New(look.Pair{}, look.NewLine(look.Quiet, name), value)
		table.Add(row)
		if name == factMemory {
			f.memory = row
		}
	}
	f.memory.Hide()
	f.object = table
	return f
}

// show writes what is known of a run, and reports whether a row came or went.
func (f *facts) show(v *runView, info session.Info) bool {
	values := factsOf(v, info)
	for _, name := range f.names {
		value := values[name]
		if value == "" {
			value = "–"
		}
		f.values[name].Set(value)
	}
	return look.Show(f.memory, values[factMemory] != "")
}

// factsOf are the values that are known; the others are absent.
func factsOf(v *runView, info session.Info) map[string]string {
	facts := map[string]string{factRecipe: info.Recipe, factDevice: v.start.Device}
	if g := v.gpus.String(); g != "" && v.ended.State == "" {
		facts[factDevice] += " (" + g + ")"
	}
	if held := v.memory.Process; held > 0 {
		facts[factMemory] = words.Size(held)
	}
	if _, stage := v.stage(); stage.Params > 0 {
		facts[factParams] = words.Thousands(stage.Params)
	}
	if v.last.Step > 0 {
		facts[factTokens] = words.Count(v.last.Tokens) + " of " + words.Count(v.start.Tokens)
		facts[factCompute] = words.FLOPs(v.last.FLOPs)
		facts[factTime] = words.Seconds(v.last.Seconds)
		facts[factLR] = words.About(v.last.LR, 3)
		facts[factTrain] = words.Fixed(v.last.Loss)
	}
	if e, ok := v.validation(); ok {
		facts[factValid], facts[factBits] = words.Fixed(e.Loss), words.Fixed(e.BitsPerByte)
	}
	if v.ended.State == session.Done {
		facts[factCompute], facts[factTime] = words.FLOPs(v.ended.FLOPs), words.Seconds(v.ended.Seconds)
		if len(v.start.Stages) > 1 {
			facts[factSaved] = words.Saving(v.ended.FLOPsSaved) + " of " + words.FLOPs(v.ended.TwinFLOPs)
		}
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
