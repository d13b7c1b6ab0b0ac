package growth_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"growlab/assets"
	"growlab/growth"
)

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

func rival(t *testing.T, r growth.Recipe, kind string, s growth.Spent) growth.Recipe {
	t.Helper()
	out, err := r.Rival(kind, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRivalsAreThePresets: the rules give the plans of the presets that were written by hand, learning rates included.
func TestRivalsAreThePresets(t *testing.T) {
	for _, tt := range []struct {
		of, kind, preset string
		but              []string
	}{
		{"flm-1m", growth.RivalTwin, "flm-1m-twin", nil},
		{"flm-1m", growth.RivalSmall, "flm-1m-small", nil},
		// The preset has a learning rate that was measured, and rounds its 1,023.4 steps up.
		{"flm-1m", growth.RivalMiddle, "flm-1m-middle", []string{"train.lr=5.33e-3", "stage.1.tokens=1571328"}},
		{"flm-1m", growth.RivalLarge, "flm-1m-large", nil},
		{"flm-1m", growth.RivalStack, "stack-baseline", nil},
		{"flm-10m", growth.RivalTwin, "flm-10m-twin", nil},
	} {
		got, want := rival(t, preset(t, tt.of), tt.kind, growth.Spent{}), preset(t, tt.preset, tt.but...)
		if !reflect.DeepEqual(got.Plan(), want.Plan()) {
			t.Errorf("%s of %s: plan\n%+v, want that of %s\n%+v", tt.kind, tt.of, got.Plan(), tt.preset, want.Plan())
		}
		if got.RivalOf != tt.of || got.Name != tt.of+"-"+tt.kind || got.Eval != want.Eval || got.Train.Seed != want.Train.Seed {
			t.Errorf("%s of %s: %+v, want %+v", tt.kind, tt.of, got, want)
		}
		text, err := got.TOML()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := growth.Parse("x", text); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s of %s does not survive its TOML: %v\n%s", tt.kind, tt.of, err, text)
		}
	}
}

// TestRivalsOfWhatWasSpent: a run that ended elsewhere than planned has rivals of what it took; seeds and batches stay.
func TestRivalsOfWhatWasSpent(t *testing.T) {
	r := preset(t, "flm-1m", "train.seed=7", "stage.3.batch=3072", "stage.1.lr=0.5", "train.micro_batch=2")
	twin := rival(t, r, growth.RivalTwin, growth.Spent{Tokens: 3_072_000})
	if p := twin.Plan(); p.Tokens != 3_072_000 || p.Stages[0].Batch != 3072 || math.Abs(twin.Train.LR-2e-3) > 1e-15 || twin.Train.Seed != 7 || twin.Train.MicroBatch != 2 {
		t.Errorf("twin %+v of %+v", twin, p)
	}
	for _, kind := range []string{growth.RivalSmall, growth.RivalMiddle, growth.RivalLarge} {
		if got := rival(t, r, kind, growth.Spent{FLOPs: 1e12}).Plan().FLOPs; math.Abs(got/1e12-1) > 0.01 {
			t.Errorf("%s for 1 TFLOP plans %g", kind, got)
		}
	}
	if r.Stages[1].Operator != "msg" || rival(t, r, growth.RivalStack, growth.Spent{}).Stages[1].Operator != "stack" || r.Stages[1].Ramp == 0 {
		t.Error("the stack rival changed its source")
	}
}

// TestRivalUnderMuP: muP transfers the rate, so it stays.
func TestRivalUnderMuP(t *testing.T) {
	r := preset(t, "flm-1m", "model.base_width=64")
	if got := rival(t, r, growth.RivalTwin, growth.Spent{}).Train.LR; got != r.Train.LR {
		t.Errorf("learning rate %g, want %g", got, r.Train.LR)
	}
}

// TestRivalKinds: all that a recipe is said to have can be made.
func TestRivalKinds(t *testing.T) {
	two := preset(t, "flm-1m")
	two.Stages = two.Stages[:2]
	for want, r := range map[int]growth.Recipe{4: two, 5: preset(t, "flm-1m")} {
		kinds := r.RivalKinds()
		if len(kinds) != want {
			t.Errorf("%d stages have the rivals %v, want %d", len(r.Stages), kinds, want)
		}
		for _, kind := range kinds {
			rival(t, r, kind, growth.Spent{})
		}
	}
}

// TestGrows: a second stage of the same shape is a schedule, no growth.
func TestGrows(t *testing.T) {
	for name, tt := range map[string]struct {
		r    growth.Recipe
		want bool
	}{
		"grown":      {preset(t, "flm-1m"), true},
		"one stage":  {preset(t, "flm-1m-twin"), false},
		"same shape": {preset(t, "flm-1m", "stage.1.hidden=128", "stage.2.hidden=128", "stage.1.layers=5"), false},
	} {
		if got := tt.r.Grows(); got != tt.want {
			t.Errorf("%s: grows is %v", name, got)
		}
	}
}

func TestNoSuchRival(t *testing.T) {
	two := preset(t, "flm-1m")
	two.Stages = two.Stages[:2]
	for _, tt := range []struct {
		name, kind, says string
		of               growth.Recipe
	}{
		{"unknown", "huge", "twin, small, middle, large, stack", preset(t, "flm-1m")},
		{"one stage", growth.RivalTwin, "one stage", preset(t, "flm-1m-twin")},
		{"no middle", growth.RivalMiddle, "no middle", two},
	} {
		if _, err := tt.of.Rival(tt.kind, growth.Spent{}); !errors.Is(err, growth.ErrRecipe) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.says)
		}
	}
}
