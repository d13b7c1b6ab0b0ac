package chart

import "slices"

// Sheet is several series that have their points at the same places, as the numbers that a step measures have. It keeps the
// places once. Its methods may be called from any goroutine.
type Sheet struct {
	course
	columns []*Series
}

// NewSheet returns an empty sheet with a series for each name.
func NewSheet(names ...string) *Sheet {
	t := new(Sheet)
	for _, name := range names {
		t.columns = append(t.columns, &Series{name: name, course: &t.course, sheet: t})
	}
	return t
}

// Series is the series of column i, counted from 0.
func (t *Sheet) Series(i int) *Series { return t.columns[i] }

// Append adds a point to every series, one value for each in their order, as Series.Append does.
func (t *Sheet) Append(at Pos, values ...float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(values) != len(t.columns) {
		panic("chart: a row of a sheet needs a value for each of its series")
	}
	keep, ok := t.place(at)
	if !ok {
		return
	}
	for i, s := range t.columns {
		s.cut(keep)
		s.raw.push(values[i])
	}
}

// Break makes the smoothing of every series start afresh with the first point after step.
func (t *Sheet) Break(step float64) {
	for _, s := range t.columns {
		s.Break(step)
	}
}

// Rewind removes the points after step from every series. It returns those of series i, for a run that went back to a
// checkpoint: what it did after that is no longer part of it, but did happen.
func (t *Sheet) Rewind(step float64, i int) []Point {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := searchAbove(t.x[Step], step)
	var gone []Point
	for k := from; k < len(t.x[Step]); k++ {
		gone = append(gone, Point{t.pos(k), t.columns[i].raw.v[k]})
	}
	if from == len(t.x[Step]) {
		return nil
	}
	t.rewind(from)
	for _, s := range t.columns {
		s.cut(from)
		s.breaks = slices.DeleteFunc(slices.Clone(s.breaks), func(b float64) bool { return b > step })
	}
	return gone
}
