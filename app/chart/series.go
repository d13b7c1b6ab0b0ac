package chart

import (
	"math"
	"slices"
	"sort"
	"sync"
)

// Series is an append-only line of points in order of their step. All methods may be called from any goroutine; a drawing
// in progress sees the series as it was when the drawing began.
type Series struct {
	name string

	mu     sync.Mutex
	x      [numAxes][]float64
	raw    track
	breaks []float64 // steps after which smoothing starts afresh, ascending
	cache  smoothed
}

// NewSeries returns an empty series; name is what legend and tooltip call it.
func NewSeries(name string) *Series { return &Series{name: name} }

// Name is the name given to NewSeries.
func (s *Series) Name() string { return s.name }

// Len is the number of points.
func (s *Series) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.raw.v)
}

// Append adds a point. Steps ascend: a step at or before the last one means that the run went back to a checkpoint, and the
// points from there on are dropped first. A point whose step is not finite is ignored; another coordinate that is not
// finite or goes back repeats the one before it. y may be NaN or infinite: that point is kept, but neither drawn nor
// averaged.
func (s *Series) Append(at Pos, y float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(Point{at, y})
}

// AppendAll adds points as Append does, under one lock.
func (s *Series) AppendAll(points []Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.x {
		s.x[i] = slices.Grow(s.x[i], len(points))
	}
	s.raw.v = slices.Grow(s.raw.v, len(points))
	for _, p := range points {
		s.append(p)
	}
}

func (s *Series) append(p Point) {
	if math.IsNaN(p.Step) || math.IsInf(p.Step, 0) {
		return
	}
	if n := len(s.x[Step]); n > 0 && p.Step <= s.x[Step][n-1] {
		s.rewind(sort.SearchFloat64s(s.x[Step], p.Step))
	}
	for i, v := range p.coords() {
		if n := len(s.x[i]); n > 0 && !(v >= s.x[i][n-1] && v <= math.MaxFloat64) {
			v = s.x[i][n-1]
		} else if n == 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
			v = 0
		}
		s.x[i] = append(s.x[i], v)
	}
	s.raw.push(p.Y)
}

// rewind keeps the first n points. Drawings may hold the old slices, so what follows must not write into them.
func (s *Series) rewind(n int) {
	for i := range s.x {
		s.x[i] = s.x[i][:n:n]
	}
	s.raw.cut(n)
	s.cache = smoothed{}
}

// Break makes smoothing start afresh with the first point after step: a growth stage begins there, and averaging across
// would smear the transition.
func (s *Series) Break(step float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := slices.BinarySearch(s.breaks, step)
	if found || math.IsNaN(step) {
		return
	}
	s.breaks = slices.Insert(slices.Clone(s.breaks), i, step)
	s.cache = smoothed{}
}

// At is point i, counted from 0.
func (s *Series) At(i int) Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Point{s.pos(i), s.raw.v[i]}
}

func (s *Series) pos(i int) Pos {
	return Pos{s.x[Step][i], s.x[Tokens][i], s.x[FLOPs][i], s.x[Seconds][i]}
}

// PosAt is the position of a step on every axis, by linear interpolation between the points around it. Outside the points
// it is the nearest one's. It places events of which only the step is known, such as evaluations and growths. Of an empty
// series it is Pos{Step: step}.
func (s *Series) PosAt(step float64) Pos {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.x[Step])
	i := sort.SearchFloat64s(s.x[Step], step)
	switch {
	case n == 0:
		return Pos{Step: step}
	case i == 0:
		p := s.pos(0)
		p.Step = step
		return p
	case i == n:
		p := s.pos(n - 1)
		p.Step = step
		return p
	}
	w := (step - s.x[Step][i-1]) / (s.x[Step][i] - s.x[Step][i-1])
	var c [numAxes]float64
	for a := range c {
		c[a] = s.x[a][i-1] + w*(s.x[a][i]-s.x[a][i-1])
	}
	return Pos{c[Step], c[Tokens], c[FLOPs], c[Seconds]}
}
