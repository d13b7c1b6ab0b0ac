package computetest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"growlab/trainer/compute"
)

// networks are what RunGradients differentiates: every option of the operations between them, and a growth in progress.
var networks = map[string]networkShape{
	"layer norm, masked": {
		seqs: 3, t: 13, depth: 2, c: 40, heads: 3, dim: 8, ffn: 53, vocab: 37,
		bias: true, learned: true, act: compute.GELU, old: 23, m: 0.3, gate: 0.6, mult: 1,
	},
	"masked as the authors of MSG do": {
		seqs: 2, t: 11, depth: 2, c: 24, heads: 3, dim: 8, ffn: 29, vocab: 31, bias: true, authors: true, act: compute.SwiGLU,
		rotary: compute.Rotary{Base: 10000}, old: 13, m: 0.4, gate: 0.6, mult: 1,
	},
	"RMS norm": {
		seqs: 2, t: 67, depth: 2, c: 33, heads: 2, dim: 10, ffn: 45, vocab: 61,
		rms: true, act: compute.SwiGLU, rotary: compute.Rotary{Base: 10000, XPos: true, Center: 32}, gate: 1, mult: 0.5,
	},
}

const (
	// likeness is how much farther from the exact gradient an engine of bf16 may be than Reference with operands in bf16.
	// The two round the same numbers at random, so their distances, norms of many random terms, are about equal; the factor
	// is for small tensors, and for the roundings that engines may add (attentionRow).
	likeness = 2

	// narrower is the same for an engine of fp32: its unit is smaller by 2^16, but it rounds at each of the hundred or so terms
	// of a sum, which at random makes ten roundings for the one of an operand. 32 leaves a factor of three for functions
	// (elementary) and small tensors. The C kernels were seen at an eighth of this, and at half of what bf16 may.
	narrower = likeness * 32 * unit / unit16
)

// randomRounding is the error of a gradient through depth layers that rounding operands leads one to expect, relative, over
// all entries. A number is rounded about 20 times in a layer, forward and back, weights included, and 6 times around
// them. One rounding errs by 0.42 unit16 in the mean square, over significands from 1 to 2; the errors are independent, so
// their squares add. It is an upper estimate, for the residual stream passes most of a number by most roundings: Reference in
// bf16 has 0.3 and 0.65 of it on the networks here.
func randomRounding(depth int) float64 { return 0.42 * unit16 * math.Sqrt(float64(20*depth+6)) }

// RunGradients checks the gradients of a whole network, of every parameter, on the engine that open gives. An engine of
// either precision is compared with Reference, whose gradients agree with finite differences: tensor by tensor with the
// error that rounding makes there, as Reference in bf16 has it (likeness, narrower), and all together with the estimate
// randomRounding. These bounds are statistical; an error of sums or units shows, one number in a tensor may not. That is
// what Run is for. It closes what it opens.
func RunGradients(t *testing.T, open func(t testing.TB) compute.Device) {
	for name, s := range networks {
		t.Run(name, func(t *testing.T) {
			y, err := newYardstick(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := y.compare(opened(t, open)); err != nil {
				t.Error(err)
			}
		})
	}
}

// yardstick is what the gradients of a network are compared with: those of Reference, in float64 and with operands in bf16, biases
// rounded or not: an engine may do either.
type yardstick struct {
	networkShape
	want, rough []outcome
	rougher     []outcome // with biases rounded
}

func newYardstick(s networkShape) (y yardstick, err error) {
	y.networkShape = s
	if y.want, err = differentiate(NewReference(), s); err != nil {
		return y, err
	}
	if y.rough, err = differentiate(&Reference{Operands: compute.BF16}, s); err != nil {
		return y, err
	}
	y.rougher, err = differentiate(&Reference{Operands: compute.BF16, Biases: true}, s)
	return y, err
}

// compare returns what is wrong with the gradients of the network on dev.
func (y yardstick) compare(dev compute.Device) error {
	got, err := differentiate(dev, y.networkShape)
	if err != nil {
		return err
	}
	want, rough := y.want, y.rough
	factor, all := float64(likeness), randomRounding(y.depth)
	if dev.Precision() == compute.FP32 {
		factor, all = narrower, all*narrower/likeness
	}
	var errs []error
	var off, size float64
	for i := range want {
		d := distance(got[i].numbers, want[i].numbers)
		allowed := factor * max(distance(rough[i].numbers, want[i].numbers), distance(y.rougher[i].numbers, want[i].numbers))
		if !(d <= allowed) {
			errs = append(errs, fmt.Errorf("%s: %.3g from the reference, whose norm is %.3g; want %.2g at most",
				want[i].name, d, distance(want[i].numbers, nil), allowed))
		}
		if i > 0 { // not the loss
			off += d * d
			size += math.Pow(distance(want[i].numbers, nil), 2)
		}
	}
	if relative := math.Sqrt(off / size); !(relative <= all) {
		errs = append(errs, fmt.Errorf("all gradients: %.3g from the reference, relative; want %.2g at most", relative, all))
	}
	return errors.Join(errs...)
}

// outcome is the gradient of a parameter, or the losses.
type outcome struct {
	name    string
	numbers []float64
}

// differentiate runs a network of shape s on dev twice, so that gradients add up. First come the losses.
func differentiate(dev compute.Device, s networkShape) ([]outcome, error) {
	n, err := newNetwork(dev, s)
	defer n.free()
	if err != nil {
		return nil, err
	}
	n.grads(1)
	n.grads(0.5)
	all := []outcome{{"loss", numbers(dev, n.loss.Vec)}}
	for _, p := range n.params {
		all = append(all, outcome{"gradient of " + p.name, numbers(dev, p.d)})
	}
	return all, dev.Sync()
}

// distance is the Euclidean norm of a-b; of a, if there is no b.
func distance(a, b []float64) float64 {
	var sum float64
	for i, x := range a {
		if b != nil {
			x -= b[i]
		}
		sum += x * x
	}
	return math.Sqrt(sum)
}
