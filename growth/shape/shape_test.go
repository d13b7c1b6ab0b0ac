package shape_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"growlab/growth/shape"
)

func flm() shape.Config {
	return shape.Config{
		Vocab: 256, Context: 128, Layers: 5, Heads: 8, HeadDim: 16, Hidden: 128, FFN: 512,
		Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true, OutputMult: 1,
	}
}

func TestParams(t *testing.T) {
	llama := flm()
	llama.Norm, llama.Act, llama.Pos, llama.Bias, llama.Tied = shape.RMSNorm, shape.SwiGLU, shape.RoPE, false, false
	gpt2 := flm()
	gpt2.Pos = shape.Learned
	for name, c := range map[string]struct {
		c    shape.Config
		want int64
	}{
		"flm":   {flm(), 256*128 + 5*(12*128*128+4*128+3*128+128+512+128) + 2*128},
		"llama": {llama, 2*256*128 + 5*(4*128*128+3*128*512+2*128) + 128},
		"gpt2":  {gpt2, 256*128 + 128*128 + 5*(12*128*128+4*128+3*128+128+512+128) + 2*128},
	} {
		if got := c.c.Params(); got != c.want {
			t.Errorf("%s: %d parameters, want %d", name, got, c.want)
		}
	}
}

// TestTensors: names are unique, dims follow the axes, matrices decay and vectors do not.
func TestTensors(t *testing.T) {
	c := flm()
	seen := map[string]bool{}
	for _, s := range c.Tensors() {
		if seen[s.Name] {
			t.Errorf("%s stands twice", s.Name)
		}
		seen[s.Name] = true
		for i, a := range s.Axes {
			if s.Dims[i] != c.Size(a) {
				t.Errorf("%s: dimension %d is %d, axis %v has %d", s.Name, i, s.Dims[i], a, c.Size(a))
			}
		}
		if matrix := !strings.Contains(s.Name, "bias") && !strings.Contains(s.Name, "gain"); s.Decays() != matrix {
			t.Errorf("%s: decays is %v", s.Name, s.Decays())
		}
	}
}

