package frontier

import (
	"io"
	"slices"

	"growlab/app/chart"
	"growlab/app/lab"
)

// Colours of the figure, as indices into a theme's: the envelope's, that of fixed sizes above it, and those between for the rest.
const (
	envelopeColor = 0
	aboveColor    = 7
)

// Figure draws loss against FLOPs: the curves of all contenders, and the envelope through the ends of the fixed sizes that are on
// it; those above it share a colour. c has the same contenders. Growth plans come first, and the growths of the first are marked.
func (f Frontier) Figure(c lab.Comparison) chart.Figure {
	c.Groups = slices.Clone(c.Groups)
	slices.SortStableFunc(c.Groups, func(a, b lab.Group) int { return stages(b) - stages(a) })
	colors := f.colors(c.Groups)
	figure := c.Figure(chart.FLOPs, true)
	figure.Title = "Loss against FLOPs: growth plans and the envelope of fixed sizes"
	for i := range figure.Lines {
		figure.Lines[i].Color = colors[figure.Lines[i].Color] // it was that of the group
	}
	envelope := chart.NewSeries("envelope of fixed sizes")
	for i, s := range f.Envelope() {
		envelope.Append(chart.Pos{Step: float64(i + 1), Tokens: s.Tokens, FLOPs: s.FLOPs, Seconds: s.Seconds}, s.Loss)
	}
	figure.Lines = append(figure.Lines, chart.Line{Series: envelope, Color: envelopeColor, Exact: true})
	return figure
}

// stages is how many stages a group's recipe has.
func stages(g lab.Group) int { return len(g.Entries[0].Recipe.Stages) }

// colors are those of the groups.
func (f Frontier) colors(groups []lab.Group) []int {
	all := make([]int, len(groups))
	next := 0
	for i, g := range groups {
		if slices.ContainsFunc(f.Fixed, func(s Standing) bool { return s.Name == g.Name && s.Place == Above }) {
			all[i] = aboveColor
			continue
		}
		all[i] = envelopeColor + 1 + next%(aboveColor-envelopeColor-1)
		next++
	}
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
