package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// steps are the growths to try: each dimension alone, and all at once.
var steps = map[string]func(c shape.Config, rng *rand.Rand) shape.Config{
	"hidden": func(c shape.Config, rng *rand.Rand) shape.Config { c.Hidden += 1 + rng.IntN(7); return c },
	"heads":  func(c shape.Config, rng *rand.Rand) shape.Config { c.Heads += 1 + rng.IntN(2); return c },
	"ffn":    func(c shape.Config, rng *rand.Rand) shape.Config { c.FFN += 1 + rng.IntN(9); return c },
	"layers": func(c shape.Config, rng *rand.Rand) shape.Config { c.Layers += 1 + rng.IntN(3); return c },
	"all": func(c shape.Config, rng *rand.Rand) shape.Config {
		c.Hidden += 1 + rng.IntN(7)
		c.Heads += 1 + rng.IntN(2)
		c.FFN += 1 + rng.IntN(9)
		c.Layers += 1 + rng.IntN(3)
		return c
	},
}

// run gives the float64 results of a model.
func run(t *testing.T, tree shape.Tree, k shape.Masks, b compute.Batch) (logits []float64, grads map[string][]float64) {
	t.Helper()
	return runOn(t, computetest.NewReference(), tree, k, b)
}

func runOn(t *testing.T, dev compute.Device, tree shape.Tree, k shape.Masks, b compute.Batch) (logits []float64, grads map[string][]float64) {
	t.Helper()
	m := newModel(t, dev, tree.Config, b.Seqs)
	m.Load(tree)
	m.SetMasks(k)
	p := m.pass(b)
	p.logits = m.act.logits.of(b.Seqs * b.T)
	m.dev.Run(b, p.lane)
	for _, z := range computetest.Data(p.logits.Vec) {
		logits = append(logits, p.logitMult*z)
	}
	m.Grad(b, 1)
	grads = map[string][]float64{}
	for _, s := range m.Tensors {
		grads[s.Name] = computetest.Data(m.Grads().At(m.Offset(s), s.Len()))
	}
	return logits, grads
}

// masked are the operators whose growths fade in.
var masked = []growth.Operator{growth.MSG, growth.MSGAuthors}

func masksOf(op growth.Operator, from shape.Config, g growth.Grown, m float64) shape.Masks {
	return shape.Masks{From: from, NewLayer: g.NewLayer, M: shape.Joint(m), Place: op.Place}
}

func maxDiff(a, b []float64) float64 {
	var d float64
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// TestGrowthPreserves: over random shapes, at m = 0 and with new weights ten times too large, logits stay within 1e-12, old
// gradients stay and new ones are exactly zero; twice in a row.
func TestGrowthPreserves(t *testing.T) {
	for name, v := range variants {
		for how, step := range steps {
			for i, depth := range []string{growth.DepthStack, growth.DepthInterleave, growth.DepthStack} {
				op := masked[i/2]
				t.Run(fmt.Sprintf("%s/%s/%s/%s", name, how, op.Name, depth), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(uint64(len(name)), uint64(len(how)*len(depth))))
					c := sized(v, 1+rng.IntN(3), 1+rng.IntN(2), 5+rng.IntN(6), 6+rng.IntN(8))
					st := growth.State{Params: randomTree(c, rng, 0.3), M: randomTree(c, rng, 1), V: randomTree(c, rng, 1)}
					b := randomBatch(c, rng, 2, c.Context)
					for range 2 {
						st = growAndCompare(t, op, st, step(st.Params.Config, rng), depth, b, rng)
					}
				})
			}
		}
	}
}

func growAndCompare(t *testing.T, op growth.Operator, st growth.State, to shape.Config, depth string, b compute.Batch, rng *rand.Rand) growth.State {
	t.Helper()
	from := st.Params.Config
	g := growth.Grow(op, st, randomTree(to, rng, 3), depth)
	before, gradsBefore := run(t, st.Params, shape.Masks{}, b)
	after, gradsAfter := run(t, g.State.Params, masksOf(op, from, g, 0), b)
	scale := 1.0
	for _, l := range before {
		scale = max(scale, math.Abs(l))
	}
	if d := maxDiff(before, after); d > 1e-12*scale {
		t.Errorf("%v -> %v: logits move by %g (largest %g)", from, to, d, scale)
	}
	compareGrads(t, from, to, g.NewLayer, gradsBefore, gradsAfter)
	return g.State
}

// compareGrads looks at every entry: an old one must have its old gradient, a new one none.
func compareGrads(t *testing.T, from, to shape.Config, newLayer []bool, before, after map[string][]float64) {
	t.Helper()
	var oldLayers []int // layer of the grown network -> layer of the old one
	n := 0
	for _, added := range newLayer {
		oldLayers = append(oldLayers, n)
		if !added {
			n++
		}
	}
	small := map[string]shape.Tensor{}
	for _, s := range from.Tensors() {
		small[s.Name] = s
	}
	for _, s := range to.Tensors() {
		src, added := s.Name, false
		if s.Layer >= 0 {
			src, added = shape.TensorName(oldLayers[s.Layer], s.Kind), newLayer[s.Layer]
		}
		for i, got := range after[s.Name] {
			want := 0.0
			if j, old := leading(i, s.Dims, small[src].Dims); old && !added {
				want = before[src][j]
			}
			if want == 0 && got != 0 || math.Abs(got-want) > 1e-10*(1+math.Abs(want)) {
				t.Fatalf("%s[%d]: gradient %g after growth, want %g", s.Name, i, got, want)
			}
		}
	}
}

