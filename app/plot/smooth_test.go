package plot

import (
	"math"
	"testing"
)

func TestSmoothSlider(t *testing.T) {
	for _, tc := range []struct{ position, factor float64 }{{0, 0}, {1.0 / 3, 0.9}, {2.0 / 3, 0.99}, {1, 0.999}} {
		if got := SmoothFactor(tc.position); math.Abs(got-tc.factor) > 1e-4 {
			t.Errorf("factor at %v is %v, want %v", tc.position, got, tc.factor)
		}
		if got := SmoothPosition(tc.factor); math.Abs(got-tc.position) > 1e-9 {
			t.Errorf("position of %v is %v, want %v", tc.factor, got, tc.position)
		}
	}
}
