package growth

import (
	"math"
	"strings"
	"testing"
)

// TestDerive: from a hundred thousand to a trillion parameters the plan is legal, near its size and within its budget, has the
// paper's shares and ratios, and reads back.
func TestDerive(t *testing.T) {
	for _, params := range []int64{150e3, 1_020_000, 10e6, 101e6, 1.3e9, 101e9, 1e12} {
		for _, budget := range []Goal{{Tokens: Tokens(3 * params)}, {FLOPs: FLOPs(6 * float64(params) * float64(params))}} {
			budget.Params = params
			r, err := Derive(budget)
			if err != nil {
				t.Fatalf("%d: %v", params, err)
			}
			checkDerived(t, r, budget)
		}
	}
}

func checkDerived(t *testing.T, r Recipe, g Goal) {
	t.Helper()
	p := r.Plan()
	final := float64(p.Stages[2].Params)
	slack := 0.12 // whole heads of few
	if g.Params < 1e6 {
		slack = 0.4
	}
	if math.Abs(final/float64(g.Params)-1) > slack {
		t.Errorf("asked for %d parameters, got %g in %v", g.Params, final, p.Stages[2].Config)
	}
	for i, s := range p.Stages {
		if share := float64(s.Tokens) / float64(p.Tokens); math.Abs(share-paperStages[i].tokens/311.55e9) > 0.01 {
			t.Errorf("%d: stage %d has %.3f of the tokens", g.Params, i+1, share)
		}
		ratio := float64(s.Params) / final / (paperStages[i].params / 101e9)
		if math.Abs(math.Log(ratio)) > 3*slack {
			t.Errorf("%d: stage %d, %v, has %.2f times the parameters that it should", g.Params, i+1, s.Config, ratio)
		}
		if i > 0 && (s.Params <= p.Stages[i-1].Params || s.Ramp == 0 || s.Operator != "msg") {
			t.Errorf("%d: stage %d does not grow: %+v", g.Params, i+1, s)
		}
	}
	if g.Tokens > 0 && math.Abs(float64(p.Tokens)/float64(g.Tokens)-1) > 0.03 {
		t.Errorf("budget of %d tokens, plan of %d", g.Tokens, p.Tokens)
	}
	if g.FLOPs > 0 && math.Abs(p.FLOPs/float64(g.FLOPs)-1) > 0.03 {
		t.Errorf("budget of %g FLOPs, plan of %g", float64(g.FLOPs), p.FLOPs)
	}
	text, err := r.TOML()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Parse("again", text); err != nil || again.TotalTokens() != p.Tokens {
		t.Errorf("read back: %v\n%s", err, text)
	}
}

// TestDeriveFLM1M: at the scale of the smallest preset the rules give its final shape and rate back.
func TestDeriveFLM1M(t *testing.T) {
	r, err := Derive(Goal{Params: 1_020_000, Tokens: 3_111_936})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Final(); c.Layers != 5 || c.Hidden != 128 || c.Heads != 8 || r.Train.LR != 8e-3 || r.Train.Batch != 1536 {
		t.Errorf("final %v with %d heads, lr %v, batch %d", c, c.Heads, r.Train.LR, r.Train.Batch)
	}
}

func TestBadGoals(t *testing.T) {
	for name, c := range map[string]struct {
		goal Goal
		want string
	}{
		"no budget":   {Goal{Params: 1e6}, "budget"},
		"two budgets": {Goal{Params: 1e6, Tokens: 1e6, FLOPs: 1e12}, "budget"},
		"tiny":        {Goal{Params: 1000, Tokens: 1e6}, "too few for three sizes in whole heads of 16"},
		"huge":        {Goal{Params: 1e18, Tokens: 1e12}, "ask for at most 10000B"},
		"no time":     {Goal{Params: 1e6, Tokens: 5000}, "fewer than 10"},
		"nearly":      {Goal{Params: 1e7, Tokens: 30_000}, "leaves the last stage 9 whole steps of 256 tokens, fewer than 10"},
	} {
		if _, err := Derive(c.goal); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
}
