package cli

import (
	"slices"
	"strings"
	"testing"

	"growlab/assets"
)

// TestPresets: every preset is listed once, each rival behind what it is compared with, the cheapest plan first.
func TestPresets(t *testing.T) {
	home(t)
	var rows []presetRow
	decode(t, ok(t, "presets", "--json"), &rows)
	var names []string
	of := ""
	cost := 0.0
	for _, r := range rows {
		names = append(names, r.Name)
		if r.RivalOf == "" {
			if r.FLOPs < cost {
				t.Errorf("%s costs %g, and follows one of %g", r.Name, r.FLOPs, cost)
			}
			of, cost = r.Name, r.FLOPs
		} else if r.RivalOf != of {
			t.Errorf("%s, a rival of %s, stands behind %s", r.Name, r.RivalOf, of)
		}
		if r.Title == "" || r.About == "" || len(r.Shapes) == 0 || r.Params == 0 || r.Tokens == 0 {
			t.Errorf("%+v lacks something", r)
		}
	}
	if slices.Sort(names); !slices.Equal(names, assets.Recipes()) {
		t.Errorf("listed %v, there are %v", names, assets.Recipes())
	}
	out := ok(t, "presets")
	for _, want := range []string{"\nflm-1m            3L × 64, 5L × 96, 5L × 128  ", "\n  flm-1m-twin  ", "FreeLM: text and a teacher", "1.01 B"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if plan := ok(t, "plan", "--recipe", "flm-1m-teacher"); !strings.Contains(plan, "teacher: 25.0 % of the sequences") {
		t.Errorf("no teacher in\n%s", plan)
	}
	if r := run(t, "presets", "flm-1m"); r.code != 2 || !strings.Contains(r.err, `takes no argument "flm-1m"`) {
		t.Errorf("exit code %d, %s", r.code, r.err)
	}
}
