package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// linearCase says which Linear a trial calls.
type linearCase struct {
	seqs, t, in, out int // out: columns of y
	act              compute.Act
	mask             compute.Mask
	premask          compute.Mask // with act
	bias             bool
	residual         residual
	gate             float64
	operand          bool // y, or dx, is an operand
}

// residual says where Linear finds what it adds to.
type residual uint8

const (
	alone residual = iota
	apartFrom
	inPlace
)

// pre is the number of rows of w.
func (c linearCase) pre() int {
	if c.act == compute.SwiGLU {
		return 2 * c.out
	}
	return c.out
}

func linearTrial(seed uint64, c linearCase) *trial {
	k := newTrial(seed, c.seqs, c.t)
	k.name = fmt.Sprintf("%+v", c)
	x, w := k.input("x", k.rows(), c.in), k.input("w", c.pre(), c.in)
	k.weight = w
	var bias, pre, y, res *arg
	if c.bias {
		bias = k.input("bias", 1, c.pre())
	}
	if c.act != compute.None {
		pre = k.written("pre", k.rows(), c.pre())
	}
	switch c.residual {
	case alone:
		y = k.written("y", k.rows(), c.out)
	case apartFrom:
		y, res = k.written("y", k.rows(), c.out), k.input("residual", k.rows(), c.out)
	case inPlace:
		y = k.changed("y", k.rows(), c.out)
		res = y
	}
	lanes(x, y, pre, res)
	operands(x, pre)
	y.operand, y.either = c.operand, c.residual == alone
	k.lane = func(e *env, l compute.Lane) {
		l.Linear(e.mat(l, y), e.mat(l, x), e.weight, compute.Epilogue{
			Bias: e.vec(bias), Act: c.act, PreMask: c.premask, Pre: e.mat(l, pre), Mask: c.mask, Residual: e.mat(l, res), Gate: c.gate,
		})
	}
	k.expect = func() {
		p := make([]num, c.pre())
		for r := range k.rows() {
			for o := range p {
				p[o] = inner64(x.row(r), w.row(o))
				if bias != nil {
					p[o] = p[o].plus(bias.at(o))
				}
				p[o] = p[o].times(constant(c.premask.Of(o % c.out)))
			}
			if pre != nil {
				copy(pre.wants(r), p)
			}
			for j, yr := 0, y.wants(r); j < c.out; j++ {
				yr[j] = activated(p, j, c.act).times(constant(c.mask.Of(j)))
				if res != nil {
					yr[j] = res.at(r*c.out + j).plus(yr[j].times(constant(c.gate)))
				}
			}
		}
		y.settle()
		if pre != nil {
			pre.settle()
		}
	}
	return k
}

// activated is entry j of act(pre).
func activated(pre []num, j int, act compute.Act) num {
	switch act {
	case compute.GELU:
		x := pre[j]
		return x.times(exact(0.5)).times(exact(1).plus(geluTanh(x)))
	case compute.SwiGLU:
		gate, up := pre[j], pre[len(pre)/2+j]
		return gate.times(logistic(gate)).times(up)
	default:
		return pre[j]
	}
}

// geluTanh is tanh(sqrt(2/π)(x + 0.044715 x³)).
func geluTanh(x num) num {
	return x.times(x).times(x).times(constant(0.044715)).plus(x).times(constant(math.Sqrt(2 / math.Pi))).tanh()
}

// logistic is 1/(1 + exp(-x)).
func logistic(x num) num { return exact(1).over(exact(0).minus(x).exp().plus(exact(1))) }

// linearGradTrial goes from (rows, out) back to (rows, in), or, with an activation, to what it was before that. Its case
// has the activation and masks on the input side, and gate as the scale.
func linearGradTrial(seed uint64, c linearCase) *trial {
	k := newTrial(seed, c.seqs, c.t)
	k.name = fmt.Sprintf("%+v", c)
	cols := c.in
	if c.act == compute.SwiGLU {
		cols = 2 * c.in
	}
	dy, w := k.input("dy", k.rows(), c.out), k.input("w", c.out, c.in)
	k.weight = w
	dx := k.written("dx", k.rows(), cols)
	var pre *arg
	if c.act != compute.None {
		pre = k.input("pre", k.rows(), cols)
	}
	lanes(dy, dx, pre)
	operands(dy, pre)
	dx.operand, dx.either = c.operand, true
	k.lane = func(e *env, l compute.Lane) {
		l.LinearGrad(e.mat(l, dx), e.mat(l, dy), e.weight, c.gate, compute.Epilogue{Act: c.act, PreMask: c.premask, Pre: e.mat(l, pre), Mask: c.mask})
	}
	k.expect = func() {
		for r := range k.rows() {
			d := dx.wants(r)
			for j := range c.in {
				var s series
				for o, g := range dy.row(r) {
					s.product(float64(g), float64(w.data[o*c.in+j]))
				}
				dh := s.total().times(constant(c.gate))
				if c.act == compute.None {
					d[j] = dh
					continue
				}
				carry(d, j, dh.times(constant(c.mask.Of(j))).times(constant(c.premask.Of(j))), pre, r, c.act)
			}
		}
		dx.settle()
	}
	return k
}

// carry writes to d the gradient of entry j of row r of pre (of its gate and up entries, for SwiGLU), from dh.
func carry(d []num, j int, dh num, pre *arg, r int, act compute.Act) {
	one, half := exact(1), exact(0.5)
	if act == compute.GELU {
		x := pre.at(r*pre.cols + j)
		t := geluTanh(x)
		inner := x.times(x).times(constant(3 * 0.044715)).plus(one).times(constant(math.Sqrt(2 / math.Pi)))
		slope := one.plus(t).times(half).plus(x.times(half).times(one.minus(t.times(t))).times(inner))
		d[j] = dh.times(slope)
		return
	}
	n := pre.cols / 2
	gate, up := pre.at(r*pre.cols+j), pre.at(r*pre.cols+n+j)
	s := logistic(gate)
	d[j] = dh.times(up).times(s).times(one.plus(gate.times(one.minus(s))))
	d[n+j] = dh.times(gate).times(s)
}
