package growth

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"growlab/growth/shape"
)

// TestRampShapes: at the quarters of a ramp of ten steps that begins with step 1600.
func TestRampShapes(t *testing.T) {
	for how, want := range map[string][3]float64{
		"":         {0.2, 0.5, 0.9},
		RampLinear: {0.2, 0.5, 0.9},
		RampCosine: {0.5 * (1 - math.Cos(0.2*math.Pi)), 0.5, 0.5 * (1 - math.Cos(0.9*math.Pi))},
		RampStep:   {0, 0, 0},
	} {
		r := parse(t)
		r.Stages[1].RampShape = how
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		for i, step := range []int64{2, 5, 9} {
			if got := r.At((1600 + step) * 1536).Mask; math.Abs(got-want[i]) > 1e-15 {
				t.Errorf("%s: mask %v after %d of 10 steps, want %v", how, got, step, want[i])
			}
		}
		if first, end := r.At(1600*1536).Mask, r.At(1610*1536).Mask; first != 0 || end != 1 {
			t.Errorf("%s: the ramp goes from %v to %v", how, first, end)
		}
	}
}

// TestRampOrder: dimensions have their turns one after another; those that do not grow have none, and are at 1.
func TestRampOrder(t *testing.T) {
	r := parse(t, `stage.2.ramp_order=["ffn", "layers", "hidden", "heads"]`, `stage.3.ramp_order=["layers", "heads", "ffn", "hidden"]`,
		"stage.3.ramp=15360", "stage.2.ramp=18432") // 12 steps, a quarter each; 10 steps, a third each
	for name, c := range map[string]struct {
		step int64
		want shape.Factors
		mean float64
	}{
		"at the growth":   {1600, shape.Factors{}, 0},
		"one third":       {1601, shape.Factors{FFN: 1.0 / 3}, 1.0 / 12},
		"layers' turn":    {1603, shape.Factors{FFN: 1}, 0.25},
		"hidden's":        {1608, shape.Factors{FFN: 1, Layers: 1, Hidden: 2.0 / 3}, 8.0 / 12},
		"heads are last":  {1610, shape.Factors{FFN: 1, Layers: 1, Hidden: 1, Heads: 1.0 / 3}, 10.0 / 12},
		"over":            {1612, shape.Joint(1), 1},
		"no new layers":   {1701, shape.Factors{Heads: 0.3, Layers: 1}, 0.1},
		"hidden, stage 3": {1709, shape.Factors{Heads: 1, FFN: 1, Layers: 1, Hidden: 0.7}, 0.9},
	} {
		p := r.At(c.step * 1536)
		for _, d := range dims {
			if got, want := *factor(&p.Factors, d), *factor(&c.want, d); math.Abs(got-want) > 1e-14 {
				t.Errorf("%s: m of %s is %v at step %d, want %v", name, d, got, c.step, want)
			}
		}
		if math.Abs(p.Mask-c.mean) > 1e-14 {
			t.Errorf("%s: the mean is %v, want %v", name, p.Mask, c.mean)
		}
	}
	plan := r.Plan()
	if a, b := plan.Stages[1].RampOrder, plan.Stages[2].RampOrder; a != "ffn, layers, hidden, heads" || b != "heads, ffn, hidden" {
		t.Errorf("planned orders %q and %q", a, b)
	}
	text, err := r.TOML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("t", text)
	if err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("read back: %+v, %v", again.Stages, err)
	}
}

// TestRampOrderEdited: a ramp that is made longer on its way goes on from where each dimension stands.
func TestRampOrderEdited(t *testing.T) {
	r := parse(t, `stage.2.ramp_order=["ffn", "layers", "hidden", "heads"]`, "stage.2.ramp=18432")
	longer := edit(t, r, 1604, "ramp", "24576") // 16 steps for the 8 that were left
	for step, same := range map[int64]int64{1604: 1604, 1606: 1605, 1612: 1608, 1619: 0, 1620: 1612} {
		got, want := longer.At(step*1536), r.At(same*1536)
		if same == 0 {
			if got.Mask >= 1 || got.Factors.Heads >= 1 {
				t.Errorf("before the last step of the longer ramp: %+v", got.Factors)
			}
			continue
		}
		for _, d := range dims {
			if a, b := *factor(&got.Factors, d), *factor(&want.Factors, d); math.Abs(a-b) > 1e-14 {
				t.Errorf("m of %s is %v at step %d, want %v as at %d", d, a, step, b, same)
			}
		}
	}
}

