package chart

import (
	"math"
	"slices"
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
	switch {
	case !a.clock() && !log && r.valid(log) && n > 0:
		return linearTicks(r, n, 1, a.units()) // counts are whole
	case !a.clock():
		return ticks(r, log, n, a.units())
	case log && r.valid(log) && r.Hi/r.Lo >= 2:
		out := ticks(r, log, n, nil)
		for i := range out {
			if out[i].label != "" {
				out[i].label = Clock(out[i].v)
			}
		}
		return out
	case !r.valid(log) || n < 1:
		return nil
	}
	return timeTicks(r, n)
}

func ticks(r Range, log bool, n int, units []unit) []tick {
	if !r.valid(log) || n < 1 {
		return nil
	}
	if log && r.Hi/r.Lo >= 2 {
		return logTicks(r, n, units)
	}
	return linearTicks(r, n, 0, units)
}

// linearTicks steps by 1, 2 or 5 times a power of ten. The step is
// at least least. All labels share one unit and as many decimals as the step needs.
func linearTicks(r Range, n int, least float64, units []unit) []tick {
	step := max(niceStep((r.Hi-r.Lo)/float64(n)), least)
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

// timeLabel is a number of seconds without its zero units: 0.2 s, 5 min, 1 min 30 s, 2 d 2 h 30 min.
func timeLabel(v, step float64) string {
	if step < 1 && v != 0 {
		return strconv.FormatFloat(v, 'f', decimals(step), 64) + " s"
	}
	rest := int64(math.Round(math.Abs(v)))
	var parts []string
	for _, u := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := rest / u.seconds; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+" "+u.name)
		}
		rest %= u.seconds
	}
	switch text := strings.Join(parts, " "); {
	case text == "":
		return "0"
	case v < 0:
		return "-" + text
	default:
		return text
	}
}

// multiples of a power of ten that a logarithmic axis may label, densest choice first.
var multiples = [][]float64{
	{1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9},
	{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8},
	{1, 1.5, 2, 3, 4, 5, 7},
	{1, 2, 3, 5},
	{1, 2, 5},
	{1, 3},
	{1},
}

// logTicks labels the densest choice of multiples that keeps to n labels, not too close to each other; the whole multiples
// left over become minor ticks over less than six decades.
func logTicks(r Range, n int, units []unit) []tick {
	first, last := int(math.Floor(math.Log10(r.Lo))), int(math.Ceil(math.Log10(r.Hi)))
	nth := max((last-first+n-1)/n, 1) // of a very long axis only every nth decade
	var out []tick
	for _, v := range chooseMultiples(r, first, last, n) {
		if e := math.Round(math.Log10(v)); nth == 1 || int(e)%nth == 0 {
			out = append(out, tick{v, short(v, units)})
		}
	}
	if last-first > 6 {
		return out
	}
	labelled := len(out)
	for _, v := range within(r, multiplesOf([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, first, last)) {
		if !slices.ContainsFunc(out[:labelled], func(t tick) bool { return t.v == v }) {
			out = append(out, tick{v: v})
		}
	}
	return out
}

func chooseMultiples(r Range, first, last, n int) []float64 {
	gap := math.Pow(r.Hi/r.Lo, 0.4/float64(n)) // smallest ratio of two labels that do not touch
	for _, set := range multiples {
		values := within(r, multiplesOf(set, first, last))
		if len(values) <= n && apart(values, gap) {
			return values
		}
	}
	return within(r, multiplesOf([]float64{1}, first, last))
}

// multiplesOf are the products of set with the powers of ten from first to last, ascending.
func multiplesOf(set []float64, first, last int) []float64 {
	var out []float64
	for e := first; e <= last; e++ {
		for _, m := range set {
			out = append(out, m*math.Pow(10, float64(e)))
		}
	}
	return out
}

func within(r Range, values []float64) []float64 {
	return slices.DeleteFunc(values, func(v float64) bool { return v < r.Lo*(1-1e-9) || v > r.Hi*(1+1e-9) })
}

func apart(values []float64, ratio float64) bool {
	for i := 1; i < len(values); i++ {
		if values[i] < values[i-1]*ratio {
			return false
		}
	}
	return true
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
