package microscope

import (
	"strings"
	"testing"

	"growlab/trainer/event"
)

func TestVerdict(t *testing.T) {
	for _, row := range []struct {
		name           string
		diff, most     float64
		preserves      bool
		want, alsoWant string
	}{
		{"rounding", 3.1e-6, 14, true, "Function preserved.", "1 part in 4.52M"},
		{"bit-equal", 0, 14, true, "Function preserved exactly.", "bit for bit"},
		{"more than rounding", 5e-3, 14, true, "Nearly preserved.", "1 part in 2.80k"},
		{"a bug", 2, 14, true, "Not preserved, although msg promises it", "14 %"},
		{"stack", 9, 14, false, "Not preserving by design", "+0.6100"},
		{"bf16 rounding", 0.06, 10, true, "Function preserved.", "bfloat16 rounding, no more"},
		{"more than bf16's", 0.5, 10, true, "Nearly preserved.", "more than bfloat16 rounding explains"},
	} {
		g := event.Grew{Operator: "msg", MaxLogitDiff: row.diff, MaxLogit: row.most, Preserves: row.preserves, LossBefore: 1.51, LossAfter: 2.12}
		if strings.Contains(row.name, "bf16") {
			g.Precision = "bf16"
		}
		got := Verdict(g)
		if !strings.HasPrefix(got, row.want) || !strings.Contains(got, row.alsoWant) {
			t.Errorf("%s: got %q, want it to begin with %q and to contain %q", row.name, got, row.want, row.alsoWant)
		}
	}
}
