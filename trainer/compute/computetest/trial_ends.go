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

// lossTrial has logits from N(0, spread²).
func lossTrial(seed uint64, seqs, t, vocab int, grad bool, spread float64) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, vocabulary %d, gradient %v, logits up to %g", seqs, t, vocab, grad, spread)
	k.tokens(vocab)
	scale := 1 / float64(k.rows())
	logits := k.arg("logits", k.rows(), vocab, func() float64 { return spread * k.normal() })
	logits.output = grad
	loss := k.written("loss", k.rows(), 1)
	lanes(logits, loss)
	k.lane = func(e *env, l compute.Lane) { l.CrossEntropy(e.mat(l, loss).Vec, e.mat(l, logits), grad, scale) }
	k.expect = func() {
		for r, target := range k.batch.Targets {
			top := math.Inf(-1)
			for _, z := range logits.row(r) {
				top = max(top, float64(z))
			}
			p, all := make([]num, vocab), series{}
			for j := range p {
				p[j] = logits.at(r*vocab + j).minus(exact(top)).exp()
				all.add(p[j])
			}
			z := all.total()
			loss.wants(r)[0] = z.log().plus(exact(top)).minus(logits.at(r*vocab + int(target)))
			if !grad {
				continue
			}
			for j, d := 0, logits.wants(r); j < vocab; j++ {
				d[j] = p[j].over(z)
				if j == int(target) {
					d[j] = d[j].minus(exact(1))
				}
				d[j] = d[j].times(constant(scale))
			}
		}
	}
	return k
}