// TestLRPolicies looks at the rate just before and after the growths of a plan of 1600, 100 and 100 steps.
func TestLRPolicies(t *testing.T) {
	cosine := func(from, u float64) float64 { return 8e-3 * (0.015 + (from-0.015)*0.5*(1+math.Cos(math.Pi*u))) }
	for name, c := range map[string]struct {
		sets []string
		want map[int64]float64 // by step
	}{
		"continue": {[]string{"stage.2.lr_policy=continue"}, map[int64]float64{1599: 8e-3 * (1 - 0.15*1599/1600), 1600: 8e-3 * 0.85, 1700: 8e-3 * 0.5}},
		"rewind": {[]string{"stage.2.lr_policy=rewind", "stage.2.lr=1"}, map[int64]float64{
			1599: cosine(1, 1599.0/1800), 1600: 8e-3, 1650: 8e-3 * 0.75, 1700: 8e-3 * 0.5,
		}},
		"rewind twice": {[]string{"stage.2.lr_policy=rewind", "stage.2.lr=0", "stage.3.lr_policy=rewind", "stage.3.lr=1"}, map[int64]float64{
			1599: cosine(1, 1599.0/1800), 1600: 8e-3, 1699: cosine(1, 99.0/200), 1700: 8e-3, 1750: cosine(1, 0.5),
		}},
		"rewarm": {[]string{"stage.3.lr_policy=rewarm", "stage.3.warmup=15360"}, map[int64]float64{
			1599: 8e-3 * (1 - 0.15*1599/1600), 1600: 8e-3 * 0.85, 1650: cosine(0.85, 0.25), 1700: cosine(0.5, 0) * 0.1, 1709: cosine(0.5, 0.09), 1799: cosine(0.5, 0.99),
		}},
	} {
		r := parse(t, c.sets...)
		for step, want := range c.want {
			if got := r.At(step * 1536).LR; math.Abs(got-want) > 1e-15 {
				t.Errorf("%s: lr %v at step %d, want %v", name, got, step, want)
			}
		}
	}
}

// TestFLOPsBudget: a stage that ends by FLOPs has the steps that they pay for, to the nearest.
func TestFLOPsBudget(t *testing.T) {
	r := parse(t, "stage.2.tokens=0", "stage.2.flops=500G")
	p := r.Plan().Stages[1]
	step := FLOPsPerToken(p.Config) * 1536
	if math.Abs(p.FLOPs-5e11) > step/2 || p.Tokens != p.Steps*1536 || p.Steps < 50 {
		t.Errorf("stage 2 costs %g in %d steps of %g", p.FLOPs, p.Steps, step)
	}
	if whole := r.Plan(); whole.Tokens != r.TotalTokens() || !r.At(whole.Tokens).Done || r.At(whole.Tokens-1536).Done {
		t.Errorf("the plan has %d tokens, the run %d", whole.Tokens, r.TotalTokens())
	}
	text, err := r.TOML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("t", text)
	if err != nil || again.Stages[1].FLOPs != 5e11 || again.Stages[1].Tokens != 0 {
		t.Errorf("read back: %+v, %v", again.Stages[1], err)
	}
}

