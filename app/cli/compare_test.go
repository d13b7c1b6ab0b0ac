package cli

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/app/verdict"
	"growlab/growth"
)

// idOf is the id in the report of a training.
func idOf(t *testing.T, report string) string {
	t.Helper()
	m := regexp.MustCompile(`run (\w{8})`).FindStringSubmatch(report)
	if m == nil {
		t.Fatalf("no run in %s", report)
	}
	return m[1]
}

// TestRunAgainstItsRivals goes the whole way: a grown run, rivals made of it, the verdict and its report.
func TestRunAgainstItsRivals(t *testing.T) {
	home(t)
	grown := idOf(t, ok(t, "train", "--recipe", tiny, "--name", "grown", "--seed", "7"))
	out := ok(t, "twin", grown, "--lr", "2e-3")
	twin := regexp.MustCompile(`growlab compare ` + grown + ` (\w{8})\n$`).FindStringSubmatch(out)
	if twin == nil {
		t.Fatalf("the twin does not say how to compare it:\n%s", out)
	}
	small := idOf(t, ok(t, "twin", "grown", "--rival", "small", "--name", "small one"))
	var infos [3]struct{ Run session.Info }
	for i, id := range []string{grown, twin[1], small} {
		decode(t, ok(t, "runs", "show", id, "--json"), &infos[i])
	}
	if a, b := infos[0].Run, infos[1].Run; b.Tokens != a.Tokens || b.Name != "tiny-twin" || b.Stages != 1 || b.Params != a.Params {
		t.Errorf("the twin is %+v, of %+v", b, a)
	}

	var v verdict.Verdict
	decode(t, ok(t, "compare", "grown", "tiny-twin", "small one", "--json"), &v)
	if len(v.Pairs) != 2 || v.Run.Name != "grown" || !v.Run.Grown || v.Run.Seeds[0] != 7 || v.Pairs[1].Rival.Seeds[0] != 7 {
		t.Fatalf("verdict %+v", v)
	}
	p := v.Pairs[0]
	if p.Rival.Tokens != v.Run.Tokens || p.EqualTokens != v.Run.Tokens || p.WallClock == nil || *p.WallClock <= 0 {
		t.Errorf("wall clock at equal tokens: %+v", p)
	}
	var a account
	decode(t, ok(t, "runs", "show", "grown", "--json"), &a)
	if !near(p.Run.FLOPs, a.Ended.FLOPs) || !near(p.Rival.FLOPs, a.Ended.TwinFLOPs) || !near(p.Final.Run, a.Eval.Loss) {
		t.Errorf("run %+v, rival %+v of %+v", p.Run, p.Rival, a.Ended)
	}
	if at := p.LossAtFLOPs; at == nil || !near(at.FLOPs, v.Run.FLOPs) || !near(at.Run, p.Final.Run) {
		t.Errorf("loss at equal FLOPs %+v, want the run's end, %g at %g", at, p.Final.Run, v.Run.FLOPs)
	}
	if s := v.Pairs[1]; math.Abs(s.Rival.FLOPs/v.Run.FLOPs-1) > 0.01 || s.Rival.Tokens <= v.Run.Tokens {
		t.Errorf("the small rival spent %g of %g", s.Rival.FLOPs, v.Run.FLOPs)
	}
	if p.Final.Difference.Low == nil {
		t.Error("the last networks were not measured")
	}

	dir := filepath.Join(t.TempDir(), "report")
	for want, c := range map[string]int{"gpu": 2, "cuda:9": 4} {
		if r := run(t, "compare", grown, twin[1], "--device", want); r.code != c || r.out != "" {
			t.Errorf("on %s: exit code %d, %s\n%s", want, r.code, r.err, r.out)
		}
	}
	text := ok(t, "compare", grown, twin[1], small, "--report", dir)
	for _, want := range []string{"tiny-twin", "small one", "one seed each", "the paper's own ratio", "intervals are 95 %", filepath.Join(dir, "report.md")} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{v.Sentence, "| `train.lr` | 0.003 | 0.002 | 0.003 |", "growth/msg.go", "recipes/2-tiny-twin.toml --seed 7"} {
		if !strings.Contains(string(report), want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
	table, err := os.ReadFile(filepath.Join(dir, "verdict.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := csv.NewReader(strings.NewReader(string(table))).ReadAll(); err != nil || len(rows) != 3 || rows[1][1] != "tiny-twin" {
		t.Errorf("verdict.csv: %v, %q", err, rows)
	}
}

// TestRivalsKeepTheText: a twin trains on the text of its run, and not on another; a comparison does without it.
func TestRivalsKeepTheText(t *testing.T) {
	home(t)
	short := []string{"--set", "stage.1.tokens=1280", "--set", "stage.2.tokens=1280", "--set", "stage.3.tokens=1280", "--set", "eval.every=640", "--set", "stage.2.ramp=640", "--set", "stage.3.ramp=640"}
	data := write(t, "text.txt", strings.Repeat("all that is gold does not glitter; ", 400))
	ok(t, append([]string{"train", "--recipe", tiny, "--data", data}, short...)...)
	several := regexp.MustCompile(`growlab compare \w{8} \w{8} \w{8}\n$`)
	if out := ok(t, "twin", "tiny", "--rival", "twin,large"); !several.MatchString(out) {
		t.Errorf("two rivals do not say how to compare them:\n%s", out)
	}
	var hash [2]struct {
		Hash string `json:"data_hash"`
	}
	for i, name := range []string{"tiny", "tiny-twin"} {
		decode(t, ok(t, "query", name, "--sql", "select data_hash from run", "--json"), &hash[i])
	}
	if hash[0] != hash[1] || hash[0].Hash == "" {
		t.Errorf("text %q, and the twin's %q", hash[0].Hash, hash[1].Hash)
	}
	if err := os.WriteFile(data, []byte(strings.Repeat("not all those who wander are lost. ", 400)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "twin", "tiny", "--rival", "small"); r.code != 8 || !strings.Contains(r.err, "not what the run began on") {
		t.Errorf("twin on another text: exit code %d, %q", r.code, r.err)
	}
	r := run(t, "compare", "tiny", "tiny-twin", "--json")
	var v verdict.Verdict
	decode(t, r.out, &v)
	if r.code != 0 || !strings.Contains(r.err, "as they were measured") || !strings.Contains(v.Pairs[0].Interval, "scatter of the curves only") {
		t.Errorf("exit code %d, %q, intervals %q", r.code, r.err, v.Pairs[0].Interval)
	}
	other := idOf(t, ok(t, append([]string{"train", "--recipe", tiny, "--seed", "2", "--set", "train.lr=1e-3"}, short...)...))
	if r := run(t, "compare", "tiny-twin", other); r.code != 2 || !strings.Contains(r.err, "different texts") {
		t.Errorf("compare on two texts: exit code %d, %q", r.code, r.err)
	}
}

// TestPrintedRivals: --print-recipe trains nothing and prints what train would take.
func TestPrintedRivals(t *testing.T) {
	dir := home(t)
	for _, tt := range []struct {
		args  []string
		check func(growth.Recipe) bool
	}{
		{[]string{"flm-1m"}, func(r growth.Recipe) bool {
			return r.Train.LR == 4e-3 && len(r.Stages) == 1 && r.Stages[0].Hidden == 128
		}},
		{[]string{"flm-1m", "--lr", "5e-3", "--seed", "9"}, func(r growth.Recipe) bool { return r.Train.LR == 5e-3 && r.Train.Seed == 9 }},
		{[]string{tiny, "--rival", "stack"}, func(r growth.Recipe) bool { return r.Name == "tiny-stack" && r.Stages[2].Operator == "stack" }},
		{[]string{tiny, "--rival", "middle", "--set", "stage.1.warmup=0"}, func(r growth.Recipe) bool {
			return r.Stages[0].Hidden == 24 && r.Stages[0].Warmup == 0
		}},
	} {
		text := ok(t, append([]string{"twin", "--print-recipe"}, tt.args...)...)
		r, err := growth.Parse("x", []byte(text))
		if err != nil || !tt.check(r) {
			t.Errorf("%q: %v\n%s", tt.args, err, text)
		}
		if again := ok(t, "plan", "--recipe", write(t, "r.toml", text), "--print-recipe"); again != text {
			t.Errorf("%q reads back as\n%s", tt.args, again)
		}
	}
	if files := filesIn(t, dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestBadComparisons(t *testing.T) {
	home(t)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no run":          {[]string{"compare"}, 2, "at least one rival"},
		"one run":         {[]string{"compare", "a"}, 2, "growlab twin"},
		"no such run":     {[]string{"compare", "a", "b"}, 2, `"a"`},
		"twin of what":    {[]string{"twin"}, 2, "one run or recipe"},
		"twin of none":    {[]string{"twin", "zzz"}, 2, `"zzz"`},
		"no such rival":   {[]string{"twin", "flm-1m", "--rival", "huge"}, 2, "twin, small, middle, large, stack"},
		"one stage":       {[]string{"twin", "flm-1m-twin"}, 3, "one stage"},
		"no rate":         {[]string{"twin", "flm-1m", "--lr", "-1"}, 3, "train.lr is -1"},
		"no such file":    {[]string{"twin", "/no/such.toml"}, 3, "/no/such.toml"},
		"bad set":         {[]string{"twin", "flm-1m", "--set", "stage.2.tokens=1M", "--print-recipe"}, 3, `stage "2" does not exist`},
		"rival's no data": {[]string{"twin", tiny, "--data", "/no/text"}, 7, "/no/text"},
	} {
		r := run(t, tt.args...)
		if r.code != tt.code || !strings.Contains(r.err, tt.says) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q; want %d and one line with %q", name, r.code, r.err, tt.code, tt.says)
		}
	}
}
