package cli

import (
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"growlab/app/frontier"
	"growlab/app/verdict"
)

// trainOn trains tiny, with changes, on a text; the name finds the run.
func trainOn(t *testing.T, data, name string, sets ...string) {
	t.Helper()
	args := []string{"train", "--recipe", tiny, "--data", data, "--name", name, "--threads", "1", "--json"}
	for _, s := range sets {
		args = append(args, "--set", s)
	}
	ok(t, args...)
}

// TestFrontier: runs from recipe to table, object, picture and CSV; all runs on a text are those that can be compared.
func TestFrontier(t *testing.T) {
	home(t)
	data := write(t, "genesis.txt", strings.Repeat("in the beginning was the word, ", 200))
	short := []string{"stage.1.tokens=2560", "stage.1.warmup=0", "stage.2.tokens=2560", "stage.3.tokens=2560", "eval.every=1280"}
	trainOn(t, data, "plan", short...)
	for _, kind := range []string{"small", "large"} {
		ok(t, "twin", "plan", "--rival", kind, "--name", kind, "--threads", "1", "--json")
	}
	trainOn(t, data, "again", short...)                                   // the same recipe and seed once more
	trainOn(t, data, "other", append(short, "eval.final_tokens=2048")...) // not the same measurement
	trainOn(t, data, "blind", append(short, "eval.every=0")...)           // no curve

	dir := t.TempDir()
	picture, table := filepath.Join(dir, "f.png"), filepath.Join(dir, "f.csv")
	out := ok(t, "frontier", "plan", "small", "large", "--threads", "1", "--png", picture, "--csv", table)
	for _, want := range []string{"contender", "on the envelope", "plan is ", "where the envelope is small", "Intervals: 95 %", "note: the envelope is the lowest of 2 fixed sizes"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // only read from
	if _, err := png.Decode(file); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll(); err != nil || len(rows) != 4 || rows[3][0] != "plan" {
		t.Errorf("%v: %s", err, text)
	}

	var f, of frontier.Frontier
	decode(t, ok(t, "frontier", "large", "plan", "small", "--threads", "1", "--json"), &f)
	if len(f.Fixed) != 2 || len(f.Grown) != 1 || f.Grown[0].Name != "plan" || f.Grown[0].AboveBy == nil || f.Grown[0].By != "small" {
		t.Errorf("--json gives %+v", f)
	}
	decode(t, ok(t, "frontier", "--all-of", "genesis.txt", "--threads", "1", "--json"), &of)
	var names []string
	for _, s := range append(of.Fixed, of.Grown...) {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	notes := strings.Join(of.Notes, "\n")
	if !slices.Equal(names, []string{"again", "large", "small"}) || of.Grown[0].Loss != f.Grown[0].Loss {
		t.Errorf("--all-of takes %q with %+v, want the newest of each recipe, as in %+v", names, of.Grown, f.Grown)
	}
	for _, want := range []string{"could be drawn from: 1 of", "or text of this name: 1 of", "of a newer one: 1 of"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in the notes\n%s", want, notes)
		}
	}
	if r := run(t, "frontier", "plan", "again", "--threads", "1"); r.code != 2 || !strings.Contains(r.err, "one recipe and one seed") {
		t.Errorf("one run twice: exit code %d, %q", r.code, r.err)
	}
	trainOn(t, data, "longer", append(short, "stage.3.tokens=3840")...)
	if r := run(t, "frontier", "plan", "longer", "--threads", "1"); r.code != 2 || !strings.Contains(r.err, "none of the runs is of a fixed size") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("growth plans alone: exit code %d, %q", r.code, r.err)
	}
	if r := run(t, "frontier", "plan", "small", "--threads", "1", "--csv", filepath.Join(dir, "no", "such.csv")); r.code != 1 || !strings.Contains(r.err, "cannot write") || r.out != "" {
		t.Errorf("an unwritable file: exit code %d, %q", r.code, r.err)
	}
}

