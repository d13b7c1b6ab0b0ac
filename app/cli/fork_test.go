package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/session"
)

// checkpointsOf lists those of a run.
func checkpointsOf(t *testing.T, run string) (all []session.Saved) {
	t.Helper()
	decode(t, ok(t, "runs", "checkpoints", run, "--json"), &all)
	return all
}

// TestForkAndReplay on the terminal: from the list of checkpoints to a fork that a replay reproduces.
func TestForkAndReplay(t *testing.T) {
	home(t)
	parent := idOf(t, ok(t, "train", "--recipe", tiny, "--name", "parent"))
	saved := checkpointsOf(t, "parent")
	at := saved[0]
	if at.Reason != "transition" || !strings.Contains(ok(t, "runs", "checkpoints", parent), "transition, kept") {
		t.Fatalf("checkpoints %+v", saved)
	}
	child := idOf(t, ok(t, "fork", "parent", "--at", fmt.Sprint(at.Step), "--name", "child", "--set", "lr=0.5x", "--set", "stage.3.operator=exact", "--set", "stage.3.ramp=0"))
	var shown struct{ Run session.Info }
	decode(t, ok(t, "runs", "show", child, "--json"), &shown)
	if i := shown.Run; i.Name != "child" || i.Parent != parent || i.Fork == nil || i.Fork.Step != at.Step || i.State != session.Done {
		t.Errorf("the fork is %+v", i)
	}
	if out := ok(t, "replay", "child"); !strings.Contains(out, "the replay is the run, bit for bit") {
		t.Errorf("its replay says\n%s", out)
	}
	for name, x := range map[string]struct {
		args []string
		want string
	}{
		"no such run":       {[]string{"fork", "nobody"}, `there is no run "nobody"`},
		"no such step":      {[]string{"fork", "parent", "--at", "7"}, "growlab replay " + parent + " --to 7 makes a run"},
		"nothing to revert": {[]string{"revert", "parent"}, "there is nothing to revert"},
	} {
		if r := run(t, x.args...); r.code != 2 || !strings.Contains(r.err, x.want) {
			t.Errorf("%s: exit code %d, %q, want %q", name, r.code, r.err, x.want)
		}
	}
}

// TestRevertOnTheTerminal: the fork with an edit is, reverted, what it would have been without.
func TestRevertOnTheTerminal(t *testing.T) {
	home(t)
	ok(t, "train", "--recipe", tiny, "--name", "parent")
	at := checkpointsOf(t, "parent")[0]
	ok(t, "fork", "parent", "--checkpoint", fmt.Sprint(at.ID), "--name", "bent", "--set", "clip=0.01")
	if r := run(t, "revert", "bent"); r.code != 2 || !strings.Contains(r.err, "has no checkpoint before an edit") {
		t.Errorf("the edit that a fork begins with: exit code %d, %q", r.code, r.err)
	}
}

