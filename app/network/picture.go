package network

import (
	"fmt"
	"slices"
)

// Shape is what a drawing shows of a network.
type Shape struct {
	Layers, Hidden, Heads, FFN int
}

func (s Shape) max(o Shape) Shape {
	return Shape{max(s.Layers, o.Layers), max(s.Hidden, o.Hidden), max(s.Heads, o.Heads), max(s.FFN, o.FFN)}
}

// Picture is a network at one moment of its run. The zero Picture is no network.
type Picture struct {
	From      Shape   // before the last growth; zero in the first stage
	To        Shape   // now
	NewLayers []int   // indices in To of the layers that the last growth added
	Mask      float64 // 0..1, the factor on everything the last growth added
	Final     Shape   // of the last stage of the plan; sets the scale
	Stage     int     // of To, counts from 1
	Params    int64
}

func (p Picture) same(q Picture) bool {
	return p.From == q.From && p.To == q.To && p.Mask == q.Mask && p.Final == q.Final && p.Stage == q.Stage &&
		p.Params == q.Params && slices.Equal(p.NewLayers, q.NewLayers)
}

// title is the line above the drawing.
func (p Picture) title() string {
	return fmt.Sprintf("%d layers × %d · %d heads · %s", p.To.Layers, p.To.Hidden, p.To.Heads, count(p.Params))
}

// count writes a number of parameters in three digits: 163k, 1.01M, 101M.
func count(n int64) string {
	x, unit := float64(n), ""
	for _, u := range []string{"k", "M", "B"} {
		if x < 999.5 {
			break
		}
		x, unit = x/1000, u
	}
	switch {
	case unit == "" || x >= 99.95:
		return fmt.Sprintf("%.0f%s", x, unit)
	case x >= 9.995:
		return fmt.Sprintf("%.1f%s", x, unit)
	}
	return fmt.Sprintf("%.2f%s", x, unit)
}
