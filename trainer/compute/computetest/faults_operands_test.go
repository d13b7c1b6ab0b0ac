package computetest

import (
	"math"
	"slices"

	"growlab/trainer/compute"
)

type (
	truncatedNorm   struct{ *lane }
	roundedStats    struct{ *lane }
	earlyCopy       struct{ *lane }
	roundedGradient struct{ *lane }
	wideWeights     struct{ *lane }
	roundedResidual struct{ *lane }
	lateActivation  struct{ *lane }
	roundedLSE      struct{ *lane }
	fewBits         struct{ *lane }
	roundedLoss     struct{ *lane }
	roundedSums     struct{ *Reference }
)

// unrounded calls f on a lane to which the buffer of operands is like any other, and so is not rounded.
func unrounded(l *lane, operand compute.Buffer, f func(l *lane)) {
	b, plain := operand.(*buffer), *l
	b.precision, plain.operands = compute.FP32, compute.FP32
	defer func() { b.precision = compute.BF16 }()
	f(&plain)
}

func truncated(_ int, x float64) float64 {
	return float64(math.Float32frombits(math.Float32bits(float32(x)) &^ 0xffff))
}

func (l truncatedNorm) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	unrounded(l.lane, y.Buf, func(l *lane) { l.Norm(y, stats, x, gain, bias, s) })
	spoil(y.Vec, truncated)
}

func (l roundedStats) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	l.lane.Norm(y, stats, x, gain, bias, s)
	spoil(stats.Vec, bfloat16)
}

func (l earlyCopy) NormGrad(dx, operand, gains, biases, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	old := slices.Clone(Data(residual.Vec))
	l.lane.NormGrad(dx, operand, gains, biases, residual, dy, x, stats, gain, s)
	if operand.N > 0 && residual.N > 0 {
		spoil(operand.Vec, func(i int, _ float64) float64 { return bfloat16(i, Data(dx.Vec)[i]-old[i]) })
	}
}

func (l roundedGradient) NormGrad(dx, operand, gains, biases, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	l.lane.NormGrad(dx, operand, gains, biases, residual, dy, x, stats, gain, s)
	spoil(dx.Vec, bfloat16)
}

// wide is w as it stands.
func (wideWeights) wide(w compute.Weight) compute.Weight {
	wide := *w.(*weight)
	wide.precision = compute.FP32
	return &wide
}

func (l wideWeights) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, l.wide(w), e)
}

func (l wideWeights) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	l.lane.LinearGrad(dx, dy, l.wide(w), scale, back)
}

func (l wideWeights) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	l.lane.Classify(loss, dlogits, y, l.wide(w), mult, scale)
}

func (l roundedResidual) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	if e.Residual.N > 0 {
		spoil(y.Vec, bfloat16)
	}
}

func (l lateActivation) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	if e.Act == compute.None || e.Residual.N > 0 {
		return
	}
	for r := range l.rows() {
		activate(row(y, r), row(e.Pre, r), e.Act)
	}
	spoil(y.Vec, func(i int, v float64) float64 { return v * e.Mask.Of(i%y.Cols) })
	settle(y.Vec)
}

func (l roundedLSE) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.lane.Attention(o, lse, qkv, a)
	spoil(lse.Vec, bfloat16)
}

func fiveBits(_ int, x float64) float64 {
	m, e := math.Frexp(x)
	return math.Ldexp(math.RoundToEven(m*32)/32, e)
}

func (l fewBits) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.lane.Attention(o, lse, qkv, a)
	spoil(o.Vec, fiveBits)
}

func (l fewBits) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
	spoil(dqkv.Vec, fiveBits)
}

func (l roundedLoss) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	l.lane.Classify(loss, dlogits, y, w, mult, scale)
	spoil(loss, bfloat16)
}

func (r roundedSums) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	r.Reference.WeightGrad(dw, db, dy, x, scale)
	spoil(dw, bfloat16)
}
