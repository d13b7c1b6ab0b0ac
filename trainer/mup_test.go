package trainer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
	"growlab/trainer/model"
	"growlab/trainer/optim"
)

// mupRecipe is one stage of the given width; base is muP's base width, 0 for the standard parametrisation.
func mupRecipe(t *testing.T, width, base int) growth.Recipe {
	t.Helper()
	r, err := growth.Parse("mup", []byte(fmt.Sprintf(`
recipe = 1
[model]
context = 16
base_width = %d
init_std = 0.05
[train]
batch = 32
lr = 1e-4
[[stage]]
tokens = 320
layers = 1
hidden = %d
lr = 1
`, base, width)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// moved is how far, in root mean square, a few steps move the coordinates of a network of one width.
type moved struct {
	logits float64
	stream float64 // the residual stream's end, normalised
}

// coordinates trains a network for four steps on one batch.
func coordinates(t *testing.T, r growth.Recipe) moved {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1, Precision: "fp32"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := r.Config(0)
	net, err := model.New(dev, c, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Free()
	adam, err := optim.New(dev, net.Layout, optim.Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-12})
	if err != nil {
		t.Fatal(err)
	}
	defer adam.Free()
	net.Load(r.Init(0))
	b := randomBytes(2, c.Context)
	logits, stream := net.Logits(b), probe(t, dev, net, b)
	for range 4 {
		net.ZeroGrads()
		net.Grad(b, 1.0/32)
		adam.Update(net, r.Train.LR, shape.Masks{})
	}
	m := moved{rmsChange(logits, net.Logits(b)), rmsChange(stream, probe(t, dev, net, b))}
	if err := dev.Sync(); err != nil {
		t.Fatal(err)
	}
	return m
}

func randomBytes(seqs, length int) compute.Batch {
	rng := rand.New(rand.NewPCG(3, 3))
	b := newBatch(seqs, length)
	for i := range b.Inputs {
		b.Inputs[i], b.Targets[i] = int32(rng.IntN(256)), int32(rng.IntN(256))
	}
	return b
}

// probe reads the first 64 channels of the normalised residual stream at the end of net: a network with the same trunk whose
// output matrix picks them out.
func probe(t *testing.T, dev compute.Device, net *model.Model, b compute.Batch) []float32 {
	t.Helper()
	const channels = 64
	tree := net.Download(dev, net.Params())
	c := net.Config
	c.Tied, c.BaseWidth, c.OutputMult = false, 0, 1
	tree.Config = c
	pick := make([]float32, c.Vocab*c.Hidden)
	for i := range channels {
		pick[i*c.Hidden+i] = 1
	}
	tree.Data[string(shape.KindUnembed)] = pick
	for i := range tree.Data[string(shape.KindFinal)] {
		tree.Data[string(shape.KindFinal)][i], tree.Data[string(shape.KindFinalBias)][i] = 1, 0
	}
	p, err := model.New(dev, c, b.Seqs)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Free()
	p.Load(tree)
	var out []float32
	for i, x := range p.Logits(b) {
		if i%c.Vocab < channels {
			out = append(out, x)
		}
	}
	return out
}

func rmsChange(a, b []float32) float64 {
	var s float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		s += d * d
	}
	return math.Sqrt(s / float64(len(a)))
}

// TestCoordinateCheck: over eight-fold width, at one learning rate, four steps of Adam move logits and stream no farther in a
// wide network than in a narrow one under muP, and the wider the farther under the standard parametrisation (the test of an
// implementation in muTransfer, arXiv:2203.03466).
func TestCoordinateCheck(t *testing.T) {
	for name, c := range map[string]struct {
		base           int
		stream, logits [2]float64 // what width 512 moves as a multiple of what width 64 does: least and most
	}{
		"muP":      {64, [2]float64{0.8, 1.25}, [2]float64{0.3, 1.1}},
		"standard": {0, [2]float64{2, 8}, [2]float64{6, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			var ms []moved
			for _, w := range []int{64, 256, 512} {
				ms = append(ms, coordinates(t, mupRecipe(t, w, c.base)))
			}
			first, last := ms[0], ms[2]
			if r := last.stream / first.stream; r < c.stream[0] || r > c.stream[1] {
				t.Errorf("the stream moves %.2f times as far at width 512: %+v; want %v", r, ms, c.stream)
			}
			if r := last.logits / first.logits; r < c.logits[0] || r > c.logits[1] {
				t.Errorf("logits move %.2f times as far at width 512: %+v; want %v", r, ms, c.logits)
			}
			for i := range 2 {
				if grows := ms[i+1].logits > ms[i].logits*1.2; grows != (c.base == 0) {
					t.Errorf("logits move by %.3f at one width and by %.3f at the next", ms[i].logits, ms[i+1].logits)
				}
			}
		})
	}
}
