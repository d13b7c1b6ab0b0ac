package cli

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestScaled(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 7: "7", 999: "999", 999.4: "999", 999.6: "1.00 k", 1000: "1.00 k", 12_345: "12.3 k", 999_499: "999 k",
		999_999: "1.00 M", 1_013_504: "1.01 M", 2.5e12: "2.50 T", 3e24: "3000 Z", -1500: "-1.50 k",
	} {
		if got := scaled(v); got != want {
			t.Errorf("scaled(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 3_111_936: "3,111,936", -1234: "-1,234", -999: "-999"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		flops(2.14e12):       "2.14 TFLOP",
		flops(12):            "12 FLOP",
		bytesOf(512):         "512 B",
		bytesOf(12e6):        "12.0 MB",
		fixed(1.44807, 4):    "1.4481",
		fixed(3e26, 4):       "3e+26",
		fixed(math.NaN(), 4): "NaN",
		percent(0.538):       "53.8 %",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1:                          "?",
		800 * time.Millisecond:      "0.8s",
		42 * time.Second:            "42s",
		102 * time.Second:           "1m 42s",
		3*time.Hour + 5*time.Minute: "3h 05m",
		50 * time.Hour:              "2d 02h",
	} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"short":                "short",
		"one two three four":   "one two|three four",
		"0123456789":           "0123456789",
		"0123456789ab cd":      "0123456789|ab cd",
		"éééé éééé éééé":       "éééé éééé|éééé",
		"exactly 10 and more":  "exactly 10|and more",
		" leading and another": " leading|and|another",
	} {
		if got := strings.Join(wrap(in, 10), "|"); got != want {
			t.Errorf("wrap(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\n":          "a\tb\n",
		"\x1b[31mred\x07": "\ufffd[31mred\ufffd",
		"\xff\xfe":        "\ufffd\ufffd",
		"é\u009b2J":       "é\ufffd2J",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
