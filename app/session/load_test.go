package session

import "testing"

func TestLoad(t *testing.T) {
	before, ok := parseLoad([]byte("cpu  100 0 50 800 50 0 0 0 7 7\ncpu0 1 2 3\n"))
	if !ok || before != (Load{150, 1000}) {
		t.Fatalf("got %+v, %v, want 150 of 1000 ticks", before, ok)
	}
	after, ok := parseLoad([]byte("cpu  160 10 60 840 80 5 5 0 9 9\n"))
	if !ok {
		t.Fatal("not read")
	}
	if got := after.Since(before); got != 90.0/160 {
		t.Errorf("busy for %g of the time, want %g", got, 90.0/160)
	}
	if got := before.Since(after); got != 0 {
		t.Errorf("back in time: got %g, want 0", got)
	}
	for _, bad := range []string{"", "cpu 1 2\n", "cpu  a 0 50 800 50 0 0 0 7 7\n", "intr 1 2 3 4 5 6 7 8 9\n"} {
		if l, ok := parseLoad([]byte(bad)); ok {
			t.Errorf("%q was read as %+v", bad, l)
		}
	}
}
