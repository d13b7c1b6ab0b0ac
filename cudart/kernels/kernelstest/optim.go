//go:build linux

package kernelstest

import (
	"encoding/binary"
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

func (on host) testColumnSumsAndSumRows(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, shape := range [][2]int{{1, 1}, {7, 35}, {300, 132}, {513, 64}} {
			g.schedule(schedules[i])
			columnsTrial(g, shape[0], shape[1], cudart.BF16)
			columnsTrial(g, shape[0], shape[1], cudart.F32)
		}
	})
}

// columnsTrial adds half the sums of the columns, and of float32 the whole sums by SumRows too.
func columnsTrial(g *gpu, rows, c int, kind cudart.DataType) {
	v, dst := random(1, rows*c, 1), random(2, c, 1)
	at, to := g.put(v, kind), g.f32(dst)
	g.must(g.k.ColumnSums(g.s, to, at, rows, c, kernels.Const(0.5), g.alloc(int(kernels.ColumnSumsScratch(rows, c)))))
	for j := range rows * c {
		dst[j%c] += 0.5 * v[j]
	}
	near(g.t, "column sums", g.getF32(to, c), dst, 1e-5)
	if kind != cudart.F32 {
		return
	}
	g.must(g.k.SumRows(g.s, to, at.At, rows, c))
	for j := range rows * c {
		dst[j%c] += v[j]
	}
	near(g.t, "sum of rows", g.getF32(to, c), dst, 1e-5)
}

func (on host) testSums(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, n := range []int{1, 3, 4096, 12345} {
			g.schedule(schedules[i])
			v := random(1, n, 1)
			var sum, squares float64
			at, to, scratch := g.f32(v), g.f32([]float64{0, 0}), g.alloc(kernels.SumScratch)
			for _, x := range v {
				sum += x
				squares += x * x
			}
			g.must(g.k.Sum(g.s, to, at, int64(n), scratch))
			if got := g.getF64(to); math.Abs(got-sum) > 1e-9 {
				t.Errorf("sum of %d is %v, want %v", n, got, sum)
			}
			g.must(g.k.SumSquares(g.s, to, at, int64(n), scratch))
			if got := g.getF64(to); math.Abs(got-sum-squares) > 1e-9*squares {
				t.Errorf("sum and squares of %d are %v, want %v", n, got, sum+squares)
			}
		}
	})
}

// testClipScale: gradients of a norm above the limit are brought down to it, and those of no norm make no number.
func (on host) testClipScale(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for _, tt := range []struct{ squares, limit, want float64 }{
			{4, 1, 0.5}, {4, 2, 1}, {4, 3, 1}, {4, 0, 1}, {1e60, 1, 1e-30}, {0, 1, 1}, {math.Inf(1), 1, math.NaN()}, {math.NaN(), 0, math.NaN()},
		} {
			var squares [8]byte
			binary.LittleEndian.PutUint64(squares[:], math.Float64bits(tt.squares))
			clip := g.alloc(4)
			g.must(g.k.ClipScale(g.s, clip, g.bytes(squares[:]), tt.limit))
			if got := g.getF32(clip, 1)[0]; math.Abs(got-tt.want) > 1e-6*tt.want || math.IsNaN(got) != math.IsNaN(tt.want) {
				t.Errorf("squares %v, limit %v: got %v, want %v", tt.squares, tt.limit, got, tt.want)
			}
		}
	})
}

func (on host) testAdamW(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		adamTrial(g, 0.125)
		adamTrial(g, math.NaN())
	})
}

// adamTrial takes the third step on four spans, one of them empty, of 5000 parameters, whose gradients are clipped by a factor.
func adamTrial(g *gpu, clip float64) {
	const n = 5000
	p, grad, m, v := random(1, n, 1), random(2, n, 1), random(3, n, 0.1), random(4, n, 0.1)
	for i := range v {
		v[i] *= v[i]
	}
	spans := []kernels.Span{{Off: 8, N: 1500, LR: 1e-3, Decay: 0.1}, {Off: 1508, N: 0, LR: 9}, {Off: 1509, N: 3, LR: 1e-2}, {Off: 2000, N: 2999, LR: 3e-3, Decay: 0.01}}
	table := make([]byte, kernels.SpanBytes*len(spans))
	tiles := kernels.PutSpans(table, spans)
	block := make([]byte, kernels.AdamBytes)
	b := kernels.AdamBlock{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Step: 3}
	b.Put(block)
	w := kernels.AdamW{
		P: g.f32(p), G: g.f32(grad), M: g.f32(m), V: g.f32(v), Copy: g.room(n, cudart.BF16), Block: g.bytes(block), Spans: g.bytes(table),
		SpanCount: len(spans), Tiles: tiles, Clip: g.f32([]float64{clip}),
	}
	g.must(g.k.AdamW(g.s, w))
	in := make([]bool, n)
	for _, s := range spans {
		for i := s.Off; i < s.Off+s.N && !math.IsNaN(clip); i++ {
			in[i] = true
			d := clip * grad[i]
			m[i] = 0.9*m[i] + 0.1*d
			v[i] = 0.95*v[i] + 0.05*d*d
			p[i] -= s.LR*s.Decay*p[i] + s.LR*(m[i]/(1-0.9*0.9*0.9))/(math.Sqrt(v[i]/(1-0.95*0.95*0.95))+1e-8)
		}
	}
	near(g.t, "p", g.getF32(w.P, n), p, 1e-6)
	near(g.t, "m", g.getF32(w.M, n), m, 1e-6)
	near(g.t, "v", g.getF32(w.V, n), v, 1e-6)
	for i, c := range g.get(w.Copy, n) {
		if in[i] && math.Abs(c-p[i]) > math.Abs(p[i])/128 {
			g.t.Errorf("copy %d is %v, want %v rounded", i, c, p[i])
		}
		if !in[i] && !math.IsNaN(c) {
			g.t.Errorf("copy %d, outside the spans, was written: %v", i, c)
		}
	}
}

func (on host) testCombineAndCast(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for _, n := range []int{1, 6, 1024, 2047} {
			x, z := random(1, n, 1), random(2, n, 1)
			c := kernels.Combine{Y: g.room(n, cudart.F32), X: g.put(x, cudart.F32), Z: g.put(z, cudart.F32), Operand: g.room(n, cudart.BF16), A: kernels.Const(0.25), B: kernels.Const(0.75), N: int64(n)}
			g.must(g.k.Combine(g.s, c))
			want := make([]float64, n)
			for i := range want {
				want[i] = 0.25*x[i] + 0.75*z[i]
			}
			near(t, "y", g.get(c.Y, n), want, 1e-6)
			near(t, "operand", g.get(c.Operand, n), want, tolerance(cudart.BF16))
			back := g.room(n, cudart.F32)
			g.must(g.k.Cast(g.s, back, c.Operand, int64(n)))
			same(t, "cast", g.get(back, n), g.get(c.Operand, n))
			z[0] = math.NaN()
			c.Z, c.B = g.put(z, cudart.F32), kernels.Const(0)
			c.A = kernels.Const(1)
			g.must(g.k.Combine(g.s, c))
			same(t, "closed gate", g.get(c.Y, n), x)
		}
	})
}
