package chart

import "math"

// scale maps values of one axis to pixels, linearly or logarithmically, and back.
type scale struct {
	log     bool
	lo, k   float64 // lo is transformed: log lo on a logarithmic axis
	px0     float64 // pixel of lo
	minimum float64 // smallest value the axis can show, exclusive
	origin  float64 // subtracted from values before anything else
}

// newScale maps r to the pixels from px0 to px1; px1 < px0 makes values grow upwards.
func newScale(r Range, log bool, px0, px1 float64) scale {
	s := scale{log: log, px0: px0, minimum: math.Inf(-1)}
	if log {
		s.minimum = 0
	}
	s.lo = s.forward(r.Lo)
	s.k = (px1 - px0) / (s.forward(r.Hi) - s.lo)
	return s
}

// from is s for values that are counted from origin.
func (s scale) from(origin float64) scale {
	s.origin = origin
	return s
}

func (s scale) forward(v float64) float64 {
	if s.log {
		return math.Log(v)
	}
	return v
}

func (s scale) back(t float64) float64 {
	if s.log {
		return math.Exp(t)
	}
	return t
}

// px is where v is drawn; not finite if the axis cannot show v.
func (s scale) px(v float64) float64 { return s.px0 + (s.forward(v-s.origin)-s.lo)*s.k }

// value is the inverse of px.
func (s scale) value(px float64) float64 { return s.back(s.lo+(px-s.px0)/s.k) + s.origin }
