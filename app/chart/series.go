package chart

import (
	"math"
	"slices"
	"sort"
	"sync"
)

// course is where the points of one or several series are.
type course struct {
	mu sync.Mutex // guards the series too
	x  [numAxes][]float64
}

// Series is an append-only line of points in order of their step. All methods may be called from any goroutine; a drawing
// in progress sees the series as it was when the drawing began.
type Series struct {
	name string

	*course        // of this series alone, unless it belongs to a Sheet
	sheet   *Sheet // nil if it belongs to none
	raw     track
	breaks  []float64 // steps after which smoothing starts afresh, ascending
	cache   smoothed
	edits   int // how often what was drawn already changed: by a rewind, or by a break
}

// NewSeries returns an empty series; name is what legend and tooltip call it.
func NewSeries(name string) *Series { return &Series{name: name, course: new(course)} }

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
// averaged. To a series of a Sheet points are added by the sheet.
func (s *Series) Append(at Pos, y float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(Point{at, y})
}

// AppendAll adds points as Append does, under one lock.
func (s *Series) AppendAll(points []Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grow(len(points))
	s.raw.v = slices.Grow(s.raw.v, len(points))
	for _, p := range points {
		s.append(p)
	}
}

func (s *Series) append(p Point) {
	if s.sheet != nil {
		panic("chart: a point for one series of a sheet alone")
	}
	if keep, ok := s.place(p.Pos); ok {
		s.cut(keep)
		s.raw.push(p.Y)
	}
}

// place adds a position, and says how many points stay before it: fewer than there were if it goes back. It is not ok if the
// position has no step.
func (c *course) place(p Pos) (keep int, ok bool) {
	if math.IsNaN(p.Step) || math.IsInf(p.Step, 0) {
		return 0, false
	}
	keep = len(c.x[Step])
	if keep > 0 && p.Step <= c.x[Step][keep-1] {
		keep = sort.SearchFloat64s(c.x[Step], p.Step)
		c.rewind(keep)
	}
	for i, v := range p.coords() {
		if keep > 0 && !(v >= c.x[i][keep-1] && v <= math.MaxFloat64) {
			v = c.x[i][keep-1]
		} else if keep == 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
			v = 0
		}
		c.x[i] = append(c.x[i], v)
	}
	return keep, true
}

// rewind keeps the first n positions. Drawings may hold the old slices, so what follows must not write into them.
func (c *course) rewind(n int) {
	for i := range c.x {
		c.x[i] = c.x[i][:n:n]
	}
}

// cut keeps the first n values.
func (s *Series) cut(n int) {
	if n < len(s.raw.v) {
		s.raw.cut(n)
		s.edit()
	}
}

// Rewind removes the points after step.
func (s *Series) Rewind(step float64) {
	if s.sheet != nil {
		s.sheet.Rewind(step, 0)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if keep := searchAbove(s.x[Step], step); keep < len(s.x[Step]) {
		s.rewind(keep)
		s.cut(keep)
	}
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
	s.edit()
}

// edit notes that more than new points changed.
func (s *Series) edit() {
	s.cache = smoothed{}
	s.edits++
}

// Index is the number of points up to step, which is the index of the first one after it.
func (s *Series) Index(step float64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return searchAbove(s.x[Step], step)
}

// At is point i, counted from 0.
func (s *Series) At(i int) Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Point{s.pos(i), s.raw.v[i]}
}

// grow makes room for n more positions.
func (c *course) grow(n int) {
	for i := range c.x {
		c.x[i] = slices.Grow(c.x[i], n)
	}
}

func (c *course) pos(i int) Pos { return posAt(c.x, i) }

// posAt is position i of columns of coordinates.
func posAt(x [numAxes][]float64, i int) Pos {
	return Pos{x[Step][i], x[Tokens][i], x[FLOPs][i], x[Seconds][i], x[Wall][i]}
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
	return posOf(c)
}
