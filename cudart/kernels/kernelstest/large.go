//go:build linux

package kernelstest

import (
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// testBeyond32Bits: a matrix of more than 2^31 numbers, logits of GPT-2's vocabulary, is right in its last row. An emulator has no time
// for it.
func (on host) testBeyond32Bits(t *testing.T) {
	if on.libs != nil {
		t.Skip("for a GPU: make gpu-check takes it there")
	}
	const rows, v, k, scale = 43_000, 50_304, 64, 0.5
	on.gpu(t, nil, func(g *gpu) {
		free, _, err := g.c.MemInfo()
		g.must(err)
		if free < 6<<30 {
			t.Skipf("%d MiB are free, 6144 are wanted", free>>20)
		}
		a, b, targets := random(1, rows*k, 1), random(2, v*k, 0.2), make([]int32, rows)
		targets[rows-1] = v - 1
		z := g.room(rows*v, cudart.BF16)
		g.must(g.k.Product(g.s, kernels.Product{
			Layout: kernels.NT, M: rows, N: v, K: k, A: g.put(a, cudart.BF16), B: g.put(b, cudart.BF16), Out: z, Scale: kernels.Const(1),
		}))
		last := kernels.Array{At: z.At + cudart.Ptr(2*int64(rows-1)*v), Type: cudart.BF16}
		want := make([]float64, v)
		for j := range want {
			for i := range k {
				want[j] += a[(rows-1)*k+i] * b[j*k+i]
			}
		}
		near(t, "the last row of the product", g.get(last, v), want, tolerance(cudart.BF16)+1e-5)

		logits, sum := g.get(last, v), 0.0
		for _, x := range logits {
			sum += math.Exp(x)
		}
		loss := g.room(rows, cudart.F32)
		g.must(g.k.Classify(g.s, kernels.Classify{
			Loss: loss.At, DLogits: z, Z: z, Targets: g.i32(targets), Rows: rows, V: v, Mult: kernels.Const(1), Scale: kernels.Const(scale),
		}))
		near(t, "its loss", g.get(kernels.Array{At: loss.At + 4*(rows-1), Type: cudart.F32}, 1), []float64{math.Log(sum) - logits[v-1]}, 1e-5)
		for j, x := range logits {
			want[j] = scale * math.Exp(x) / sum
		}
		want[v-1] -= scale
		near(t, "its gradient", g.get(last, v), want, tolerance(cudart.BF16)+1e-5)
	})
}
