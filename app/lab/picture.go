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

// Color is the colour of contender i, that of its first run: an index into chart.Theme.Series.
func (c Comparison) Color(i int) int {
	if color, ok := c.Colors[c.Groups[i].Entries[0].Info.ID]; ok {
		return color
	}
	return i
}

// dashed reports whether contender i is drawn in dashes, since one before it has its colour from elsewhere.
func (c Comparison) dashed(i int) bool {
	n := len(chart.Light().Series)
	for k := range i {
		if c.Colors != nil && c.Color(k)%n == c.Color(i)%n {
			return !c.dashed(k)
		}
	}
	return false
}

// Figure shows the validation loss of every run over an axis, each contender in its colour. Growths of the first contender's first
// run are marked.
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
			f.Lines = append(f.Lines, chart.Line{Series: s, Color: c.Color(i), Dashed: c.dashed(i), Exact: true, Unlisted: k > 0})
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
