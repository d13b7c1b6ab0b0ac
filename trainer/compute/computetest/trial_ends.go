package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// embedTrial looks tokens up; with positions, the table is longer than the sequences.
func embedTrial(seed uint64, seqs, t, c, vocab int, positions bool) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %d channels, vocabulary %d, positions %v", seqs, t, c, vocab, positions)
	k.tokens(vocab)
	embed, pos := k.input("embed", vocab, c), k.positions("pos", positions, t, c)
	embed.loose = true
	x := k.written("x", k.rows(), c)
	lanes(x)
	k.lane = func(e *env, l compute.Lane) { l.Embed(e.mat(l, x), e.vec(embed), e.vec(pos)) }
	k.expect = func() {
		for r, id := range k.batch.Inputs {
			for j, xr := 0, x.wants(r); j < c; j++ {
				xr[j] = embed.at(int(id)*c + j)
				if pos != nil {
					xr[j] = xr[j].plus(pos.at(r%t*c + j))
				}
			}
		}
	}
	return k
}

func (k *trial) positions(name string, use bool, t, c int) *arg {
	if !use {
		return nil
	}
	pos := k.input(name, t+3, c)
	pos.loose = true
	return pos
}

func embedGradTrial(seed uint64, seqs, t, c, vocab int, positions bool) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %d channels, vocabulary %d, positions %v", seqs, t, c, vocab, positions)
	k.tokens(vocab)
	demb, dpos := k.changed("demb", vocab, c), k.positions("dpos", positions, t, c)
	demb.loose = true
	dx := k.input("dx", k.rows(), c)
	if positions {
		dpos.output = true
	}
	k.device = func(e *env) { e.EmbedGrad(e.vec(demb), e.vec(dpos), e.mat(nil, dx), k.batch) }
	k.expect = func() {
		d, dp := demb.sums(), dpos.sums()
		for r, id := range k.batch.Inputs {
			for j := range c {
				d[int(id)*c+j].add(dx.at(r*c + j))
				if positions {
					dp[r%t*c+j].add(dx.at(r*c + j))
				}
			}
		}
		demb.totals(d)
		dpos.totals(dp)
	}
	return k
}

// sums starts a sum at each element of a.
func (a *arg) sums() []series {
	if a == nil {
		return nil
	}
	s := make([]series, len(a.data))
	for i := range s {
		s[i].add(a.at(i))
	}
	return s
}

// classifyTrial has y from N(0, 1) and w such that logits are from N(0, mult²), or so. without of each three rows have no
// target.
func classifyTrial(seed uint64, seqs, t, c, vocab int, grad bool, mult float64, without int) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %d channels, vocabulary %d, gradient %v, logits times %g, %d of 3 without target",
		seqs, t, c, vocab, grad, mult, without)
	k.tokens(vocab)
	for i := range k.batch.Targets {
		if i%3 < without {
			k.batch.Targets[i] = -1 - int32(i)
		}
	}
	scale := 1 / float64(k.rows())
	y, w := k.input("y", k.rows(), c), k.arg("w", vocab, c, func() float64 { return k.normal() / math.Sqrt(float64(c)) })
	k.weight = w
	loss := k.written("loss", k.rows(), 1)
	var dlogits *arg
	if grad {
		dlogits = k.written("dlogits", k.rows(), vocab)
	}
	lanes(y, loss, dlogits)
	operands(y, dlogits)
	k.lane = func(e *env, l compute.Lane) {
		l.Classify(e.mat(l, loss).Vec, e.mat(l, dlogits), e.mat(l, y), e.weight, mult, scale)
	}
	k.expect = func() {
		z := make([]num, vocab)
		for r, target := range k.batch.Targets {
			for j := range z {
				z[j] = inner64(y.row(r), w.row(j)).times(constant(mult))
			}
			d, hit := make([]num, vocab), num{}
			if target >= 0 {
				hit, d = classified(z, int(target), scale)
			}
			loss.wants(r)[0] = hit
			if grad {
				copy(dlogits.wants(r), d)
			}
		}
		if grad {
			dlogits.settle()
		}
	}
	return k
}

// classified is the loss of logits z, and scale times its gradient.
func classified(z []num, target int, scale float64) (loss num, dlogits []num) {
	top := z[0].v // any number will do; the largest does not overflow
	for _, x := range z {
		top = max(top, x.v)
	}
	dlogits = make([]num, len(z))
	var all series
	for j, x := range z {
		dlogits[j] = x.minus(exact(top)).exp()
		all.add(dlogits[j])
	}
	sum := all.total()
	for j, p := range dlogits {
		dlogits[j] = p.over(sum)
		if j == target {
			dlogits[j] = dlogits[j].minus(exact(1))
		}
		dlogits[j] = dlogits[j].times(constant(scale))
	}
	return sum.log().plus(exact(top)).minus(z[target]), dlogits
}
