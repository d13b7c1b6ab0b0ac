package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// attentionTrial has queries and keys from N(0, 1). With seeks, each head's query at a position is the key seeks[head] before
// it, which then has most of the probability, if Scale is large: so that no key can be forgotten among many.
func attentionTrial(seed uint64, seqs, t int, a compute.AttentionSpec, seeks ...int) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %+v", seqs, t, a)
	inner := a.Heads * a.HeadDim
	qkv := k.changed("qkv", k.rows(), 3*inner)
	for head, back := range seeks {
		for i := back; i < k.rows(); i++ {
			copy(qkv.row(i)[head*a.HeadDim:][:a.HeadDim], qkv.row(i - back)[inner+head*a.HeadDim:])
		}
	}
	o, lse := k.written("o", k.rows(), inner), k.written("lse", k.rows(), a.Heads)
	lanes(qkv, o, lse)
	operands(qkv, o)
	k.lane = func(e *env, l compute.Lane) { l.Attention(e.mat(l, o), e.mat(l, lse), e.mat(l, qkv), a) }
	k.expect = func() {
		for r := range k.rows() {
			turned := qkv.wants(r)
			for i := range turned {
				turned[i] = qkv.at(r*qkv.cols + i)
			}
			turnNums(turned, r%t, a, 1)
			maskNums(turned, a)
			for i := range turned {
				if eta := a.Inputs.Of(i % inner / a.HeadDim); eta != 1 || a.Rotary.Base != 0 && i < 2*inner {
					turned[i] = turned[i].stored()
				}
			}
		}
		for i := range seqs * a.Heads {
			for p := range t {
				attentionRow(qkv, o, lse, i/a.Heads*t, p, i%a.Heads, a)
			}
		}
		o.settle()
	}
	return k
}

// attentionRow fills the wants of o and lse for one head at position t of the sequence that starts at row first. Where
// engines differ, both ways are allowed: q times the scale may be an operand of its own; probabilities may be rounded before
// or after they are divided by their sum, and at any running maximum, which is all the same to a relative error. The sum
// is of probabilities that are not rounded.
func attentionRow(qkv, o, lse *arg, first, t, head int, a compute.AttentionSpec) {
	of := func(part, p int) []num { return qkv.wants(first + p)[(part*a.Heads+head)*a.HeadDim:][:a.HeadDim] }
	scores, top := make([]num, t+1), math.Inf(-1)
	for j := range scores {
		scores[j] = dotNums(of(0, t), of(1, j)).rerounded().times(constant(a.Scale))
		top = max(top, scores[j].v)
	}
	var all series
	for j := range scores {
		scores[j] = scores[j].minus(exact(top)).exp()
		all.add(scores[j])
	}
	z := all.total()
	lse.wants(first + t)[head] = z.log().plus(exact(top))
	for d := range a.HeadDim {
		var s series
		for j, p := range scores {
			s.add(p.stored().times(of(2, j)[d]))
		}
		o.wants(first + t)[head*a.HeadDim+d] = s.total().over(z).times(constant(a.Mask.Of(head)))
	}
}

func dotNums(a, b []num) *series {
	var s series
	for i := range a {
		s.add(a[i].times(b[i]))
	}
	return &s
}

// turnNums rotates q and k of a row of qkv at position t, by sign times the angles. Cosine, sine and zeta are allowed
// one rounding: an engine that works the angles out in float32 is off by far more at large t.
func turnNums(qkv []num, t int, a compute.AttentionSpec, sign float64) {
	if a.Rotary.Base == 0 {
		return
	}
	inner, d := a.Heads*a.HeadDim, float64(a.HeadDim)
	for i := 0; i < 2*inner; i += 2 {
		j, part := float64(i%a.HeadDim), 1.0 // j: twice the pair
		if i >= inner {
			part = -1
		}
		sin, cos := math.Sincos(math.Pow(a.Rotary.Base, -j/d) * float64(t))
		zeta := 1.0
		if a.Rotary.XPos {
			zeta = math.Pow((j+0.4*d)/(1.4*d), part*float64(t-a.Rotary.Center)/512)
		}
		c, s, z := rounded(cos, 0, 0), rounded(sign*sin, 0, 0), rounded(zeta, 2*unit*zeta, 0)
		x, y := qkv[i], qkv[i+1]
		qkv[i] = x.times(c).minus(y.times(s)).times(z)
		qkv[i+1] = y.times(c).plus(x.times(s)).times(z)
	}
}

