package cli

import (
	"bufio"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"growlab/app/session"
	"growlab/growth"
)

// searchOf are the arguments of a search of tiny on a short text.
func searchOf(t *testing.T, more ...string) []string {
	t.Helper()
	data := write(t, "text.txt", strings.Repeat("in the beginning was the word, ", 200))
	return append([]string{"search", "--recipe", tiny, "--data", data, "--width", "16", "--threads", "1"}, more...)
}

// TestSearch: the table, the object and the recipe say the same, the second and third without training anything.
func TestSearch(t *testing.T) {
	dir := home(t)
	args := searchOf(t, "--tokens", "2560", "--lr", "1e-3,3e-3", "--output-mult", "2")
	table := run(t, args...)
	if table.code != 0 || strings.Count(table.err, "of 2:") != 2 {
		t.Fatalf("exit code %d\n%s", table.code, table.err)
	}
	for _, want := range []string{"proxy of tiny: 1L × 16, 7,408 parameters, 2,560 tokens a run, muP base width 16", "note: one seed each", "is the largest tried", "best      lr 0.003, init std 0.02, output mult"} {
		if !strings.Contains(table.out, want) {
			t.Errorf("no %q in\n%s", want, table.out)
		}
	}
	if files := filesIn(t, dir); len(files) < 2 {
		t.Errorf("two runs left %v", files)
	}

	object := run(t, append(args, "--json")...)
	var s searched
	decode(t, object.out, &s)
	if strings.Count(object.err, "(found)") != 2 || strings.Count(object.out, "\n") != 1 || len(s.Runs) != 2 || s.Runs[0].LR != 3e-3 {
		t.Fatalf("--json gives %s\n%s", object.out, object.err)
	}
	for i, x := range s.Runs {
		if x.Loss == nil || i > 0 && *x.Loss < *s.Runs[i-1].Loss || !strings.Contains(table.out, fixed(*x.Loss, 4)) {
			t.Errorf("run %d of the ranking: %+v", i, x)
		}
	}
	var shown account
	decode(t, ok(t, "runs", "show", s.Runs[0].Run, "--json"), &shown)
	if shown.Info.State != session.Done || shown.Info.Name != s.Runs[0].Name || shown.Eval.Loss != *s.Runs[0].Loss {
		t.Errorf("the best run is %+v, ranked as %+v", shown, s.Runs[0])
	}

	text := ok(t, append(args, "--print-recipe")...)
	r, err := growth.Parse("x", []byte(text))
	if err != nil || text != s.Transfer || r.Train.LR != s.Best.LR || r.Model.OutputMult != s.Best.OutputMult || r.Model.BaseWidth != 16 || r.Final().Hidden != 32 {
		t.Errorf("%v; --print-recipe prints\n%s", err, text)
	}
	ok(t, "plan", "--recipe", write(t, "tuned.toml", text))
}

// TestInterruptedSearch: Ctrl+C ends it with the code of an interrupt, and the same command finishes it.
func TestInterruptedSearch(t *testing.T) {
	home(t)
	args := searchOf(t, "--tokens", "256k", "--lr", "1e-3,3e-3")
	cmd, _ := program(t, args...)
	cmd.Stderr = nil
	messages, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(messages)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "1 of 2") {
			break
		}
	}
	// The second run takes most of a second; whether it has begun by now does not matter.
	if err := cmd.Process.Signal(os.Interrupt.(syscall.Signal)); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 130 || !strings.Contains(string(rest), "of 2 runs are done, and the same command goes on from here") {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), rest)
	}
	if r := run(t, args...); r.code != 0 || !strings.Contains(r.err, "(found)") || !strings.Contains(r.out, "best      lr") {
		t.Errorf("the same command: exit code %d\n%s%s", r.code, r.err, r.out)
	}
}

func TestDivergedSearch(t *testing.T) {
	home(t)
	args := searchOf(t, "--tokens", "2560", "--lr", "1e-3", "--init-std", "9", "--output-mult", "1e38")
	r := run(t, append(args, "--json")...)
	var s searched
	decode(t, r.out, &s)
	if r.code != 6 || s.Best != nil || s.Transfer != "" || !s.Runs[0].Diverged || !strings.Contains(r.err, "growlab: the run diverged, as did every run of the search") {
		t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
	}
}

func TestBadSearches(t *testing.T) {
	for name, tt := range map[string]struct {
		args string
		code int
		says string
	}{
		"no width":     {"--recipe flm-1m --lr 1e-3", 2, "--width is 0"},
		"nothing":      {"--recipe flm-1m --width 64", 2, "nothing to search"},
		"not a number": {"--recipe flm-1m --width 64 --lr 1e-3,fast", 2, `"fast" is not a positive number`},
		"negative":     {"--recipe flm-1m --width 64 --init-std -1", 2, `"-1" is not a positive number`},
		"twice":        {"--recipe flm-1m --width 64 --lr 1e-3,0.001", 2, `"0.001" stands twice`},
		"no tokens":    {"--recipe flm-1m --width 64 --lr 1e-3 --tokens some", 2, `--tokens is "some"`},
		"two outputs":  {"--recipe flm-1m --width 64 --lr 1e-3 --json --print-recipe", 2, "one of them"},
		"argument":     {"flm-1m", 2, `"flm-1m"`},
		"no recipe":    {"--width 64 --lr 1e-3", 3, "no recipe was named"},
		"odd width":    {"--recipe flm-1m --width 60 --lr 1e-3", 3, "hidden 60 is not a multiple of head_dim 16"},
		"high rate":    {"--recipe flm-1m --width 64 --lr 1e-3,11", 3, "train.lr is 11"},
		"no text":      {"--recipe flm-1m --width 64 --lr 1e-3 --data /no/such/text", 7, "/no/such/text"},
	} {
		dir := home(t)
		r := run(t, append([]string{"search"}, strings.Fields(tt.args)...)...)
		if lines := strings.Split(strings.TrimSpace(r.err), "\n"); r.code != tt.code || r.out != "" || !strings.Contains(lines[len(lines)-1], tt.says) || strings.Count(r.err, "growlab: ") != 1 {
			t.Errorf("%s: exit code %d, %q; want %d and one sentence with %q", name, r.code, r.err, tt.code, tt.says)
		}
		if files := filesIn(t, dir); len(files) > 0 {
			t.Errorf("%s left %v", name, files)
		}
	}
}
