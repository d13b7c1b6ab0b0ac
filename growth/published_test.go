package growth

import (
	"math"
	"testing"

	"growlab/growth/shape"
)

// closeTo fails if got is not within part of want.
func closeTo(t *testing.T, name string, got, want, part float64) {
	t.Helper()
	if math.Abs(got/want-1) > part {
		t.Errorf("%s: %.5g, the paper has %.5g", name, got, want)
	}
}

// flm101b are the stages of FLM-101B, Tables 1 and 2. Layers and hidden channels of the first two are not published: 45 x 5,120
// and 64 x 8,192 are guesses that fit the names.
var flm101b = []struct {
	steps, batch  int64 // derived: whole steps of the printed batch that give the printed tokens
	tokens, days  float64
	nominal       float64 // parameters
	layers, width int
}{
	{52_000, 2304, 245.37e9, 9.63, 16e9, 45, 5120},
	{8_400, 2304, 39.64e9, 5.37, 51e9, 64, 8192},
	{6_000, 2160, 26.54e9, 6.54, 101e9, 80, 10240},
}

// TestStageTable: tokens, days and the 3.56 of FLM-101B.
func TestStageTable(t *testing.T) {
	var tokens, days []float64
	total := 0.0
	for _, s := range flm101b {
		closeTo(t, "stage tokens", float64(s.steps*s.batch*2048), s.tokens, 1e-3)
		tokens, days, total = append(tokens, s.tokens), append(days, s.days), total+s.days
	}
	closeTo(t, "days in all", total, 21.54, 1e-4)
	closeTo(t, "wall-clock ratio", WallClockRatio(tokens, days), 3.56, 2e-3)
	closeTo(t, "days of 101B from scratch", WallClockRatio(tokens, days)*total, 76.74, 1e-3)
}

// TestTotalFLOPs: 52.76 ZF by the paper's formula, with the shapes guessed above, and 51.8 by 6ND with the nominal sizes.
func TestTotalFLOPs(t *testing.T) {
	var paper, thumb float64
	for _, s := range flm101b {
		c := shape.Config{Layers: s.layers, Hidden: s.width, Context: 2048, Vocab: 100_256}
		paper += PaperFLOPsPerToken(c, false) * s.tokens
		thumb += 6 * s.nominal * s.tokens
	}
	closeTo(t, "FLM-101B", paper, 52.76e21, 3e-3)
	closeTo(t, "FLM-101B by 6ND", thumb, 51.77e21, 1e-3)
}

// TestPaperFormula: the paper prints ranges, whose ends are the formula without and with recomputation.
func TestPaperFormula(t *testing.T) {
	for name, c := range map[string]struct {
		shape            shape.Config
		tokens           float64
		middle, halfOpen float64
	}{
		"GPT-3 175B":  {shape.Config{Layers: 96, Hidden: 12288, Context: 2048, Vocab: 50257}, 300e9, 376.41e21, 53.77e21},
		"Llama-2 13B": {shape.Config{Layers: 40, Hidden: 5120, Context: 4096, Vocab: 32000}, 2e12, 201.37e21, 0},
		"Llama-2 7B":  {shape.Config{Layers: 32, Hidden: 4096, Context: 4096, Vocab: 32000}, 2e12, 106.60e21, 0},
		"Llama 13B":   {shape.Config{Layers: 40, Hidden: 5120, Context: 2048, Vocab: 32000}, 1e12, 94.81e21, 0},
		"Llama 7B":    {shape.Config{Layers: 32, Hidden: 4096, Context: 2048, Vocab: 32000}, 1e12, 49.54e21, 0},
	} {
		lo, hi := PaperFLOPsPerToken(c.shape, false)*c.tokens, PaperFLOPsPerToken(c.shape, true)*c.tokens
		closeTo(t, name, (lo+hi)/2, c.middle, 2.5e-3)
		if c.halfOpen > 0 {
			closeTo(t, name+", half the range", (hi-lo)/2, c.halfOpen, 5e-3)
		}
	}
}

