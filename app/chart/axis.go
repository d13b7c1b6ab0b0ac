package chart

// Axis is what the horizontal axis counts. Every point carries all of them, so a chart changes its axis without new data.
type Axis int

// The axes, in the order a selector shows them.
const (
	Step    Axis = iota // optimizer steps
	Tokens              // tokens seen
	FLOPs               // floating-point operations spent
	Seconds             // active training time; pauses do not count
	Wall                // time by the clock since the run began, pauses included
	numAxes
)

// Axes lists every axis.
func Axes() []Axis { return []Axis{Step, Tokens, FLOPs, Seconds, Wall} }

// String is the axis title: "step", "tokens", "FLOPs", "active time", "wall time".
func (a Axis) String() string {
	return [numAxes]string{"step", "tokens", "FLOPs", "active time", "wall time"}[a.known()]
}

// known is a, or Step for a number that is no axis, as an old setting may hold.
func (a Axis) known() Axis {
	if a < 0 || a >= numAxes {
		return Step
	}
	return a
}

// Pos is where in a run something happened, on every axis at once.
type Pos struct {
	Step, Tokens, FLOPs, Seconds float64
	Wall                         float64 // seconds; never less than Seconds, which stands in for it where no clock is known
}

// X is the coordinate of p on axis a.
func (p Pos) X(a Axis) float64 { return p.coords()[a.known()] }

func (p Pos) coords() [numAxes]float64 {
	return [numAxes]float64{p.Step, p.Tokens, p.FLOPs, p.Seconds, max(p.Wall, p.Seconds)}
}

// posOf is the inverse of coords.
func posOf(c [numAxes]float64) Pos { return Pos{c[Step], c[Tokens], c[FLOPs], c[Seconds], c[Wall]} }

// Sub is p counted from o, on every axis.
func (p Pos) Sub(o Pos) Pos {
	a, b := p.coords(), o.coords()
	for i := range a {
		a[i] -= b[i]
	}
	return posOf(a)
}

// clock reports whether a counts time.
func (a Axis) clock() bool { return a == Seconds || a == Wall }

// Point is one value of a series.
type Point struct {
	Pos
	Y float64
}
