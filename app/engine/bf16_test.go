//go:build !race

package engine_test

import (
	"math"
	"testing"

	"growlab/trainer/event"
)

// TestBF16TracksFP32 trains the whole of flm-1m in either precision: two minutes on two cores, and nothing for the race detector.
// Rounding sends the two runs apart step by step, so losses are compared over many steps. Kernels of fp32 that differ in rounding only
// are up to 0.5 % apart at the end.
func TestBF16TracksFP32(t *testing.T) {
	const window, within = 200, 0.01
	h := home(t)
	run := func(precision string) ([]event.Step, float64) {
		l := tiny("eval.every=0", "sample.tokens=0", "checkpoint.every=0")
		l.Recipe, l.Precision = "flm-1m", precision
		seen, end := uninterrupted(t, h, l)
		return seen.steps(), end.Loss
	}
	full, wantEnd := run("fp32")
	half, gotEnd := run("bf16")
	if len(full) != len(half) || len(full) < 2000 {
		t.Fatalf("%d steps in fp32, %d in bf16; want equally many, the whole recipe", len(full), len(half))
	}
	if d := gotEnd/wantEnd - 1; math.Abs(d) > within || d == 0 {
		t.Errorf("final validation loss is %.4f in bf16 and %.4f in fp32, %+.2f %% apart; want another number within 1 %%", gotEnd, wantEnd, 100*d)
	}
	worst := 0.0
	for i := 0; i+window <= len(full); i += window {
		got, want := meanLoss(half[i:i+window]), meanLoss(full[i:i+window])
		worst = max(worst, math.Abs(got/want-1))
		if math.Abs(got/want-1) > within {
			t.Errorf("steps %d to %d: mean loss %.4f in bf16, %.4f in fp32; want within 1 %%", i+1, i+window, got, want)
		}
	}
	t.Logf("final loss %.4f in bf16, %.4f in fp32; means of %d steps at most %.2f %% apart", gotEnd, wantEnd, window, 100*worst)
}

func meanLoss(steps []event.Step) float64 {
	var sum float64
	for _, s := range steps {
		sum += s.Loss
	}
	return sum / float64(len(steps))
}
