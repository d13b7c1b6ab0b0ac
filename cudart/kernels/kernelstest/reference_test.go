//go:build linux && amd64

package kernelstest

import (
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// TestReferencesByDifferences holds the gradients that the other tests compare with to finite differences.
func TestReferencesByDifferences(t *testing.T) {
	const step = 1e-5
	slope := func(f func(x float64) float64, x float64) float64 { return (f(x+step) - f(x-step)) / (2 * step) }
	for _, x := range []float64{-3, -0.5, 0, 0.7, 2} {
		gelu, _ := actGrad(kernels.GELU, x, 0)
		gate, up := actGrad(kernels.SwiGLU, x, 1.5)
		near(t, "activations", []float64{gelu, gate, up}, []float64{
			slope(func(x float64) float64 { return act(kernels.GELU, x, 0) }, x), slope(func(x float64) float64 { return act(kernels.SwiGLU, x, 1.5) }, x),
			slope(func(u float64) float64 { return act(kernels.SwiGLU, x, u) }, 1.5),
		}, 1e-8)
	}
	c := attentionCase{shaped(2, 5, 2, 4), cudart.F32, true, true, twoValued{old: 1, m: 0.3}, twoValued{old: 1, m: 0.6}}
	qkv, do := random(1, c.heads.Rows()*24, 1), random(2, c.heads.Rows()*8, 1)
	_, _, dqkv := c.reference(c.turned(qkv, false), do, 0.4)
	dqkv = c.turned(dqkv, true)
	for i := range qkv {
		was := qkv[i]
		want := slope(func(x float64) float64 {
			qkv[i] = x
			o, _, _ := c.reference(c.turned(qkv, false), nil, 0.4)
			return dotOf(o, do)
		}, was)
		qkv[i] = was
		if math.Abs(dqkv[i]-want) > 1e-7 {
			t.Fatalf("attention: the gradient of number %d is %v, differences say %v", i, dqkv[i], want)
		}
	}
}
