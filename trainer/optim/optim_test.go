package optim

import (
	"math"
	"math/rand/v2"
	"testing"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/model"
)

func tiny(base int) shape.Config {
	return shape.Config{
		Vocab: 11, Context: 4, Layers: 2, Heads: 2, HeadDim: 4, Hidden: 8, FFN: 16, Norm: shape.LayerNorm, Act: shape.GELU,
		Pos: shape.RoPE, Bias: true, Tied: true, OutputMult: 1, BaseWidth: base,
	}
}

func setup(t *testing.T, c shape.Config, s Settings) (*model.Model, *AdamW, compute.Batch) {
	t.Helper()
	dev := computetest.NewReference()
	net, err := model.New(dev, c, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(net.Free)
	o, err := New(dev, net.Layout, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Free)
	rng := rand.New(rand.NewPCG(1, 2))
	tree := shape.NewTree(c)
	for _, x := range c.Tensors() { // in their order: that of a map differs from run to run
		w := tree.Data[x.Name]
		for i := range w {
			w[i] = float32(rng.NormFloat64() * 0.3)
		}
	}
	net.Load(tree)
	b := compute.Batch{Seqs: 2, T: 4}
	for range 8 {
		b.Inputs, b.Targets = append(b.Inputs, int32(rng.IntN(11))), append(b.Targets, int32(rng.IntN(11)))
	}
	return net, o, b
}

var paper = Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Clip: 1}

// TestUpdateLearns: a few steps on one batch lower its loss.
func TestUpdateLearns(t *testing.T) {
	net, o, b := setup(t, tiny(0), paper)
	first := net.Loss(b)
	for range 40 {
		net.ZeroGrads()
		net.Grad(b, 1.0/8)
		o.Update(net, 1e-2, shape.Masks{})
	}
	if last := net.Loss(b); last > 0.7*first {
		t.Errorf("loss went from %g to %g in 40 steps", first, last)
	}
}

// TestClip: the first update of Adam does not depend on the gradient's size, but the moments do: clipped, they are those of
// a gradient of norm Clip.
func TestClip(t *testing.T) {
	s := paper
	s.Clip = 1e-3
	net, o, b := setup(t, tiny(0), s)
	net.ZeroGrads()
	net.Grad(b, 1)
	norm := o.Update(net, 1e-3, shape.Masks{})
	if norm < 1 {
		t.Fatalf("gradient norm %g is too small for the test", norm)
	}
	var sum float64
	for _, m := range computetest.Data(compute.All(o.m)) {
		sum += m * m
	}
	if got, want := math.Sqrt(sum), (1-s.Beta1)*s.Clip; math.Abs(got-want) > 1e-12 {
		t.Errorf("norm of the first moments is %g, want %g", got, want)
	}
}

// TestNotFinite: a gradient that is not a number changes nothing.
func TestNotFinite(t *testing.T) {
	net, o, _ := setup(t, tiny(0), paper)
	before := append([]float64(nil), computetest.Data(net.Params())...)
	computetest.Data(net.Grads())[3] = math.NaN()
	if norm := o.Update(net, 1, shape.Masks{}); !math.IsNaN(norm) {
		t.Errorf("norm %g, want NaN", norm)
	}
	for i, p := range computetest.Data(net.Params()) {
		if p != before[i] {
			t.Fatalf("parameter %d changed", i)
		}
	}
	if o.Steps != 0 {
		t.Errorf("counted %d steps", o.Steps)
	}
}

// TestSpans: decay on matrices only; muP by the effective width, which does not jump at a growth.
func TestSpans(t *testing.T) {
	small, big := tiny(4), tiny(4)
	big.Hidden, big.Heads, big.FFN = 16, 4, 32
	rates := func(c shape.Config, k shape.Masks) map[string]compute.Span {
		_, o, _ := setup(t, c, paper)
		out := map[string]compute.Span{}
		for i, s := range o.spans(1e-3, k) {
			out[o.layout.Tensors[i].Name] = s
		}
		return out
	}
	before := rates(small, shape.Masks{})
	atZero := rates(big, shape.Masks{From: small, NewLayer: make([]bool, 2)})
	full := rates(big, shape.Masks{})
	for _, name := range []string{"block.0.attn.qkv", "block.1.attn.out", "block.0.ffn.up", "block.0.ffn.down"} {
		if b, z := before[name], atZero[name]; b.LR != z.LR || b.Decay != z.Decay {
			t.Errorf("%s: lr, decay %g, %g before growth, %g, %g at m = 0", name, b.LR, b.Decay, z.LR, z.Decay)
		}
		if got, want := full[name].LR, 1e-3/4; math.Abs(got-want) > 1e-15 {
			t.Errorf("%s: lr %g at width 16 over base 4, want %g", name, got, want)
		}
		if got, want := full[name].LR*full[name].Decay, 1e-3*0.1; math.Abs(got-want) > 1e-15 {
			t.Errorf("%s: lr*decay %g, want %g", name, got, want)
		}
	}
	if s := full["embed"]; s.LR != 1e-3 || s.Decay != 0.1 {
		t.Errorf("embed: lr, decay %g, %g", s.LR, s.Decay)
	}
	for _, name := range []string{"block.0.norm1.gain", "block.0.attn.qkv_bias", "final.bias"} {
		if s := full[name]; s.Decay != 0 || s.LR != 1e-3 {
			t.Errorf("%s: lr, decay %g, %g", name, s.LR, s.Decay)
		}
	}
}
