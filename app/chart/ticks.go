package chart

import (
	"math"
	"strconv"
	"strings"
)

// tick is a grid line; a minor one has no label.
type tick struct {
	v     float64
	label string
}

// yTicks are the ticks of a vertical axis, about n of them.
func yTicks(r Range, log bool, n int) []tick { return ticks(r, log, n, counts) }

// xTicks are the ticks of horizontal axis a.
func xTicks(a Axis, r Range, log bool, n int) []tick {
	if a != Seconds {
		return ticks(r, log, n, a.units())
	}
	if log {
		out := ticks(r, log, n, nil)
		for i := range out {
			if out[i].label != "" {
				out[i].label = Clock(out[i].v)
			}
		}
		return out
	}
	return timeTicks(r, n)
}

func ticks(r Range, log bool, n int, units []unit) []tick {
	if !r.valid(log) || n < 1 {
		return nil
	}
	if log && math.Log10(r.Hi/r.Lo) >= 0.7 {
		return logTicks(r, n, units)
	}
	return linearTicks(r, n, units)
}

// linearTicks steps by 1, 2 or 5 times a power of ten. All labels share one unit and as many decimals as the step needs.
func linearTicks(r Range, n int, units []unit) []tick {
	step := niceStep((r.Hi - r.Lo) / float64(n))
	u := commonUnit(r, step, units)
	return every(r, step, func(v float64) string {
		switch {
		case v == 0:
			return "0"
		case u.size != 1 || step >= 1:
			return grouped(v/u.size, decimals(step/u.size)) + u.suffix
		case max(math.Abs(r.Lo), math.Abs(r.Hi)) < 1e-3:
			return exponent(v, exponentDecimals(v, step))
		}
		return strconv.FormatFloat(v, 'f', decimals(step), 64)
	})
}

// every calls label for the multiples of step within r.
func every(r Range, step float64, label func(float64) string) []tick {
	var out []tick
	last := math.Floor(r.Hi/step + 1e-9)
	for k := math.Ceil(r.Lo/step - 1e-9); k <= last && len(out) < 1000; k++ {
		v := k*step + 0 // + 0 turns -0 into 0
		out = append(out, tick{v, label(v)})
	}
	return out
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that is at least raw.
func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// commonUnit is the largest unit that the labels reach and that leaves at most one decimal; counts below ten thousand stay
// plain.
func commonUnit(r Range, step float64, units []unit) unit {
	top := max(math.Abs(r.Lo), math.Abs(r.Hi))
	for _, u := range units {
		if top >= max(u.size, 1e4)*(1-1e-9) && step/u.size >= 0.1*(1-1e-9) {
			return u
		}
	}
	return unit{size: 1}
}

// timeTicks steps by round parts of minutes, hours and days.
func timeTicks(r Range, n int) []tick {
	raw := (r.Hi - r.Lo) / float64(n)
	step := niceStep(raw)
	if raw > 1 {
		step = 86400 * niceStep(raw/86400)
		for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400} {
			if raw <= s {
				step = s
				break
			}
		}
	}
	return every(r, step, func(v float64) string { return timeLabel(v, step) })
}

// timeLabel is Clock without the unit that the step never reaches: 5m, not 5m00s.
func timeLabel(v, step float64) string {
	if v == 0 {
		return "0"
	}
	if step < 1 {
		return strconv.FormatFloat(v, 'f', decimals(step), 64) + "s"
	}
	s := Clock(v)
	for _, zero := range []string{"00s", "00m", "00h"} {
		if len(s) > len(zero)+1 && strings.HasSuffix(s, zero) {
			return strings.TrimSuffix(s, zero)
		}
	}
	return s
}

// logTicks labels a choice of the multiples of powers of ten, the densest that keeps to n labels; the other multiples
// become minor ticks over less than five decades.
func logTicks(r Range, n int, units []unit) []tick {
	first, last := int(math.Floor(math.Log10(r.Lo))), int(math.Ceil(math.Log10(r.Hi)))
	labelled := chooseMultiples(r, first, last, n)
	every := max((last-first+n-1)/n, 1) // label every k-th decade of a very long axis
	var out []tick
	for e := first; e <= last; e++ {
		for _, m := range []float64{1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9} {
			v := m * math.Pow(10, float64(e))
			if v < r.Lo*(1-1e-9) || v > r.Hi*(1+1e-9) {
				continue
			}
			switch {
			case labelled[m] && (m != 1 || e%every == 0):
				out = append(out, tick{v, short(v, units)})
			case m != 1.5 && last-first <= 5:
				out = append(out, tick{v: v})
			}
		}
	}
	return out
}

func chooseMultiples(r Range, first, last, n int) map[float64]bool {
	for _, set := range [][]float64{{1, 1.5, 2, 3, 4, 5, 7}, {1, 2, 3, 5}, {1, 2, 5}, {1, 3}} {
		count := 0
		chosen := map[float64]bool{}
		for _, m := range set {
			chosen[m] = true
			for e := first; e <= last; e++ {
				if v := m * math.Pow(10, float64(e)); v >= r.Lo*(1-1e-9) && v <= r.Hi*(1+1e-9) {
					count++
				}
			}
		}
		if count <= n {
			return chosen
		}
	}
	return map[float64]bool{1: true}
}

// decimals is how many digits after the point a multiple of step needs.
func decimals(step float64) int {
	return max(int(math.Ceil(-math.Log10(step)-1e-9)), 0)
}

// exponentDecimals is decimals for the mantissa of v.
func exponentDecimals(v, step float64) int {
	return decimals(step / math.Pow(10, math.Floor(math.Log10(math.Abs(v))+1e-9)))
}

func grouped(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, fraction, has := strings.Cut(s, ".")
	if len(whole) > 4 {
		if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
			whole = Comma(n)
		}
	}
	if has {
		return whole + "." + fraction
	}
	return whole
}
