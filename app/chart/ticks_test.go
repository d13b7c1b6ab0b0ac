package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func labels(ts []tick) string {
	var out []string
	for _, t := range ts {
		if t.label != "" {
			out = append(out, strings.ReplaceAll(t.label, " ", "_"))
		}
	}
	return strings.Join(out, " ")
}

func TestTicks(t *testing.T) {
	for _, tc := range []struct {
		name string
		got  []tick
		want string
	}{
		{"steps", xTicks(Step, Range{0, 6000}, false, 8), "0 1000 2000 3000 4000 5000 6000"},
		{"thousands", xTicks(Step, Range{0, 100_000}, false, 6), "0 20k 40k 60k 80k 100k"},
		{"zoomed far in", xTicks(Step, Range{72_410, 72_432}, false, 5), "72,410 72,415 72,420 72,425 72,430"},
		{"steps are whole", xTicks(Step, Range{0.5, 2.5}, false, 8), "1 2"},
		{"millions of tokens", xTicks(Tokens, Range{0, 3.1e6}, false, 7), "0 0.5M 1.0M 1.5M 2.0M 2.5M 3.0M"},
		{"billions of tokens", xTicks(Tokens, Range{0, 40e9}, false, 4), "0 10B 20B 30B 40B"},
		{"FLOPs", xTicks(FLOPs, Range{0, 3e15}, false, 4), "0 1P 2P 3P"},
		{"FLOPs, log", xTicks(FLOPs, Range{2e10, 4e14}, true, 8), "100G 1T 10T 100T"},
		{"seconds", xTicks(Seconds, Range{0, 55}, false, 6), "0 10_s 20_s 30_s 40_s 50_s"},
		{"parts of a second", xTicks(Seconds, Range{0, 1}, false, 5), "0 0.2_s 0.4_s 0.6_s 0.8_s 1.0_s"},
		{"minutes", xTicks(Seconds, Range{0, 370}, false, 8), "0 1_min 2_min 3_min 4_min 5_min 6_min"},
		{"half minutes", xTicks(Seconds, Range{40, 130}, false, 4), "1_min 1_min_30_s 2_min"},
		{"hours", xTicks(Seconds, Range{0, 5.2 * 3600}, false, 6), "0 1_h 2_h 3_h 4_h 5_h"},
		{"days and minutes", xTicks(Seconds, Range{180_000, 185_400}, false, 3), "2_d_2_h 2_d_2_h_30_min 2_d_3_h 2_d_3_h_30_min"},
		{"before the start", xTicks(Seconds, Range{-70, 70}, false, 5), "-1_min -30_s 0 30_s 1_min"},
		{"days", xTicks(Seconds, Range{0, 5 * 86400}, false, 5), "0 1_d 2_d 3_d 4_d 5_d"},
		{"time, log", xTicks(Seconds, Range{0.5, 4000}, true, 6), "1_s 10_s 1_min_40_s 16_min_40_s"},
		{"loss", yTicks(Range{1.2, 5.8}, false, 9), "2 3 4 5"},
		{"loss, close", yTicks(Range{1.4, 1.62}, false, 5), "1.40 1.45 1.50 1.55 1.60"},
		{"loss, log", yTicks(Range{1.42, 6.2}, true, 9), "1.6 1.8 2 2.5 3 3.5 4 5 6"},
		{"loss, log, few", yTicks(Range{1.42, 6.2}, true, 3), "2 3 5"},
		{"log below an octave is linear", yTicks(Range{1.55, 1.92}, true, 8), "1.55 1.60 1.65 1.70 1.75 1.80 1.85 1.90"},
		{"learning rate", yTicks(Range{0, 6.2e-4}, false, 4), "0 2e-4 4e-4 6e-4"},
		{"learning rate, fine", yTicks(Range{0, 1.1e-4}, false, 5), "0 5e-5 1e-4"},
		{"learning rate, log", yTicks(Range{1e-6, 2e-3}, true, 5), "1e-6 1e-5 1e-4 0.001"},
		{"negative", yTicks(Range{-2.2, 2.2}, false, 5), "-2 -1 0 1 2"},
		{"twenty decades", yTicks(Range{1e-10, 1e10}, true, 6), "1e-8 1e-4 1 10k 100M"},
		{"empty range", yTicks(Range{2, 2}, false, 5), ""},
		{"log of nothing", yTicks(Range{-1, 5}, true, 5), ""},
		{"not a number", yTicks(Range{math.NaN(), 5}, false, 5), ""},
		{"time, empty", xTicks(Seconds, Range{3, 3}, false, 5), ""},
	} {
		if got := labels(tc.got); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestTicksAreFewInsideAndDistinct(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 3000 {
		lo := math.Pow(10, rng.Float64()*16-6)
		r := Range{lo, lo * (1 + math.Pow(10, rng.Float64()*8-4))}
		n := 2 + rng.IntN(10)
		a, log := Axis(rng.IntN(int(numAxes)+1)), rng.IntN(2) == 0
		got := yTicks(r, log, n)
		if a < numAxes {
			got = xTicks(a, r, log, n)
		}
		seen, count := map[string]bool{}, 0
		for _, k := range got {
			if k.v < r.Lo*(1-1e-6) || k.v > r.Hi*(1+1e-6) {
				t.Fatalf("axis %v, %v log %v, %d: tick %v outside", a, r, log, n, k.v)
			}
			if k.label == "" {
				continue
			}
			if seen[k.label] {
				t.Fatalf("axis %v, %v log %v, %d: label %q twice: %s", a, r, log, n, k.label, labels(got))
			}
			seen[k.label] = true
			count++
		}
		if count > n+1 {
			t.Fatalf("axis %v, %v log %v: %d labels, want about %d: %s", a, r, log, count, n, labels(got))
		}
	}
}

func TestFormat(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Comma(0), "0"},
		{Comma(999), "999"},
		{Comma(72410), "72,410"},
		{Comma(-1234567), "-1,234,567"},
		{Short(950), "950"},
		{Short(12_340), "12.3k"},
		{Short(1_570_000), "1.57M"},
		{Short(999_900), "1M"},
		{Short(3e9), "3B"},
		{Short(0), "0"},
		{ShortFLOPs(1.57e15), "1.57 PFLOP"},
		{ShortFLOPs(12), "12 FLOP"},
		{Clock(0.25), "0.25 s"},
		{Clock(45), "45 s"},
		{Clock(723), "12 min 3 s"},
		{Clock(9000), "2 h 30 min"},
		{Clock(3*86400 + 4*3600), "3 d 4 h"},
		{Clock(-5), "-5 s"},
		{Clock(59.7), "1 min"},
		{Value(1.83694), "1.8369"},
		{Value(6e-4), "6e-4"},
		{Value(2.345e-5), "2.345e-5"},
		{Value(0), "0"},
		{Value(41234.56), "41234.6"},
		{Value(math.NaN()), "NaN"},
		{Value(math.Inf(1)), "+Inf"},
		{Value(2.5e12), "2.5e12"},
		{figures(0.0123), "0.0123"},
		{figures(1.999), "2"},
		{figures(99.96), "100"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
}

func ExampleComma() {
	fmt.Println(Comma(72410), Short(1.57e9), ShortFLOPs(3e15), Clock(723))
	// Output: 72,410 1.57B 3 PFLOP 12 min 3 s
}
