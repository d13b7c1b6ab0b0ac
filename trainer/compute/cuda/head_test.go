//go:build linux

package cuda

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"growlab/growth/shape"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/model"
)

// wide is a network whose vocabulary is large beside all else.
var wide = shape.Config{
	Vocab: 4104, Context: 30, Layers: 1, Hidden: 32, Heads: 2, HeadDim: 16, FFN: 64,
	Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Bias: true, Tied: true, OutputMult: 1,
}

// learn is the loss and the gradient of a batch of 300 tokens.
func learn(t testing.TB, dev compute.Device, options ...model.Option) (loss float64, grads []float32) {
	t.Helper()
	const seqs = 10
	rng := rand.New(rand.NewPCG(8, 8))
	tree := shape.NewTree(wide)
	for _, x := range wide.Tensors() {
		for i := range tree.Data[x.Name] {
			if tree.Data[x.Name][i] = float32(0.2 * rng.NormFloat64()); x.Role == shape.Gain {
				tree.Data[x.Name][i]++
			}
		}
	}
	b := compute.Batch{Seqs: seqs, T: wide.Context}
	for range seqs * wide.Context {
		b.Inputs, b.Targets = append(b.Inputs, int32(rng.IntN(wide.Vocab))), append(b.Targets, int32(rng.IntN(wide.Vocab)))
	}
	b.Targets[200] = -1 // there is nothing to predict
	net, err := model.New(dev, wide, seqs, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Free()
	net.Load(tree)
	loss = net.Grad(b, 1/float64(len(b.Inputs)))
	grads = make([]float32, net.Grads().N)
	dev.Download(grads, net.Grads())
	if err := dev.Sync(); err != nil {
		t.Fatal(err)
	}
	return loss, grads
}

// apartBy is the distance of two gradients, as a part of the second's norm.
func apartBy(a, b []float32) float64 {
	var diff, norm float64
	for i, x := range b {
		diff += (float64(a[i]) - float64(x)) * (float64(a[i]) - float64(x))
		norm += float64(x) * float64(x)
	}
	return math.Sqrt(diff / norm)
}

// TestClassifierInPieces: the logits of a wide vocabulary, 128, 128 and 44 rows at a time, give the loss and the gradient of the CPU engine
// within rounding, as derived at along; so do all rows at once; the bits are the same on any schedule; and the memory that is planned for
// a piece does.
func TestClassifierInPieces(t *testing.T) {
	for _, precision := range []string{"bf16", "fp32"} {
		t.Run(precision, func(t *testing.T) {
			unit := 0x1p-8
			if precision == "fp32" {
				unit = 32 * 0x1p-24
			}
			bound := 4 * 0.42 * unit * math.Sqrt(float64(20*wide.Layers+6))
			want, expected := learn(t, processor(t, precision))
			run := func(seed int, options ...model.Option) (loss float64, grads []float32) {
				m := machine(t)
				m.Set("seed %d", seed)
				d := on(t, m, Options{Precision: precision, Untimed: true})
				if err := d.Reserve(trainer.Footprint(d, wide, 10, nil, options...)); err != nil {
					t.Fatal(err)
				}
				loss, grads = learn(t, d, options...)
				if d.arena.used > d.arena.bytes {
					t.Errorf("%d bytes are taken, %d were planned", d.arena.used, d.arena.bytes)
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
				m.MustBeClean()
				return loss, grads
			}
			loss, got := run(0, model.PieceRows(128))
			whole, once := run(0)
			for _, g := range []struct {
				how   string
				loss  float64
				grads []float32
			}{{"in pieces", loss, got}, {"at once", whole, once}} {
				if d := math.Abs(g.loss-want) / want; !(d <= bound) {
					t.Errorf("%s: the loss is %v, that of the processor %v: %.1g apart, want at most %.1g", g.how, g.loss, want, d, bound)
				}
				if d := apartBy(g.grads, expected); !(d <= bound) {
					t.Errorf("%s: the gradient is %.1g from the processor's, want at most %.1g", g.how, d, bound)
				}
			}
			if again, bits := run(6, model.PieceRows(128)); again != loss || !slices.Equal(bits, got) {
				t.Error("under another schedule the numbers differ")
			}
		})
	}
}

// TestPlannedPieces: a plan for a wide vocabulary has room for the logits of one piece, whatever the batch.
func TestPlannedPieces(t *testing.T) {
	m := machine(t)
	d := on(t, m, Options{Untimed: true})
	one := trainer.Footprint(d, wide, 10, nil, model.PieceRows(128)).Total()
	all := trainer.Footprint(d, wide, 10, nil).Total()
	if saved, want := all-one, int64(2*(300-128)*wide.Vocab); saved < want-8*alignment || saved > want+8*alignment {
		t.Errorf("pieces of 128 of 300 rows take %d bytes less, want %d", saved, want)
	}
	gpt2 := wide
	gpt2.Vocab, gpt2.Context, gpt2.Layers, gpt2.Hidden, gpt2.Heads, gpt2.HeadDim, gpt2.FFN = 50304, 1024, 12, 768, 12, 64, 3072
	small, large := trainer.Footprint(d, gpt2, 32, nil), trainer.Footprint(d, gpt2, 64, nil)
	const activations = 50 << 10 // bytes of a token and layer, about
	if grew, most := large.Total()-small.Total(), int64(32*1024*12*activations); grew > most {
		t.Errorf("32 more sequences of GPT-2 take %d bytes more, want at most %d: no logits", grew, most)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	m.MustBeClean()
}
