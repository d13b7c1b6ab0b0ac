package trainer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"growlab/growth"
	"growlab/growth/expand"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/model"
	"growlab/trainer/optim"
)

// variants are the three families and what else a shape can say.
var variants = map[string]shape.Config{
	"flm":        {Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true},
	"llama":      {Norm: shape.RMSNorm, Act: shape.SwiGLU, Pos: shape.RoPE},
	"gpt2":       {Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Bias: true, Tied: true},
	"muP":        {Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.RoPE, Bias: true, Tied: true, OutputMult: 2, BaseWidth: 8},
	"muP untied": {Norm: shape.LayerNorm, Act: shape.SwiGLU, Pos: shape.XPos, Bias: true, BaseWidth: 4},
	"tied rms":   {Norm: shape.RMSNorm, Act: shape.GELU, Pos: shape.Learned, Tied: true, OutputMult: 0.5},
	"biased rms": {Norm: shape.RMSNorm, Act: shape.SwiGLU, Pos: shape.XPos, Bias: true, Tied: true, BaseWidth: 8},
}

func sized(c shape.Config, layers, heads, hidden, ffn int) shape.Config {
	c.Vocab, c.Context, c.HeadDim = 11, 6, 4
	c.Layers, c.Heads, c.Hidden, c.FFN = layers, heads, hidden, ffn
	if c.OutputMult == 0 {
		c.OutputMult = 1
	}
	return c
}

// growths are those to try: each dimension alone, even and uneven, and all at once.
var growths = map[string]func(c shape.Config) shape.Config{
	"hidden uneven": func(c shape.Config) shape.Config { c.Hidden = 2*c.Hidden + 3; return c },
	"hidden less":   func(c shape.Config) shape.Config { c.Hidden += 2; return c },
	"hidden twice":  func(c shape.Config) shape.Config { c.Hidden *= 2; return c },
	"heads":         func(c shape.Config) shape.Config { c.Heads += 1; return c },
	"ffn":           func(c shape.Config) shape.Config { c.FFN += 5; return c },
	"layers":        func(c shape.Config) shape.Config { c.Layers += 3; return c },
	"widths thrice": func(c shape.Config) shape.Config { c.Hidden *= 3; c.Heads *= 3; c.FFN *= 3; return c },
	"all even": func(c shape.Config) shape.Config {
		c.Layers, c.Hidden, c.Heads, c.FFN = c.Layers+1, 2*c.Hidden, c.Heads+1, c.FFN+7
		return c
	},
	"all": func(c shape.Config) shape.Config {
		c.Layers, c.Hidden, c.Heads, c.FFN = c.Layers+2, c.Hidden+5, c.Heads+1, c.FFN+7
		return c
	},
}

// wide is a network in float64; a shape.Tree would round its numbers.
type wide = expand.Tensors[float64]

func randomWide(c shape.Config, rng *rand.Rand, std float64) wide {
	w := wide{}
	for _, s := range c.Tensors() {
		d := make([]float64, s.Len())
		for i := range d {
			d[i] = rng.NormFloat64() * std
			if s.Role == shape.Gain {
				d[i]++
			}
		}
		w[s.Name] = d
	}
	return w
}

// place64 puts w on the float64 reference.
func place64(t *testing.T, c shape.Config, w wide, seqs int) *model.Model {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	m, err := model.New(computetest.NewReference(), c, seqs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	for _, s := range m.Tensors {
		copy(computetest.Data(m.Params().At(m.Offset(s), s.Len())), w[s.Name])
	}
	return m
}

// batches are one text with several sets of targets: their losses, in float64, pin the logits down.
func batches(c shape.Config, rng *rand.Rand) []compute.Batch {
	var all []compute.Batch
	inputs := make([]int32, 2*c.Context)
	for i := range inputs {
		inputs[i] = int32(rng.IntN(c.Vocab))
	}
	for range 4 {
		b := compute.Batch{Seqs: 2, T: c.Context, Inputs: inputs}
		for range inputs {
			b.Targets = append(b.Targets, int32(rng.IntN(c.Vocab)))
		}
		all = append(all, b)
	}
	return all
}

func losses(m *model.Model, all []compute.Batch) []float64 {
	var out []float64
	for _, b := range all {
		out = append(out, m.Loss(b))
	}
	return out
}

func furthest(a, b []float64) float64 {
	var d float64
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// TestOperatorsKeepTheirPromise: in float64, with random weights and unread ones ten times as large, an operator that promises to
// preserve the function does so to 1e-10, and one that promises nothing does not, at least somewhere.
func TestOperatorsKeepTheirPromise(t *testing.T) {
	for _, op := range growth.Operators {
		t.Run(op.Name, func(t *testing.T) {
			promised, broken := 0, 0
			for name, v := range variants {
				for how, grow := range growths {
					from := sized(v, 2, 2, 6, 7)
					to := grow(from)
					if op.Takes(from, to) != nil {
						continue
					}
					moved := growWide(t, op, from, to)
					holds := op.Promise.Holds(from, to)
					if holds && moved > 1e-10 {
						t.Errorf("%s, %s: %v to %v moves the loss by %g", name, how, from, to, moved)
					}
					if holds {
						promised++
					} else if moved > 1e-3 {
						broken++
					}
				}
			}
			if when := op.Promise.When; when == growth.Never && promised > 0 || when != growth.Never && promised < len(variants) || when != growth.Always && broken < len(variants) {
				t.Errorf("it says that it preserves %s; it promised %d growths and broke %d others", when, promised, broken)
			}
		})
	}
}

// growWide is how far op moves the losses.
func growWide(t *testing.T, op growth.Operator, from, to shape.Config) float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(to.Hidden), uint64(to.Layers)))
	old, all := randomWide(from, rng, 0.3), batches(from, rng)
	m := growth.MapOf(op, from, to, "")
	std := 3.0
	if m.Split == expand.Noise { // it is read, with a sum of zero: ten times as large it would blow rounding up from layer to layer
		std = 0.3
	}
	small := place64(t, from, old, 2)
	large := place64(t, to, expand.Params(m, old, randomWide(to, rng, std)), 2)
	if op.Masked {
		k := shape.Masks{From: from, Place: op.Place}
		for _, l := range m.Layers {
			k.NewLayer = append(k.NewLayer, l.Added)
		}
		large.SetMasks(k)
	}
	return furthest(losses(small, all), losses(large, all))
}

