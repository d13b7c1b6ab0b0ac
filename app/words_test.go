package app

import "testing"

func TestShortSpans(t *testing.T) {
	for _, row := range []struct {
		seconds float64
		want    string
	}{{0.04, "40 ms"}, {3.21, "3.2 s"}, {75, "1 min 15 s"}} {
		if got := short(row.seconds); got != row.want {
			t.Errorf("%g: got %q, want %q", row.seconds, got, row.want)
		}
	}
}
