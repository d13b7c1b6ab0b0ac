package computetest

import (
	"testing"

	"growlab/trainer/compute"
)

// fault is a device that computes an operation wrongly.
type fault struct {
	operation, name string
	of              func(r *Reference) compute.Device
}

// anyPrecision are faults whatever the precision of operands.
var anyPrecision = []fault{
	{"Norm", "statistics over all channels", inLane(func(l *lane) compute.Lane { return unmaskedStatistics{l} })},
	{"Norm", "standard deviation for its inverse", inLane(func(l *lane) compute.Lane { return swappedStats{l} })},
	{"NormGrad", "no residual", inLane(func(l *lane) compute.Lane { return forgottenResidual{l} })},
	{"Linear", "mask on pre", inLane(func(l *lane) compute.Lane { return maskOnPre{l} })},
	{"Linear", "no gate", inLane(func(l *lane) compute.Lane { return closedGate{l} })},
	{"Linear", "write past the end", inLane(func(l *lane) compute.Lane { return longRow{l} })},
	{"Linear", "read past the end", inLane(func(l *lane) compute.Lane { return readsOver{l} })},
	{"LinearGrad", "no mask", inLane(func(l *lane) compute.Lane { return sleepingMask{l} })},
	{"Attention", "later positions seen", inLane(func(l *lane) compute.Lane { return blindCausality{l} })},
	{"Attention", "a key forgotten", inLane(func(l *lane) compute.Lane { return blockEdge{l} })},
	{"Attention", "scale off by a hundredth", inLane(func(l *lane) compute.Lane { return offScale{l} })},
	{"AttentionGrad", "a key forgotten", inLane(func(l *lane) compute.Lane { return blockEdge{l} })},
	{"AttentionGrad", "no rotation back", inLane(func(l *lane) compute.Lane { return straightBack{l} })},
	{"AttentionGrad", "no gradient through the sum", inLane(func(l *lane) compute.Lane { return diagonalOnly{l} })},
	{"AttentionGrad", "no mask", inLane(func(l *lane) compute.Lane { return unmaskedHeads{l} })},
	{"AttentionGrad", "probabilities off", inLane(func(l *lane) compute.Lane { return offProbability{l} })},
	{"Linear", "mask before the activation comes after it", inLane(func(l *lane) compute.Lane { return lateMask{l} })},
	{"Linear", "half of SwiGLU masked", inLane(func(l *lane) compute.Lane { return halfMask{l} })},
	{"LinearGrad", "no mask before the activation", inLane(func(l *lane) compute.Lane { return openBack{l} })},
	{"Attention", "no mask on q, k and v", inLane(func(l *lane) compute.Lane { return unmaskedInputs{l} })},
	{"Attention", "q, k and v kept unmasked", inLane(func(l *lane) compute.Lane { return unmaskedKept{l} })},
	{"AttentionGrad", "no mask on q, k and v", inLane(func(l *lane) compute.Lane { return unmaskedBack{l} })},
	{"Combine", "factors swapped", inLane(func(l *lane) compute.Lane { return swappedFactors{l} })},
	{"Combine", "copy of what y was", inLane(func(l *lane) compute.Lane { return staleCopy{l} })},
	{"Classify", "gradient without a target", inLane(func(l *lane) compute.Lane { return noticedRows{l} })},
	{"Classify", "wrong scale", inLane(func(l *lane) compute.Lane { return meanLoss{l} })},
	{"Embed", "positions off by one", inLane(func(l *lane) compute.Lane { return shiftedPositions{l} })},
	{"WeightGrad", "overwrites", func(r *Reference) compute.Device { return overwrites{r} }},
	{"EmbedGrad", "repeated tokens overwrite", func(r *Reference) compute.Device { return lastToken{r} }},
	{"AdamW", "decay in the gradient", func(r *Reference) compute.Device { return coupledDecay{r} }},
	{"AdamW", "no bias correction", func(r *Reference) compute.Device { return noCorrection{r} }},
	{"AdamW", "gradients not clipped", func(r *Reference) compute.Device { return unclipped{r} }},
	{"AdamW", "gradients scaled up", func(r *Reference) compute.Device { return clippedUp{r} }},
	{"AdamW", "a step on no number", func(r *Reference) compute.Device { return stepsOnNaN{r} }},
	{"Sums", "sum in float32", func(r *Reference) compute.Device { return shortSum{r} }},
	{"Sums", "a total that stays", func(r *Reference) compute.Device { return keptTotal{r} }},
}

