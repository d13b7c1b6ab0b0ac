//go:build linux

package kernelstest

import (
	"fmt"
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// normCase is one shape of a norm.
type normCase struct {
	seqs, t, c int
	rms        bool
	mask       twoValued
	operands   cudart.DataType
}

func (n normCase) String() string {
	return fmt.Sprintf("%d sequences of %d, %d channels, rms %v, mask %v, type %d", n.seqs, n.t, n.c, n.rms, n.mask, n.operands)
}

var normCases = []normCase{
	{1, 1, 1, true, noMask, cudart.F32},
	{2, 3, 37, false, twoValued{old: 20, m: 0.3}, cudart.BF16},
	{1, 70, 96, false, noMask, cudart.BF16},
	{3, 5, 64, true, twoValued{old: 32, m: 0}, cudart.F32},
	{2, 33, 768, false, twoValued{old: 512, m: 0}, cudart.BF16},
	{1, 2, 2052, false, twoValued{old: 512, m: 0.7}, cudart.BF16},
	{1, 2, 1030, true, twoValued{old: 512, m: 1}, cudart.BF16},
	{1, 3, 4100, false, noMask, cudart.F32},
}

const normEps = 1e-5

// normed is the norm in float64: mean, 1/std and y.
func (n normCase) normed(x, gain, bias []float64) (mean, rstd float64, y []float64) {
	s := n.mask.sum(n.c)
	for j := range n.c {
		if !n.rms {
			mean += n.mask.of(j) * x[j] / s
		}
	}
	var v float64
	for j := range n.c {
		v += n.mask.of(j) * (x[j] - mean) * (x[j] - mean) / s
	}
	rstd = 1 / math.Sqrt(v+normEps)
	y = make([]float64, n.c)
	for j := range y {
		y[j] = n.mask.of(j) * gain[j] * (x[j] - mean) * rstd
		if !n.rms {
			y[j] += n.mask.of(j) * bias[j]
		}
	}
	return mean, rstd, y
}

func tolerance(t cudart.DataType) float64 {
	if t == cudart.BF16 {
		return 1.0 / 128
	}
	return 3e-6
}

func (on host) testNorm(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, n := range normCases {
			g.schedule(schedules[i%len(schedules)])
			rows := n.seqs * n.t
			x, gain, bias := random(1, rows*n.c, 2), random(2, n.c, 1), random(3, n.c, 1)
			branch, bbias, gate := random(4, rows*n.c, 1), random(5, n.c, 1), 0.25
			a := kernels.Norm{
				Y: g.room(rows*n.c, n.operands), Stats: g.room(2*rows, cudart.F32).At, X: g.f32(x), Gain: g.f32(gain), Mask: g.mask(n.mask, n.c),
				Rows: rows, C: n.c, Eps: normEps, RMS: n.rms,
			}
			if !n.rms {
				a.Bias = g.f32(bias)
			}
			if i%2 == 1 {
				a.Branch, a.BranchBias, a.Gate, a.XOut = g.put(branch, n.operands), g.f32(bbias), kernels.Scalar{At: g.f32([]float64{0.5}), Value: 0.5}, g.room(rows*n.c, cudart.F32).At
				for j := range x {
					x[j] += gate * (branch[j] + bbias[j%n.c])
				}
			}
			g.must(g.k.Norm(g.s, a))
			var wantY, wantStats []float64
			for r := range rows {
				mean, rstd, y := n.normed(x[r*n.c:][:n.c], gain, bias)
				wantY, wantStats = append(wantY, y...), append(wantStats, mean, rstd)
			}
			near(g.t, n.String()+": y", g.get(a.Y, rows*n.c), wantY, tolerance(n.operands))
			near(g.t, n.String()+": stats", g.getF32(a.Stats, 2*rows), wantStats, 1e-5)
			if i%2 == 1 {
				near(g.t, n.String()+": x", g.getF32(a.XOut, rows*n.c), x, 1e-6)
			}
		}
	})
}

