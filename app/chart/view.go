package chart

// Range is an interval of an axis. The zero Range means "fit to the data".
type Range struct{ Lo, Hi float64 }

// Auto reports whether r is to be fitted to the data.
func (r Range) Auto() bool { return r == Range{} }
