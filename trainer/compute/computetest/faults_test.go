package computetest

import (
	"math"
	"slices"

	"growlab/trainer/compute"
)

// faulty is Reference with a fault in its lanes.
type faulty struct {
	*Reference
	lane func(l *lane) compute.Lane
}

// inLane is the fault that f puts in lanes.
func inLane(f func(l *lane) compute.Lane) func(r *Reference) compute.Device {
	return func(r *Reference) compute.Device { return faulty{r, f} }
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
func bfloat16(_ int, x float64) float64 { return held(x, compute.BF16) }

type (
	unmaskedStatistics struct{ *lane }
	swappedStats       struct{ *lane }
	forgottenResidual  struct{ *lane }
	maskOnPre          struct{ *lane }
	closedGate         struct{ *lane }
	roughOperands      struct{ *lane }
	sleepingMask       struct{ *lane }
	blindCausality     struct{ *lane }
	blockEdge          struct{ *lane }
	offScale           struct{ *lane }
	diagonalOnly       struct{ *lane }
	unmaskedHeads      struct{ *lane }
	offProbability     struct{ *lane }
	straightBack       struct{ *lane }
	meanLoss           struct{ *lane }
	shiftedPositions   struct{ *lane }
	longRow            struct{ *lane }
	readsOver          struct{ *lane }
	lateMask           struct{ *lane }
	halfMask           struct{ *lane }
	openBack           struct{ *lane }
	unmaskedInputs     struct{ *lane }
	unmaskedKept       struct{ *lane }
	unmaskedBack       struct{ *lane }
	swappedFactors     struct{ *lane }
	staleCopy          struct{ *lane }
	noticedRows        struct{ *lane }
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

// The last key of a second block of 256 is forgotten.
func (l blockEdge) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.lane.Attention(o, lse, qkv, a)
	for i := range l.seqs * a.Heads {
		h := l.head(qkv, a, i)
		for t := 256; t < l.T(); t++ {
			p := math.Exp(a.Scale*dot(h.q(t), h.k(256)) - row(lse, h.row(t))[h.index])
			if p < 1 {
				out := h.of(o, t)
				axpy(out, -p*a.Mask.Of(h.index), h.v(256))
				for j := range out {
					out[j] /= 1 - p
				}
			}
		}
	}
}

// The same key again: its value gets nothing back.
func (l blockEdge) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
	for i := range l.seqs * a.Heads {
		h, d := l.head(qkv, a, i), l.head(dqkv, a, i)
		for t := 257; t < l.T(); t++ {
			p := math.Exp(a.Scale*dot(h.q(t), h.k(256)) - row(lse, h.row(t))[h.index])
			axpy(d.v(256), -p*a.Mask.Of(h.index), h.of(do, t))
		}
	}
}

// The scores are off by a hundredth.
func (l offScale) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	a.Scale *= 1.01
	l.lane.Attention(o, lse, qkv, a)
}

// The gradient of the softmax lacks what all scores share.
func (l diagonalOnly) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	old := slices.Clone(Data(o.Vec))
	spoil(o.Vec, func(int, float64) float64 { return 0 })
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
	copy(Data(o.Vec), old)
}

func (l unmaskedHeads) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	a.Mask = compute.Mask{}
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
}

// Probabilities are a twentieth too small.
func (l offProbability) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	old := slices.Clone(Data(lse.Vec))
	spoil(lse.Vec, func(_ int, x float64) float64 { return x + 0.05 })
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
	copy(Data(lse.Vec), old)
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

// The mask of the argument of the activation falls on its result.
func (l lateMask) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	late := e.PreMask
	e.PreMask = compute.Mask{}
	l.lane.Linear(y, x, w, e)
	if e.Residual.N == 0 {
		spoil(y.Vec, func(i int, v float64) float64 { return v * late.Of(i%y.Cols) })
	}
	if e.Pre.N > 0 {
		spoil(e.Pre.Vec, func(i int, v float64) float64 { return v * late.Of(i%y.Cols) })
	}
}

