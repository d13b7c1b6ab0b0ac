package plot

import (
	"math"

	"growlab/app/chart"
)

// Group is charts that share their horizontal axis and the cursor: what is done to one along x happens to all, and the values at
// the pointer are marked in all.
type Group struct {
	// OnCursor runs after the cursor moved, or left; it is the place to show Values.
	OnCursor func()

	charts    []*Chart
	following bool
	at        float64 // on the axis
	on        bool
	over      *Chart // the chart that the pointer is on
}

// NewGroup joins charts; the first leads: it says what the axis counts.
func NewGroup(charts ...*Chart) *Group {
	g := &Group{charts: charts}
	for _, c := range charts {
		c.group = g
	}
	return g
}

// follow makes the others show what c shows along x.
func (g *Group) follow(c *Chart) {
	if g.following {
		return
	}
	g.following = true
	defer func() { g.following = false }()
	f := c.figure
	for _, o := range g.charts {
		if o == c || o.figure.X == f.X && o.figure.XAxis == f.XAxis && o.figure.LogX == f.LogX {
			continue
		}
		if o.figure.XAxis != f.XAxis {
			o.figure.Y = chart.Range{}
		}
		o.figure.X, o.figure.XAxis, o.figure.LogX = f.X, f.XAxis, f.LogX
		o.changed()
	}
}

// point puts the cursor where c has it, or takes it away if that is nowhere.
func (g *Group) point(c *Chart, at float64, on bool) {
	if !on && g.over != c && g.over != nil { // it is on another chart by now
		return
	}
	g.at, g.on, g.over = at, on, nil
	if on {
		g.over = c
	}
	for _, o := range g.charts {
		if o != c {
			o.refreshOverlay()
		}
	}
	if g.OnCursor != nil {
		g.OnCursor()
	}
}

// Cursor is where the cursor stands on the axis; it is false while it stands nowhere.
func (g *Group) Cursor() (float64, bool) { return g.at, g.on }

// Value is what a line has at the cursor.
type Value struct {
	Chart *Chart
	Line  chart.Line
	chart.Reading
	Gap float64 // from the pointer, in pixels along y; infinite on a chart that the pointer is not on
}

// Values are what the lines of all charts have at the cursor, the nearest to the pointer first; those of charts that it is not
// on follow from above. While the cursor stands nowhere they are the last values.
func (g *Group) Values() []Value {
	var all []Value
	if g.on && g.over != nil {
		all = g.over.valuesAt(g.at)
		for i := range all {
			all[i].Gap = math.Abs(g.over.layout.YPixel(all[i].Reading.Value) - float64(g.over.pointer.at.Y*g.over.dots))
		}
		byGap(all)
	}
	for _, c := range g.charts {
		if c == g.over && g.on || !c.Visible() {
			continue
		}
		if g.on {
			all = append(all, c.valuesAt(g.at)...)
		} else {
			all = append(all, c.lastValues()...)
		}
	}
	return all
}

// valuesAt are what the lines have near x.
func (c *Chart) valuesAt(x float64) []Value {
	px := c.layout.XPixel(x)
	slack := c.layout.XValue(px+float64(12*c.dots)) - x
	var all []Value
	for _, r := range c.figure.Read(x, slack) {
		all = append(all, Value{Chart: c, Line: c.figure.Lines[r.Line], Reading: r, Gap: math.Inf(1)})
	}
	return all
}

// lastValues are where the lines end.
func (c *Chart) lastValues() []Value {
	var all []Value
	for _, r := range c.figure.Last() {
		if l := c.figure.Lines[r.Line]; !l.Muted {
			all = append(all, Value{Chart: c, Line: l, Reading: r, Gap: math.Inf(1)})
		}
	}
	return all
}

// PointAt puts the cursor of all charts at a place of the first line's run, as the pointer does; off takes it away. While the pointer
// is on a chart, it leads: what follows the cursor elsewhere may tell it back.
func (g *Group) PointAt(at chart.Pos, on bool) {
	if g.over != nil && on {
		return
	}
	f := g.charts[0].figure
	origin := 0.0
	if len(f.Lines) > 0 {
		origin = f.Lines[0].Origin.X(f.XAxis)
	}
	g.at, g.on, g.over = at.X(f.XAxis)-origin, on, nil
	for _, c := range g.charts {
		c.refreshOverlay()
	}
	if g.OnCursor != nil {
		g.OnCursor()
	}
}
