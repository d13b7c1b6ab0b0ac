package planner

import (
	"reflect"
	"strings"
	"testing"

	"growlab/app/words"
	"growlab/assets"
	"growlab/growth"
)

func preset(t *testing.T, name string) growth.Recipe {
	t.Helper()
	text, err := assets.Recipe(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draft(t *testing.T) *Draft {
	t.Helper()
	return NewDraft(preset(t, "flm-1m"), Origin{Preset: "flm-1m"})
}

func TestEveryKeyOfARecipeHasAField(t *testing.T) {
	shown := map[string]bool{}
	for _, g := range groupsOf(3) {
		for _, key := range g.keys {
			if shown[key] {
				t.Errorf("key %s is shown twice", key)
			}
			shown[key] = true
			if s := specOf(key); s.Label == "" {
				t.Errorf("key %s has no label", key)
			}
		}
	}
	for _, key := range documentOf(preset(t, "flm-1m")).keys() {
		e, ok := entryOf(key)
		if !ok {
			t.Errorf("the schema does not know %s", key)
		}
		if !shown[key] && !hidden(e.pattern) {
			t.Errorf("key %s has no field", key)
		}
	}
	for key := range specs {
		if _, ok := entryOf(strings.Replace(key, "*", "1", 1)); !ok {
			t.Errorf("there is a field for %s, which no recipe has", key)
		}
	}
}

func TestSettingAKeyChangesTheRecipe(t *testing.T) {
	for _, row := range []struct {
		key, text string
		got       func(growth.Recipe) any
		want      any
	}{
		{"train.lr", "1e-3", func(r growth.Recipe) any { return r.Train.LR }, 1e-3},
		{"train.batch", "3072", func(r growth.Recipe) any { return r.Train.Batch }, growth.Tokens(3072)},
		{"train.batch", "3,072", func(r growth.Recipe) any { return r.Train.Batch }, growth.Tokens(3072)},
		{"stage.2.tokens", "500k", func(r growth.Recipe) any { return r.Stages[1].Tokens }, growth.Tokens(500_000)},
		{"stage.2.operator", "stack", func(r growth.Recipe) any { return r.Stages[1].Operator }, "stack"},
		{"stage.3.flops", "2T", func(r growth.Recipe) any { return r.Stages[2].FLOPs }, growth.FLOPs(2e12)},
		{"model.bias", "false", func(r growth.Recipe) any { return *r.Model.Bias }, false},
		{"name", "123", func(r growth.Recipe) any { return r.Name }, "123"},
		{"sample.prompt", `he said "go"`, func(r growth.Recipe) any { return r.Sample.Prompt }, `he said "go"`},
		{"train.weight_decay", "", func(r growth.Recipe) any { return r.Train.WeightDecay }, growth.Default().Train.WeightDecay},
		{"stage.1.heads", "", func(r growth.Recipe) any { return r.Stages[0].Heads }, 0},
	} {
		d := draft(t)
		d.Set(row.key, row.text)
		if got := row.got(d.Recipe()); got != row.want {
			t.Errorf("%s = %q: got %v, want %v; faults %v", row.key, row.text, got, row.want, d.Faults())
		}
	}
}

func TestWhatCannotBeReadIsKeptAndNamed(t *testing.T) {
	d := draft(t)
	before := d.Recipe().Train.LR
	d.Set("train.lr", "fast")
	if got := d.Text("train.lr"); got != "fast" {
		t.Errorf("got %q in the field, want what was typed", got)
	}
	if d.Recipe().Train.LR != before {
		t.Error("what cannot be read changed the recipe")
	}
	f := d.Faults()
	if len(f) != 1 || f[0].Key != "train.lr" {
		t.Fatalf("got faults %+v, want one on train.lr", f)
	}
	d.Set("stage.2.tokens", "many")
	if got := d.Fault("stage.2.tokens"); !strings.Contains(got, `"many" is not a number of tokens`) {
		t.Errorf("got %q, want the sentence on tokens", got)
	}
	d.Set("train.lr", "2e-3")
	d.Set("stage.2.tokens", "400k")
	if f := d.Faults(); len(f) != 0 || d.Recipe().Train.LR != 2e-3 {
		t.Errorf("got faults %+v and lr %g after mending", f, d.Recipe().Train.LR)
	}
}

func TestIllegalGrowthIsToldAtItsStage(t *testing.T) {
	for _, row := range []struct {
		key, text string
		stage     int
		at, want  string
	}{
		{"stage.2.layers", "2", 2, "stage.2.layers", "may only grow"},
		{"stage.2.hidden", "50", 2, "stage.2.hidden", "not a multiple of head_dim"},
		{"stage.3.operator", "net3net", 3, "stage.3.operator", "must be one of"},
		{"train.batch", "1000", 1, "stage.1.batch", "not a multiple of context"},
		{"train.clip", "-1", 0, "train.clip", "0 (off) or more"},
	} {
		d := draft(t)
		d.Set(row.key, row.text)
		found := false
		for _, f := range d.Faults() {
			found = found || f.Stage == row.stage && f.Key == row.at && strings.Contains(f.Text, row.want) && !strings.Contains(f.Text, "recipe")
		}
		if !found {
			t.Errorf("%s = %s: got %+v, want a fault of stage %d at %q with %q", row.key, row.text, d.Faults(), row.stage, row.at, row.want)
		}
	}
}

func TestBoundariesMoveInWholeStepsAndKeepTheTotal(t *testing.T) {
	d := draft(t)
	plan, _ := d.Plan()
	for _, to := range []int64{0, 1, 1_000_000, plan.Stages[1].Begin + 777, plan.Stages[2].Begin, plan.Tokens, plan.Tokens * 9} {
		d.MoveBoundary(1, to)
		after, ok := d.Plan()
		if !ok || len(d.Faults()) > 0 {
			t.Fatalf("boundary at %d: faults %+v", to, d.Faults())
		}
		if after.Tokens != plan.Tokens {
			t.Errorf("boundary at %d: %d tokens in all, want %d", to, after.Tokens, plan.Tokens)
		}
		if after.Stages[2].Begin != plan.Stages[2].Begin {
			t.Errorf("boundary at %d: the next boundary moved to %d", to, after.Stages[2].Begin)
		}
		at := after.Stages[1].Begin
		if want := min(max(to, after.Stages[0].Batch), plan.Stages[2].Begin); to > 200_000 && to < plan.Stages[2].Begin-200_000 && (at < want-1536 || at > want+1536) {
			t.Errorf("boundary at %d: got %d", to, at)
		}
	}
}

func TestStagesComeAndGoLegally(t *testing.T) {
	d := draft(t)
	total := func() int64 { p, _ := d.Plan(); return p.Tokens }
	before := total()
	d.AddStage()
	if f := d.Faults(); len(f) > 0 || d.Stages() != 4 {
		t.Fatalf("got %d stages and faults %+v, want 4 and none", d.Stages(), f)
	}
	for _, n := range []int{1, 2, 2} {
		d.RemoveStage(n)
		if f := d.Faults(); len(f) > 0 {
			t.Fatalf("stage %d removed: faults %+v", n, f)
		}
	}
	d.RemoveStage(1)
	if d.Stages() != 1 {
		t.Errorf("got %d stages, want the last one to stay", d.Stages())
	}
	if got := total(); got < before-4*1536 || got > before+4*1536 {
		t.Errorf("got %d tokens in all, want about %d", got, before)
	}
}

func TestTheDialDerivesAWholeRecipe(t *testing.T) {
	d := draft(t)
	d.Set("train.seed", "7")
	if err := d.Derive(Goal{"10M", "30M"}); err != nil {
		t.Fatal(err)
	}
	if got := d.Recipe().Final().Params(); got < 9e6 || got > 11e6 {
		t.Errorf("got %d parameters, want about 10M", got)
	}
	if d.Recipe().Train.Seed != 7 || d.Changed() && len(d.Faults()) > 0 {
		t.Errorf("got seed %d and faults %v", d.Recipe().Train.Seed, d.Faults())
	}
	for _, g := range []Goal{{"x", "30M"}, {"10M", "y"}, {"10M", "-1"}, {"3", "30M"}} {
		before := d.Recipe()
		if err := d.Derive(g); err == nil || strings.Contains(err.Error(), "recipe ") {
			t.Errorf("%v: got %v, want a plain sentence", g, err)
		}
		if !reflect.DeepEqual(before, d.Recipe()) {
			t.Errorf("%v: a refused goal changed the draft", g)
		}
	}
}

// What the command says must make the draft.
func TestTheCommandMakesTheDraft(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*Draft)
		want []string
	}{
		{"as it came", func(*Draft) {}, []string{"growlab train --recipe flm-1m"}},
		{"values", func(d *Draft) { d.Set("train.lr", "1e-3"); d.Set("sample.prompt", "it's 5"); d.Set("name", "12") }, []string{"--set train.lr=1e-3", `--set 'sample.prompt=`, `--set 'name="12"'`}},
		{"a stage more", func(d *Draft) { d.AddStage() }, []string{"cat > flm-1m.toml <<'END'", "growlab train --recipe flm-1m.toml"}},
		{"a key less", func(d *Draft) { d.Set("stage.2.operator", "") }, []string{"<<'END'"}},
	} {
		d := draft(t)
		row.edit(d)
		got := d.Command("")
		for _, want := range row.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q in it", row.name, got, want)
			}
		}
		text, err := d.base.TOML()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := d.sets(); !ok {
			continue
		}
		var flags []string
		for _, c := range d.Changes() {
			flags = append(flags, c.Key+"="+literal(c.Key, c.To))
		}
		again, err := growth.Parse("flm-1m", text, flags...)
		if err != nil || !reflect.DeepEqual(again, d.Recipe()) {
			t.Errorf("%s: the flags %q make another recipe (%v)", row.name, flags, err)
		}
	}
	d := draft(t)
	if err := d.Derive(Goal{"10M", "30M"}); err != nil {
		t.Fatal(err)
	}
	if got, want := d.Command("my texts"), "growlab plan --final-params 10M --budget 30M-tokens --print-recipe > derived-10m.toml &&\ngrowlab train --recipe derived-10m.toml --data 'my texts'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAmountsAreWrittenShortAndWhole(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 1536: "1536", 100_000: "100k", 2_500_000: "2.5M", 2_452_992: "2_452_992", 38_400: "38.4k", 1e9: "1B"} {
		if got := words.Amount(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
		if back, err := growth.ParseTokens(words.Amount(n)); err != nil || int64(back) != n {
			t.Errorf("%d is written %q, which reads %d (%v)", n, words.Amount(n), back, err)
		}
	}
	for v, want := range map[float64]string{0: "0", 8e-3: "8e-3", 0.85: "0.85", 1e-8: "1e-8", 6e12: "6e12", 1: "1", 0.02: "0.02"} {
		if got := words.Decimal(v); got != want {
			t.Errorf("%g: got %q, want %q", v, got, want)
		}
	}
}
