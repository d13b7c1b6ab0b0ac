package computetest

import (
	"testing"

	"growlab/trainer/compute"
)

// masked are the operations that take a mask over n entries.
var masked = []struct {
	name  string
	n     int
	trial func(seqs int, mask compute.Mask) *trial
}{
	{"Norm/layer", 37, func(b int, m compute.Mask) *trial { return normTrial(1, b, 3, 37, normSpec(false, m, 37)) }},
	{"Norm/rms", 37, func(b int, m compute.Mask) *trial { return normTrial(2, b, 3, 37, normSpec(true, m, 37)) }},
	{"NormGrad/layer", 37, func(b int, m compute.Mask) *trial {
		return normGradTrial(3, b, 3, 37, normSpec(false, m, 37), apartForm, true)
	}},
	{"NormGrad/rms", 37, func(b int, m compute.Mask) *trial {
		return normGradTrial(4, b, 3, 37, normSpec(true, m, 37), apartForm, true)
	}},
	{"Linear/none", 35, func(b int, m compute.Mask) *trial { return linearTrial(5, maskedLinear(b, compute.None, m)) }},
	{"Linear/gelu", 35, func(b int, m compute.Mask) *trial { return linearTrial(6, maskedLinear(b, compute.GELU, m)) }},
	{"Linear/swiglu", 35, func(b int, m compute.Mask) *trial { return linearTrial(7, maskedLinear(b, compute.SwiGLU, m)) }},
	{"LinearGrad/gelu", 37, func(b int, m compute.Mask) *trial { return linearGradTrial(8, maskedLinear(b, compute.GELU, m)) }},
	{"LinearGrad/swiglu", 37, func(b int, m compute.Mask) *trial { return linearGradTrial(9, maskedLinear(b, compute.SwiGLU, m)) }},
	{"Linear/gelu/before", 35, func(b int, m compute.Mask) *trial { return linearTrial(14, maskedBefore(b, compute.GELU, m)) }},
	{"Linear/swiglu/before", 35, func(b int, m compute.Mask) *trial { return linearTrial(15, maskedBefore(b, compute.SwiGLU, m)) }},
	{"LinearGrad/gelu/before", 37, func(b int, m compute.Mask) *trial { return linearGradTrial(16, maskedBefore(b, compute.GELU, m)) }},
	{"LinearGrad/swiglu/before", 37, func(b int, m compute.Mask) *trial {
		return linearGradTrial(17, maskedBefore(b, compute.SwiGLU, m))
	}},
	{"Attention", 5, func(b int, m compute.Mask) *trial { return attentionTrial(10, b, 7, maskedHeads(m)) }},
	{"AttentionGrad", 5, func(b int, m compute.Mask) *trial { return attentionGradTrial(11, b, 7, maskedHeads(m)) }},
	{"Attention/inputs", 5, func(b int, m compute.Mask) *trial { return attentionTrial(18, b, 7, maskedInputs(m)) }},
	{"AttentionGrad/inputs", 5, func(b int, m compute.Mask) *trial { return attentionGradTrial(19, b, 7, maskedInputs(m)) }},
}

func maskedLinear(seqs int, act compute.Act, m compute.Mask) linearCase {
	return linearCase{seqs: seqs, t: 3, in: 37, out: 35, act: act, mask: m, bias: true, gate: 1}
}

func maskedBefore(seqs int, act compute.Act, m compute.Mask) linearCase {
	return linearCase{seqs: seqs, t: 3, in: 37, out: 35, act: act, premask: m, bias: true, gate: 1}
}

func maskedInputs(m compute.Mask) compute.AttentionSpec {
	a := maskedHeads(compute.Mask{})
	a.Inputs = m
	return a
}

func maskedHeads(m compute.Mask) compute.AttentionSpec {
	return compute.AttentionSpec{Heads: 5, HeadDim: 8, Scale: 0.3, Mask: m, Rotary: compute.Rotary{Base: 10000, XPos: true, Center: 3}}
}

// masks: m = 1, or a mask that has nothing new, gives the bits of no mask.
func masks(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, o := range masked {
		t.Run(o.name, func(t *testing.T) {
			plain := o.trial(2, compute.Mask{})
			want := mustRun(t, plain, dev)
			for _, m := range []compute.Mask{{Old: 3, M: 1}, {Old: o.n, M: 0}, {Old: o.n + 5, M: 0.3}} {
				k := o.trial(2, m)
				got := mustRun(t, k, dev)
				byPlace := results{}
				for i, a := range k.args {
					byPlace[plain.args[i]] = got[a]
				}
				differs(t, plain, k.name, byPlace, want)
			}
		})
	}
	for _, rms := range []bool{false, true} {
		blind(t, dev, rms)
	}
	closed(t, dev)
	silent(t, dev)
}

