package computetest

import (
	"math"
	"math/rand/v2"
	"testing"

	"growlab/trainer/compute"
)

// The text of the network is right: its gradients are finite differences of its loss.
func TestNetworkGradient(t *testing.T) {
	for name, s := range networks {
		t.Run(name, func(t *testing.T) {
			s.seqs, s.t = 2, 5
			n, err := newNetwork(NewReference(), s)
			if err != nil {
				t.Fatal(err)
			}
			defer n.free()
			const scale, h = 0.7, 1e-5 // an error of O(h²) from the formula, of 1e-16/h from rounding
			n.grads(scale)
			loss := func() float64 {
				n.losses()
				return Sum(n.dev, n.loss.Vec)
			}
			rng := rand.New(rand.NewPCG(1, 1))
			for _, p := range n.params {
				for range 5 {
					x, i := Data(p.x), rng.IntN(p.n)
					old := x[i]
					x[i] = old + h
					up := loss()
					x[i] = old - h
					down := loss()
					x[i] = old
					want, got := scale*(up-down)/(2*h), Data(p.d)[i]
					if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
						t.Errorf("%s[%d]: gradient %.9g, finite differences %.9g", p.name, i, got, want)
					}
				}
			}
		})
	}
}

func TestReferenceGradients(t *testing.T) {
	for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
		t.Run(p.String(), func(t *testing.T) {
			RunGradients(t, func(testing.TB) compute.Device { return &Reference{Operands: p, Per: 2} })
		})
	}
}

// Faults that a whole network must show, however much is rounded.
func TestGradientsFindFaults(t *testing.T) {
	var yardsticks []yardstick
	for _, s := range networks {
		y, err := newYardstick(s)
		if err != nil {
			t.Fatal(err)
		}
		yardsticks = append(yardsticks, y)
	}
	for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
		for _, f := range anyPrecision {
			switch f.operation + "/" + f.name {
			case "NormGrad/no residual", "Linear/write past the end", "Linear/read past the end", "Attention/a key forgotten",
				"Attention/later positions seen", "AttentionGrad/a key forgotten", "AdamW/decay in the gradient", "AdamW/no bias correction", "AdamW/gradients not clipped",
				"AdamW/gradients scaled up", "AdamW/a step on no number", "Sums/sum in float32", "Sums/a total that stays",
				"Linear/half of SwiGLU masked", "Classify/gradient without a target":
				continue // not where the network goes, or a thousandth of one number
			}
			t.Run(p.String()+"/"+f.operation+"/"+f.name, func(t *testing.T) {
				for _, y := range yardsticks {
					if err := y.compare(f.of(&Reference{Operands: p})); err != nil {
						t.Log(err)
						return
					}
				}
				t.Error("the gradients agree with this fault")
			})
		}
	}
}
