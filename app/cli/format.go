package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// scaled writes v with three digits and an SI prefix: 1_013_504 is "1.01 M".
func scaled(v float64) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E", "Z"}
	i := 0
	for math.Abs(v) >= 999.5 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	digits := 0
	if i > 0 {
		digits = max(0, 2-int(math.Floor(math.Log10(math.Abs(v)+5e-4))))
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if prefixes[i] == "" {
		return s
	}
	return s + " " + prefixes[i]
}

// grouped writes n with commas: 3_111_936 is "3,111,936".
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// flops writes an amount of computation: "2.14 TFLOP".
func flops(f float64) string {
	s := scaled(f)
	if strings.Contains(s, " ") {
		return s + "FLOP"
	}
	return s + " FLOP"
}

// bytesOf writes an amount of memory: "12.3 MB".
func bytesOf(n int64) string {
	s := scaled(float64(n))
	if strings.Contains(s, " ") {
		return s + "B"
	}
	return s + " B"
}

// clock writes a duration in two units at most: "1m 42s", "3h 05m", "0.8s".
func clock(d time.Duration) string {
	switch {
	case d < 0:
		return "?"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh %02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd %02dh", int(d.Hours())/24, int(d.Hours())%24)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// fixed writes a loss with so many decimals; one that has run away is written short.
func fixed(loss float64, decimals int) string {
	if math.Abs(loss) < 1e4 {
		return strconv.FormatFloat(loss, 'f', decimals, 64)
	}
	return strconv.FormatFloat(loss, 'g', 4, 64)
}

func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 1, 64) + " %" }

// printable makes generated text safe for a terminal: control characters other than newline and tab, which could move the
// cursor or change its colours, become U+FFFD, as bytes that are not UTF-8 do.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < 0x20 || r >= 0x7f && r < 0xa0) {
			return '\ufffd'
		}
		return r
	}, s)
}

// wrap breaks a line at spaces, into parts of at most width characters where words allow it.
func wrap(line string, width int) []string {
	var parts []string
	for {
		runes := []rune(line)
		if len(runes) <= width {
			return append(parts, line)
		}
		cut := strings.LastIndexByte(string(runes[:width+1]), ' ')
		if cut <= 0 {
			cut = len(string(runes[:width]))
		}
		parts = append(parts, line[:cut])
		line = strings.TrimPrefix(line[cut:], " ")
	}
}
