package curves

import "time"

// clock tells wall time from the moments at which the journal was written. Between two of them it runs in proportion to active
// time; after the last, as fast. So pauses and the time between a stop and its resume show.
type clock struct {
	began  time.Time // zero while nothing is known
	active float64   // active seconds at the last moment
	wall   float64   // seconds from began to it
}

// known reports whether there was a moment.
func (c *clock) known() bool { return !c.began.IsZero() }

// moment notes the time at which the run had the given active seconds.
func (c *clock) moment(t time.Time, active float64) {
	if !c.known() {
		c.began = t
	}
	c.active, c.wall = active, max(t.Sub(c.began).Seconds(), c.wall)
}

// at is the wall time of active seconds after the last moment; until is the next one, zero if it is not known.
func (c *clock) at(active float64, until time.Time, untilActive float64) float64 {
	if !c.known() {
		return active
	}
	if span := untilActive - c.active; !until.IsZero() && span > 0 {
		return c.wall + (until.Sub(c.began).Seconds()-c.wall)*(active-c.active)/span
	}
	return c.wall + active - c.active
}
