package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"growlab/app/session"
	"growlab/growth"
)

// drawn is the schedule of flm-1m with changes, by the name of the row.
func drawn(t *testing.T, sets ...string) map[string]string {
	t.Helper()
	r, err := session.LoadRecipe(session.Launch{Recipe: "flm-1m", Set: sets})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, line := range drawSchedule(r) {
		runes := []rune(line)
		rows[strings.TrimSpace(string(runes[:13]))] = string(runes[15:])
	}
	return rows
}

// TestScheduleOfAPlan: the three kinds of schedule look like what they are.
func TestScheduleOfAPlan(t *testing.T) {
	for name, tt := range map[string]struct {
		sets []string
		want map[string]string
	}{
		"together": {[]string{"stage.2.ramp=300k"}, map[string]string{
			"stage":         "1-------------------------------------------------2--------3----",
			"learning rate": "▃▇██████████████████████████████████████████▇▇▇▇▇▇▇▇▇▆▆▆▅▅▅▄▃▂▁▁",
			"mask":          strings.Repeat(" ", 50) + "▁▂▃▄▆▇████████",
		}},
		"one after another": {[]string{`stage.2.ramp_order=["ffn","layers","hidden","heads"]`, "stage.2.ramp=300k", "stage.3.ramp=0"}, map[string]string{
			"mask, FFN":    strings.Repeat(" ", 50) + "▁▆███████",
			"mask, layers": strings.Repeat(" ", 50) + "▁▁▃██████",
			"mask, heads":  strings.Repeat(" ", 50) + "▁▁▁▁▁▃███",
		}},
		"rewound": {[]string{"stage.2.lr_policy=rewind", "stage.2.lr=1", "stage.2.operator=stack", "stage.3.operator=stack"}, map[string]string{
			"learning rate": "▃▇█████████████▇▇▇▇▇▇▇▆▆▆▆▆▅▅▅▅▅▄▄▄▄▄▄▃▃▃▃▃▂▂▂▂▂▂▂███▇▇▆▆▅▅▄▃▂▁▁",
			"mask":          "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := drawn(t, tt.sets...)
			for row, want := range tt.want {
				if got[row] != want {
					t.Errorf("%s is drawn as\n%q, want\n%q", row, got[row], want)
				}
			}
		})
	}
}

// TestScheduleOfAShortRun: fewer steps than characters are drawn all the same.
func TestScheduleOfAShortRun(t *testing.T) {
	r, err := growth.Parse("short", []byte("recipe = 1\n[[stage]]\ntokens = 3072\nlayers = 1\nhidden = 16\nlr = 1.0"))
	if err != nil {
		t.Fatal(err)
	}
	rows := drawSchedule(r)
	if len(rows) != 2 || utf8.RuneCountInString(rows[1]) != 15+scheduleWidth {
		t.Errorf("two steps are drawn as %q", rows)
	}
}
