package curves

import "math"

// Of the search for spikes: a value is compared with the window before it. llm.c's outlier detector has the same window.
const (
	SpikeWindow = 128 // values
	SpikeLevel  = 6.0 // standard deviations above the mean
	spikeMerge  = 32  // spikes closer than this, in values, are one
)

// Spikes returns the indices of the values that stand out above the window values before them by more than level of their
// standard deviations, or that are not finite. Of those close to each other the highest is named, one that is not finite
// before all others. Values before the window is full are no spikes.
func Spikes(values []float64, window int, level float64) []int {
	d := newSpikeDetector(window, level)
	var found []int
	for i, v := range values {
		d.push(i, v)
		if d.fresh {
			found = append(found, d.at)
		} else if len(found) > 0 {
			found[len(found)-1] = d.at
		}
	}
	return found
}

// spikeDetector looks at values as they come.
type spikeDetector struct {
	level      float64
	ring       []float64
	n          int64   // finite values seen
	base       float64 // subtracted from all, so that squares lose no digits
	sum, sumSq float64 // over the ring, of values less base

	at    int     // index of the last spike, -1 before the first
	value float64 // its value
	z     float64 // by how many standard deviations; infinite if the value was not finite
	fresh bool    // the last value pushed began a spike
	moved bool    // the last value pushed is a higher point of the last spike
}

func newSpikeDetector(window int, level float64) *spikeDetector {
	return &spikeDetector{level: level, ring: make([]float64, window), at: -1}
}

// push looks at value i.
func (d *spikeDetector) push(i int, v float64) {
	d.fresh, d.moved = false, false
	z := d.score(v)
	if z > d.level {
		d.note(i, v, z)
	}
	if v-v == 0 {
		d.add(v)
	}
}

// score is how many standard deviations v is above the window; infinite if it is not finite, 0 before the window is full.
func (d *spikeDetector) score(v float64) float64 {
	w := float64(len(d.ring))
	if v-v != 0 {
		return math.Inf(1)
	}
	if d.n < int64(len(d.ring)) {
		return 0
	}
	mean := d.sum / w
	deviation := math.Sqrt(max(d.sumSq/w-mean*mean, 0))
	least := 1e-9 * (math.Abs(d.base) + 1) // a level line has no noise to compare with
	return (v - d.base - mean) / max(deviation, least)
}

func (d *spikeDetector) note(i int, v, z float64) {
	switch {
	case d.at < 0 || i-d.at > spikeMerge:
		d.fresh = true
	case z <= d.z && !(v > d.value) || math.IsInf(d.z, 1):
		return
	default:
		d.moved = true
	}
	d.at, d.value, d.z = i, v, z
}

func (d *spikeDetector) add(v float64) {
	if d.n == 0 {
		d.base = v
	}
	slot := &d.ring[d.n%int64(len(d.ring))]
	v -= d.base
	d.sum += v - *slot
	d.sumSq += v*v - *slot**slot
	*slot = v
	if d.n++; d.n%int64(64*len(d.ring)) == 0 { // rounding does not add up
		d.sum, d.sumSq = 0, 0
		for _, v := range d.ring {
			d.sum, d.sumSq = d.sum+v, d.sumSq+v*v
		}
	}
}