// TestGLM: the one row that has no range is the formula with recomputation, which GLM-130B trained with.
func TestGLM(t *testing.T) {
	c := shape.Config{Layers: 70, Hidden: 12288, Context: 2048, Vocab: 150_528}
	closeTo(t, "GLM-130B", PaperFLOPsPerToken(c, true)*400e9, 421.60e21, 1e-3)
}

// TestFormulasAgree: on the shapes that we train, the three formulas differ by the terms that their docs name.
func TestFormulasAgree(t *testing.T) {
	c := parse(t).Final()
	blocks := 72 * float64(c.Layers*c.Hidden*c.Hidden)
	attention := 12 * float64(c.Layers*c.Context*c.Inner())
	head := 6 * float64(c.Vocab*c.Hidden)
	if got, want := PaperFLOPsPerToken(c, false), blocks+attention+head; math.Abs(got-want) > 1e-6*want {
		t.Errorf("paper's formula %v, want %v", got, want)
	}
	if got, want := FLOPsPerToken(c), blocks+attention/2+head; got != want {
		t.Errorf("ours %v, want %v", got, want)
	}
	if got, want := ParamFLOPsPerToken(c), 6*float64(c.Params()); got != want {
		t.Errorf("6ND %v, want %v", got, want)
	}
	if got := PaperFLOPsPerToken(c, true); math.Abs(got-(blocks+attention+head*0.75)*4/3) > 1e-6*got {
		t.Errorf("with recomputation %v", got)
	}
	p := parse(t).Plan()
	if p.PaperFLOPs <= p.FLOPs || p.ParamFLOPs >= p.FLOPs {
		t.Errorf("of the plan: ours %g, paper's %g, 6ND %g", p.FLOPs, p.PaperFLOPs, p.ParamFLOPs)
	}
}

// TestCarbonTable: FLM-101B's Table 3. It heads the column of energy MkWh; the numbers are MWh, and they are reproduced. The
// rows print neither overhead nor grid intensity: for GPT-3 they are Patterson et al.'s, for the others fitted to the tonnes.
func TestCarbonTable(t *testing.T) {
	for name, c := range map[string]struct {
		hours, watts, mWh float64
		pue, carbon       float64
		tonnes            float64 // 0: not derived here
	}{
		"GPT-3 175B":  {3.55e6, 330, 1171, 1.1, 0.429, 552},
		"Gopher 280B": {3.77e6, 283, 1066, 1.08, 0.33, 380},
		"PaLM 540B":   {8.40e6, 378.5, 3179, 1.08, 0.079, 271},
		"GLM-130B":    {1.11e6, 400, 444, 0, 0, 0},
		"Llama-2 70B": {1.72e6, 400, 688, 1.1, 0.385, 291},
		"FLM-101B":    {1.01e5, 400, 40, 1.1, 0.585, 26},
	} {
		f := Rates{Watts: c.watts, PUE: c.pue, Carbon: c.carbon}.Of(c.hours)
		closeTo(t, name+", MWh", f.KWh/1e3, c.mWh, 0.011) // 40 is 40.4 rounded
		if c.tonnes > 0 {
			closeTo(t, name+", tonnes", f.CO2Kg/1e3, c.tonnes, 5e-3)
		}
	}
}

// TestBudget: $100K over 21.54 days of 192 GPUs is about a dollar an hour.
func TestBudget(t *testing.T) {
	hours := 21.54 * 24 * 192
	closeTo(t, "GPU-hours", hours, 99.3e3, 1e-3)
	closeTo(t, "dollars", Rates{DevicePays: 1}.Of(hours).Money, 100e3, 0.01)
	f := Rates{Watts: 100, PUE: 1.5, KWhPrice: 0.4, DevicePays: 2}.Of(10)
	if f.KWh != 1 || math.Abs(f.Money-20.6) > 1e-12 || f.CO2Kg != 0 {
		t.Errorf("ten hours of 100 W: %+v", f)
	}
	if f := (Rates{Watts: 50, Carbon: 0.5}).Of(20); f.CO2Kg != 0.5 {
		t.Errorf("without a PUE: %+v", f)
	}
}
