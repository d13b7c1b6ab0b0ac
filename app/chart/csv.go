package chart

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
)

// WriteCSV writes the points that the stack shows: of every visible line those within the range of x in view, all of them,
// not one for each pixel. Columns: panel (the name of the vertical axis), line, step, tokens, flops, active_seconds,
// wall_seconds, value (as measured) and smoothed (as drawn; empty if the line is not smoothed, or there was nothing to measure).
func (s Stack) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"panel", "line", "step", "tokens", "flops", "active_seconds", "wall_seconds", "value", "smoothed"}}
	for _, f := range s.Figures {
		views := f.views()
		x, _, _ := fit(f, views)
		for k, line := range f.visible() {
			i, j := views[k].inside(x)
			for ; i < j; i++ {
				rows = append(rows, row(f, f.Lines[line].Label(), views[k], i))
				if len(rows) < 1024 {
					continue
				}
				if err := out.WriteAll(rows); err != nil {
					return fmt.Errorf("chart: write table: %w", err)
				}
				rows = rows[:0]
			}
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("chart: write table: %w", err)
	}
	return nil
}

func row(f Figure, line string, v view, i int) []string {
	at := v.at(i)
	r := []string{f.YName, line}
	for _, c := range at.coords() {
		r = append(r, strconv.FormatFloat(c, 'g', -1, 64))
	}
	smoothed := ""
	if v.smooth {
		smoothed = cell(v.line.v[i])
	}
	return append(r, cell(v.raw.v[i]), smoothed)
}

// cell is a number, or nothing for one that is none.
func cell(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
