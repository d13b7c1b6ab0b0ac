//go:build linux

package kernelstest

import (
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// testUnaligned: arrays that begin at any element give what aligned ones do.
func (on host) testUnaligned(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		g.shift = 1
		normCase{2, 3, 64, false, twoValued{old: 20, m: 0.3}, cudart.BF16}.grad(g, true)
		attentionCase{shaped(1, 35, 2, 16), cudart.BF16, true, false, twoValued{old: 1, m: 0.5}, noMask}.run(g)
		for _, p := range productCases {
			if p.m < 80 {
				p.run(g)
			}
		}
		embedTrial(g, 64)
		classifyTrial(g, 64)
		columnsTrial(g, 9, 64, cudart.BF16)
		adamTrial(g, 0.125)
	})
}

// testSchedulesAgree: the bits of a result do not depend on the order in which warps run, nor on the run.
func (on host) testSchedulesAgree(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		h := shaped(2, 100, 2, 64)
		rows, inner := h.Rows(), h.Count*h.Dim
		qkv, do := g.put(random(1, rows*3*inner, 1), cudart.BF16), g.put(random(2, rows*inner, 1), cudart.BF16)
		dw := kernels.Product{Layout: kernels.TN, M: inner, N: 3 * inner, K: rows, A: do, B: qkv, Scale: kernels.Const(1)}
		work := g.alloc(int(max(g.k.ProductWorkspace(dw), 1)))
		scratch := g.alloc(int(kernels.AttentionScratch(h)))
		sums := g.alloc(int(kernels.ColumnSumsScratch(rows, 3*inner)))
		var want [4][]float64
		for _, seed := range schedules {
			g.schedule(seed)
			a := kernels.Attention{QKV: qkv, O: g.room(rows*inner, cudart.BF16), LSE: g.room(rows*h.Count, cudart.F32).At, Heads: h, Scale: 0.1}
			g.must(g.k.Attention(g.s, a))
			d := kernels.AttentionGrad{DQKV: g.room(rows*3*inner, cudart.BF16), DO: do, QKV: qkv, O: a.O, LSE: a.LSE, Heads: h, Scale: 0.1, Scratch: scratch}
			g.must(g.k.AttentionGrad(g.s, d))
			dw.Out, dw.Workspace = g.room(inner*3*inner, cudart.F32), work
			g.must(g.k.Product(g.s, dw))
			bias := g.f32(make([]float64, 3*inner))
			g.must(g.k.ColumnSums(g.s, bias, d.DQKV, rows, 3*inner, kernels.Const(1), sums))
			got := [4][]float64{g.get(a.O, rows*inner), g.get(d.DQKV, rows*3*inner), g.get(dw.Out, inner*3*inner), g.getF32(bias, 3*inner)}
			for i := range got {
				if want[i] != nil {
					same(t, []string{"o", "dqkv", "dw", "db"}[i], got[i], want[i])
				}
			}
			want = got
		}
	})
}

// testPlainMasks: with m = 1, or nothing new, the bits are those of no mask.
func (on host) testPlainMasks(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		const rows, c, f = 5, 40, 48
		x, w, gain, bias := g.put(random(1, rows*c, 1), cudart.BF16), g.put(random(2, 2*f*c, 1), cudart.BF16), g.f32(random(3, c, 1)), g.f32(random(4, c, 1))
		stream := g.f32(random(5, rows*c, 1))
		var want []float64
		for _, m := range []twoValued{noMask, {old: 8, m: 1}, {old: f, m: 0}, {old: f + 9, m: 0.3}, {old: 0, m: 0.3}} {
			n := kernels.Norm{
				Y: g.room(rows*c, cudart.BF16), Stats: g.room(2*rows, cudart.F32).At, X: stream, Gain: gain, Bias: bias, Mask: g.mask(m, c), Rows: rows,
				C: c, Eps: normEps,
			}
			g.must(g.k.Norm(g.s, n))
			p := kernels.Product{
				Layout: kernels.NT, M: rows, N: 2 * f, K: c, A: x, B: w, Scale: kernels.Const(1), Act: kernels.SwiGLU, Pre: g.room(rows*2*f, cudart.BF16),
				Out: g.room(rows*f, cudart.BF16), Mask: g.mask(m, f), PreMask: g.mask(m, f),
			}
			g.must(g.k.Product(g.s, p))
			got := append(append(g.get(n.Y, rows*c), g.get(p.Out, rows*f)...), g.get(p.Pre, rows*2*f)...)
			if want != nil {
				same(t, "mask "+m.String(), got, want)
			}
			want = got
		}
	})
}

// testClosed: at m = 0 and with a gate of 0 what is masked is zero and what is added nothing, NaN or not.
func (on host) testClosed(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		const rows, c, f, old = 5, 24, 40, 16
		weights := random(2, f*c, 1)
		for i := old * c; i < len(weights); i++ {
			weights[i] = math.NaN()
		}
		p := kernels.Product{
			Layout: kernels.NT, M: rows, N: f, K: c, A: g.put(random(1, rows*c, 1), cudart.BF16), B: g.put(weights, cudart.BF16), Scale: kernels.Const(1), Act: kernels.GELU,
			Pre: g.room(rows*f, cudart.BF16), Out: g.room(rows*f, cudart.BF16), Mask: g.mask(twoValued{old: old, m: 0}, f),
		}
		g.must(g.k.Product(g.s, p))
		for i, y := range g.get(p.Out, rows*f) {
			if i%f >= old && y != 0 || math.IsNaN(y) {
				t.Fatalf("column %d is %v; want 0 from %d on, and a number before", i%f, y, old)
			}
		}
		residual := random(3, rows*f, 1)
		p.Act, p.Pre, p.Mask, p.Residual, p.Out = kernels.Identity, kernels.Array{}, 0, g.f32(residual), g.room(rows*f, cudart.F32)
		p.Gate = kernels.Scalar{At: g.f32([]float64{0}), Value: 1}
		g.must(g.k.Product(g.s, p))
		same(t, "behind a closed gate", g.get(p.Out, rows*f), residual)
	})
}
