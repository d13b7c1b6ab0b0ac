package lab

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"growlab/app/chart"
	"growlab/app/session"
	"growlab/app/verdict"
	"growlab/assets"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/event"
)

// TestEveryDeviationIsListed: what code and README.md mark with "Deviation:" is in the list, as often as it is there.
func TestEveryDeviationIsListed(t *testing.T) {
	root := "../.."
	listed := map[string]int{}
	for _, d := range deviations {
		listed[d.Where]++
	}
	count := func(path string) int {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
		}
		return bytes.Count(text, []byte("Deviation:"))
	}
	for where := range listed {
		if count(where) == 0 {
			t.Errorf("the list has a deviation of %s, which does not say Deviation:", where)
		}
	}
	if n := count("README.md"); listed["README.md"] < n {
		t.Errorf("README.md says Deviation: %d times, the list has %d of it", n, listed["README.md"])
	}
	for _, dir := range []string{"growth", "trainer"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			path, err = filepath.Rel(root, path)
			if n := count(path); err == nil && listed[path] < n {
				t.Errorf("%s says Deviation: %d times, the list has %d of it; add them to deviations in app/lab/deviation.go", path, n, listed[path])
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func preset(t *testing.T, name string, sets ...string) growth.Recipe {
	t.Helper()
	text, err := assets.Recipe(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse(name, text, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDeviationsOfARecipe: a recipe carries those of its operators and schedule, and no others.
func TestDeviationsOfARecipe(t *testing.T) {
	where := func(r growth.Recipe) map[string]bool {
		all := map[string]bool{}
		for _, d := range Deviations(r) {
			all[d.Where] = true
		}
		return all
	}
	for _, tt := range []struct {
		name string
		r    growth.Recipe
		want []string
	}{
		{"grown by masks", preset(t, "flm-1m"), []string{"README.md", "growth/msg.go", "growth/position.go"}},
		{"twin", preset(t, "flm-1m-twin"), []string{"README.md"}},
		{"stack", preset(t, "stack-baseline"), []string{"README.md", "growth/stack.go", "growth/position.go"}},
		{"fresh stack", preset(t, "stack-baseline", "stage.2.moments=fresh"), []string{"README.md", "growth/position.go"}},
	} {
		want := map[string]bool{}
		for _, w := range tt.want {
			want[w] = true
		}
		if got := where(tt.r); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: from %v, want %v", tt.name, got, want)
		}
	}
	var plain, mup []string
	for _, d := range Deviations(preset(t, "flm-1m")) {
		plain = append(plain, d.Text)
	}
	for _, d := range Deviations(preset(t, "flm-1m", "model.base_width=64", "train.precision=bf16")) {
		mup = append(mup, d.Text)
	}
	begins := func(all []string, with string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, with) })
	}
	if !begins(plain, "no muP") || begins(mup, "no muP") || begins(plain, "initial values under muP") || !begins(mup, "initial values under muP") {
		t.Errorf("without muP %q, with it %q", plain, mup)
	}
}

// entry is a run that was never trained.
func entry(t *testing.T, id, recipe string, seed uint64, end float64, sets ...string) Entry {
	t.Helper()
	r := preset(t, recipe, append(sets, fmt.Sprintf("train.seed=%d", seed))...)
	e := Entry{
		Info:   session.Info{ID: id, Name: r.Name, State: session.Done, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		Meta:   store.Meta{ID: id, Seed: seed, DataName: "a text", DataHash: strings.Repeat("ab", 32), DataPath: "/a text", Version: "v", Threads: 2},
		Recipe: r, Stages: session.Stages(r.Plan()), Run: verdict.Run{ID: id, Seed: seed, Device: "cpu", EndWindows: 4},
	}
	e.Task = TaskOf(e.Meta, r)
	for i := range 10 {
		x := float64(i + 1)
		e.Run.Points = append(e.Run.Points, verdict.Point{Tokens: 1e5 * x, FLOPs: 1e11 * x, Seconds: x, Loss: end + 1/x})
	}
	e.Run.End = verdict.Point{Tokens: 1.1e6, FLOPs: 1.1e12, Seconds: 11, Loss: end + 0.05}
	for range e.Stages {
		e.Ended.Stages = append(e.Ended.Stages, event.StageCost{Tokens: 3e5, FLOPs: 3e11, Seconds: 3})
	}
	return e
}

// TestGroups: runs that differ in their seed are one contender, and names tell contenders apart.
func TestGroups(t *testing.T) {
	c, err := Compare([]Entry{
		entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m-twin", 1, 1.2), entry(t, "a2", "flm-1m", 2, 1.31),
		entry(t, "c1", "flm-1m", 1, 1.4, "train.lr=1e-3"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range c.Groups {
		s := g.Name + ":"
		for _, e := range g.Entries {
			s += " " + e.Info.ID
		}
		got = append(got, s)
	}
	want := []string{"flm-1m (a1): a1 a2", "flm-1m-twin: b1", "flm-1m (c1): c1"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("groups %q, want %q", got, want)
	}
	if len(c.Verdict.Pairs) != 2 || !c.Verdict.Run.Grown || len(c.Verdict.Run.Seeds) != 2 {
		t.Errorf("verdict %+v", c.Verdict)
	}
}

// TestColors: a run keeps the colour that it has elsewhere, and dashes tell two of one colour apart.
func TestColors(t *testing.T) {
	c, err := Compare([]Entry{entry(t, "a", "flm-1m", 1, 1.3), entry(t, "b", "flm-1m-twin", 1, 1.2), entry(t, "c", "flm-1m-small", 1, 1.4)})
	if err != nil {
		t.Fatal(err)
	}
	type look struct {
		color  int
		dashed bool
	}
	for _, row := range []struct {
		name   string
		colors map[string]int
		want   []look
	}{
		{"in turn", nil, []look{{0, false}, {1, false}, {2, false}}},
		{"from elsewhere", map[string]int{"a": 5, "b": 0, "c": 3}, []look{{5, false}, {0, false}, {3, false}}},
		{"the palette went round", map[string]int{"a": 5, "b": 0, "c": 5}, []look{{5, false}, {0, false}, {5, true}}},
	} {
		c.Colors = row.colors
		var got []look
		for _, l := range c.Figure(chart.FLOPs, true).Lines {
			got = append(got, look{l.Color, l.Dashed})
		}
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// TestNamesOfGroups: a group is called by what the names of its runs have in common, or by its recipe.
func TestNamesOfGroups(t *testing.T) {
	for _, tt := range []struct {
		name          string
		runs, recipes [2]string
		want          string
	}{
		{"one name", [2]string{"mine", "mine"}, [2]string{"flm-1m", "flm-1m"}, "mine"},
		{"the recipe's", [2]string{"final-flm-1m-1", "final-flm-1m-2"}, [2]string{"flm-1m", "flm-1m"}, "flm-1m"},
		{"what they changed in it", [2]string{"final-flm-1m-stack-1", "final-flm-1m-stack-2"}, [2]string{"flm-1m", "flm-1m"}, "final-flm-1m-stack"},
		{"of their own", [2]string{"plan-2to4", "plan-2to4-2"}, [2]string{"flm-1m", "flm-1m"}, "plan-2to4"},
		{"numbered", [2]string{"plan-1", "plan-12"}, [2]string{"flm-1m", "flm-1m"}, "plan-1"},
		{"numbered alike", [2]string{"plan-11", "plan-12"}, [2]string{"flm-1m", "flm-1m"}, "plan"},
		{"nothing in common", [2]string{"a", "b"}, [2]string{"flm-1m", "flm-1m"}, "flm-1m"},
		{"a search", [2]string{"x-lr0.01-seed100", "x-lr0.01-seed1"}, [2]string{"x-lr0.01-seed100", "x-lr0.01-seed1"}, "x-lr0.01"},
		{"nothing at all", [2]string{"a", "b"}, [2]string{"c", "d"}, "c"},
	} {
		a, b := entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "a2", "flm-1m", 2, 1.3)
		a.Info.Name, b.Info.Name, a.Recipe.Name, b.Recipe.Name = tt.runs[0], tt.runs[1], tt.recipes[0], tt.recipes[1]
		if got := (Group{Entries: []Entry{a, b}}).called(); got != tt.want {
			t.Errorf("%s: called %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestRefused: what cannot be compared gets one sentence that names the runs.
func TestRefused(t *testing.T) {
	a, b := entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m-twin", 1, 1.2)
	with := func(change func(*Entry)) Entry {
		e := b
		change(&e)
		return e
	}
	for _, tt := range []struct {
		name    string
		entries []Entry
		says    []string
	}{
		{"one run", []Entry{a}, []string{"at least one rival"}},
		{"twice", []Entry{a, b, b}, []string{"b1", "twice"}},
		{"one recipe", []Entry{a, entry(t, "a2", "flm-1m", 2, 1.3)}, []string{"growlab twin a1"}},
		{"one seed", []Entry{a, entry(t, "a2", "flm-1m", 1, 1.3), b}, []string{"a1", "a2", "one seed"}},
		{"another text", []Entry{a, with(func(e *Entry) { e.Task.Hash, e.Task.Text = strings.Repeat("ef", 32), strings.Repeat("cd", 32) })}, []string{"different texts", "abab", "cdcd"}},
		{"propositions that are gone", []Entry{a, with(func(e *Entry) { e.Task.Hash, e.Task.Text, e.Task.Why = "ef", "", "no such file" })}, []string{"a1", "b1", "no such file"}},
		{"another vocabulary", []Entry{a, with(func(e *Entry) { e.Task.Vocab = 512 })}, []string{"model.vocab of 256 and 512"}},
		{"another context", []Entry{a, with(func(e *Entry) { e.Task.Context = 64 })}, []string{"model.context of 128 and 64"}},
		{"other windows", []Entry{a, with(func(e *Entry) { e.Task.Tokens = 99 })}, []string{"eval.tokens", "99"}},
		{"another end", []Entry{a, with(func(e *Entry) { e.Task.LastTokens = 99 })}, []string{"eval.final_tokens", "99"}},
	} {
		_, err := Compare(tt.entries)
		if !errors.Is(err, session.ErrUsage) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one sentence on usage", tt.name, err)
			continue
		}
		for _, s := range tt.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q is not in %q", tt.name, s, err)
			}
		}
	}
}

// TestReport: all files are there, whole, and say what differs, what deviates and how to repeat it.
func TestReport(t *testing.T) {
	c, err := Compare([]Entry{entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "a2", "flm-1m", 2, 1.31), entry(t, "b1", "flm-1m-twin", 1, 1.2)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "deep", "report")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ReportFile(dir), []byte("an older report"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(dir, c); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	report := read("report.md")
	for _, want := range []string{
		c.Verdict.Sentence, c.Verdict.Pairs[0].Sentence, "| `train.lr` | 0.008 | 0.004 |", "| `stage.3.hidden` | 128 | - |",
		"| `train.seed` | 1, 2 | 1 |", "- flm-1m: masks are on the outputs", "- all: the vocabulary is 256 bytes",
		"growlab train --recipe recipes/1-flm-1m.toml --seed 2 --data '/a text' --threads 2", "growlab compare a1 a2 b1", "](loss-time.png)",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
	for _, p := range pictures {
		if img, err := png.Decode(strings.NewReader(read(p.file))); err != nil || img.Bounds().Dx() != 2000 {
			t.Errorf("%s: %v", p.file, err)
		}
		if !strings.Contains(report, "]("+p.file+")") {
			t.Errorf("%s is not shown", p.file)
		}
	}
	for name, rows := range map[string]int{"verdict.csv": 2, "curves.csv": 1 + 3*11} {
		all, err := csv.NewReader(strings.NewReader(read(name))).ReadAll() // checks that rows are of one length
		if err != nil || len(all) != rows {
			t.Errorf("%s has %d rows, %v; want %d", name, len(all), err, rows)
		}
	}
	if r, err := growth.Parse("x", []byte(read("recipes/1-flm-1m.toml"))); err != nil || !reflect.DeepEqual(r, c.Groups[0].Entries[0].Recipe) {
		t.Errorf("the recipe reads back as %+v, %v", r, err)
	}
}

func TestReportIntoAFile(t *testing.T) {
	c, err := Compare([]Entry{entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m-twin", 1, 1.2)})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(path, c); err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "mkdir") {
		t.Errorf("error %v, want a sentence that names %s", err, path)
	}
}

// TestNamesAreSafe: recipe names become file names, paths become arguments.
func TestNamesAreSafe(t *testing.T) {
	if got := safe("../my recipe é"); got != ".._my_recipe__" {
		t.Errorf("file name %q", got)
	}
	for in, want := range map[string]string{"/a/b": "/a/b", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'"} {
		if got := quoted(in); got != want {
			t.Errorf("quoted(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestOnlyFinishedRuns: a run that stands still or goes on has no verdict yet.
func TestOnlyFinishedRuns(t *testing.T) {
	for _, state := range []string{session.Running, session.Paused, session.Stopped, session.Failed, session.Interrupted} {
		_, err := Read(session.Info{ID: "a1", State: state, Step: 3, Steps: 9})
		if !errors.Is(err, session.ErrUsage) || !strings.Contains(err.Error(), "run a1 is "+state+" at step 3 of 9") {
			t.Errorf("%s: error %v", state, err)
		}
	}
}

// TestChangesAreTold: what people did to a live run is in the notes, and other threads are another device.
func TestChangesAreTold(t *testing.T) {
	a, b := entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m-twin", 1, 1.2)
	b.note([]store.Journalled{
		{Event: event.Start{Device: "cpu"}},
		{Event: event.Command{Verb: "set", Detail: "threads=1", Step: 7}},
		{Event: event.Start{Device: "cpu", Resumed: 8}},
	})
	b.Changes = []growth.Edit{{Step: 7, Key: "lr", Value: "0.5x"}, {Step: 9, Key: growth.EditEnd}}
	b.Info.Parent, b.Info.Fork = "p1", &session.Forked{Step: 4}
	b.Recipe.Train.Precision, b.Measured, b.Why = "bf16", "fp32", "this device has none"
	c, err := Compare([]Entry{a, b})
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.markdown()
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(c.Verdict.Notes, "\n")
	_, deviations, _ := strings.Cut(string(text), "## Deviations")
	for _, want := range []string{
		"run b1 was changed as it went: lr=0.5x at step 7, grow at step 9", "run b1 is a fork: until step 4 it is run p1",
		"the last network of run b1 was measured in fp32, though the run has bf16: this device has none",
	} {
		if !strings.Contains(notes, want) || !strings.Contains(deviations, want) {
			t.Errorf("no %q in the notes\n%s\nor the deviations\n%s", want, notes, deviations)
		}
	}
	if c.Verdict.Pairs[0].WallClock != nil || b.Run.Device != "cpu, then threads=1" {
		t.Errorf("times on %q and %q are compared", a.Run.Device, b.Run.Device)
	}
}

// TestTeachersAreTold: a run with teacher signals is compared on the text that both saw, and every place says that this is no fair
// fight; the winner is sought among the rivals that learn the same.
func TestTeachersAreTold(t *testing.T) {
	a, b := entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m-twin", 1, 1.2)
	taught := entry(t, "t1", "flm-1m", 1, 1.1)
	taught.Recipe = preset(t, "flm-1m-teacher")
	taught.Info.Name = "taught"
	taught.Task.Hash = strings.Repeat("ef", 32) // the text is the same
	const caution = "flm-1m learns from text alone, but taught from text and, in 25 % of its sequences, from propositions"
	for _, tt := range []struct {
		name     string
		entries  []Entry
		sentence string
		unfair   bool
	}{
		{"alone", []Entry{a, taught}, "taught won", true},
		{"beside another", []Entry{a, taught, b}, "flm-1m-twin won", false},
	} {
		c, err := Compare(tt.entries)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		notes := strings.Join(c.Verdict.AllNotes(), "\n")
		if !strings.HasPrefix(notes, caution) {
			t.Errorf("%s: the notes do not begin with %q:\n%s", tt.name, caution, notes)
		}
		if s := c.Verdict.Sentence; !strings.Contains(s, tt.sentence) || strings.Contains(s, "learn different things") != tt.unfair {
			t.Errorf("%s: verdict %q, want %q, unfair %v", tt.name, s, tt.sentence, tt.unfair)
		}
		report, err := c.markdown()
		if err != nil || !bytes.Contains(report, []byte(caution)) || !strings.Contains(c.Verdict.Pairs[0].Sentence, "They learn different things") {
			t.Errorf("%s: %v: neither report nor sentence %q say so", tt.name, err, c.Verdict.Pairs[0].Sentence)
		}
	}
	if c, err := Compare([]Entry{taught, entryTaught(t, "t2")}); err != nil || c.Verdict.Pairs[0].Caution != "" {
		t.Errorf("two with one teacher: %v, %q", err, c.Verdict.Pairs[0].Caution)
	}
}

// entryTaught is a rival with the teacher of flm-1m-teacher.
func entryTaught(t *testing.T, id string) Entry {
	e := entry(t, id, "flm-1m", 1, 1.2)
	e.Recipe = preset(t, "flm-1m-teacher", "train.lr=1e-3")
	e.Task.Hash = strings.Repeat("ef", 32)
	return e
}

// TestUnlikeIsTold: what rivals differ in besides stages and learning rate is in the notes, what changes no number is not.
func TestUnlikeIsTold(t *testing.T) {
	a := entry(t, "a1", "flm-1m", 1, 1.3, "train.precision=fp32")
	for _, tt := range []struct {
		name   string
		rival  Entry
		change func(*Entry)
		want   string // "" is nothing
	}{
		{"stages and rate", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=fp32"), nil, ""},
		{"cadences and memory", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=fp32", "eval.every=50000", "checkpoint.keep=9", "train.micro_batch=2"), nil, ""},
		{"precision", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=bf16"), nil, "train.precision (fp32 and bf16)"},
		{"weight decay", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=fp32", "train.weight_decay=0.2"), nil, "train.weight_decay (0.1 and 0.2)"},
		{"block", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=fp32", "model.family=llama"), nil, "model.family (flm and llama)"},
		{"build", entry(t, "b1", "flm-1m-twin", 1, 1.2, "train.precision=fp32"), func(e *Entry) { e.Meta.Version = "w" }, "different builds of growlab (v and w)"},
		{"seed", entry(t, "b1", "flm-1m-twin", 2, 1.2, "train.precision=fp32"), nil, "their seeds differ, 1 and 2"},
	} {
		if tt.change != nil {
			tt.change(&tt.rival)
		}
		c, err := Compare([]Entry{a, tt.rival})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		notes := strings.Join(c.Verdict.AllNotes(), "\n")
		told := strings.Contains(notes, "differ in more than") || strings.Contains(notes, "different builds") || strings.Contains(notes, "seeds differ")
		if told != (tt.want != "") || !strings.Contains(notes, tt.want) {
			t.Errorf("%s: no %q, or more, in\n%s", tt.name, tt.want, notes)
		}
	}
}

// TestChangedRunsAreContendersOfTheirOwn: a run that was changed as it went is not a seed of its recipe, and can be compared with the
// run that was let be.
func TestChangedRunsAreContendersOfTheirOwn(t *testing.T) {
	a, b, c := entry(t, "a1", "flm-1m", 1, 1.3), entry(t, "b1", "flm-1m", 1, 1.2), entry(t, "c1", "flm-1m", 2, 1.25)
	b.Changes = []growth.Edit{{Step: 7, Key: "lr", Value: "0.5x"}}
	v, err := Compare([]Entry{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Groups) != 2 || len(v.Groups[0].Entries) != 2 || v.Groups[1].Entries[0].Info.ID != "b1" || v.Groups[1].Name != "flm-1m (b1)" {
		t.Errorf("groups %+v, want a1 with c1, and b1", v.Groups)
	}
	text, err := v.markdown()
	if err != nil || !strings.Contains(string(text), "| `changed as it went` | - | lr=0.5x at step 7 |") {
		t.Errorf("%v: the report does not say what differs:\n%s", err, text)
	}
	c.Meta.Seed, c.Changes = 1, slices.Clone(b.Changes)
	if _, err := Compare([]Entry{a, b, c}); err == nil || !strings.Contains(err.Error(), "b1 and c1 are of one recipe and one seed, 1, with the same changes") {
		t.Errorf("the same changes of the same run: error %v", err)
	}
}
