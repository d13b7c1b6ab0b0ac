package chart

// EmptyText is what a figure without points says unless Figure.Empty is set.
const EmptyText = "No data yet: press Train (Ctrl+R)"

// Line is a series as a figure shows it.
type Line struct {
	Series *Series
	Color  int  // index into Theme.Series; keep it per run, so that a run keeps its colour
	Hidden bool // listed in the legend, not drawn, not fitted
	Exact  bool // never smoothed: measurements such as validation loss
}

// Figure is everything a picture shows. It is a value: copy it, change the copy, draw both.
type Figure struct {
	Title string // a line above the plot; "" draws none
	Note  string // dim text beside the title
	YName string // name of the vertical axis, "loss"
	Empty string // text while there is no point; EmptyText if ""

	XAxis Axis
	X, Y  Range // what is in view; zero fits
	LogX  bool
	LogY  bool

	Smooth  float64 // EMA factor, 0 (off) to below 1
	Through bool    // average across the breaks of a series instead of starting afresh

	Lines   []Line
	Markers []Marker
	Legend  bool
}