// TestLabelRuns: name, tags and end of a run, on the terminal.
func TestLabelRuns(t *testing.T) {
	dir := home(t)
	id := idOf(t, ok(t, append([]string{"train", "--recipe", tiny}, "--set", "stage.1.tokens=1280", "--set", "stage.2.tokens=1280", "--set", "stage.3.tokens=1280", "--set", "stage.2.ramp=640", "--set", "stage.3.ramp=640")...))
	ok(t, "runs", "rename", id, "psalm 23")
	if out := ok(t, "runs", "tag", "psalm 23", "good", "short"); out != "good short\n" {
		t.Errorf("tags %q", out)
	}
	if out := ok(t, "runs", "tag", id, "--", "-short"); out != "good\n" {
		t.Errorf("tags %q", out)
	}
	if out := ok(t, "runs", "list", "--tag", "good"); !strings.Contains(out, id) || !strings.Contains(out, "psalm 23") {
		t.Errorf("listed by its tag:\n%s", out)
	}
	if r := run(t, "runs", "list", "--tag", "short"); r.code != 0 || r.out != "" {
		t.Errorf("listed by the tag that was taken from it: %q, %q", r.out, r.err)
	}
	for name, x := range map[string][]string{
		"a name with a control character": {"runs", "rename", id, "a\tb"}, "no name": {"runs", "rename", id, ""},
		"two words": {"runs", "tag", id, "a b"}, "no run": {"runs", "rm", "nobody", "--yes"}, "nobody to ask": {"runs", "rm", id},
	} {
		if r := run(t, x...); r.code != 2 {
			t.Errorf("%s: exit code %d, %q", name, r.code, r.err)
		}
	}
	r := run(t, "runs", "rm", id, "--yes")
	if r.code != 0 || !strings.Contains(r.err, "freed ") {
		t.Errorf("exit code %d, %q", r.code, r.err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "runs")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestQueueOnTheTerminal: entries go in, move, train and go out.
func TestQueueOnTheTerminal(t *testing.T) {
	home(t)
	add := func(name string) string {
		t.Helper()
		out := ok(t, "queue", "add", "--recipe", tiny, "--name", name)
		_, after, _ := strings.Cut(out, "is entry ")
		id, _, _ := strings.Cut(after, " ")
		return id
	}
	a, b := add("a"), add("b")
	ok(t, "queue", "move", b, "--to", "1")
	type listed struct {
		session.Queue
		Works bool
	}
	var q listed
	decode(t, ok(t, "queue", "list", "--json"), &q)
	if len(q.Entries) != 2 || q.Entries[0].ID != b || q.Works {
		t.Errorf("the queue is %+v", q)
	}
	ok(t, "queue", "remove", a)
	ok(t, "queue", "hold")
	if r := run(t, "queue", "run"); r.code != 0 || strings.Contains(r.err, "running") {
		t.Errorf("held: exit code %d, %q", r.code, r.err)
	}
	ok(t, "queue", "release")
	for name, x := range map[string][]string{
		"nothing": {"queue", "add"}, "a run and a recipe": {"queue", "add", "x", "--recipe", tiny}, "no such run": {"queue", "add", "nobody"},
		"no entry": {"queue", "remove", "zzz"}, "no place": {"queue", "move", b, "--to", "5"},
	} {
		if r := run(t, x...); r.code != 2 {
			t.Errorf("%s: exit code %d, %q", name, r.code, r.err)
		}
	}
	if out := ok(t, "queue", "list"); !strings.Contains(out, "waiting") || strings.Contains(out, a) {
		t.Errorf("the queue is\n%s", out)
	}
	ok(t, "twin", tiny, "--rival", "small", "--queue")
	decode(t, ok(t, "queue", "list", "--json"), &q)
	if e := q.Entries[1]; e.Name != "tiny-small" || e.State != session.Waiting || !strings.Contains(e.Recipe, "rival_of = 'tiny'") {
		t.Errorf("the rival's entry is %+v", e)
	}
	ok(t, "twin", tiny, "--rival", "all", "--queue")
	decode(t, ok(t, "queue", "list", "--json"), &q)
	var names []string
	for _, e := range q.Entries[2:] {
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "tiny-twin tiny-small tiny-middle tiny-large tiny-stack" {
		t.Errorf("all rivals are %s", got)
	}
}

// TestExportedRun: the small copy of a run is plotted, tabled and compared like the run.
func TestExportedRun(t *testing.T) {
	home(t)
	ok(t, "train", "--recipe", tiny, "--name", "grown")
	ok(t, "twin", "grown", "--name", "its twin")
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "grown.growlab"), filepath.Join(dir, "twin.growlab")}
	ok(t, "runs", "export", "grown", files[0])
	ok(t, "runs", "export", "its twin", files[1])
	table := ok(t, "runs", "table", files[0], files[1])
	for _, want := range []string{"| grown | 1 | 0.003 x 1, 0.85, 0.5 |", "| msg |", "| its twin |"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	a, b := run(t, "compare", files[0], files[1], "--markdown"), run(t, "compare", "grown", "its twin", "--markdown")
	if a.code != 0 || !strings.Contains(a.err, "as they were measured") || b.code != 0 || !strings.Contains(b.out, "| contender | seeds |") {
		t.Errorf("exit codes %d and %d, %q, %q", a.code, b.code, a.err, b.out)
	}
	row := func(text string) string {
		_, after, _ := strings.Cut(text, "| grown | ")
		line, _, _ := strings.Cut(after, "\n")
		return line
	}
	if row(a.out) != row(b.out) || row(a.out) == "" {
		t.Errorf("the copy's row is %q, the run's %q", row(a.out), row(b.out))
	}
	if r := run(t, "runs", "export", "grown", files[0]); r.code == 0 || !strings.Contains(r.err, "exists already") {
		t.Errorf("over a file: exit code %d, %q", r.code, r.err)
	}
}
