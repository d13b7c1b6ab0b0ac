package cli

import (
	"strings"
	"testing"
)

// TestDerivedPlan: the plan from one dial prints a recipe that plan and train take.
func TestDerivedPlan(t *testing.T) {
	home(t)
	out := ok(t, "plan", "--final-params", "1.02M", "--budget", "3.11M-tokens")
	for _, want := range []string{"derived-1.02m", "5L × 128", "msg preserves the function; moments carry; linear ramp over", "learning rate 0.008 to", "\nstage          1-----"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	text := ok(t, "plan", "--final-params", "150k", "--budget", "60G-flops", "--seed", "5", "--print-recipe")
	file := write(t, "derived.toml", text)
	if again := ok(t, "plan", "--recipe", file, "--print-recipe"); again != text || !strings.Contains(text, "seed = 5") {
		t.Errorf("the derived recipe reads back as\n%s\nand was\n%s", again, text)
	}
	var p planned
	decode(t, ok(t, "plan", "--recipe", file, "--json"), &p)
	if p.FLOPs < 5.8e10 || p.FLOPs > 6.2e10 || p.PaperFLOPs <= p.FLOPs || p.ParamFLOPs <= 0 || p.Footprint != nil {
		t.Errorf("plan of 60 GFLOP: %+v", p)
	}
	if s := p.Stages[1]; !s.Preserves || s.Moments != "carry" || s.RampShape != "linear" || s.LRPolicy != "continue" || s.LR <= 0 || s.LREnd >= s.LR {
		t.Errorf("second stage: %+v", s)
	}
}

// TestPlanOfThePaper: a plan for the paper's size is out of reach here, and its numbers are still right.
func TestPlanOfThePaper(t *testing.T) {
	home(t)
	args := []string{"plan", "--final-params", "101B", "--budget", "311.55B-tokens", "--watts", "400"}
	var p planned
	decode(t, ok(t, append(args, "--json")...), &p)
	if s := p.Stages[2]; s.Layers != 80 || s.Hidden != 10240 || s.Heads != 80 || p.Seconds <= 0 || p.Footprint.KWh <= 0 {
		t.Errorf("plan of the paper's size: %+v", p)
	}
	if out := ok(t, args...); !strings.Contains(out, " years on ") || !strings.Contains(out, " ZFLOP") {
		t.Errorf("neither years nor ZFLOP in %s", out)
	}
}

// TestPlanFootprint: energy, carbon and money appear where their rates are given, and only there.
func TestPlanFootprint(t *testing.T) {
	home(t)
	if out := ok(t, "plan", "--recipe", tiny); strings.Contains(out, "kWh") || strings.Contains(out, "costs") {
		t.Errorf("rates out of nowhere: %s", out)
	}
	var p planned
	decode(t, ok(t, "plan", "--recipe", tiny, "--watts", "65", "--pue", "1.5", "--carbon", "0.4", "--kwh-price", "0.3", "--hour-price", "2", "--json"), &p)
	f := p.Footprint
	if f == nil || f.Hours != p.Seconds/3600 || !near(f.KWh, f.Hours*0.065) || !near(f.CO2Kg, f.KWh*0.6) || !near(f.Money, f.KWh*0.45+2*f.Hours) {
		t.Errorf("footprint %+v of %g seconds", f, p.Seconds)
	}
	if out := ok(t, "plan", "--recipe", tiny, "--watts", "65"); !strings.Contains(out, "kWh at 65 W: estimates") || strings.Contains(out, "CO2") {
		t.Errorf("energy alone: %s", out)
	}
}

// near reports whether two numbers are the same but for rounding.
func near(a, b float64) bool { return a >= b*(1-1e-9) && a <= b*(1+1e-9) }

func TestBadPlans(t *testing.T) {
	home(t)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"half a goal":    {[]string{"--final-params", "10M"}, 2, "--budget"},
		"goal and name":  {[]string{"--recipe", "flm-1m", "--final-params", "10M", "--budget", "30M-tokens"}, 2, "one of them"},
		"no unit":        {[]string{"--final-params", "10M", "--budget", "30M"}, 2, "no unit"},
		"no number":      {[]string{"--final-params", "big", "--budget", "30M-tokens"}, 2, `"big"`},
		"not positive":   {[]string{"--final-params", "10M", "--budget", "0-flops"}, 2, "not positive"},
		"bad amount":     {[]string{"--final-params", "10M", "--budget", "some-flops"}, 2, `"some"`},
		"too small":      {[]string{"--final-params", "900", "--budget", "30M-tokens"}, 3, "too few"},
		"no power":       {[]string{"--recipe", tiny, "--carbon", "0.4"}, 2, "--watts"},
		"negative power": {[]string{"--recipe", tiny, "--watts", "-3"}, 2, "0 or more"},
		"good PUE":       {[]string{"--recipe", tiny, "--watts", "65", "--pue", "0.5"}, 2, "1 or more"},
		"operator":       {[]string{"--recipe", "flm-1m", "--set", "stage.2.operator=hypercloning"}, 3, "stage 2: operator hypercloning"},
	} {
		r := run(t, append([]string{"plan"}, tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.err, tt.says) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q; want %d and one line with %q", name, r.code, r.err, tt.code, tt.says)
		}
	}
}

// TestEarlyEnd: a run whose first stage stands still is shorter than planned, in the file and on the terminal.
func TestEarlyEnd(t *testing.T) {
	home(t)
	sets := []string{"--recipe", tiny, "--set", "stage.1.plateau=1", "--set", "stage.1.plateau_gain=50"}
	if out := ok(t, append([]string{"plan"}, sets...)...); !strings.Contains(out, "ends early after 1 evaluation without a gain of 50 nats") {
		t.Errorf("plan: %s", out)
	}
	r := run(t, append([]string{"train"}, sets...)...)
	if r.code != 0 || !strings.Contains(r.err, "stage 1 ended early; the run now has") {
		t.Fatalf("exit code %d, %s", r.code, r.err)
	}
	var a account
	decode(t, ok(t, "runs", "show", "tiny", "--json"), &a)
	if a.Info.Step != a.Info.Steps || a.Ended == nil || a.Ended.Step != a.Info.Steps || a.Stages[1].FromStep != a.Grew[0].Step {
		t.Errorf("run %+v, stages %+v", a.Info, a.Stages)
	}
}
