package frontier

import (
	"cmp"
	"io"
	"math"
	"slices"

	"growlab/app/chart"
	"growlab/app/lab"
)

// Colours of the figure, as indices into a theme's: the envelope's, those of growth plans, and from onColor on those of fixed sizes.
const (
	envelopeColor = 0
	onColor       = 6
	colors        = 8
	// plans is how many growth plans have a colour: as many as there are between the two.
	plans = onColor - envelopeColor - 1
)

// Figure draws loss against FLOPs: the curve of one run of each contender, and the envelope through the ends of the fixed sizes that
// are on it. The growth plans nearest to the envelope and the fixed sizes on it have a colour each, the rest is grey. c has the same
// contenders. The growths of the nearest plan are marked.
func (f Frontier) Figure(c lab.Comparison) chart.Figure {
	c.Groups = f.ranked(c.Groups)
	figure := c.Figure(chart.FLOPs, true)
	figure.Title = "Loss against FLOPs: growth plans and the envelope of fixed sizes"
	next := map[rank]int{nearPlan: envelopeColor + 1, onEnvelope: onColor}
	for i, g := range c.Groups {
		line, r := &figure.Lines[i], f.rank(g)
		if r == beside {
			line.Muted, line.Unlisted = true, true
			figure.Note = "nats per byte; grey: other plans and sizes"
			continue
		}
		line.Color = next[r]
		next[r]++
		if r == onEnvelope && next[r] == colors {
			next[r] = onColor
		}
	}
	envelope := chart.NewSeries("envelope of fixed sizes")
	least, most, lowest := math.Inf(1), 0.0, math.Inf(1)
	for i, s := range f.Envelope() {
		least = min(least, s.FLOPs)
		if s.Loss < lowest { // one that spent more for a higher loss is on it within noise only
			lowest = s.Loss
			envelope.Append(chart.Pos{Step: float64(i + 1), Tokens: s.Tokens, FLOPs: s.FLOPs, Seconds: s.Seconds}, s.Loss)
		}
	}
	figure.Lines = append(figure.Lines, chart.Line{Series: envelope, Color: envelopeColor, Exact: true})
	for _, s := range append(f.Fixed[:len(f.Fixed):len(f.Fixed)], f.Grown...) {
		most = max(most, s.FLOPs)
	}
	figure.X = chart.Range{Lo: least / 8, Hi: most * 1.05} // the ends matter
	return figure
}

// rank is what a contender is to the figure, in the order in which they are listed.
type rank int

const (
	nearPlan   rank = iota // one of the growth plans nearest to the envelope
	onEnvelope             // a fixed size on it
	beside                 // any other
)

// rank is that of a group.
func (f Frontier) rank(g lab.Group) rank {
	named := func(s Standing) bool { return s.Name == g.Name }
	switch near := f.Nearest(); {
	case slices.ContainsFunc(near[:min(len(near), plans)], named):
		return nearPlan
	case slices.ContainsFunc(f.Envelope(), named):
		return onEnvelope
	}
	return beside
}

// ranked are the groups in the order of their ranks, plans by nearness, each with its first run.
func (f Frontier) ranked(groups []lab.Group) []lab.Group {
	near := f.Nearest()
	at := func(g lab.Group) int {
		return slices.IndexFunc(near, func(s Standing) bool { return s.Name == g.Name })
	}
	all := slices.Clone(groups)
	for i := range all {
		all[i].Entries = all[i].Entries[:1]
	}
	slices.SortStableFunc(all, func(a, b lab.Group) int { return cmp.Or(cmp.Compare(f.rank(a), f.rank(b)), cmp.Compare(at(a), at(b))) })
	return all
}

// Envelope is the fixed sizes that are on it, by FLOPs.
func (f Frontier) Envelope() []Standing {
	var on []Standing
	for _, s := range f.Fixed {
		if s.Place == On {
			on = append(on, s)
		}
	}
	return on
}

// WritePNG draws the figure.
func (f Frontier) WritePNG(w io.Writer, c lab.Comparison) error {
	const width, height, scale = 1000, 560, 2
	return chart.WritePNG(w, f.Figure(c), chart.Light(), width, height, scale)
}