// onlyFP32 are faults where operands are fp32.
var onlyFP32 = []fault{
	{"Linear", "operands in bfloat16", inLane(func(l *lane) compute.Lane { return roughOperands{l} })},
}

// onlyBF16 are roundings that the contract does not have, or has and they are not there.
var onlyBF16 = []fault{
	{"Norm", "truncates", inLane(func(l *lane) compute.Lane { return truncatedNorm{l} })},
	{"Norm", "statistics rounded", inLane(func(l *lane) compute.Lane { return roundedStats{l} })},
	{"NormGrad", "copy without the residual", inLane(func(l *lane) compute.Lane { return earlyCopy{l} })},
	{"NormGrad", "dx rounded", inLane(func(l *lane) compute.Lane { return roundedGradient{l} })},
	{"Linear", "weights not rounded", inLane(func(l *lane) compute.Lane { return wideWeights{l} })},
	{"Linear", "residual rounded", inLane(func(l *lane) compute.Lane { return roundedResidual{l} })},
	{"Linear", "activation of the rounded sum", inLane(func(l *lane) compute.Lane { return lateActivation{l} })},
	{"LinearGrad", "weights not rounded", inLane(func(l *lane) compute.Lane { return wideWeights{l} })},
	{"Attention", "log-sum-exp rounded", inLane(func(l *lane) compute.Lane { return roundedLSE{l} })},
	{"Attention", "o in 5 bits", inLane(func(l *lane) compute.Lane { return fewBits{l} })},
	{"AttentionGrad", "dqkv in 5 bits", inLane(func(l *lane) compute.Lane { return fewBits{l} })},
	{"Classify", "loss rounded", inLane(func(l *lane) compute.Lane { return roundedLoss{l} })},
	{"Classify", "weights not rounded", inLane(func(l *lane) compute.Lane { return wideWeights{l} })},
	{"WeightGrad", "sums rounded", func(r *Reference) compute.Device { return roundedSums{r} }},
}

// The suite is only worth its tolerances: each of these faults must show in the trials of its operation.
func TestSuiteFindsFaults(t *testing.T) {
	for _, c := range []struct {
		operands compute.Precision
		faults   [][]fault
	}{
		{compute.FP32, [][]fault{anyPrecision, onlyFP32}},
		{compute.BF16, [][]fault{anyPrecision, onlyBF16}},
	} {
		for _, faults := range c.faults {
			for _, f := range faults {
				t.Run(c.operands.String()+"/"+f.operation+"/"+f.name, func(t *testing.T) {
					f.mustShow(t, f.of(&Reference{Operands: c.operands}))
				})
			}
		}
	}
}

func (f fault) mustShow(t *testing.T, dev compute.Device) {
	for _, o := range operations() {
		if o.name != f.operation {
			continue
		}
		for _, k := range o.trials() {
			if err := k.check(dev); err != nil {
				t.Logf("%s: %v", k.name, err)
				return
			}
		}
	}
	t.Errorf("%s passes with this fault", f.operation)
}

// What rounding operands adds to the errors of Reference stays within the bound r of the trials alone, with nothing left to
// float32; and comes near it where there is one rounding, so the bound is no larger than need be.
func TestBoundOfOperands(t *testing.T) {
	leasts := map[string]float64{
		"Norm": 0.9, "NormGrad": 0.9, "Combine": 0.9, "Linear": 0.9, "LinearGrad": 0.9, "Classify": 0.9, "Attention": 0.9, "AttentionGrad": 0.3,
	}
	for _, o := range operations() {
		least, rounds := leasts[o.name]
		if !rounds {
			continue // its results are fp32, whose bound TestReference checks
		}
		worst := 0.0
		for _, k := range o.trials() {
			got := mustRun(t, k, &Reference{Operands: compute.BF16})
			ref := mustRun(t, k, NewReference())
			k.expect()
			at := func(r results) func(a *arg, i int) float64 {
				return func(a *arg, i int) float64 { return r[a][i] }
			}
			if err := k.compare(at(got), at(ref), unit64/unit, compute.BF16); err != nil {
				t.Errorf("%s: %s: %v", o.name, k.name, err)
			}
			for a := range got {
				for i, w := range a.want {
					if w.r > floor {
						worst = max(worst, (got[a][i]-ref[a][i])/w.r)
					}
				}
			}
		}
		if worst < least {
			t.Errorf("%s: the largest error is %.2g of the bound, want %.2g of it or more", o.name, worst, least)
		}
	}
}
