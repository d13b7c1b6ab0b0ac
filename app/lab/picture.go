package lab

import (
	"bytes"
	"fmt"

	"growlab/app/chart"
	"growlab/app/verdict"
)

// pictures are the drawings of a report, a file each.
var pictures = []struct {
	file  string
	about string
	axis  chart.Axis
	logX  bool
}{
	{"loss-flops.png", "Loss against FLOPs", chart.FLOPs, true},
	{"loss-tokens.png", "Loss against tokens", chart.Tokens, false},
	{"loss-time.png", "Loss against active time", chart.Seconds, false},
}

// Figure shows the validation loss of every run, each contender in a colour of its own, over an axis. Growths of the first
// contender's first run are marked.
func (c Comparison) Figure(axis chart.Axis, logX bool) chart.Figure {
	f := chart.Figure{Title: "validation loss", Note: "nats per byte", YName: "loss", XAxis: axis, LogX: logX, LogY: true, Legend: true}
	var lowest, highest float64
	for i, g := range c.Groups {
		for k, e := range g.Entries {
			name := g.Name
			if k > 0 { // the legend has the contender once
				name += fmt.Sprintf(", seed %d", e.Meta.Seed)
			}
			s := chart.NewSeries(name)
			curve := verdict.Curve(e.Run)
			for n, p := range curve {
				s.Append(chart.Pos{Step: float64(n + 1), Tokens: p.Tokens, FLOPs: p.FLOPs, Seconds: p.Seconds}, p.Loss)
			}
			if last := curve[len(curve)-1].Loss; lowest == 0 || last < lowest {
				lowest = last
			}
			highest = max(highest, curve[len(curve)/8].Loss)
			f.Lines = append(f.Lines, chart.Line{Series: s, Color: i, Exact: true, Unlisted: k > 0})
		}
	}
	if highest > lowest { // the ends matter, not the fall from a uniform guess
		f.Y = chart.Range{Lo: lowest * 0.98, Hi: highest * 1.02}
	}
	f.Markers = c.growths()
	return f
}

// growths marks the stages of the first run, if it has several.
func (c Comparison) growths() []chart.Marker {
	e := c.Groups[0].Entries[0]
	if len(e.Stages) < 2 || len(e.Ended.Stages) != len(e.Stages) {
		return nil
	}
	var at chart.Pos
	var all []chart.Marker
	for i, s := range e.Stages {
		label := fmt.Sprintf("%s S%d · %s", c.Groups[0].Name, i+1, s.Shape)
		all = append(all, chart.Marker{At: at, Kind: chart.StageStart, Label: label})
		cost := e.Ended.Stages[i]
		at.Tokens, at.FLOPs, at.Seconds = at.Tokens+float64(cost.Tokens), at.FLOPs+cost.FLOPs, at.Seconds+cost.Seconds
	}
	return all
}

// draw is a picture of the comparison as PNG.
func (c Comparison) draw(axis chart.Axis, logX bool) ([]byte, error) {
	const width, height, scale = 1000, 560, 2
	var out bytes.Buffer
	err := chart.WritePNG(&out, c.Figure(axis, logX), chart.Light(), width, height, scale)
	return out.Bytes(), err
}
