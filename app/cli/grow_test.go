package cli

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

// TestGrow: a live run grows when it is asked to, and refuses in its last stage.
func TestGrow(t *testing.T) {
	dir := home(t)
	cmd, _ := program(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=100M", "--set", "stage.2.tokens=100M", "--set", "stage.2.ramp=0",
		"--set", "stage.3.tokens=100M", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // it is killed
	defer func() { _ = cmd.Process.Kill() }()
	events := bufio.NewReader(out)
	until := func(what string) {
		for {
			line, err := events.ReadString('\n')
			if err != nil {
				t.Fatalf("no %s: %v", what, err)
			}
			if strings.Contains(line, what) {
				return
			}
		}
	}
	for range 2 {
		until(`"event":"step"`)
		if r := run(t, "grow", onlyRun(t, dir)); r.code != 0 || !strings.Contains(r.err, "grows") {
			t.Fatalf("exit code %d, %s", r.code, r.err)
		}
		until(`"event":"grew"`)
	}
	until(`"event":"step"`)
	if r := run(t, "grow", "tiny"); r.code != 1 || !strings.Contains(r.err, "last of its 3 stages; there is nothing to grow into") {
		t.Errorf("in the last stage: exit code %d, %s", r.code, r.err)
	}
	var a account
	for late := time.Now().Add(time.Minute); time.Now().Before(late); time.Sleep(10 * time.Millisecond) { // the file lags by a quarter of a second
		decode(t, ok(t, "runs", "show", "tiny", "--json"), &a)
		if len(a.Grew) == 2 {
			break
		}
	}
	if len(a.Grew) != 2 || a.Stages[2].FromStep != a.Grew[1].Step || a.Stages[0].Steps > 10_000 {
		t.Errorf("grew %d times; %+v in %+v", len(a.Grew), a.Info, a.Stages)
	}
	if r := run(t, "grow", "zzz"); r.code != 2 || !strings.Contains(r.err, `"zzz"`) {
		t.Errorf("no such run: exit code %d, %s", r.code, r.err)
	}
}