func TestBadSchedules(t *testing.T) {
	for name, c := range map[string]struct {
		sets []string
		want string
	}{
		"two ends":            {[]string{"stage.2.flops=1T"}, "stage 2: it has tokens and flops; one of them ends the stage"},
		"no end":              {[]string{"stage.2.tokens=0", "stage.2.ramp=0"}, "tokens 0 is less than one batch of 1536"},
		"few FLOPs":           {[]string{"stage.2.tokens=0", "stage.2.flops=1M", "stage.2.ramp=0"}, "flops 1e+06 pays for 0 tokens, less than one batch"},
		"negative FLOPs":      {[]string{"stage.2.tokens=0", "stage.2.flops=-1e12"}, "flops is -1e+12; it must be positive"},
		"endless FLOPs":       {[]string{"stage.2.tokens=0", "stage.2.flops=1e300"}, "fewer than 2^60 tokens"},
		"FLOPs, not a number": {[]string{"stage.2.tokens=0", "stage.2.flops=many"}, `"many" is not a number of FLOPs`},
		"long ramp":           {[]string{"stage.2.tokens=0", "stage.2.flops=100G", "stage.2.ramp=1M"}, "ramp is 1000000 tokens; it must lie between 0 and the stage's 2"},
		"ramp shape":          {[]string{"stage.2.ramp_shape=wavy"}, `ramp_shape is "wavy"; it must be one of linear, cosine, step`},
		"policy":              {[]string{"stage.2.lr_policy=reset"}, `lr_policy is "reset"; it must be one of continue, rewind, rewarm`},
		"rewind to what":      {[]string{"stage.2.lr_policy=rewind"}, "lr is 0.85; lr_policy rewind goes back to the first stage's 1"},
		"rewind, warm-up":     {[]string{"stage.2.lr_policy=rewind", "stage.2.lr=0", "stage.2.warmup=2k"}, "lr_policy rewind goes to the peak at once"},
		"rewarm, cold":        {[]string{"stage.2.lr_policy=rewarm"}, "lr_policy rewarm needs warmup"},
		"first policy":        {[]string{"stage.1.lr_policy=rewind"}, "the first stage has none"},
	} {
		_, err := Parse("t", []byte(flm1m), c.sets...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that says %q", name, err, c.want)
		}
	}
}

func TestParseAmounts(t *testing.T) {
	for in, want := range map[string]FLOPs{"6.03T": 6.03e12, "1e15": 1e15, "52.76Z": 52.76e21, "1_000": 1000} {
		if got, err := ParseFLOPs(in); err != nil || math.Abs(float64(got/want-1)) > 1e-12 {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for in, want := range map[string]int64{"10M": 1e7, "1.5B": 15e8, "500k": 5e5, "124_000_000": 124e6} {
		if got, err := ParseParams(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "many", "-3M", "0", "NaN", "1e400", "Inf"} {
		if got, err := ParseParams(in); err == nil {
			t.Errorf("%q: %v parameters, want an error", in, got)
		}
	}
}

func TestPlateaued(t *testing.T) {
	for name, c := range map[string]struct {
		plateau int
		gain    float64
		losses  []float64
		want    bool
	}{
		"off":               {0, 0, []float64{3, 3, 3}, false},
		"too early":         {2, 0, []float64{3, 3}, false},
		"falls":             {2, 0, []float64{3, 2.9, 2.8}, false},
		"stands":            {2, 0, []float64{3, 3.1, 3.05}, true},
		"falls too little":  {2, 0.1, []float64{3, 2.95, 2.92}, true},
		"falls in the end":  {2, 0.1, []float64{3, 2.95, 2.9}, false},
		"fell long ago":     {2, 0, []float64{3, 2, 2.1, 2.2}, true},
		"worse, then a bit": {1, 0, []float64{3, 2, 2.1, 2.05}, true},
	} {
		if got := (Stage{Plateau: c.plateau, PlateauGain: c.gain}).Plateaued(c.losses); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBadPlateaus(t *testing.T) {
	for name, c := range map[string]struct {
		sets []string
		want string
	}{
		"negative":   {[]string{"stage.1.plateau=-1"}, "stage 1: plateau is -1 evaluations"},
		"last":       {[]string{"stage.3.plateau=2"}, "the last stage ends with the run"},
		"never":      {[]string{"stage.1.plateau=2", "eval.every=0"}, "eval.every is 0, which is never"},
		"gain alone": {[]string{"stage.1.plateau_gain=0.1"}, "plateau_gain is 0.1 without plateau"},
	} {
		_, err := Parse("t", []byte(flm1m), c.sets...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that says %q", name, err, c.want)
		}
	}
}