// TestMomentsFollowGradients: where copies have equal shares and no channel holds the mean, moments are carried exactly as the
// gradient goes over from the small network to the large one.
func TestMomentsFollowGradients(t *testing.T) {
	for name, c := range map[string]struct {
		variant string
		op      growth.Operator
		grow    string
	}{
		"scaled stream":      {"llama", growth.Exact, "all"},
		"scaled and muP":     {"biased rms", growth.Exact, "all"},
		"tiled":              {"flm", growth.HyperCloning, "widths thrice"},
		"tiled, muP":         {"muP", growth.HyperCloning, "widths thrice"},
		"tiled, untied":      {"muP untied", growth.HyperCloning, "hidden twice"},
		"tiled, filled up":   {"tied rms", growth.LEMON, "hidden uneven"},
		"uneven heads":       {"gpt2", growth.Net2Net, "heads"},
		"uneven units":       {"llama", growth.Net2Net, "ffn"},
		"identity layers":    {"flm", growth.LLaMAPro, "layers"},
		"even stream, all 4": {"gpt2", growth.Net2Net, "all even"},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 5))
			from := sized(variants[c.variant], 2, 2, 6, 7)
			to := growths[c.grow](from)
			m := growth.MapOf(c.op, from, to, "")
			m.Split = expand.Equal
			old, b := randomWide(from, rng, 0.3), batches(from, rng)[0]
			before := gradients(t, from, old, b)
			after := gradients(t, to, expand.Params(m, old, randomWide(to, rng, 0.3)), b)
			first, _ := expand.Moments(m, before, 1)
			second, _ := expand.Moments(m, squares(before), 2)
			for _, s := range to.Tensors() {
				for i, g := range first[s.Name] {
					if got := after[s.Name][i]; g != 0 && (math.Abs(got-g) > 1e-9*(1+math.Abs(g)) || math.Abs(got*got-second[s.Name][i]) > 1e-9*(1+g*g)) {
						t.Fatalf("%s[%d]: gradient %g, first moment as of %g, second %g", s.Name, i, got, g, second[s.Name][i])
					}
				}
			}
		})
	}
}

func gradients(t *testing.T, c shape.Config, w wide, b compute.Batch) wide {
	t.Helper()
	m := place64(t, c, w, b.Seqs)
	m.Grad(b, 1)
	g := wide{}
	for _, s := range m.Tensors {
		g[s.Name] = computetest.Data(m.Grads().At(m.Offset(s), s.Len()))
	}
	return g
}

func squares(w wide) wide {
	out := wide{}
	for name, d := range w {
		for _, x := range d {
			out[name] = append(out[name], x*x)
		}
	}
	return out
}

// TestTwinsPart: copied units are the same at growth and drift apart in training, which equal shares do not let them.
func TestTwinsPart(t *testing.T) {
	for _, op := range []growth.Operator{growth.Net2Net, growth.HyperCloning, growth.LEMON, growth.AKI} {
		for _, equal := range []bool{false, true} {
			if op.Name == "aki" && equal {
				continue // its copies are of another layer, and differ from the start
			}
			t.Run(fmt.Sprintf("%s/equal=%v", op.Name, equal), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(6, 5))
				from := sized(variants["flm"], 2, 2, 6, 7)
				to := growths["widths thrice"](from)
				m := growth.MapOf(op, from, to, "")
				if equal {
					m.Split = expand.Equal
				}
				net := place64(t, to, expand.Params(m, randomWide(from, rng, 0.3), randomWide(to, rng, 0.1)), 2)
				apart := trainTwins(t, net, from, batches(from, rng))
				if equal && apart > 1e-9 || !equal && apart < 1e-3 {
					t.Errorf("after three steps twin weights differ by %g", apart)
				}
			})
		}
	}
}

// trainTwins takes three steps and returns the least largest difference between the input weights of an FFN unit and of its first copy.
func trainTwins(t *testing.T, net *model.Model, from shape.Config, all []compute.Batch) float64 {
	t.Helper()
	adam, err := optim.New(computetest.NewReference(), net.Layout, optim.Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	defer adam.Free()
	for _, b := range all[:3] {
		net.ZeroGrads()
		net.Grad(b, 1)
		adam.Update(net, 1e-2, shape.Masks{})
	}
	for _, s := range net.Tensors {
		if s.Name != "block.0.ffn.up" {
			continue
		}
		w, n := computetest.Data(net.Params().At(net.Offset(s), s.Len())), net.Config.Hidden
		least := math.Inf(1)
		for f := range from.FFN {
			twin := f + from.FFN
			least = min(least, furthest(reads(w[f*n:(f+1)*n], from.Hidden), reads(w[twin*n:(twin+1)*n], from.Hidden)))
		}
		return least
	}
	t.Fatal("no FFN")
	return 0
}

// reads sums the weights of the copies of each old channel: what a unit reads of a stream whose copies are equal.
func reads(row []float64, old int) []float64 {
	out := make([]float64, old)
	for i, w := range row {
		out[i%old] += w
	}
	return out
}
