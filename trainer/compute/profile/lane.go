package profile

import (
	"time"

	"growlab/trainer/compute"
)

// lane times the operations of the one that it embeds. It belongs to the thread that runs it.
type lane struct {
	compute.Lane
	tallies *[ops]tally
	wait    func()
}

// timed books an operation of flops floating point operations in matrix products.
func (l *lane) timed(o op, flops float64, f func()) {
	begin := time.Now()
	f()
	l.wait()
	l.tallies[o].add(tally{1, time.Since(begin) * l.busy(), flops})
}

// busy is how many threads work on the lane's sequence: engines may have several share one.
func (l *lane) busy() time.Duration {
	if w, ok := l.Lane.(interface{ Workers() int }); ok {
		return time.Duration(w.Workers())
	}
	return 1
}

// product is the work of multiplying rows rows by w.
func product(rows int, w compute.Weight) float64 {
	return 2 * float64(rows) * float64(w.Out()) * float64(w.In())
}

// attend is the work of one product of every query with every key, in all sequences and heads of the lane.
func (l *lane) attend(a compute.AttentionSpec) float64 {
	return 2 * float64(l.Seqs()) * float64(l.T()) * float64(l.T()) * float64(a.Heads*a.HeadDim)
}

func (l *lane) Embed(x compute.Mat, table, pos compute.Vec) {
	l.timed(embed, 0, func() { l.Lane.Embed(x, table, pos) })
}

func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	l.timed(norm, 0, func() { l.Lane.Norm(y, stats, x, gain, bias, s) })
}

func (l *lane) NormGrad(dx, operand, gains, biases, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	l.timed(normGrad, 0, func() { l.Lane.NormGrad(dx, operand, gains, biases, residual, dy, x, stats, gain, s) })
}

func (l *lane) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	l.timed(linear, product(x.Rows(), w), func() { l.Lane.Linear(y, x, w, e) })
}

func (l *lane) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	l.timed(linearGrad, product(dy.Rows(), w), func() { l.Lane.LinearGrad(dx, dy, w, scale, back) })
}

// Attention has two products forward, scores and values, and twice as many back; what is recomputed does not count.
func (l *lane) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	l.timed(attention, 2*l.attend(a), func() { l.Lane.Attention(o, lse, qkv, a) })
}

func (l *lane) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	l.timed(attentionGrad, 4*l.attend(a), func() { l.Lane.AttentionGrad(dqkv, do, qkv, o, lse, a) })
}

func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	l.timed(combine, 0, func() { l.Lane.Combine(y, operand, a, x, b, z) })
}

func (l *lane) Classify(loss compute.Vec, dlogits, y compute.Mat, w compute.Weight, mult, scale float64) {
	l.timed(classify, product(y.Rows(), w), func() { l.Lane.Classify(loss, dlogits, y, w, mult, scale) })
}
