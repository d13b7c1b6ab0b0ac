//go:build linux && amd64 && !race

package kernelstest

import (
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// TestLaunchesAllocateNothing: a step's launches leave nothing to the garbage collector. (The race detector empties pools.)
func TestLaunchesAllocateNothing(t *testing.T) {
	emulator().gpu(t, nil, func(g *gpu) {
		const n = 64
		x := g.put(random(1, n*n, 1), cudart.BF16)
		p := kernels.Product{Layout: kernels.NT, M: n, N: n, K: n, A: x, B: x, Scale: kernels.Const(1), Out: g.room(n*n, cudart.F32)}
		s := kernels.Norm{Y: g.room(n*n, cudart.BF16), Stats: g.room(2*n, cudart.F32).At, X: p.Out.At, Gain: p.Out.At, Rows: n, C: n, RMS: true, Eps: normEps}
		if got := testing.AllocsPerRun(20, func() {
			g.must(g.k.Product(g.s, p))
			g.must(g.k.Norm(g.s, s))
		}); got >= 1 {
			t.Errorf("two launches allocate %v times, want 0", got)
		}
	})
}
