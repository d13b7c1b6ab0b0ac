package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/lab"
	"growlab/app/verdict"
)

// TestCompareTuned goes the whole way: contenders tuned and trained, found again by the same command, and what it says of them.
func TestCompareTuned(t *testing.T) {
	home(t)
	short := []string{"--set", "stage.1.tokens=1280", "--set", "stage.2.tokens=1280", "--set", "stage.3.tokens=1280", "--set", "eval.every=640", "--set", "stage.2.ramp=640", "--set", "stage.3.ramp=640"}
	grown := idOf(t, ok(t, append([]string{"train", "--recipe", tiny, "--seed", "100"}, short...)...))
	small := write(t, "small.toml", ok(t, "twin", grown, "--rival", "small", "--print-recipe"))
	command := []string{"compare", "--tune", grown, small, "--seeds", "1,2", "--factors", "1,2", "--most", "3"}
	type tuned struct {
		verdict.Verdict
		Tuning *lab.Tuning `json:"tuning"`
	}
	var v tuned
	r := run(t, append(command, "--json")...)
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	decode(t, r.out, &v)
	if v.Tuning == nil || len(v.Tuning.Contenders) != 2 || len(v.Pairs) != 1 || len(v.Run.Seeds) != 2 || v.Run.Spread == nil {
		t.Fatalf("verdict %+v, tuning %+v", v.Verdict, v.Tuning)
	}
	first := v.Tuning.Contenders[0]
	if len(first.Trials) != len(v.Tuning.Contenders[1].Trials) || v.Run.Name != "tiny" || v.Pairs[0].Rival.Name != "tiny-small" {
		t.Errorf("tuning %+v, run %s, rival %s", v.Tuning, v.Run.Name, v.Pairs[0].Rival.Name)
	}
	found := false
	for _, x := range first.Trials {
		found = found || x.Run == grown && x.Found
		if x.LR == first.Best && x.Loss == nil {
			t.Errorf("it took a rate that diverged: %+v", first)
		}
	}
	if !found {
		t.Errorf("the run that was there is not among the trials %+v", first.Trials)
	}

	dir := filepath.Join(t.TempDir(), "report")
	again := run(t, append(command, "--report", dir)...)
	if again.code != 0 || strings.Count(again.err, "(found)") != len(first.Trials)*2+4 {
		t.Errorf("the same command again: exit code %d, it trained something:\n%s", again.code, again.err)
	}
	for _, want := range []string{"learning rates, tuned on seed 100", "learning rate was tuned by 3 runs each, of its full length", "Welch's t"} {
		if !strings.Contains(again.out, want) {
			t.Errorf("no %q in\n%s", want, again.out)
		}
	}
	for file, want := range map[string]string{"report.md": "## Learning rates", "tuning.csv": "tiny-small,"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "is not known from the runs") {
			t.Errorf("%s lacks %q, or says that rates were not tuned: %v\n%s", file, want, err, text)
		}
	}

	transfer := run(t, "compare", "--tune", grown, small, "--transfer", grown+","+small, "--seeds", "1,2", "--factors", "1,2", "--most", "3")
	if transfer.code != 0 || !strings.Contains(transfer.out, "was not tuned at its own size") || !strings.Contains(transfer.out, "of a smaller contender in") || !strings.Contains(transfer.out, "width over width") {
		t.Errorf("exit code %d, %s\n%s", transfer.code, transfer.err, transfer.out)
	}
}

// TestTuneFlags says what is wrong before anything trains.
func TestTuneFlags(t *testing.T) {
	home(t)
	for name, x := range map[string]struct {
		args []string
		want string
	}{
		"the tuning seed compared": {[]string{"compare", "--tune", tiny, "--seeds", "1,100"}, "--tune-seed is 100, one of --seeds"},
		"without --tune":           {[]string{"compare", "a", "b", "--seeds", "1"}, "--seeds goes with --tune"},
		"a seed twice":             {[]string{"compare", "--tune", tiny, "--seeds", "1,1"}, "stands twice"},
		"no factor":                {[]string{"compare", "--tune", tiny, "--factors", "0"}, "not a positive number"},
		"two ways to print":        {[]string{"compare", "a", "b", "--json", "--markdown"}, "give one of them"},
		"queued and printed":       {[]string{"twin", tiny, "--queue", "--json"}, "nothing for --json"},
		"few transfers":            {[]string{"compare", "--tune", tiny, "--transfer", tiny + "," + tiny}, "--transfer comes to 2 recipes and there are 6 contenders"},
		"a dear transfer":          {[]string{"compare", "--tune", tiny, "--transfer", "flm-1m"}, "one that costs more saves nothing"},
		"rivals, one name":         {[]string{"twin", tiny, "--rival", "twin,small", "--name", "a"}, "--name is for one rival, and --rival twin,small is several"},
		"all rivals, one rate":     {[]string{"twin", tiny, "--rival", "all", "--lr", "1e-3"}, "--lr is for one rival"},
		"a rival twice":            {[]string{"twin", tiny, "--rival", "twin,twin"}, "--rival names twin twice"},
		"all and one":              {[]string{"twin", tiny, "--rival", "all,twin"}, `--rival is "all"; it must be one of`},
	} {
		if r := run(t, x.args...); r.code != 2 || !strings.Contains(r.err, x.want) {
			t.Errorf("%s: exit code %d, %q, want %q", name, r.code, r.err, x.want)
		}
	}
}
