package cli

import (
	"strings"
	"testing"

	"growlab/trainer/event"
)

// TestAttachHere: a run of this machine is shown from its beginning to its end, and runs events prints the same.
func TestAttachHere(t *testing.T) {
	home(t)
	ok(t, "train", "--recipe", tiny)
	out := ok(t, "attach", "tiny", "--json")
	var kinds []string
	steps := 0
	for line := range strings.Lines(out) {
		e, err := event.Unmarshal([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := e.(event.Step); ok {
			steps++
		} else {
			kinds = append(kinds, e.Kind())
		}
	}
	if steps == 0 || kinds[0] != "start" || kinds[len(kinds)-1] != "ended" {
		t.Errorf("%d steps, and %v", steps, kinds)
	}
	if again := ok(t, "runs", "events", "tiny"); again != out {
		t.Errorf("runs events prints %d bytes, attach --json %d", len(again), len(out))
	}
	if r := run(t, "attach", "tiny", "--terminal"); r.code != 0 || !strings.Contains(r.err, "grew") {
		t.Errorf("exit code %d, and\n%s", r.code, r.err)
	}
	if r := run(t, "attach", "nowhere:"); r.code != 2 || !strings.Contains(r.err, "host:RUN") {
		t.Errorf("exit code %d: %s", r.code, r.err)
	}
}