// maskNums multiplies a row of qkv by the mask of its heads.
func maskNums(qkv []num, a compute.AttentionSpec) {
	for i := range qkv {
		qkv[i] = qkv[i].times(constant(a.Inputs.Of(i % (a.Heads * a.HeadDim) / a.HeadDim)))
	}
}

// attentionGradTrial takes rotated qkv, o and lse from an attentionTrial.
func attentionGradTrial(seed uint64, seqs, t int, a compute.AttentionSpec, seeks ...int) *trial {
	forward := attentionTrial(seed, seqs, t, a, seeks...)
	k := newTrial(seed+1, seqs, t)
	k.name = forward.name
	inner := a.Heads * a.HeadDim
	saved := k.after(forward, "qkv", "o", "lse")
	qkv, o, lse := saved[0], saved[1], saved[2]
	do, dqkv := k.input("do", k.rows(), inner), k.written("dqkv", k.rows(), 3*inner)
	lanes(qkv, o, lse, do, dqkv)
	operands(qkv, o, do, dqkv)
	k.lane = func(e *env, l compute.Lane) {
		l.AttentionGrad(e.mat(l, dqkv), e.mat(l, do), e.mat(l, qkv), e.mat(l, o), e.mat(l, lse), a)
	}
	k.expect = func() {
		d := make([]series, len(dqkv.data))
		for i := range seqs * a.Heads {
			for p := range t {
				attentionGradRow(d, do, qkv, o, lse, i/a.Heads*t, p, i%a.Heads, a)
			}
		}
		dqkv.totals(d)
		if a.Rotary.Base != 0 {
			dqkv.settle() // an engine may rotate back what it has stored
		}
		for r := range k.rows() {
			turnNums(dqkv.wants(r), r%t, a, -1)
			maskNums(dqkv.wants(r), a)
		}
		dqkv.settle()
	}
	return k
}

// attentionGradRow adds to d what one head at position t passes back. Where engines differ, both ways are allowed: the
// gradient of a head before its mask, and q times the scale, may be operands of their own; the gradient of the scores may
// start from probabilities that are rounded already.
func attentionGradRow(d []series, do, qkv, o, lse *arg, first, t, head int, a compute.AttentionSpec) {
	at := func(part, p int) int { return (first+p)*qkv.cols + (part*a.Heads+head)*a.HeadDim }
	own := (first+t)*o.cols + head*a.HeadDim
	eta := constant(a.Mask.Of(head))
	// through is the part of the softmax gradient that all scores share.
	through := inner64(do.data[own:][:a.HeadDim], o.data[own:][:a.HeadDim])
	for j := range t + 1 {
		q, k, v := at(0, t), at(1, j), at(2, j)
		score := productOf(qkv.data[q:][:a.HeadDim], qkv.data[k:][:a.HeadDim]).rerounded().times(constant(a.Scale))
		p := score.minus(lse.at((first+t)*a.Heads + head)).exp().stored()
		dp := productOf(do.data[own:][:a.HeadDim], qkv.data[v:][:a.HeadDim]).rerounded().times(eta)
		ds := dp.minus(through).times(p).stored()
		for i := range a.HeadDim {
			d[v+i].add(do.at(own + i).times(eta).stored().times(p))
			d[q+i].add(ds.times(qkv.at(k + i)).times(constant(a.Scale)))
			d[k+i].add(ds.times(qkv.at(q + i).times(constant(a.Scale)).stored()))
		}
	}
}
