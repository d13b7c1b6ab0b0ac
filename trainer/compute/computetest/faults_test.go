package computetest

import (
	"math"
	"slices"
	"testing"

	"growlab/trainer/compute"
)

// faulty is Reference with a fault in its lanes.
type faulty struct {
	*Reference
	lane func(l *lane) compute.Lane
}

func (f faulty) Run(b compute.Batch, do func(compute.Lane)) {
	f.Reference.Run(b, func(l compute.Lane) { do(f.lane(l.(*lane))) })
}

// spoil changes every element of v.
func spoil(v compute.Vec, f func(i int, x float64) float64) {
	d := Data(v)
	for i, x := range d {
		d[i] = f(i, x)
	}
}

// bfloat16 rounds to 8 bits, as tensor cores do with operands.
func bfloat16(_ int, x float64) float64 {
	return float64(math.Float32frombits((math.Float32bits(float32(x)) + 0x8000) &^ 0xffff))
}

type (
	unmaskedStatistics struct{ *lane }
	swappedStats       struct{ *lane }
	forgottenResidual  struct{ *lane }
	maskOnPre          struct{ *lane }
	closedGate         struct{ *lane }
	roughOperands      struct{ *lane }
	sleepingMask       struct{ *lane }
	blindCausality     struct{ *lane }
	straightBack       struct{ *lane }
	meanLoss           struct{ *lane }
	shiftedPositions   struct{ *lane }
	longRow            struct{ *lane }
	readsOver          struct{ *lane }
)

// Statistics over all channels, output masked: the error of a growth that only masks what a norm writes.
func (l unmaskedStatistics) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	l.lane.Norm(y, stats, x, gain, bias, normSpec(s.RMS, compute.Mask{}, x.Cols))
	spoil(y.Vec, func(i int, v float64) float64 { return v * s.Mask.Of(i%y.Cols) })
}

func (l swappedStats) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	l.lane.Norm(y, stats, x, gain, bias, s)
	spoil(stats.Vec, func(i int, v float64) float64 {
		if i%2 == 1 {
			return 1 / v // the deviation, not its inverse
		}
		return v
	})
}

func (l forgottenResidual) NormGrad(dx, operand, gains, biases, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	if residual == dx {
		spoil(dx.Vec, func(int, float64) float64 { return 0 })
	}
	l.lane.NormGrad(dx, operand, gains, biases, residual, dy, x, stats, gain, s)
}

func (l maskOnPre) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	if e.Pre.N > 0 {
		spoil(e.Pre.Vec, func(i int, v float64) float64 { return v * e.Mask.Of(i%y.Cols) })
	}
}

func (l closedGate) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	if e.Residual.N > 0 {
		e.Gate = 1
	}
	l.lane.Linear(y, x, w, e)
}

func (l roughOperands) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	old := slices.Clone(Data(x.Vec))
	spoil(x.Vec, bfloat16)
	l.lane.Linear(y, x, w, e)
	copy(Data(x.Vec), old)
}

func (l sleepingMask) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	back.Mask = compute.Mask{}
	l.lane.LinearGrad(dx, dy, w, scale, back)
}

// One position sees the next.
func (l blindCausality) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.lane.Attention(o, lse, qkv, a)
	if l.T() > 1 {
		Data(o.Vec)[0] += 1e-3 * row(qkv, 1)[2*o.Cols]
	}
}

// The gradient is left as it is after rotation.
func (l straightBack) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	a.Rotary = compute.Rotary{}
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
}

func (l meanLoss) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, _ float64) {
	l.lane.Classify(loss, dlogits, y, w, mult, 1/float64(l.rows()+1))
}

// Positions count on through the batch.
func (l shiftedPositions) Embed(x compute.Mat, embed, pos compute.Vec) {
	if pos.N > 0 {
		pos.Off, pos.N = pos.Off+x.Cols, pos.N-x.Cols
	}
	l.lane.Embed(x, embed, pos)
}

// One number too many is written, as by a vector store at the end of a row.
func (l longRow) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	y.Buf.(*buffer).data[y.Off+y.N] = 0
}

// What lies behind x comes in with weight 0, as in a vector load without a mask.
func (l readsOver) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	behind := x.Buf.(*buffer).data[x.Off+x.N+1]
	spoil(y.Vec, func(_ int, v float64) float64 { return v + 0*behind })
}

