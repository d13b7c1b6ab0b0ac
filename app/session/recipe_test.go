package session_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/assets"
	"growlab/growth"
)

func TestLoadRecipe(t *testing.T) {
	seed := uint64(42)
	r, err := session.LoadRecipe(session.Launch{Recipe: recipe, Seed: &seed, Precision: "bf16", Set: []string{"train.batch=256", "stage.1.tokens=10_240"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "tiny" || r.Train.Seed != 42 || r.Train.Batch != 256 || r.Stages[0].Tokens != 10_240 || r.Train.Precision != "bf16" {
		t.Errorf("got %s with seed %d, batch %d, %d tokens, %s", r.Name, r.Train.Seed, r.Train.Batch, r.Stages[0].Tokens, r.Train.Precision)
	}
}

func TestBadRecipes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tt := range map[string]struct {
		recipe string
		want   error
		says   string
	}{
		"none":     {"", growth.ErrRecipe, "flm-1m"},
		"unknown":  {"flm-2m", assets.ErrNoRecipe, "flm-1m"},
		"missing":  {filepath.Join(dir, "none.toml"), growth.ErrRecipe, "none.toml"},
		"folder":   {dir, growth.ErrRecipe, "folder"},
		"not TOML": {write("a.toml", "stage = = 3"), growth.ErrRecipe, "line 1"},
		"no stage": {write("b.toml", "recipe = 1"), growth.ErrRecipe, "stage"},
		"huge":     {write("c.toml", strings.Repeat("#", 2<<20)), growth.ErrRecipe, "bytes"},
		"binary":   {write("d.toml", "\x00\xff\xfe"), growth.ErrRecipe, "d"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := session.LoadRecipe(session.Launch{Recipe: tt.recipe})
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v and %q", err, tt.want, tt.says)
			}
		})
	}
}

func TestPresets(t *testing.T) {
	h := home(t)
	presets := h.Presets()
	if len(presets) == 0 || presets[0].Name != "flm-1m" {
		t.Fatalf("the first of %d presets is %+v", len(presets), presets)
	}
	for _, p := range presets {
		if p.Title == "" || p.About == "" || len(p.Stages) == 0 || p.Params == 0 || p.Tokens == 0 || p.Estimate < time.Second || p.Memory < 1e6 {
			t.Errorf("preset %+v lacks something", p)
		}
	}
	if !slices.IsSortedFunc(presets, func(a, b session.Preset) int { return int(a.Estimate - b.Estimate) }) {
		t.Error("a cheaper preset comes after a dearer one")
	}
}

func TestEveryPresetIsSound(t *testing.T) {
	for _, name := range assets.Recipes() {
		if _, err := session.LoadRecipe(session.Launch{Recipe: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwins: a twin is the final shape from the start on the same tokens, in the same order and steps.
func TestTwins(t *testing.T) {
	for _, name := range []string{"flm-1m", "flm-10m"} {
		grown, err1 := session.LoadRecipe(session.Launch{Recipe: name})
		twin, err2 := session.LoadRecipe(session.Launch{Recipe: name + "-twin"})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		p, q := grown.Plan(), twin.Plan()
		if grown.Final() != twin.Final() || p.Tokens != q.Tokens || p.Steps != q.Steps || grown.Train.Seed != twin.Train.Seed {
			t.Errorf("%s ends as %v after %d tokens in %d steps, its twin as %v after %d in %d",
				name, grown.Final(), p.Tokens, p.Steps, twin.Final(), q.Tokens, q.Steps)
		}
		if twin.RivalOf != name || len(q.Stages) != 1 {
			t.Errorf("%s-twin is rival of %q in %d stages", name, twin.RivalOf, len(q.Stages))
		}
	}
}

// TestFLM10M: the budget that recipes/README.md derives: both recipes in an hour at 150 GFLOP/s with a quarter to spare.
func TestFLM10M(t *testing.T) {
	r, err := session.LoadRecipe(session.Launch{Recipe: "flm-10m"})
	if err != nil {
		t.Fatal(err)
	}
	p := r.Plan()
	if hour := (p.FLOPs + p.TwinFLOPs) / 150e9; hour*1.25 > 3600 {
		t.Errorf("flm-10m and its twin take %.0f s at 150 GFLOP/s, want a quarter less than an hour", hour)
	}
	for i, want := range []float64{0.788, 0.127, 0.085} {
		if share := float64(p.Stages[i].Tokens) / float64(p.Tokens); math.Abs(share-want) > 0.001 {
			t.Errorf("stage %d has %.4f of the tokens, want %.3f", i+1, share, want)
		}
	}
}

func TestDevices(t *testing.T) {
	for name, tt := range map[string]struct {
		spec    string
		threads int
		env     map[string]string
		want    error
	}{
		"default":       {"", 0, nil, nil},
		"cpu":           {"cpu", 1, nil, nil},
		"auto":          {"auto", 2, nil, nil},
		"cuda":          {"cuda", 0, nil, session.ErrDevice},
		"cuda list":     {"cuda:0,1", 0, nil, session.ErrDevice},
		"bad list":      {"cuda:x", 0, nil, session.ErrUsage},
		"cpu list":      {"cpu:0", 0, nil, session.ErrUsage},
		"unknown":       {"npu", 0, nil, session.ErrUsage},
		"many threads":  {"cpu", 1 << 20, nil, session.ErrUsage},
		"env device":    {"", 0, map[string]string{"GROWLAB_DEVICE": "cuda"}, session.ErrDevice},
		"flag over env": {"cpu", 0, map[string]string{"GROWLAB_DEVICE": "cuda"}, nil},
		"env threads":   {"cpu", 0, map[string]string{"GROWLAB_THREADS": "two"}, session.ErrUsage},
		"plain":         {"cpu", 0, map[string]string{"GROWLAB_CPU": "plain"}, nil},
		"env kernels":   {"cpu", 0, map[string]string{"GROWLAB_CPU": "mmx"}, session.ErrUsage},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			dev, err := session.OpenDevice(tt.spec, tt.threads, "auto")
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil {
				if err := dev.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
