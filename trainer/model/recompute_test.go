package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// TestRecompute: losses, logits and gradients are the same bits, whatever the network and the growth, from less memory; layers are told of
// in order. A device with several lanes keeps everything.
func TestRecompute(t *testing.T) {
	for name, v := range variants {
		for _, m := range []float64{1, 0.3} {
			for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
				t.Run(fmt.Sprintf("%s/m=%v/%v", name, m, p), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(4, uint64(len(name))))
					c := sized(v, 4, 2, 10, 12)
					tree, b := randomTree(c, rng, 0.3), randomBatch(c, rng, 3, c.Context)
					run := func(per int, options ...Option) (loss float64, logits []float32, grads []float64, layers []int, floats int) {
						dev := &counting{Device: &computetest.Reference{Per: per, Operands: p}}
						net, err := New(dev, c, 3, options...)
						if err != nil {
							t.Fatal(err)
						}
						defer net.Free()
						net.OnLayer = func(l int) { layers = append(layers, l) }
						net.Load(tree)
						net.SetMasks(halfGrown(c, m))
						loss = net.Grad(b, 1) + net.Grad(b, 0.5) + net.Loss(b)
						return loss, net.Logits(b), slices.Clone(computetest.Data(net.Grads())), layers, dev.n
					}
					loss, logits, grads, layers, floats := run(3)
					loss2, logits2, grads2, layers2, fewer := run(3, Recompute)
					if loss != loss2 || !slices.Equal(logits, logits2) || !slices.Equal(grads, grads2) {
						t.Error("recomputed activations give other numbers")
					}
					if want := []int{3, 2, 1, 0, 3, 2, 1, 0}; !slices.Equal(layers, want) || !slices.Equal(layers2, want) {
						t.Errorf("layers are told of as %v and, recomputed, %v, want %v", layers, layers2, want)
					}
					if fewer > floats*3/4 {
						t.Errorf("it takes %d numbers of memory, %d without", fewer, floats)
					}
					_, _, _, _, kept := run(1)
					if _, _, _, _, all := run(1, Recompute); all != kept {
						t.Errorf("with a lane for each sequence it takes %d numbers, want %d", all, kept)
					}
				})
			}
		}
	}
}

// counting counts the numbers that are allocated.
type counting struct {
	compute.Device
	n int
}

func (c *counting) Alloc(n int) (compute.Buffer, error) {
	c.n += n
	return c.Device.Alloc(n)
}

func (c *counting) AllocOperand(n int) (compute.Buffer, error) {
	c.n += n
	return c.Device.AllocOperand(n)
}
