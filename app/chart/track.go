package chart

import "math"

// blockSize is how many values share one entry of a track's extremes.
const blockSize = 64

// track is an append-only column of values with the extremes of each full block beside it, so that the extremes of a
// million values cost the reading of some thousands. Copies of the struct stay valid while the original grows.
type track struct {
	v      []float64
	lo, hi []int32 // of each full block: index of the smallest and largest finite value, -1 if it has none
}

func (t *track) push(v float64) {
	t.v = append(t.v, v)
	if n := len(t.v); n%blockSize == 0 {
		lo, hi := scan(t.v, n-blockSize, n, math.Inf(-1))
		t.lo, t.hi = append(t.lo, lo), append(t.hi, hi)
	}
}

// cut keeps the first n values without giving their storage to later pushes.
func (t *track) cut(n int) {
	b := n / blockSize
	t.v, t.lo, t.hi = t.v[:n:n], t.lo[:b:b], t.hi[:b:b]
}

// extremes returns the indices of the smallest and the largest finite value above floor within [i, j), -1 if there is
// none. Floor 0 serves logarithmic axes.
func (t *track) extremes(i, j int, floor float64) (lo, hi int32) {
	lo, hi = -1, -1
	take := func(l, h int32) {
		if l >= 0 && (lo < 0 || t.v[l] < t.v[lo]) {
			lo = l
		}
		if h >= 0 && (hi < 0 || t.v[h] > t.v[hi]) {
			hi = h
		}
	}
	for i < j {
		b := i / blockSize
		end := min((b+1)*blockSize, j)
		if full := i%blockSize == 0 && end-i == blockSize && b < len(t.lo); full && (t.lo[b] < 0 || t.v[t.lo[b]] > floor) {
			take(t.lo[b], t.hi[b])
		} else {
			take(scan(t.v, i, end, floor))
		}
		i = end
	}
	return lo, hi
}

func scan(v []float64, i, j int, floor float64) (lo, hi int32) {
	lo, hi = -1, -1
	for ; i < j; i++ {
		y := v[i]
		if !(y > floor && y <= math.MaxFloat64) { // NaN too
			continue
		}
		if lo < 0 || y < v[lo] {
			lo = int32(i)
		}
		if hi < 0 || y > v[hi] {
			hi = int32(i)
		}
	}
	return lo, hi
}
