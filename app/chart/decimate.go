package chart

import (
	"math"
	"slices"
)

// pt is a point in device pixels.
type pt struct{ x, y float64 }

// decimate appends to dst the points of v.line (or v.raw) within [i, j) that matter on screen: for each column of pixels
// the first, the smallest, the largest and the last drawable value, in their order (M4). Drawn as a line they cover the
// same pixels as all points would. The search runs on values, so a logarithmic axis costs four logs a column.
func decimate(dst []pt, x []float64, t track, i, j int, sx, sy scale) []pt {
	for i < j {
		px := sx.px(x[i])
		if math.IsInf(px, 0) || math.IsNaN(px) { // left of a logarithmic axis
			i++
			continue
		}
		end := i + 1 + lead(x[i+1:j], sx.value(math.Floor(px)+1))
		dst = column(dst, x, t, i, end, sx, sy)
		i = end
	}
	return dst
}

// column appends at most four points for the values [i, j), which share one column.
func column(dst []pt, x []float64, t track, i, j int, sx, sy scale) []pt {
	lo, hi := t.extremes(i, j, sy.minimum)
	if lo < 0 {
		return dst
	}
	first, last := i, j-1
	for !drawable(t.v[first], sy) {
		first++
	}
	for !drawable(t.v[last], sy) {
		last--
	}
	keep := [4]int{first, int(min(lo, hi)), int(max(lo, hi)), last}
	for k, q := range keep {
		if k == 0 || q != keep[k-1] {
			dst = append(dst, pt{sx.px(x[q]), sy.px(t.v[q])})
		}
	}
	return dst
}

func drawable(v float64, s scale) bool { return v > s.minimum && v <= math.MaxFloat64 }

// lead is the number of elements at the front of ascending x that are below edge. It gallops, since most columns hold
// either very few points or about as many as the one before.
func lead(x []float64, edge float64) int {
	step := 1
	for step < len(x) && x[step] < edge {
		step *= 2
	}
	lo, hi := step/2, min(step+1, len(x))
	if step == 1 {
		lo = 0
	}
	k, _ := slices.BinarySearch(x[lo:hi], edge)
	return lo + k
}