// TestFrontierTrains: recipes are trained with every seed, or found, and seeds of one recipe are one contender.
func TestFrontierTrains(t *testing.T) {
	home(t)
	data := write(t, "genesis.txt", strings.Repeat("in the beginning was the word, ", 200))
	text := strings.NewReplacer("tokens = 7680", "tokens = 2560", "tokens   = 5120", "tokens   = 2560", "every        = 2560", "every = 1280").Replace(readTiny(t))
	plan := write(t, "plan.toml", text)
	alone := write(t, "alone.toml", strings.Replace(text[:strings.LastIndex(text[:strings.LastIndex(text, "[[stage]]")], "[[stage]]")], `"tiny"`, `"alone"`, 1))
	args := []string{"frontier", "--train", plan, "--train", alone, "--seeds", "1,2", "--data", data, "--threads", "1", "--json"}
	first := run(t, args...)
	var f, again frontier.Frontier
	decode(t, first.out, &f)
	if first.code != 0 || len(f.Fixed) != 1 || len(f.Grown) != 1 || !slices.Equal(f.Grown[0].Seeds, []uint64{1, 2}) || f.Grown[0].Spread == nil {
		t.Fatalf("exit code %d: %+v\n%s", first.code, f, first.err)
	}
	second := run(t, args...)
	decode(t, second.out, &again)
	if strings.Count(second.err, "(found)") != 4 || again.Grown[0].Loss != f.Grown[0].Loss {
		t.Errorf("once more: %s%s", second.err, second.out)
	}
	mixed := run(t, "frontier", f.Fixed[0].Runs[0], "--train", plan, "--data", data, "--threads", "1")
	if mixed.code != 0 || strings.Count(mixed.err, "(found)") != 1 || !strings.Contains(mixed.out, "grown ") {
		t.Errorf("a run and a recipe: exit code %d\n%s%s", mixed.code, mixed.err, mixed.out)
	}
}

func TestBadFrontiers(t *testing.T) {
	home(t)
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"nothing":            {nil, "two runs or more"},
		"one":                {[]string{"x"}, "two runs or more"},
		"both":               {[]string{"x", "--all-of", "y"}, `"x" names one`},
		"no such run":        {[]string{"zzz", "yyy"}, `"zzz"`},
		"no recipe to train": {[]string{"x", "y", "--seeds", "1,2"}, "--train"},
		"one to train":       {[]string{"--train", tiny}, "two runs or more"},
		"no runs":            {[]string{"--all-of", "Moby Dick"}, `"Moby Dick", on which there are 0 finished runs that can be compared; two are the least, and there are none at all`},
	} {
		r := run(t, append([]string{"frontier"}, tt.args...)...)
		if r.code != 2 || !strings.Contains(r.err, tt.says) || strings.Count(r.err, "\n") != 1 || r.out != "" {
			t.Errorf("%s: exit code %d, %q; want 2 and one sentence with %q", name, r.code, r.err, tt.says)
		}
	}
}

// TestManyPlans: the plans that are not above the envelope are told of, the nearest first, and else the nearest alone.
func TestManyPlans(t *testing.T) {
	plan := func(name string, above float64, place string) frontier.Standing {
		return frontier.Standing{Side: verdict.Side{Name: name, Grown: true, FLOPs: 1e12}, Place: place, By: "small", AboveBy: &verdict.Estimate{Value: above}}
	}
	beyond := plan("long", -0.1, frontier.Beyond)
	reach := 0.25
	beyond.Reach = &reach
	for name, tt := range map[string]struct {
		plans []frontier.Standing
		want  []string
		not   string
	}{
		"none won": {
			[]frontier.Standing{plan("far", 0.2, frontier.Above), plan("near", 0.1, frontier.Above)},
			[]string{"0 below the envelope, 0 on it within noise, 2 above. The nearest:\nnear is 0.100 nats above"},
			"far is",
		},
		"some won": {
			[]frontier.Standing{plan("far", 0.2, frontier.Above), plan("on", 0.001, frontier.On), plan("won", -0.1, frontier.Below)},
			[]string{"1 below the envelope, 1 on it within noise, 1 above. Those not above, nearest first:\nwon is 0.100 nats below", "\non is on the envelope"},
			"far is",
		},
		"some beyond": {
			[]frontier.Standing{plan("far", 0.2, frontier.Above), beyond},
			[]string{"0 below the envelope, 0 on it within noise, 1 above, 1 beyond its end.", "but spent 1.00 TFLOP, and the longest of those 0.25\ntimes that"},
			"growing paid.",
		},
		"one": {[]frontier.Standing{plan("only", 0.1, frontier.Above)}, []string{"\n\nonly is 0.100 nats above"}, "Growth plans:"},
	} {
		var out strings.Builder
		if err := writeFrontier(&text{w: &out}, frontier.Frontier{Grown: tt.plans}); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), tt.not) {
			t.Errorf("%s: %q in\n%s", name, tt.not, out.String())
		}
	}
}