type (
	overwrites   struct{ *Reference }
	lastToken    struct{ *Reference }
	coupledDecay struct{ *Reference }
	noCorrection struct{ *Reference }
	shortSum     struct{ *Reference }
)

func (r overwrites) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	r.Zero(dw)
	r.Reference.WeightGrad(dw, db, dy, x, scale)
}

// A token that comes again overwrites, as a scatter without accumulation does.
func (r lastToken) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	before := slices.Clone(Data(demb))
	r.Reference.EmbedGrad(demb, dpos, dx, b)
	for i, id := range b.Inputs {
		for j, v := range row(dx, i) {
			at := int(id)*dx.Cols + j
			Data(demb)[at] = before[at] + v
		}
	}
}

// Decay in the gradient: Adam with L2, not AdamW.
func (r coupledDecay) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	old := slices.Clone(Data(g))
	defer copy(Data(g), old)
	for _, s := range spans {
		axpy(Data(g.At(s.Off, s.N)), s.Decay/a.GradScale, Data(p.At(s.Off, s.N)))
		s.Decay = 0
		r.Reference.AdamW(p, g, m, v, []compute.Span{s}, a)
	}
}

func (r noCorrection) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	a.Step += 1e6
	r.Reference.AdamW(p, g, m, v, spans, a)
}

// Reduction in float32.
func (r shortSum) Sum(v compute.Vec) float64 {
	var sum float32
	for _, x := range Data(v) {
		sum += float32(x)
	}
	return float64(sum)
}

// The suite is only worth its tolerances: each of these faults must show in the trials of its operation.
func TestSuiteFindsFaults(t *testing.T) {
	onLane := func(f func(l *lane) compute.Lane) compute.Device { return faulty{NewReference(), f} }
	for _, c := range []struct {
		operation, fault string
		dev              compute.Device
	}{
		{"Norm", "statistics over all channels", onLane(func(l *lane) compute.Lane { return unmaskedStatistics{l} })},
		{"Norm", "standard deviation for its inverse", onLane(func(l *lane) compute.Lane { return swappedStats{l} })},
		{"NormGrad", "no residual", onLane(func(l *lane) compute.Lane { return forgottenResidual{l} })},
		{"Linear", "mask on pre", onLane(func(l *lane) compute.Lane { return maskOnPre{l} })},
		{"Linear", "no gate", onLane(func(l *lane) compute.Lane { return closedGate{l} })},
		{"Linear", "operands in bfloat16", onLane(func(l *lane) compute.Lane { return roughOperands{l} })},
		{"Linear", "write past the end", onLane(func(l *lane) compute.Lane { return longRow{l} })},
		{"Linear", "read past the end", onLane(func(l *lane) compute.Lane { return readsOver{l} })},
		{"LinearGrad", "no mask", onLane(func(l *lane) compute.Lane { return sleepingMask{l} })},
		{"Attention", "later positions seen", onLane(func(l *lane) compute.Lane { return blindCausality{l} })},
		{"AttentionGrad", "no rotation back", onLane(func(l *lane) compute.Lane { return straightBack{l} })},
		{"Classify", "wrong scale", onLane(func(l *lane) compute.Lane { return meanLoss{l} })},
		{"Embed", "positions off by one", onLane(func(l *lane) compute.Lane { return shiftedPositions{l} })},
		{"WeightGrad", "overwrites", overwrites{NewReference()}},
		{"EmbedGrad", "repeated tokens overwrite", lastToken{NewReference()}},
		{"AdamW", "decay in the gradient", coupledDecay{NewReference()}},
		{"AdamW", "no bias correction", noCorrection{NewReference()}},
		{"Sums", "sum in float32", shortSum{NewReference()}},
	} {
		t.Run(c.operation+"/"+c.fault, func(t *testing.T) {
			for _, o := range operations() {
				if o.name != c.operation {
					continue
				}
				for _, k := range o.trials() {
					if err := k.check(c.dev); err != nil {
						t.Logf("%s: %v", k.name, err)
						return
					}
				}
			}
			t.Errorf("%s passes with this fault", c.operation)
		})
	}
}
