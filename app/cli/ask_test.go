package cli

import (
	"bufio"
	"strings"
	"syscall"
	"testing"
	"time"

	"growlab/app/engine"
)

// training starts a run in a process of its own and waits for its first step; stop ends it in good order and waits.
func training(t *testing.T, sets ...string) (stop func()) {
	t.Helper()
	args := []string{"train", "--recipe", tiny, "--threads", "1", "--json"}
	for _, s := range sets {
		args = append(args, "--set", s)
	}
	cmd, _ := program(t, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		told := false
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if !told && strings.Contains(lines.Text(), `"event":"step"`) {
				close(first)
				told = true
			}
		}
	}()
	select {
	case <-first:
	case <-time.After(2 * time.Minute):
		t.Fatal("no step came")
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			<-done
			_ = cmd.Wait() // it was stopped
		}
	}
	t.Cleanup(stop)
	return stop
}

// TestReplayThatDiffers has an exit code of its own.
func TestReplayThatDiffers(t *testing.T) {
	if got := code(engine.Comparison{Steps: 5, First: 2, What: "loss 1, then 2"}.Err()); got != 9 {
		t.Errorf("exit code %d, want 9", got)
	}
}

// TestBadOrders: what is no order at all is bad usage, before a run is looked for or after.
func TestBadOrders(t *testing.T) {
	home(t)
	ok(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=1280", "--set", "stage.1.warmup=0")
	for want, args := range map[string][]string{
		"growlab postpone needs --tokens":            {"postpone", "tiny"},
		"--tokens is 0: postpone by 0 tokens":        {"postpone", "tiny", "--tokens=0"},
		"--tokens is -5: extend by -5 tokens":        {"extend", "tiny", "--tokens=-5"},
		`"many" is not a number of tokens`:           {"extend", "tiny", "--tokens=many"},
		"growlab postpone takes one run":             {"postpone"},
		"growlab replay takes one run":               {"replay"},
		`"zzz"`:                                      {"replay", "zzz"},
		"--to is 99; run":                            {"replay", "tiny", "--to", "99"},
		`"lr" is not a setting: set needs key=value`: {"set", "tiny", "lr", "--dry-run"},
	} {
		if r := run(t, args...); r.code != 2 || !strings.Contains(r.err, want) {
			t.Errorf("%v: exit code %d, %s; want %q", args, r.code, r.err, want)
		}
	}
}

const endless = "stage.1.tokens=100M"

// TestLiveRunIsChangedAndReplayed: every verb that changes a live run, first as a preview, which changes nothing; then the replay.
func TestLiveRunIsChangedAndReplayed(t *testing.T) {
	dir := home(t)
	stop := training(t, endless)
	file := onlyRun(t, dir)
	course := func() engine.Course {
		c, err := engine.ReadCourse(file)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, tt := range []struct {
		args    []string
		preview []string
		says    string
	}{
		{[]string{"set", "tiny", "lr=0.5x", "clip=0.2", "threads=1"}, []string{"peak learning rate 0.003, then 0.0015", "clip 1, then 0.2", "threads=1 changes none"}, "has clip=0.2 from the next step on"},
		{[]string{"postpone", "tiny", "--tokens", "1M"}, []string{"as it goes now: 100,008,960 tokens", "as it would go: 101,009,024 tokens", "ramp to step"}, "grows 1,000,000 tokens later"},
		{[]string{"extend", "tiny", "--tokens", "12_800"}, []string{"as it would go: 101,021,"}, "is 12,800 tokens longer"},
		{[]string{"grow", "tiny"}, []string{"1  1L × 16", "-              -"}, "grows"},
	} {
		before := course()
		shown := ok(t, append(tt.args, "--dry-run")...)
		for _, want := range append(tt.preview, "as it goes now", "learning rate") {
			if !strings.Contains(shown, want) {
				t.Errorf("%v --dry-run should show %q:\n%s", tt.args, want, shown)
			}
		}
		if after := course(); len(after.Journal) != len(before.Journal) {
			t.Errorf("%v --dry-run changed the journal to %v", tt.args, after.Journal)
		}
		if r := run(t, tt.args...); r.code != 0 || !strings.Contains(r.err, tt.says) {
			t.Errorf("%v: exit code %d, %s; want %q", tt.args, r.code, r.err, tt.says)
		}
	}
	for want, args := range map[string][]string{
		"batch is 20 tokens; it must be a multiple of context 16": {"set", "tiny", "batch=20"},
		`cannot change "seed"; it can change batch, `:             {"set", "tiny", "seed=4"},
		"extend by 5 tokens is less than a step of stage 3":       {"extend", "tiny", "--tokens", "5"},
	} {
		for _, more := range []string{"--dry-run", "--dry-run=false"} {
			if r := run(t, append(args, more)...); !strings.Contains(r.err, want) || r.code != 1 {
				t.Errorf("%v %s: exit code %d, %s; want %q", args, more, r.code, r.err, want)
			}
		}
	}
	settled := course()
	if r := run(t, "set", "tiny", "clip=0.9", "batch=20"); r.code != 1 || !strings.Contains(r.err, "multiple of context") {
		t.Errorf("exit code %d, %s", r.code, r.err)
	}
	if c := course(); len(c.Journal) != len(settled.Journal) {
		t.Errorf("one of two settings was refused, and the journal went on to %v", c.Journal)
	}
	if r := run(t, "replay", "tiny"); r.code != 1 || !strings.Contains(r.err, "is running; a replay wants one that has ended") {
		t.Errorf("replay of a live run: exit code %d, %s", r.code, r.err)
	}
	stop()
	out := ok(t, "replay", file)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); !strings.HasPrefix(lines[len(lines)-1], "the replay is the run, bit for bit: ") {
		t.Errorf("the replay says\n%s", out)
	}
	var c engine.Comparison
	lines := strings.Split(strings.TrimSpace(ok(t, "replay", file, "--to", "3", "--json")), "\n")
	decode(t, lines[len(lines)-1], &c)
	if !c.Equal || c.Steps != 3 {
		t.Errorf("%+v", c)
	}
	for _, args := range [][]string{{"grow"}, {"set", "lr=1"}, {"postpone", "--tokens=1k"}, {"extend", "--tokens=1k", "--dry-run"}} {
		args = append([]string{args[0], file}, args[1:]...)
		if r := run(t, args...); r.code != 1 || !strings.Contains(r.err, "is not running: it is stopped; growlab resume goes on with it") {
			t.Errorf("%v of a run that was stopped: exit code %d, %s", args, r.code, r.err)
		}
	}
}
