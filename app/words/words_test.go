package words

import (
	"testing"
	"time"
)

func TestNumbersInWords(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{Thousands(0), "0"},
		{Thousands(999), "999"},
		{Thousands(1000), "1,000"},
		{Thousands(-1234567), "-1,234,567"},
		{Count(999), "999"},
		{Count(1000), "1.00k"},
		{Count(163_328), "163k"},
		{Count(999_600), "1.00M"},
		{Count(9_995_000), "10.0M"},
		{Count(101_000_000_000), "101B"},
		{FLOPs(6.03e12), "6.03 TFLOP"},
		{FLOPs(0), "0 FLOP"},
		{Size(12_345_678), "12.3 MB"},
		{Rate(41_234), "41.2k tokens/s"},
		{Percent(0.7149), "71 %"},
		{Percent(0.9999), "99 %"},
		{Percent(1), "100 %"},
		{Saving(0.7064), "70.6 %"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, row := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 s"},
		{8400 * time.Millisecond, "8 s"},
		{59600 * time.Millisecond, "1 min"},
		{112 * time.Second, "1 min 52 s"},
		{2 * time.Minute, "2 min"},
		{11*time.Minute + 20*time.Second, "11 min"},
		{2*time.Hour + 5*time.Minute, "2 h 5 min"},
		{3 * time.Hour, "3 h"},
		{26 * time.Hour, "26 h"},
		{9 * 24 * time.Hour, "9 days"},
	} {
		if got := Duration(row.d); got != row.want {
			t.Errorf("%v: got %q, want %q", row.d, got, row.want)
		}
	}
}

func TestWhen(t *testing.T) {
	if got, want := When(time.Date(2026, 11, 3, 9, 5, 0, 0, time.Local)), "3 Nov 09:05"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := When(time.Time{}); got != "" {
		t.Errorf("unknown time: got %q, want nothing", got)
	}
}

// An untrained network on bytes writes anything.
func TestTextIsMadeSafeToDraw(t *testing.T) {
	wild := "a\x00b\xff\xfe\tc\nd"
	if got, want := OneLine(wild, 100), "a b\uFFFD c d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Shown(wild), "a b\uFFFD c\nd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := OneLine("äöü äöü", 4), "äöü…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
