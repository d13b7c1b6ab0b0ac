package computetest

import (
	"slices"
	"testing"

	"growlab/trainer/compute"
)

// twoWeights are square matrices that follow one another in memory, and the identity to multiply by them.
type twoWeights struct {
	dev     compute.Device
	n       int // rows and columns
	params  compute.Vec
	x, y    compute.Mat
	weights [2]compute.Weight
}

// refresh: Linear and LinearGrad use the numbers as they were at the last Refresh, or the Weight call if none, for every
// live weight, whether an upload or AdamW changed them.
func refresh(t *testing.T, open func(t testing.TB) compute.Device) {
	const n = 5
	dev := opened(t, open)
	buf, operand := room(t, dev.Alloc, 3*n*n), room(t, dev.AllocOperand, n*n)
	defer buf.Free()
	defer operand.Free()
	w := twoWeights{
		dev: dev, n: n, params: compute.All(buf).At(0, 2*n*n),
		x: compute.Matrix(compute.All(operand), n), y: compute.Matrix(compute.All(buf).At(2*n*n, n*n), n),
	}
	one := make([]float32, n*n)
	for i := range n {
		one[i*n+i] = 1
	}
	dev.Upload(w.x.Vec, one)
	for i := range w.weights {
		w.fill(i, i)
		w.weights[i] = dev.Weight(w.numbers(i), n, n)
		if w.weights[i].Out() != n || w.weights[i].In() != n {
			t.Errorf("weight of (%d, %d) says (%d, %d)", n, n, w.weights[i].Out(), w.weights[i].In())
		}
	}
	w.check(t, "after Weight", 0)
	w.check(t, "after Weight", 1)
	w.fill(0, 3)
	w.fill(1, 4)
	dev.Refresh()
	w.check(t, "after Refresh", 0)
	w.check(t, "after Refresh", 1)
	w.step(t)
	w.weights[0].Free()
	w.fill(1, 5)
	dev.Refresh()
	w.check(t, "after Refresh with the other weight freed", 1)
	w.weights[1].Free()
}

// numbers is the memory of weight i.
func (w twoWeights) numbers(i int) compute.Vec { return w.params.At(i*w.n*w.n, w.n*w.n) }

// fill gives weight i numbers that depend on seed. bf16 can hold them.
func (w twoWeights) fill(i, seed int) {
	v := make([]float32, w.n*w.n)
	for j := range v {
		v[j] = float32(seed*len(v) + j)
	}
	w.dev.Upload(w.numbers(i), v)
}

// step has AdamW change both weights, in spans that do not end where they do: an engine may renew its copies on the way.
func (w twoWeights) step(t *testing.T) {
	t.Helper()
	size := w.params.N
	buf := room(t, w.dev.Alloc, 3*size)
	defer buf.Free()
	part := func(i int) compute.Vec { return compute.All(buf).At(i*size, size) }
	g := make([]float32, size)
	for i := range g {
		g[i] = float32(i%7) - 3
	}
	w.dev.Upload(part(0), g)
	spans := []compute.Span{{Off: 3, N: size/2 + 1, LR: 0.37}, {Off: size/2 + 7, N: w.n, LR: 0.11, Decay: 0.1}}
	for i := range int64(2) {
		before := make([]float32, size)
		w.dev.Download(before, w.params)
		w.dev.AdamW(w.params, part(0), part(1), part(2), spans, compute.Adam{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Step: i + 1})
		w.dev.Refresh()
		after := make([]float32, size)
		w.dev.Download(after, w.params)
		if slices.Equal(before, after) {
			t.Errorf("step %d of AdamW changed nothing", i+1)
		}
		w.check(t, "after AdamW and Refresh", 0)
		w.check(t, "after AdamW and Refresh", 1)
	}
}

// check compares what Linear and LinearGrad make of the identity with the numbers of weight i, rounded.
func (w twoWeights) check(t *testing.T, when string, i int) {
	t.Helper()
	n := w.n
	want, got := make([]float32, n*n), make([]float32, n*n)
	w.dev.Download(want, w.numbers(i))
	for j, x := range want {
		want[j] = float32(held(float64(x), w.dev.Precision()))
	}
	b := compute.Batch{Seqs: 1, T: n, Inputs: make([]int32, n)}
	w.dev.Run(b, func(l compute.Lane) { l.LinearGrad(w.y, w.x, w.weights[i], 1, compute.Epilogue{}) })
	w.dev.Download(got, w.y.Vec)
	if !slices.Equal(got, want) {
		t.Errorf("%s, LinearGrad by weight %d: got %v, want %v", when, i, got, want)
	}
	w.dev.Run(b, func(l compute.Lane) { l.Linear(w.y, w.x, w.weights[i], compute.Epilogue{}) })
	w.dev.Download(got, w.y.Vec)
	for r := range n {
		for c := range n {
			if got[r*n+c] != want[c*n+r] {
				t.Errorf("%s, Linear by weight %d at %d,%d: got %g, want %g", when, i, r, c, got[r*n+c], want[c*n+r])
			}
		}
	}
}
