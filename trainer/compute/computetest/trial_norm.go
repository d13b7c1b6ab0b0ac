package computetest

import (
	"fmt"
	"slices"

	"growlab/trainer/compute"
)

// normSpec is a norm over c channels under mask.
func normSpec(rms bool, mask compute.Mask, c int) compute.NormSpec {
	s := compute.NormSpec{RMS: rms, Eps: 1e-5, Mask: mask, S: float64(c)}
	if !mask.Plain(c) {
		s.S = float64(mask.Old) + mask.M*float64(c-mask.Old)
	}
	return s
}

// normTrial has rows of c channels, off centre, so that the mean matters.
func normTrial(seed uint64, seqs, t, c int, s compute.NormSpec) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %d channels, %+v", seqs, t, c, s)
	x := k.arg("x", k.rows(), c, func() float64 { return 0.7 + 2*k.normal() })
	gain := k.input("gain", 1, c)
	var bias *arg
	if !s.RMS {
		bias = k.input("bias", 1, c)
	}
	y, stats := k.written("y", k.rows(), c), k.written("stats", k.rows(), 2)
	lanes(x, y, stats)
	operands(y)
	k.lane = func(e *env, l compute.Lane) {
		l.Norm(e.mat(l, y), e.mat(l, stats), e.mat(l, x), e.vec(gain), e.vec(bias), s)
	}
	k.expect = func() {
		for r := range k.rows() {
			mean, rstd := normMoments(x.row(r), s)
			copy(stats.wants(r), []num{mean, rstd})
			for j, yr := 0, y.wants(r); j < c; j++ {
				n := x.at(r*c + j).minus(mean).times(rstd).times(gain.at(j))
				if !s.RMS {
					n = n.plus(bias.at(j))
				}
				yr[j] = n.times(constant(s.Mask.Of(j)))
			}
		}
		y.settle()
	}
	return k
}

// normMoments are the mean and 1/std of x.
func normMoments(x []float32, s compute.NormSpec) (mean, rstd num) {
	if !s.RMS {
		var all series
		for j, v := range x {
			all.add(constant(s.Mask.Of(j)).times(exact(float64(v))))
		}
		mean = all.total().over(constant(s.S))
	}
	var squares series
	for j, v := range x {
		d := exact(float64(v)).minus(mean)
		squares.add(d.times(d).times(constant(s.Mask.Of(j))))
	}
	return mean, exact(1).over(squares.total().over(constant(s.S)).plus(constant(s.Eps)).sqrt())
}

// residualForm is how NormGrad gets its residual.
type residualForm string

const (
	apartForm   residualForm = "apart"
	inPlaceForm residualForm = "in place" // dx is the residual
	absentForm  residualForm = "absent"
)

var residualForms = []residualForm{apartForm, inPlaceForm, absentForm}

// normGradTrial takes x and the stats from a normTrial. copied asks for dx as operands too.
func normGradTrial(seed uint64, seqs, t, c int, s compute.NormSpec, form residualForm, copied bool) *trial {
	forward := normTrial(seed, seqs, t, c, s)
	k := newTrial(seed+1, seqs, t)
	k.name = fmt.Sprintf("%s, residual %s, copy %v", forward.name, form, copied)
	saved := k.after(forward, "x", "stats")
	x, stats := saved[0], saved[1]
	gain, dy := k.input("gain", 1, c), k.input("dy", k.rows(), c)
	gains := k.written("gains", seqs, c)
	var biases *arg
	if !s.RMS {
		biases = k.written("biases", seqs, c)
	}
	var dx, residual *arg
	switch form {
	case inPlaceForm:
		dx = k.changed("dx", k.rows(), c)
		residual = dx
	case apartForm:
		dx, residual = k.written("dx", k.rows(), c), k.input("residual", k.rows(), c)
	case absentForm:
		dx = k.written("dx", k.rows(), c)
	}
	var operand *arg
	if copied {
		operand = k.written("operand", k.rows(), c)
		operand.operand, operand.copies = true, dx
	}
	lanes(x, stats, dy, gains, biases, dx, residual, operand)
	k.lane = func(e *env, l compute.Lane) {
		l.NormGrad(e.mat(l, dx), e.mat(l, operand), e.mat(l, gains), e.mat(l, biases), e.mat(l, residual), e.mat(l, dy), e.mat(l, x), e.mat(l, stats),
			e.vec(gain), s)
	}
	k.expect = func() {
		dgain, dbias := make([]series, seqs*c), make([]series, seqs*c)
		n, h := make([]num, c), make([]num, c)
		for r := range k.rows() {
			mean, rstd := stats.at(2*r), stats.at(2*r+1)
			var sumH, sumHN series
			for j := range c {
				mu, i := constant(s.Mask.Of(j)), r/t*c+j
				n[j] = x.at(r*c + j).minus(mean).times(rstd)
				dn := dy.at(r*c + j).times(mu)
				h[j] = dn.times(gain.at(j))
				sumHN.add(h[j].times(n[j]))
				if !s.RMS {
					sumH.add(h[j])
				}
				dgain[i].add(dn.times(n[j]))
				dbias[i].add(dn)
			}
			for j, d := 0, dx.wants(r); j < c; j++ {
				share := constant(s.Mask.Of(j)).over(constant(s.S))
				through := sumH.total().plus(n[j].times(sumHN.total())).times(share)
				d[j] = h[j].minus(through).times(rstd)
				if residual != nil {
					d[j] = residual.at(r*c + j).plus(d[j])
				}
			}
		}
		if copied {
			operand.want = slices.Clone(dx.want)
			operand.settle()
		}
		gains.totals(dgain)
		biases.totals(dbias)
	}
	return k
}

// totals fills want by the totals of sums, if a is there.
func (a *arg) totals(sums []series) {
	if a == nil {
		return
	}
	a.want = make([]num, len(sums))
	for i := range sums {
		a.want[i] = sums[i].total()
	}
}