// blind: at m = 0 a norm neither writes the new channels nor sees them.
func blind(t *testing.T, dev compute.Device, rms bool) {
	const c, old = 37, 20
	k := normTrial(12, 2, 3, c, normSpec(rms, compute.Mask{Old: old}, c))
	x, y := k.named("x"), k.named("y")
	want := mustRun(t, k, dev)
	for i := range x.data {
		if i%c >= old {
			x.data[i] *= -1e6
		}
	}
	got := mustRun(t, k, dev)
	for i := range got[y] {
		if i%c < old {
			continue
		}
		if got[y][i] != 0 || want[y][i] != 0 {
			t.Fatalf("%s: y at new channel %d is %g, and %g for other numbers, want 0", k.name, i%c, want[y][i], got[y][i])
		}
		got[y][i] = want[y][i] // the sign of a zero may change
	}
	differs(t, k, "other numbers on the new channels", got, want)
}

// closed: a gate of 0 leaves the bits of the residual.
func closed(t *testing.T, dev compute.Device) {
	k := linearTrial(13, linearCase{seqs: 2, t: 3, in: 37, out: 35, bias: true, residual: apartFrom, gate: 0})
	res, got := k.named("residual"), mustRun(t, k, dev)
	for i, y := range got[k.named("y")] {
		if y != float64(res.data[i]) {
			t.Fatalf("%s: y %d is %g, want the residual, %g", k.name, i, y, res.data[i])
		}
	}
}

// silent: at m = 0 before the activation, and on q, k and v, new units and heads give exactly 0 and get no gradient.
func silent(t *testing.T, dev compute.Device) {
	const old = 3
	mask := compute.Mask{Old: old}
	for _, act := range []compute.Act{compute.GELU, compute.SwiGLU} {
		zeros(t, dev, linearTrial(20, maskedBefore(2, act, mask)), old, 35, "pre", "y")
		zeros(t, dev, linearGradTrial(21, maskedBefore(2, act, mask)), old, 37, "dx")
	}
	a := maskedInputs(mask)
	zeros(t, dev, attentionTrial(22, 2, 7, a), old*a.HeadDim, a.Heads*a.HeadDim, "qkv", "o")
	zeros(t, dev, attentionGradTrial(23, 2, 7, a), old*a.HeadDim, a.Heads*a.HeadDim, "dqkv")
}

// zeros reports outputs of k that are not zero from column old on, in each part of a row.
func zeros(t *testing.T, dev compute.Device, k *trial, old, part int, outputs ...string) {
	t.Helper()
	got := mustRun(t, k, dev)
	for _, name := range outputs {
		a := k.named(name)
		for i, x := range got[a] {
			if i%a.cols%part >= old && x != 0 {
				t.Errorf("%s: %s is %g, want 0", k.name, a.element(i), x)
				return
			}
		}
	}
}

// wide are lane operations on batches of seqs sequences.
func wide(seqs int) []*trial {
	all := []*trial{
		embedTrial(1, seqs, 6, 9, 11, true),
		classifyTrial(2, seqs, 6, 21, 33, true, 1, 0),
		classifyTrial(2, seqs, 6, 21, 33, true, 1, 1),
		combineTrial(5, seqs, 6, 33, "y is x", 0.3, 0.7, true),
		normGradTrial(4, seqs, 6, 33, normSpec(false, compute.Mask{}, 33), apartForm, true),
	}
	for _, o := range masked {
		all = append(all, o.trial(seqs, compute.Mask{Old: 3, M: 0.3}))
	}
	return all
}

// neighbours: what an operation gives for one sequence does not depend on the others of the batch.
func neighbours(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	const seqs, own = 5, 2
	for _, k := range wide(seqs) {
		want := mustRun(t, k, dev)
		k.disturb(own)
		got := mustRun(t, k, dev)
		for a := range got {
			each := len(got[a]) / seqs
			copy(got[a], want[a][:own*each])
			copy(got[a][(own+1)*each:], want[a][(own+1)*each:])
		}
		differs(t, k, "other numbers in the other sequences", got, want)
	}
}

// disturb changes all numbers and tokens of the sequences that are not own.
func (k *trial) disturb(own int) {
	for i := range k.batch.Inputs {
		if i/k.batch.T != own && k.vocab > 1 {
			k.batch.Inputs[i] = (k.batch.Inputs[i] + 1) % int32(k.vocab)
			if k.batch.Targets[i] >= 0 {
				k.batch.Targets[i] = (k.batch.Targets[i] + 1) % int32(k.vocab)
			}
		}
	}
	for _, a := range k.args {
		if !a.perLane {
			continue
		}
		each := len(a.data) / k.batch.Seqs
		for i := range a.data {
			if i/each != own {
				a.data[i] *= -0.5
			}
		}
	}
}

// causal: a position's attention does not depend on later positions.
func causal(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	const positions, kept = 40, 23
	k := attentionTrial(1, 1, positions, maskedHeads(compute.Mask{}))
	want := mustRun(t, k, dev)
	qkv := k.named("qkv")
	for i := kept * qkv.cols; i < len(qkv.data); i++ {
		qkv.data[i] *= -3
	}
	got := mustRun(t, k, dev)
	for _, a := range k.args {
		copy(got[a][kept*a.cols:], want[a][kept*a.cols:])
	}
	differs(t, k, "other numbers at later positions", got, want)
}
