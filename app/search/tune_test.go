package search

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
)

// contender is a recipe whose loss, in the trainer below, is lowest at a rate.
func contender(t *testing.T, name string, lr float64) growth.Recipe {
	t.Helper()
	r, err := session.LoadRecipe(session.Launch{Recipe: "flm-1m"})
	if err != nil {
		t.Fatal(err)
	}
	r.Name, r.Train.LR = name, lr
	r.Stages[0].Hidden += 16 * len(name) // so that no two are the same
	return r
}

// bowl trains: the loss is the squared distance of log LR from that of the best rate, and rates from diverge on do.
func bowl(best map[string]float64, diverge float64, runs *int) func(context.Context, []growth.Recipe) ([]Outcome, error) {
	return func(_ context.Context, recipes []growth.Recipe) ([]Outcome, error) {
		var all []Outcome
		for _, r := range recipes {
			*runs++
			name, _, _ := strings.Cut(r.Name, "-lr")
			if r.Train.Seed != 100 {
				return nil, errors.New("another seed")
			}
			d := math.Log(r.Train.LR / best[name])
			all = append(all, Outcome{Run: r.Name, Loss: 1 + d*d, Diverged: r.Train.LR >= diverge})
		}
		return all, nil
	}
}

// TestTunerIsFair: all contenders get the same number of runs, and the search goes on until no best is at the edge.
func TestTunerIsFair(t *testing.T) {
	a, b := contender(t, "a", 8e-3), contender(t, "bb", 8e-3)
	runs := 0
	tuner := Tuner{Contenders: []growth.Recipe{a, b}, Seed: 100, Factors: []float64{0.5, 1, 2}, Most: 6, Train: bowl(map[string]float64{"a": 8.1e-3, "bb": 3.3e-2}, 1, &runs)}
	all, err := tuner.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if runs != 10 || len(all[0].Trials) != 5 || len(all[1].Trials) != 5 {
		t.Fatalf("%d runs: %+v", runs, all)
	}
	if all[1].Best != 3.2e-2 || all[1].LR != 3.2e-2 || all[1].Edge() {
		t.Errorf("the contender at the edge: %+v", all[1])
	}
	if got := ratesOf(all[0]); all[0].Best != 8e-3 || !slices.Equal(got, []float64{4e-3, 8e-3, 9.4e-3, 1.1e-2, 1.6e-2}) {
		t.Errorf("the contender that was between from the start tried %v, took %g", got, all[0].Best)
	}
	tuner.Most, runs = 3, 0
	if all, err = tuner.Run(t.Context()); err != nil || runs != 6 || !all[1].Edge() {
		t.Errorf("with 3 runs at most: %d, %+v, %v", runs, all, err)
	}
	if notes := strings.Join((lab.Tuning{Seed: 100, Contenders: all}).Notes(), "\n"); !strings.Contains(notes, "tuned by 3 runs") || !strings.Contains(notes, "bb: the best rate tried for it, 0.016, lies at the edge") {
		t.Errorf("notes:\n%s", notes)
	}
}

func ratesOf(c lab.Tuned) (all []float64) {
	for _, x := range c.Trials {
		all = append(all, x.LR)
	}
	return all
}

// TestTunerLeavesWhatDiverges: such a rate is never the best, and lower ones are tried.
func TestTunerLeavesWhatDiverges(t *testing.T) {
	a := contender(t, "a", 8e-3)
	runs := 0
	tuner := Tuner{Contenders: []growth.Recipe{a}, Seed: 100, Factors: []float64{0.5, 1, 2}, Most: 9, Train: bowl(map[string]float64{"a": 1e-3}, 3e-3, &runs)}
	all, err := tuner.Run(t.Context())
	if err != nil || all[0].Best != 1e-3 || all[0].Edge() || all[0].Trials[len(all[0].Trials)-1].Loss != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestTunerRefuses(t *testing.T) {
	a := contender(t, "a", 8e-3)
	again := a
	again.Name = "b"
	for name, x := range map[string]struct {
		tuner Tuner
		want  string
	}{
		"no factors":  {Tuner{Most: 3}, "no learning rates to try"},
		"few runs":    {Tuner{Factors: []float64{1, 2}, Most: 1}, "fewer than the 2 factors"},
		"named twice": {Tuner{Factors: []float64{1}, Most: 1, Contenders: []growth.Recipe{a, again}}, "a and b are one recipe"},
		"a wild rate": {Tuner{Factors: []float64{1e9}, Most: 1, Contenders: []growth.Recipe{a}}, "lr"},
	} {
		if _, err := x.tuner.Run(t.Context()); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

// TestCarry: the rules by which a rate goes to another size.
func TestCarry(t *testing.T) {
	from, to := contender(t, "a", 8e-3), contender(t, "bb", 8e-3)
	from.Stages[0].Hidden, to.Stages[0].Hidden = 64, 192
	if lr, rule, err := Carry(1.1e-2, from, to); err != nil || lr != 3.7e-3 || rule != "0.011 of a times 64/192, width over width" {
		t.Errorf("1/width: %g, %q, %v", lr, rule, err)
	}
	from.Model.BaseWidth = 64
	if _, _, err := Carry(1.1e-2, from, to); !errors.Is(err, session.ErrUsage) {
		t.Errorf("muP in one only: %v", err)
	}
	to.Model.BaseWidth = 64
	if lr, rule, err := Carry(1.1e-2, from, to); err != nil || lr != 1.1e-2 || rule != "that of a by muP" {
		t.Errorf("muP: %g, %q, %v", lr, rule, err)
	}
}
