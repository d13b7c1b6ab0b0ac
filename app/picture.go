package app

import (
	"fmt"
	"math"

	"growlab/app/network"
	"growlab/app/words"
	"growlab/trainer/event"
)

// colouring is what the colours of the drawing of the network tell.
type colouring struct {
	title string // in the selector
	name  string // in the legend
	of    func(event.PartNorms) float64
}

// colourings are by age, and by what the last evaluation measured. Norms are shown as root mean squares, so that parts of
// different size compare; the update is shown relative to the weights.
var colourings = []colouring{
	{title: "old and new"},
	{"gradient", "gradient, rms", func(p event.PartNorms) float64 { return rms(p.Grad, p.Params) }},
	{"weights", "weights, rms", func(p event.PartNorms) float64 { return rms(p.Weight, p.Params) }},
	{"update ratio", "update ratio", event.PartNorms.Ratio},
}

func rms(norm float64, n int64) float64 {
	if n == 0 {
		return 0
	}
	return norm / math.Sqrt(float64(n))
}

// colouringTitles are those of the selector.
func colouringTitles() []string {
	titles := make([]string, len(colourings))
	for i, c := range colourings {
		titles[i] = c.title
	}
	return titles
}

// pictureOf is the network as it stands in v.
func pictureOf(v *runView, c colouring) network.Picture {
	n, now := v.stage()
	if n == 0 {
		return network.Picture{}
	}
	p := network.Picture{
		To: networkShape(now), Mask: v.mask(), Stage: n, Final: networkShape(v.start.Stages[len(v.start.Stages)-1]),
		Title: fmt.Sprintf("%d layers × %d · %d heads · %s", now.Layers, now.Hidden, now.Heads, words.Count(now.Params)),
		Heat:  heatOf(v, n, c),
	}
	for _, g := range v.grews {
		if g.Stage == n {
			p.From, p.NewLayers = networkShape(g.From), g.NewLayers
		}
	}
	return p
}

// heatOf are the numbers that were measured last in stage n; right after a growth there are none yet, and colours tell age.
func heatOf(v *runView, n int, c colouring) network.Heat {
	if c.of == nil || len(v.blocks) == 0 {
		return network.Heat{}
	}
	last := v.blocks[len(v.blocks)-1]
	if last.Stage != n {
		return network.Heat{}
	}
	h := network.Heat{Name: c.name}
	for _, b := range last.Blocks {
		parts := network.Parts{Old: c.of(b.Old), New: c.of(b.New)}
		if b.Layer < 0 {
			h.Ends = parts
		} else {
			h.Blocks = append(h.Blocks, parts)
		}
	}
	return h
}