// Of SwiGLU's two halves only the gate is masked.
func (l halfMask) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.lane.Linear(y, x, w, e)
	if e.Act != compute.SwiGLU || e.Residual.N > 0 {
		return
	}
	spoil(y.Vec, func(i int, v float64) float64 {
		if mu := e.PreMask.Of(i % y.Cols); mu != 0 {
			return v / mu
		}
		return v
	})
}

func (l openBack) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	back.PreMask = compute.Mask{}
	l.lane.LinearGrad(dx, dy, w, scale, back)
}

func (l unmaskedInputs) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	a.Inputs = compute.Mask{}
	l.lane.Attention(o, lse, qkv, a)
}

// The heads' inputs are masked, but not where they are kept for the gradient.
func (l unmaskedKept) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.lane.Attention(o, lse, qkv, a)
	inner := a.Heads * a.HeadDim
	spoil(qkv.Vec, func(i int, v float64) float64 {
		if eta := a.Inputs.Of(i % inner / a.HeadDim); eta != 0 {
			return v / eta
		}
		return v
	})
}

func (l unmaskedBack) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	a.Inputs = compute.Mask{}
	l.lane.AttentionGrad(dqkv, do, qkv, o, lse, a)
}

func (l swappedFactors) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	l.lane.Combine(y, operand, b, x, a, z)
}

// The copy is of what y was.
func (l staleCopy) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	old := slices.Clone(Data(y.Vec))
	l.lane.Combine(y, operand, a, x, b, z)
	spoil(operand.Vec, func(i int, _ float64) float64 { return old[i] })
}

// A row without a target passes a gradient back.
func (l noticedRows) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	l.lane.Classify(loss, dlogits, y, w, mult, scale)
	for r, id := range l.of(l.batch.Targets) {
		if id < 0 && dlogits.N > 0 {
			row(dlogits, r)[0] = scale
		}
	}
}

type (
	overwrites   struct{ *Reference }
	lastToken    struct{ *Reference }
	coupledDecay struct{ *Reference }
	noCorrection struct{ *Reference }
	shortSum     struct{ *Reference }
	keptTotal    struct{ *Reference }
	unclipped    struct{ *Reference }
	clippedUp    struct{ *Reference }
	stepsOnNaN   struct{ *Reference }
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
		axpy(Data(g.At(s.Off, s.N)), s.Decay, Data(p.At(s.Off, s.N)))
		s.Decay = 0
		r.Reference.AdamW(p, g, m, v, []compute.Span{s}, a)
	}
}

func (r noCorrection) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	a.Step += 1e6
	r.Reference.AdamW(p, g, m, v, spans, a)
}

// A total that is not cleared.
func (r keptTotal) Take(t compute.Total) float64 { return *SumOf(t) }

// The norm may be as large as it likes.
func (r unclipped) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	a.Clip = 0
	r.Reference.AdamW(p, g, m, v, spans, a)
}

// Small gradients are brought up to the largest norm.
func (r clippedUp) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	if a.Squares != nil {
		if norm := math.Sqrt(*SumOf(a.Squares)); norm < a.Clip {
			old := slices.Clone(Data(g))
			defer copy(Data(g), old)
			axpy(Data(g), a.Clip/norm-1, old)
		}
	}
	r.Reference.AdamW(p, g, m, v, spans, a)
}

// A step is taken whatever the norm is.
func (r stepsOnNaN) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	if a.Squares != nil && math.IsNaN(a.Scale(*SumOf(a.Squares))) {
		a.Squares = nil
	}
	r.Reference.AdamW(p, g, m, v, spans, a)
}

// Reduction in float32.
func (r shortSum) Sum(t compute.Total, v compute.Vec) {
	var sum float32
	for _, x := range Data(v) {
		sum += float32(x)
	}
	*SumOf(t) += float64(sum)
}
