// Package words writes numbers as people say them: 1.02M parameters, 6.03 TFLOP, 1 min 52 s.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Thousands writes n with separators: 12,345.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// scaled writes x in three digits with a prefix of one of the units, each 1000 times the one before: 163k, 1.01M.
func scaled(x float64, units ...string) string {
	unit := 0
	for math.Abs(x) >= 999.5 && unit < len(units)-1 {
		x, unit = x/1000, unit+1
	}
	digits := 0
	if unit > 0 && math.Abs(x) < 99.95 {
		digits = 1
		if math.Abs(x) < 9.995 {
			digits = 2
		}
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + units[unit]
}

// Count writes a number in three digits.
func Count(n int64) string { return scaled(float64(n), "", "k", "M", "B", "T") }

// Amount writes a number of tokens exactly, as a recipe takes it: 100k or 2.5M where that is short, else 2_452_992.
func Amount(n int64) string {
	for i, unit := range []int64{1e9, 1e6, 1e3} {
		if n >= unit && n/unit < 1000 && n%(unit/100) == 0 {
			return strconv.FormatFloat(float64(n)/float64(unit), 'f', -1, 64) + [...]string{"B", "M", "k"}[i]
		}
	}
	if n < 10_000 { // four digits are read at a glance
		return strconv.FormatInt(n, 10)
	}
	return strings.ReplaceAll(Thousands(n), ",", "_")
}

// Decimal writes v shortly and exactly, as a recipe does: 0.85, 8e-3.
func Decimal(v float64) string {
	if v != 0 && (math.Abs(v) < 0.01 || math.Abs(v) >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		if n, err := strconv.Atoi(exponent); err == nil {
			return mantissa + "e" + strconv.Itoa(n)
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// About writes v as Decimal does, in so many digits.
func About(v float64, digits int) string {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return Decimal(v) // not a number
	}
	return Decimal(r)
}

// FLOPs writes an amount of compute.
func FLOPs(x float64) string {
	return scaled(x, " FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP", " EFLOP")
}

// Size writes a number of bytes.
func Size(bytes int64) string { return scaled(float64(bytes), " B", " kB", " MB", " GB", " TB") }

// Rate writes a speed in tokens per second.
func Rate(perS float64) string { return scaled(perS, "", "k", "M") + " tokens/s" }

// Percent is how much is done: it says 100 only of the whole.
func Percent(x float64) string { return strconv.Itoa(int(math.Floor(100*x+1e-9))) + " %" }

// Saving is a share of compute to three digits.
func Saving(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }

// Fixed writes a loss.
func Fixed(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }

// Duration writes d as a person says it: 8 s, 1 min 52 s, 11 min, 2 h 5 min, 3 days.
func Duration(d time.Duration) string {
	s := int64(math.Round(d.Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 10*60 && s%60 != 0:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 60*60:
		return fmt.Sprintf("%d min", (s+30)/60)
	case s < 10*60*60 && s/60%60 != 0:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	case s < 48*60*60:
		return fmt.Sprintf("%d h", (s+1800)/3600)
	}
	return fmt.Sprintf("%d days", (s+12*3600)/(24*3600))
}

// Seconds writes a time span as Duration does.
func Seconds(s float64) string { return Duration(time.Duration(s * float64(time.Second))) }

// When writes a moment as a list of runs does, in local time; "" if it is not known.
func When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 15:04")
}

// OneLine is text for a place with little room: what is not printable becomes a space, and runs of spaces shrink to one.
func OneLine(text string, most int) string {
	words := strings.Fields(strings.Map(printable, strings.ToValidUTF8(text, "\uFFFD")))
	runes := []rune(strings.Join(words, " "))
	if len(runes) > most {
		return strings.TrimRight(string(runes[:most]), " ") + "…"
	}
	return string(runes)
}

// Shown is generated text made safe to draw: an untrained network writes any bytes.
func Shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}
