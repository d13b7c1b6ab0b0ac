package chart

// MarkerKind says what a Marker stands for and so how it is drawn.
type MarkerKind int

// Kinds of marker. A stage start is a dashed line over the full height with its label in a pill above the plot; the others
// are small marks at the foot of the plot.
const (
	StageStart MarkerKind = iota // a growth stage begins
	Tweak                        // someone changed the run while it went
	Saved                        // a checkpoint
	Spike                        // something went wrong: a loss spike, a skipped update
	Paused                       // the run waited here
	numMarkerKinds
)

// Marker is an event on the horizontal axis.
type Marker struct {
	At     Pos
	Kind   MarkerKind
	Label  string // "S2 · 6L × 192"; for a stage it is the text of the pill
	Detail string // lines shown when the pointer is on it, separated by \n; may be empty
}
