package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is a suffix and its size.
type unit struct {
	size   float64
	suffix string
}

var (
	counts = []unit{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}}
	metric = []unit{{1e21, "Z"}, {1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}
)

// units are the suffixes for axis a; the vertical axis uses counts.
func (a Axis) units() []unit {
	if a == FLOPs {
		return metric
	}
	return counts
}

// Comma writes n with thousands separated: 72,410.
func Comma(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Short writes a count in three figures: 950, 12.3k, 1.57M.
func Short(v float64) string { return short(v, counts) }

// ShortFLOPs writes a number of operations: 1.57 PFLOP.
func ShortFLOPs(v float64) string {
	text := short(v, metric)
	if n := len(text); n > 0 && text[n-1] > '9' {
		return text[:n-1] + " " + text[n-1:] + "FLOP"
	}
	return text + " FLOP"
}

func short(v float64, units []unit) string {
	a := math.Abs(v)
	for _, u := range units {
		if a >= u.size*0.9995 {
			return figures(v/u.size) + u.suffix
		}
	}
	return figures(v)
}

// figures writes v, expected below 1000, in three figures without trailing zeros.
func figures(v float64) string {
	a := math.Abs(v)
	switch {
	case a >= 999.5, a == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a < 1e-3:
		return exponent(v, 2)
	}
	d := max(2-int(math.Floor(math.Log10(a*1.0005))), 0)
	return trim(strconv.FormatFloat(v, 'f', d, 64))
}

// Clock writes a duration in seconds in at most two units, as words.Duration does: 0.25 s, 45 s, 12 min 3 s, 2 h 30 min, 3 d 4 h.
func Clock(seconds float64) string {
	if seconds < 0 {
		return "-" + Clock(-seconds)
	}
	if seconds < 9.995 {
		return figures(seconds) + " s"
	}
	s := int64(math.Round(seconds))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return two(s/60, "min", s%60, "s")
	case s < 86400:
		return two(s/3600, "h", s%3600/60, "min")
	}
	return two(s/86400, "d", s%86400/3600, "h")
}

// two writes an amount of one unit and of the next smaller one, which is left out where there is none.
func two(large int64, unit string, small int64, smaller string) string {
	text := strconv.FormatInt(large, 10) + " " + unit
	if small != 0 {
		text += " " + strconv.FormatInt(small, 10) + " " + smaller
	}
	return text
}

// Value writes a measured value: four decimals for ordinary sizes, four figures otherwise.
func Value(v float64) string {
	a := math.Abs(v)
	switch {
	case !finite(v):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case v == 0:
		return "0"
	case a < 1e-3 || a >= 1e6:
		return exponent(v, 3)
	case a >= 1000:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a < 0.1:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// exponent writes 6e-4, 2.5e-4, 1e12.
func exponent(v float64, decimals int) string {
	mantissa, power, _ := strings.Cut(strconv.FormatFloat(v, 'e', decimals, 64), "e")
	power = strings.TrimPrefix(power, "+")
	sign := ""
	if strings.HasPrefix(power, "-") {
		sign, power = "-", power[1:]
	}
	if power = strings.TrimLeft(power, "0"); power == "" {
		return trim(mantissa)
	}
	return trim(mantissa) + "e" + sign + power
}

// trim removes trailing zeros after a decimal point.
func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
