package curves

import (
	"fmt"

	"growlab/app/chart"
)

// View is how charts show what they show.
type View struct {
	Axis       chart.Axis
	LogX, LogY bool        // LogY of the loss only
	Smooth     float64     // EMA factor of noisy metrics, 0 (off) to below 1
	Through    bool        // average across transitions
	NoGhost    bool        // no raw values behind smoothed ones
	Robust     bool        // heights leave outliers out
	X          chart.Range // in view; zero fits
	Y          chart.Range // of the loss
}

// Shown is a run on the charts.
type Shown struct {
	Run   *Run
	Color int // index into chart.Theme.Series; see Colors
}

// Board is runs on charts above each other that share their horizontal axis.
type Board struct {
	Shown   []Shown  // the first is the one whose transitions and events are marked
	Metrics []Metric // from above; the first is shown largest
	View    View
	// Align is the stage at whose beginning every run has its zero; 0 aligns at the start of the runs. Runs that never got so far
	// are left out.
	Align  int
	Trends bool      // a power law is fitted to each training loss in view
	Levels []float64 // reference lines on the chart of the loss
	Title  string
	Empty  string // what the first chart says while there is nothing
}

// Stack is the board as figures.
func (b Board) Stack() chart.Stack {
	var figures []chart.Figure
	for _, m := range b.Metrics {
		figures = append(figures, b.Figure(m))
	}
	return chart.NewStack(figures...)
}

// Figure is the chart of one metric.
func (b Board) Figure(m Metric) chart.Figure {
	v := b.View
	f := chart.Figure{
		YName: m.String(), XName: b.XName(), XAxis: v.Axis, X: v.X, LogX: v.LogX, Through: v.Through, NoGhost: v.NoGhost,
		Lines: b.Lines(m), Markers: b.Markers(), Legend: true, Empty: fmt.Sprintf("no %s recorded", m),
	}
	if m == Memory { // measured now and then
		f.Along = b.Lines(Loss)
	}
	if m.noisy() {
		f.Smooth, f.Robust = v.Smooth, v.Robust
	}
	f.LogY = m == GradNorm // it spans decades
	if m == Loss {
		f.Y, f.LogY, f.Title, f.Empty = v.Y, v.LogY, b.Title, b.Empty
		f.Levels = b.levels()
		f.Trends = b.FitTrends(f)
	}
	return f
}

// XName is the title of the horizontal axis.
func (b Board) XName() string {
	if b.Align == 0 {
		return ""
	}
	unit := b.View.Axis.String()
	if b.View.Axis == chart.Step {
		unit = "steps"
	}
	return fmt.Sprintf("%s since stage %d began", unit, b.Align)
}

// fewRuns is up to how many runs the legend lists every line.
const fewRuns = 2

// Lines are the lines of a metric.
func (b Board) Lines(m Metric) []chart.Line {
	var lines, muted []chart.Line
	for _, s := range b.Shown {
		origin, ok := b.origin(s.Run)
		if !ok {
			continue
		}
		add := func(series *chart.Series, name string, l chart.Line) {
			l.Series, l.Name, l.Color, l.Origin = series, name, s.Color, origin
			lines = append(lines, l)
		}
		name := b.name(s.Run)
		switch {
		case m == Memory:
			add(s.Run.Series(m), name, chart.Line{Exact: true})
			if s.Run.Reserved().Len() > 0 {
				add(s.Run.Reserved(), name+" · reserved for the network", chart.Line{Exact: true, Dashed: true, Unlisted: true})
			}
		case m != Loss:
			add(s.Run.Series(m), name, chart.Line{Exact: !m.noisy()})
		case len(b.Shown) == 1:
			add(s.Run.Series(Loss), "train", chart.Line{})
			add(s.Run.Validation(), "validation", chart.Line{Exact: true, Dashed: true})
			if s.Run.Final().Len() > 0 {
				add(s.Run.Final(), "final, on more text", chart.Line{Exact: true, Dashed: true, Unlisted: true})
			}
		default:
			add(s.Run.Series(Loss), name, chart.Line{})
			unlisted := len(b.Shown) > fewRuns && s != b.Shown[0] // the first says what dashes mean
			add(s.Run.Validation(), name+" · validation", chart.Line{Exact: true, Dashed: true, Unlisted: unlisted})
			if s.Run.Final().Len() > 0 {
				add(s.Run.Final(), name+" · final, on more text", chart.Line{Exact: true, Dashed: true, Unlisted: true})
			}
		}
		if m == Loss {
			for _, o := range s.Run.Orphans() {
				muted = append(muted, chart.Line{Series: o, Name: name + " · given up", Muted: true, Origin: origin})
			}
		}
	}
	return append(lines, muted...)
}

// name is the run's, with the end of its id where another has the same name.
func (b Board) name(r *Run) string {
	for _, s := range b.Shown {
		if s.Run != r && s.Run.Name == r.Name {
			return r.Name + " " + r.ID[max(len(r.ID)-4, 0):]
		}
	}
	return r.Name
}

// origin is where r has the zero of the axis; it is not ok if r has none.
func (b Board) origin(r *Run) (chart.Pos, bool) {
	if b.Align <= 1 {
		return chart.Pos{}, true
	}
	for _, g := range r.Grews {
		if g.Stage == b.Align {
			return r.At(g.Step), true
		}
	}
	return chart.Pos{}, false
}

// Markers are what happened in the first run.
func (b Board) Markers() []chart.Marker {
	if len(b.Shown) == 0 {
		return nil
	}
	r := b.Shown[0].Run
	origin, ok := b.origin(r)
	if !ok {
		return nil
	}
	var out []chart.Marker
	for _, n := range r.Notes() {
		out = append(out, r.Marker(n, origin))
	}
	return out
}

func (b Board) levels() []chart.Level {
	var out []chart.Level
	for _, y := range b.Levels {
		out = append(out, chart.Level{Y: y, Label: chart.Value(y)})
	}
	return out
}

// FitTrends fits a power law to each training loss that f shows, where there are points enough.
func (b Board) FitTrends(f chart.Figure) []chart.Trend {
	var out []chart.Trend
	for i, l := range f.Lines {
		if !b.Trends || l.Exact || l.Hidden || l.Muted {
			continue
		}
		if t, err := f.FitPower(i); err == nil {
			out = append(out, t)
		}
	}
	return out
}

// Stages are the stages that every run can be aligned at: those that some run has grown into.
func (b Board) Stages() []int {
	last := 0
	for _, s := range b.Shown {
		for _, g := range s.Run.Grews {
			last = max(last, g.Stage)
		}
	}
	var out []int
	for i := 2; i <= last; i++ {
		out = append(out, i)
	}
	return out
}
