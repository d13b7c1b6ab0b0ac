package network

import "slices"

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
	Title     string  // the line above the drawing
	Heat      Heat    // colours by a number for each part; zero is by age
}

func (p Picture) same(q Picture) bool {
	return p.From == q.From && p.To == q.To && p.Mask == q.Mask && p.Final == q.Final && p.Stage == q.Stage &&
		p.Title == q.Title && slices.Equal(p.NewLayers, q.NewLayers) && p.Heat.same(q.Heat)
}