// testNormIsBlind: at m = 0 new channels give zeros, and are not seen even if they are NaN.
func (on host) testNormIsBlind(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		const rows, c, old = 3, 40, 24
		x := random(1, rows*c, 1)
		for i := range x {
			if i%c >= old {
				x[i] = math.NaN()
			}
		}
		gain, bias := random(2, c, 1), random(3, c, 1)
		n := kernels.Norm{
			Y: g.room(rows*c, cudart.BF16), Stats: g.room(2*rows, cudart.F32).At, X: g.f32(x), Gain: g.f32(gain), Bias: g.f32(bias),
			Mask: g.mask(twoValued{old: old, m: 0}, c), Rows: rows, C: c, Eps: normEps,
		}
		g.must(g.k.Norm(g.s, n))
		var want []float64
		for r := range rows {
			_, _, y := normCase{c: old, mask: noMask}.normed(x[r*c:][:old], gain, bias)
			want = append(append(want, y...), make([]float64, c-old)...)
		}
		got := g.get(n.Y, rows*c)
		near(g.t, "y", got, want, tolerance(cudart.BF16))
		for i := range got {
			if i%c >= old && got[i] != 0 {
				t.Errorf("new channel %d is %v, want 0", i%c, got[i])
			}
		}
	})
}

func (on host) testNormGrad(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, n := range normCases {
			g.schedule(schedules[i%len(schedules)])
			n.grad(g, i%2 == 0)
		}
	})
}

// grad compares NormGrad with the formulas in float64.
func (n normCase) grad(g *gpu, operand bool) {
	rows, c := n.seqs*n.t, n.c
	x, gain, dy, residual := random(1, rows*c, 2), random(2, c, 1), random(6, rows*c, 1), random(7, rows*c, 1)
	atX, atGain, atDY, atResidual := g.f32(x), g.f32(gain), g.put(dy, cudart.F32), g.f32(residual)
	stats, dx, gains, biases := make([]float64, 2*rows), make([]float64, rows*c), make([]float64, n.seqs*c), make([]float64, n.seqs*c)
	for r := range rows {
		stats[2*r], stats[2*r+1], _ = n.normed(x[r*c:][:c], gain, make([]float64, c))
	}
	a := kernels.NormGrad{
		DX: g.room(rows*c, cudart.F32).At, Gains: g.room(n.seqs*c, cudart.F32).At, Residual: atResidual, DY: atDY, X: atX,
		Stats: g.f32(stats), Gain: atGain, Mask: g.mask(n.mask, c), Rows: rows, T: n.t, C: c, RMS: n.rms,
		Scratch: g.alloc(int(kernels.NormGradScratch(rows, n.t, c))),
	}
	if !n.rms {
		a.Biases = g.room(n.seqs*c, cudart.F32).At
	}
	if operand {
		a.Operand = g.room(rows*c, n.operands)
	}
	g.must(g.k.NormGrad(g.s, a))
	s := n.mask.sum(c)
	for r := range rows {
		mean, rstd := stats[2*r], stats[2*r+1]
		var sumH, sumHN float64
		for j := range c {
			mu, d, v := n.mask.of(j), dy[r*c+j], (x[r*c+j]-mean)*rstd
			sumH += mu * gain[j] * d
			sumHN += mu * gain[j] * d * v
			gains[r/n.t*c+j] += mu * d * v
			biases[r/n.t*c+j] += mu * d
		}
		if n.rms {
			sumH = 0
		}
		for j := range c {
			mu, d, v := n.mask.of(j), dy[r*c+j], (x[r*c+j]-mean)*rstd
			dx[r*c+j] = residual[r*c+j] + rstd*(mu*gain[j]*d-mu/s*(sumH+v*sumHN))
		}
	}
	near(g.t, n.String()+": dx", g.getF32(a.DX, rows*c), dx, 1e-5)
	near(g.t, n.String()+": gains", g.getF32(a.Gains, n.seqs*c), gains, 1e-5)
	if !n.rms {
		near(g.t, n.String()+": biases", g.getF32(a.Biases, n.seqs*c), biases, 1e-5)
	}
	if operand {
		near(g.t, n.String()+": operand", g.get(a.Operand, rows*c), dx, tolerance(n.operands))
	}
}
