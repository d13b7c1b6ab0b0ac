package chart

import (
	"math"
	"testing"
)

func TestRead(t *testing.T) {
	low, high := series(1, 2, 3, 2, 1), series(5, math.NaN(), math.NaN(), 9)
	f := Figure{Lines: []Line{
		{Series: low}, {Series: high, Exact: true}, {Series: series(7, 7), Hidden: true}, {Series: NewSeries("empty")}, {},
	}}
	for _, tc := range []struct {
		name         string
		x, tolerance float64
		lines        []int
		steps        []float64
	}{
		{"between points the closer", 2.6, 0, []int{1, 0}, []float64{4, 3}},
		{"skips values that are not finite", 2.4, 0, []int{1, 0}, []float64{1, 2}},
		{"after the end of one", 4.8, 0.1, []int{0}, []float64{5}},
		{"a little after the end", 4.8, 1, []int{1, 0}, []float64{4, 5}},
		{"before all", -3, 1, nil, nil},
	} {
		got := f.Read(tc.x, tc.tolerance)
		if len(got) != len(tc.lines) {
			t.Errorf("%s: %v, want lines %v", tc.name, got, tc.lines)
			continue
		}
		for i, r := range got {
			if r.Line != tc.lines[i] || r.At.Step != tc.steps[i] {
				t.Errorf("%s: reading %d is line %d at step %v, want line %d at step %v", tc.name, i, r.Line, r.At.Step, tc.lines[i], tc.steps[i])
			}
		}
	}
}

func TestReadGivesRawAndSmoothed(t *testing.T) {
	f := Figure{Smooth: 0.5, XAxis: FLOPs, Lines: []Line{{Series: series(4, 1)}, {Series: series(4, 1), Exact: true}}}
	got := f.Read(2e6, 0)
	want := (1*1 + 0.5*4) / 1.5
	if len(got) != 2 || got[0].Line != 0 || math.Abs(got[0].Value-want) > 1e-12 || got[0].Raw != 1 || got[1].Value != 1 {
		t.Errorf("readings %+v, want smoothed %v of raw 1, and exact 1", got, want)
	}
}
