package cli

import (
	"fmt"
	"slices"
	"strings"

	"growlab/growth"
	"growlab/growth/shape"
)

// scheduleWidth is how many characters wide a schedule is drawn.
const scheduleWidth = 64

// drawSchedule draws stages, learning rate and masks of a recipe over its tokens, a row each; masks of dimensions that do not fade
// in together have rows of their own.
//
//	stage          1------------------------------2---------3------
//	learning rate  ▄███████████████▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▅▅▅▅▄▄▃▃▂▁▁▁
//	mask                                          ▂▅▇███████▄█████
func drawSchedule(r growth.Recipe) []string {
	points, plan := schedulePoints(r), r.Plan()
	peak, before := 0.0, -1
	var stages strings.Builder
	for _, p := range points {
		peak = max(peak, p.LR)
		if p.Stage > before {
			before = p.Stage
			fmt.Fprint(&stages, before%9+1)
		} else {
			stages.WriteByte('-')
		}
	}
	rows := []string{scheduleRow("stage", stages.String()), scheduleRow("learning rate", bars(points, func(p growth.Position) (float64, bool) { return p.LR / peak, true }))}
	for _, m := range maskRows(r) {
		rows = append(rows, scheduleRow(m.name, bars(points, func(p growth.Position) (float64, bool) {
			return m.of(p.Factors), plan.Stages[p.Stage].Ramp > 0
		})))
	}
	return rows
}

func scheduleRow(name, drawn string) string {
	return strings.TrimRight(fmt.Sprintf("%-13s  %s", name, drawn), " ")
}

// schedulePoints are the positions in the middle of each character.
func schedulePoints(r growth.Recipe) []growth.Position {
	plan := r.Plan()
	var all []growth.Position
	for i := range int64(scheduleWidth) {
		tokens := (2*i + 1) * (plan.Tokens / (2 * scheduleWidth))
		for _, s := range plan.Stages {
			if in := tokens - s.Begin; in < s.Tokens {
				all = append(all, r.At(s.Begin+in/s.Batch*s.Batch))
				break
			}
		}
	}
	return all
}

// maskRow is a factor that is drawn.
type maskRow struct {
	name string
	of   func(shape.Factors) float64
}

// maskRows are none if nothing fades in, one if all dimensions do so together, and else one for each that is named.
func maskRows(r growth.Recipe) []maskRow {
	rows := []maskRow{
		{"mask, hidden", func(f shape.Factors) float64 { return f.Hidden }},
		{"mask, heads", func(f shape.Factors) float64 { return f.Heads }},
		{"mask, FFN", func(f shape.Factors) float64 { return f.FFN }},
		{"mask, layers", func(f shape.Factors) float64 { return f.Layers }},
	}
	plan := r.Plan()
	switch {
	case !slices.ContainsFunc(plan.Stages, func(s growth.StagePlan) bool { return s.Ramp > 0 }):
		return nil
	case slices.ContainsFunc(plan.Stages, func(s growth.StagePlan) bool { return s.RampOrder != "" }):
		return rows
	}
	return []maskRow{{"mask", rows[0].of}}
}

// bars draws a value from 0 to 1 of each position, a blank where there is none.
func bars(points []growth.Position, of func(growth.Position) (float64, bool)) string {
	eighths := []rune("▁▂▃▄▅▆▇█")
	var row strings.Builder
	for _, p := range points {
		v, there := of(p)
		if !there {
			row.WriteByte(' ')
			continue
		}
		row.WriteRune(eighths[min(max(int(v*float64(len(eighths))), 0), len(eighths)-1)])
	}
	return row.String()
}
