package chart

import (
	"math"
	"slices"
)

// ema is an exponential moving average with bias correction: after values y1…yn it is the mean of them with weights
// beta^(n-i), which is Adam's first moment divided by 1-beta^n (arXiv:1412.6980).
type ema struct {
	beta   float64
	sum, w float64
}

// push adds y and returns the average; a value that is not finite changes nothing and gives NaN.
func (e *ema) push(y float64) float64 {
	if math.IsNaN(y) || math.IsInf(y, 0) {
		return math.NaN()
	}
	e.sum = e.beta*e.sum + (1-e.beta)*y
	e.w = e.beta*e.w + (1 - e.beta)
	return e.sum / e.w
}

// smoothed is the average of a series so far, for one setting.
type smoothed struct {
	beta    float64
	through bool
	ema     ema
	track   track
	starts  []int // indices at which the average starts afresh, the first one 0
	next    int   // index into the breaks of the series of the first not yet passed
}

// view is a frozen look at a series: the originals only grow beyond the lengths held here.
type view struct {
	coords [numAxes][]float64
	x      []float64 // the one of coords that the figure shows
	origin float64   // subtracted from x
	raw    track
	line   track // what to draw: raw, or its average
	smooth bool
	starts []int // of a smoothed line: indices at which it starts afresh
	warm   int   // points after a fresh start that are not drawn
	muted  bool  // not fitted
	edits  int   // of the series, when it was frozen
}

func (v view) at(i int) Pos { return posAt(v.coords, i) }

// view freezes the series on one axis; beta 0 shows the values themselves.
func (s *Series) view(a Axis, beta float64, through bool) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := view{coords: s.x, x: s.x[a.known()], raw: s.raw, line: s.raw, edits: s.edits}
	if !(beta > 0) {
		return v
	}
	s.smooth(min(beta, 0.99999), through)
	v.line, v.starts, v.smooth, v.warm = s.cache.track, s.cache.starts, true, warmUp(s.cache.beta)
	return v
}

// warmUp is how many averages after a fresh start are still little but noise: those with less than a fifth of the full
// weight. Drawn, each transition would look like a jump of the loss.
func warmUp(beta float64) int { return int(math.Log(0.8) / math.Log(beta)) }

// segments cuts the points [i, j) of the line where it starts afresh. The very first start is drawn in full.
func (v view) segments(i, j int) [][2]int {
	out := make([][2]int, 0, len(v.starts)+1)
	for k, s := range v.starts {
		if s >= j {
			break
		}
		if k == 0 {
			continue
		}
		if s > i {
			out = append(out, [2]int{i, s})
		}
		i = max(i, min(s+v.warm, j))
	}
	return append(out, [2]int{i, j})
}

// smooth brings the cache up to the last point.
func (s *Series) smooth(beta float64, through bool) {
	c := &s.cache
	if c.beta != beta || c.through != through {
		*c = smoothed{beta: beta, through: through}
	}
	n := len(s.raw.v)
	c.track.v = slices.Grow(c.track.v, n-len(c.track.v))
	for i := len(c.track.v); i < n; i++ {
		fresh := i == 0
		for !through && c.next < len(s.breaks) && s.breaks[c.next] < s.x[Step][i] {
			c.next++
			fresh = true
		}
		if fresh {
			c.ema = ema{beta: beta}
			c.starts = append(c.starts, i)
		}
		c.track.push(c.ema.push(s.raw.v[i]))
	}
}