func TestValidate(t *testing.T) {
	if err := flm().Validate(); err != nil {
		t.Fatal(err)
	}
	bad := flm()
	bad.Layers, bad.HeadDim, bad.Norm, bad.OutputMult = 0, 15, "batchnorm", 0
	err := bad.Validate()
	for _, want := range []string{"layers is 0", "head_dim is 15", `norm is "batchnorm"`, "output_mult is 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestCanGrow(t *testing.T) {
	big := flm()
	big.Hidden, big.Layers = 160, 6
	if err := flm().CanGrow(big); err != nil {
		t.Error(err)
	}
	if err := big.CanGrow(flm()); !errors.Is(err, shape.ErrShrinks) {
		t.Errorf("shrinking: %v", err)
	}
	big.HeadDim = 32
	if err := flm().CanGrow(big); err == nil || !strings.Contains(err.Error(), "only layers, heads, hidden and ffn") {
		t.Errorf("another head_dim: %v", err)
	}
}

// TestEffective: the effective width goes from the old to the new one, and with it every muP factor.
func TestEffective(t *testing.T) {
	small, big := flm(), flm()
	small.Hidden, small.FFN, small.Heads, small.BaseWidth = 64, 256, 4, 32
	big.BaseWidth = 32
	for _, c := range []struct{ m, width, ratio, logits float64 }{{0, 64, 2, 0.5}, {0.5, 96, 3, 1.0 / 3}, {1, 128, 4, 0.25}} {
		k := shape.Masks{From: small, NewLayer: make([]bool, 5), M: shape.Joint(c.m)}
		if got := k.Deff(big); got != c.width {
			t.Errorf("m = %v: effective width %v, want %v", c.m, got, c.width)
		}
		for _, a := range []shape.Axis{shape.Hidden, shape.Inner, shape.FFN} {
			if got := big.WidthRatio(a, k); got != c.ratio {
				t.Errorf("m = %v: ratio over %v is %v, want %v", c.m, a, got, c.ratio)
			}
		}
		if got := big.LogitScale(k.Deff(big)); got != c.logits {
			t.Errorf("m = %v: logits times %v, want %v", c.m, got, c.logits)
		}
	}
	if small.WidthRatio(shape.Hidden, shape.Masks{}) != 2 {
		t.Error("before the growth the ratio is not the one at m = 0")
	}
}

func TestGate(t *testing.T) {
	k := shape.Masks{From: flm(), NewLayer: []bool{false, true}, M: shape.Joint(0.25)}
	if k.Gate(0) != 1 || k.Gate(1) != 0.25 || (shape.Masks{}).Gate(1) != 1 {
		t.Errorf("gates %v, %v, %v", k.Gate(0), k.Gate(1), (shape.Masks{}).Gate(1))
	}
}

// TestMuPAcrossGrowth: at the instant of any growth the multiplier of the logits and the width ratio of every matrix are those
// of the small network, at its end those of the large one, and in between they do not leave the range.
func TestMuPAcrossGrowth(t *testing.T) {
	from := flm()
	from.Layers, from.Hidden, from.Heads, from.FFN, from.BaseWidth, from.OutputMult = 2, 48, 3, 192, 32, 2
	for name, grow := range map[string]func(*shape.Config){
		"in proportion": func(c *shape.Config) { c.Hidden, c.Heads, c.FFN = 96, 6, 384 },
		"hidden alone":  func(c *shape.Config) { c.Hidden = 80 },
		"heads alone":   func(c *shape.Config) { c.Heads = 7 },
		"FFN alone":     func(c *shape.Config) { c.FFN = 500 },
		"uneven":        func(c *shape.Config) { c.Hidden, c.Heads, c.FFN, c.Layers = 64, 5, 700, 4 },
	} {
		to := from
		grow(&to)
		none := shape.Masks{}
		for m := 0.0; m <= 1; m += 0.125 {
			k := shape.Masks{From: from, NewLayer: make([]bool, to.Layers), M: shape.Joint(m)}
			check := func(what string, got, before, after float64) {
				t.Helper()
				near := func(a, b float64) bool { return math.Abs(a/b-1) < 1e-12 }
				switch {
				case m == 0 && !near(got, before), m == 1 && !near(got, after):
					t.Errorf("%s, %s at m = %v: %v, want %v at 0 and %v at 1", name, what, m, got, before, after)
				case got < min(before, after)*(1-1e-12) || got > max(before, after)*(1+1e-12):
					t.Errorf("%s, %s at m = %v: %v leaves %v to %v", name, what, m, got, before, after)
				}
			}
			check("logits", to.LogitScale(k.Deff(to)), from.LogitScale(48), to.LogitScale(float64(to.Hidden)))
			for _, a := range []shape.Axis{shape.Hidden, shape.Inner, shape.FFN} {
				check(a.String(), to.WidthRatio(a, k), from.WidthRatio(a, none), to.WidthRatio(a, none))
			}
		}
	}
}

// TestFactorsApart: each axis follows the factor of its own dimension, and the multiplier of the logits that of hidden. The ratio
// of what reads the stream follows hidden, that of what writes it heads or FFN; where those do not grow, hidden too.
func TestFactorsApart(t *testing.T) {
	from, to := flm(), flm()
	from.Layers, from.Hidden, from.Heads, from.FFN, from.BaseWidth = 1, 64, 4, 256, 32
	to.Layers, to.Hidden, to.Heads, to.FFN, to.BaseWidth = 2, 128, 4, 512, 32
	k := shape.Masks{From: from, NewLayer: []bool{false, true}, M: shape.Factors{Hidden: 0.5, Heads: 0.25, FFN: 1, Layers: 0.75}}
	if !k.Active() || k.Gate(1) != 0.75 || k.Deff(to) != 96 {
		t.Errorf("%v: gate %v, effective width %v", k, k.Gate(1), k.Deff(to))
	}
	for a, want := range map[shape.Axis]struct{ effective, ratio float64 }{
		shape.Hidden: {96, 3},
		shape.Inner:  {64, 64 / (0.75 * 32)}, // one channel of heads for each of hidden before, half after
		shape.FFN:    {512, 4},
	} {
		if got := k.Effective(to, a); got != want.effective {
			t.Errorf("%v: effective length %v, want %v", a, got, want.effective)
		}
		if got := to.WidthRatio(a, k); math.Abs(got-want.ratio) > 1e-12 {
			t.Errorf("%v: ratio %v, want %v", a, got, want.ratio)
		}
	}
	k.M = shape.Joint(1)
	if k.Active() || k.Gate(1) != 1 {
		t.Errorf("with all factors at 1 %v is active, gate %v", k, k.Gate(1))
	}
}