// leading maps flat index i of a tensor of dims to that of its leading block of small, if it lies there.
func leading(i int, dims, small []int) (int, bool) {
	if len(small) == 0 {
		return 0, false
	}
	out, mul, ok := 0, 1, true
	for a := len(dims) - 1; a >= 0; a-- {
		x := i % dims[a]
		i /= dims[a]
		ok = ok && x < small[a]
		out += x * mul
		mul *= small[a]
	}
	return out, ok
}

// TestMaskOneIsPlain: at m = 1, bit for bit, the masks are as if absent.
func TestMaskOneIsPlain(t *testing.T) {
	for name, v := range variants {
		for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
			t.Run(fmt.Sprintf("%s/%v", name, p), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(9, 9))
				c := sized(v, 3, 2, 8, 12)
				tree, b := randomTree(c, rng, 0.3), randomBatch(c, rng, 2, c.Context)
				dev := &computetest.Reference{Operands: p}
				plain, plainGrads := runOn(t, dev, tree, shape.Masks{}, b)
				masked, maskedGrads := runOn(t, dev, tree, halfGrown(c, 1), b)
				if d := maxDiff(plain, masked); d != 0 {
					t.Errorf("logits differ by %g", d)
				}
				for name := range plainGrads {
					if d := maxDiff(plainGrads[name], maskedGrads[name]); d != 0 {
						t.Errorf("%s: gradients differ by %g", name, d)
					}
				}
			})
		}
	}
}

// TestGrowthPreservesInBF16: at m = 0 what an engine of bf16 computes stays too, since every number that new channels, heads
// and layers add to is rounded as before. Sums that gain zeros may add up in another order, so by no more than float64 allows.
func TestGrowthPreservesInBF16(t *testing.T) {
	for name, v := range variants {
		for _, op := range masked {
			t.Run(name+"/"+op.Name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(8, 8))
				c := sized(v, 2, 2, 8, 12)
				st := growth.State{Params: randomTree(c, rng, 0.3), M: randomTree(c, rng, 1), V: randomTree(c, rng, 1)}
				b := randomBatch(c, rng, 2, c.Context)
				g := growth.Grow(op, st, randomTree(steps["all"](c, rng), rng, 3), growth.DepthStack)
				dev := &computetest.Reference{Operands: compute.BF16}
				before, _ := runOn(t, dev, st.Params, shape.Masks{}, b)
				after, _ := runOn(t, dev, g.State.Params, masksOf(op, c, g, 0), b)
				if d := maxDiff(before, after); d > 1e-12 {
					t.Errorf("logits move by %g", d)
				}
			})
		}
	}
}

// TestMasksMatter: part-way the function is another one, of each factor and in each place, or the tests above would test nothing.
func TestMasksMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	c := sized(variants["flm"], 2, 2, 8, 12)
	tree, b := randomTree(c, rng, 0.3), randomBatch(c, rng, 2, c.Context)
	seen := map[string][]float64{}
	for name, m := range map[string]shape.Factors{
		"0": shape.Joint(0), "0.5": shape.Joint(0.5), "1": shape.Joint(1), "hidden": {Hidden: 0.5}, "heads": {Hidden: 1, Heads: 0.5},
		"ffn": {Hidden: 1, FFN: 0.5}, "layers": {Hidden: 1, Heads: 1, FFN: 1, Layers: 0.5},
	} {
		seen[name], _ = run(t, tree, growing(c, m, shape.OnOutputs), b)
		if m != shape.Joint(0) && m != shape.Joint(1) && name != "hidden" { // hidden masks stand in one place
			seen[name+" on inputs"], _ = run(t, tree, growing(c, m, shape.OnInputs), b)
		}
	}
	for a := range seen {
		for b := range seen {
			if d := maxDiff(seen[a], seen[b]); a < b && d < 1e-4 {
				t.Errorf("logits under masks %s and %s differ by %g only", a, b, d)
			}
		}
	}
}

// TestPlacesAgreeAtTheEnds: at 0 and at 1 it does not matter where masks stand; at 0 to the last bit.
func TestPlacesAgreeAtTheEnds(t *testing.T) {
	for name, v := range variants {
		rng := rand.New(rand.NewPCG(3, 9))
		c := sized(v, 2, 2, 8, 12)
		tree, b := randomTree(c, rng, 0.3), randomBatch(c, rng, 2, c.Context)
		for _, m := range []float64{0, 1} {
			out, _ := run(t, tree, growing(c, shape.Joint(m), shape.OnOutputs), b)
			in, _ := run(t, tree, growing(c, shape.Joint(m), shape.OnInputs), b)
			if d := maxDiff(out, in); d != 0 {
				t.Errorf("%s, m = %v: logits differ by %g", name, m, d)
			}
		}
	}
}

// TestStackDoesNotPreserve: the baseline jumps, as it says of itself.
func TestStackDoesNotPreserve(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	c := sized(variants["flm"], 2, 1, 8, 12)
	st := growth.State{Params: randomTree(c, rng, 0.3), M: randomTree(c, rng, 1), V: randomTree(c, rng, 1)}
	b := randomBatch(c, rng, 2, c.Context)
	g := growth.Grow(growth.Stack, st, randomTree(steps["all"](c, rng), rng, 0.3), growth.DepthStack)
	before, _ := run(t, st.Params, shape.Masks{}, b)
	after, _ := run(t, g.State.Params, shape.Masks{}, b)
	if d := maxDiff(before, after); d < 1e-3 {
		t.Errorf("logits move by %g only", d)
	}
}
