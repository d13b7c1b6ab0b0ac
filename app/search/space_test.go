package search

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/growth"
)

const tiny = "../engine/testdata/tiny.toml"

func recipe(t *testing.T, name string, sets ...string) growth.Recipe {
	t.Helper()
	r, err := session.LoadRecipe(session.Launch{Recipe: name, Set: sets})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPoints: the grid is full, in order, and each proxy is the first stage at the other width with muP's base there.
func TestPoints(t *testing.T) {
	r := recipe(t, "flm-1m")
	s := Space{Recipe: r, Width: 32, Tokens: 1_000_000, LR: []float64{2e-3, 8e-3}, OutputMult: []float64{1, 2, 4}}
	points, err := s.Points()
	if err != nil {
		t.Fatal(err)
	}
	var got []Values
	names := map[string]bool{}
	for _, p := range points {
		got = append(got, p.Values)
		names[p.Recipe.Name] = true
		c, plan := p.Recipe.Config(0), p.Recipe.Plan()
		if len(p.Recipe.Stages) != 1 || c.Hidden != 32 || c.Heads != 2 || c.FFN != 128 || c.Layers != 3 || c.BaseWidth != 32 {
			t.Errorf("%s is %+v in %d stages", p.Recipe.Name, c, len(p.Recipe.Stages))
		}
		if plan.Tokens != 999_936 || plan.Stages[0].LR != p.LR || c.OutputMult != p.OutputMult || p.Recipe.Model.InitStd != 0.02 {
			t.Errorf("%s: %d tokens, lr %g, multiplier %g", p.Recipe.Name, plan.Tokens, plan.Stages[0].LR, c.OutputMult)
		}
		if share, want := float64(plan.Stages[0].Warmup)/999_936, 98_304.0/2_452_992; math.Abs(share-want) > 0.001 {
			t.Errorf("%s: warm-up is %.4f of the tokens, want %.4f", p.Recipe.Name, share, want)
		}
	}
	want := []Values{{2e-3, 0.02, 1}, {8e-3, 0.02, 1}, {2e-3, 0.02, 2}, {8e-3, 0.02, 2}, {2e-3, 0.02, 4}, {8e-3, 0.02, 4}}
	if !slices.Equal(got, want) || len(names) != len(want) {
		t.Errorf("points %v in %d names, want %v", got, len(names), want)
	}
}

// TestProxyOfTheSameWidth: at its own width and length the proxy is the first stage itself, but for muP's base, which is then 1:1.
func TestProxyOfTheSameWidth(t *testing.T) {
	r := recipe(t, "flm-1m")
	points, err := Space{Recipe: r, Width: 64, LR: []float64{r.Train.LR}}.Points()
	if err != nil {
		t.Fatal(err)
	}
	got, want := points[0].Recipe.Plan().Stages[0], r.Plan().Stages[0]
	want.Config.BaseWidth, want.LREnd = 64, got.LREnd // alone, it decays to the end
	if got != want {
		t.Errorf("proxy %+v, want %+v", got, want)
	}
}

// TestShapesInProportion: heads and FFN that a stage names are scaled with the width; lengths in FLOPs become tokens.
func TestShapesInProportion(t *testing.T) {
	r := recipe(t, tiny, "stage.1.heads=2", "stage.1.ffn=48", "stage.1.plateau=2")
	points, err := Space{Recipe: r, Width: 32, LR: []float64{1e-3}}.Points()
	if err != nil {
		t.Fatal(err)
	}
	if c, s := points[0].Recipe.Config(0), points[0].Recipe.Stages[0]; c.Heads != 4 || c.FFN != 96 || s.Plateau != 0 || s.Tokens != 7680 {
		t.Errorf("proxy %+v, %+v", c, s)
	}
}

func TestTransfer(t *testing.T) {
	v := Values{LR: 5e-3, InitStd: 0.03, OutputMult: 2}
	for name, tt := range map[string]struct {
		sets []string
		base int
	}{
		"base of the proxy":  {nil, 32},
		"base of the recipe": {[]string{"model.base_width=64"}, 64},
	} {
		s := Space{Recipe: recipe(t, "flm-1m", tt.sets...), Width: 32, LR: []float64{v.LR}, InitStd: []float64{v.InitStd}, OutputMult: []float64{v.OutputMult}}
		r, err := s.Transfer(v)
		if err != nil {
			t.Fatal(err)
		}
		if r.Model.BaseWidth != tt.base || r.Train.LR != v.LR || r.Model.InitStd != v.InitStd || r.Model.OutputMult != v.OutputMult {
			t.Errorf("%s: recipe has %+v and lr %g", name, r.Model, r.Train.LR)
		}
		if len(r.Stages) != 3 || r.Name != "flm-1m-tuned" || s.Recipe.Model.OutputMult != 1 {
			t.Errorf("%s: recipe %s of %d stages; the source has multiplier %g", name, r.Name, len(r.Stages), s.Recipe.Model.OutputMult)
		}
		points, err := s.Points()
		if err != nil {
			t.Fatal(err)
		}
		if got := points[0].Recipe.Model; got != r.Model {
			t.Errorf("%s: the proxy was trained as %+v, the recipe will be as %+v", name, got, r.Model)
		}
	}
}

func TestBadSpaces(t *testing.T) {
	r := recipe(t, "flm-1m")
	for name, tt := range map[string]struct {
		s    Space
		says string
	}{
		"width": {Space{Recipe: r, Width: 60}, "hidden 60 is not a multiple of head_dim 16"},
		"lr":    {Space{Recipe: r, Width: 64, LR: []float64{1e-3, 50}}, "train.lr is 50"},
		"std":   {Space{Recipe: r, Width: 64, InitStd: []float64{20}}, "model.init_std is 20"},
	} {
		if _, err := tt.s.Points(); !errors.Is(err, growth.ErrRecipe) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %q", name, err, tt.says)
		}
	}
}

func TestRank(t *testing.T) {
	s := Space{Recipe: recipe(t, tiny), Width: 16, Tokens: 1280, LR: []float64{1e-3, 2e-3, 4e-3, 8e-3}}
	points, err := s.Points()
	if err != nil {
		t.Fatal(err)
	}
	r := Rank(s, points, []Outcome{{Run: "a", Loss: 2.5}, {Run: "b", Loss: 2.004}, {Run: "c", Loss: 2}, {Run: "d", Diverged: true}})
	var order []string
	for _, x := range r.Runs {
		order = append(order, x.Run)
	}
	if !slices.Equal(order, []string{"c", "b", "a", "d"}) || r.Best.LR != 4e-3 || r.Tied() != 2 || *r.Runs[2].Behind != 0.5 || r.Runs[3].Loss != nil {
		t.Errorf("ranking %+v", r)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "2 of 4") || strings.Contains(notes, "largest tried") || !strings.Contains(notes, "0.17 of what") {
		t.Errorf("notes %q", notes)
	}
	r = Rank(s, points, []Outcome{{Loss: 2}, {Loss: 3}, {Loss: 3}, {Loss: 3}})
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "learning rate, 0.001, is the smallest tried") {
		t.Errorf("at the edge: %q", notes)
	}
	r = Rank(s, points, []Outcome{{Diverged: true}, {Diverged: true}, {Diverged: true}, {Diverged: true}})
	if r.Best != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "every run diverged") {
		t.Errorf("nothing is left: %+v", r)
	}
}
