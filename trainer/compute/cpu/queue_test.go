package cpu

import (
	"slices"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// tied asks for gradients of a matrix that is embedding, classifier and, overlapping it by rows, something else: whatever
// the number of threads, they must be added in the order of the calls.
func tied(t testing.TB, dev compute.Device) []float32 {
	const seqs, positions, vocab, cols, rows = 4, 33, 21, 70, 4 * 33
	b := compute.Batch{Seqs: seqs, T: positions, Inputs: make([]int32, rows)}
	for i := range b.Inputs {
		b.Inputs[i] = int32(i * i % vocab)
	}
	x := upload(t, dev, noise(rows*cols+rows*vocab))
	dx, dy := compute.Matrix(x.At(0, rows*cols), cols), compute.Matrix(x.At(rows*cols, rows*vocab), vocab)
	grads := upload(t, dev, noise(vocab*cols+positions*cols))
	demb, dpos := grads.At(0, vocab*cols), grads.At(vocab*cols, positions*cols)
	dev.WeightGrad(demb, compute.Vec{}, dy, dx, 0.5)
	dev.EmbedGrad(demb, dpos, dx, b)
	dev.SumRows(demb.At(7, vocab), dy)                          // other columns
	dev.WeightGrad(demb, dpos.At(3*cols, vocab), dy, dx, -0.25) // not rows of dpos either
	clear(b.Inputs)                                             // which is the caller's again
	dev.EmbedGrad(demb, compute.Vec{}, dx, b)
	return download(dev, grads)
}

func TestOverlappingGradients(t *testing.T) {
	want := tied(t, openTest(t, 1))
	for _, threads := range []int{2, 3, 8} {
		got := tied(t, openTest(t, threads))
		if i := differ(got, want); i >= 0 {
			t.Errorf("%d threads: element %d: got %.9g, want the same bits as %.9g", threads, i, got[i], want[i])
		}
	}
}

// TestGradientsAddUp compares tied gradients with the reference, which adds at once.
func TestGradientsAddUp(t *testing.T) {
	const rows, vocab, cols = 3 * 40, 13, 48
	run := func(dev compute.Device) []float32 {
		b := compute.Batch{Seqs: 3, T: 40, Inputs: make([]int32, rows)}
		for i := range b.Inputs {
			b.Inputs[i] = int32(i % vocab)
		}
		dx, dy := upload(t, dev, noise(rows*cols)), upload(t, dev, noise(rows*vocab))
		grad := upload(t, dev, make([]float32, vocab*cols))
		dev.WeightGrad(grad, compute.Vec{}, compute.Matrix(dy, vocab), compute.Matrix(dx, cols), 0.5)
		dev.EmbedGrad(grad, compute.Vec{}, compute.Matrix(dx, cols), b)
		return download(dev, grad)
	}
	got, want := run(openTest(t, 2)), run(computetest.NewReference())
	near(t, "gradient", got, want, 1e-5)
}

// TestQueueIsInvisible: whatever comes after a queued gradient sees it done, and what it read may change.
func TestQueueIsInvisible(t *testing.T) {
	const n = 4
	twos := slices.Repeat([]float32{2}, n*n)
	cases := []struct {
		name string
		then func(d *device, x, dw compute.Vec)
		want float32 // of dw
	}{
		{"download", func(*device, compute.Vec, compute.Vec) {}, n * 4},
		{"input zeroed", func(d *device, x, _ compute.Vec) { d.Zero(x) }, n * 4},
		{"input uploaded", func(d *device, x, _ compute.Vec) { d.Upload(x, make([]float32, n*n)) }, n * 4},
		{"input freed", func(_ *device, x, _ compute.Vec) { x.Buf.Free() }, n * 4},
		{"result zeroed", func(d *device, _, dw compute.Vec) { d.Zero(dw) }, 0},
		{"batch run", func(d *device, x, _ compute.Vec) {
			d.Run(compute.Batch{Seqs: 1, T: 1, Inputs: []int32{0}}, func(compute.Lane) { clear(floats(x)) })
		}, n * 4},
		{"gradient added", func(d *device, x, dw compute.Vec) { d.SumRows(dw.At(0, n), compute.Matrix(x, n)) }, n*4 + n*2},
		{"sync", func(d *device, x, _ compute.Vec) {
			if err := d.Sync(); err != nil {
				t.Error(err)
			}
			clear(floats(x))
		}, n * 4},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := openTest(t, 2)
			x, dw := upload(t, d, twos), upload(t, d, make([]float32, n*n))
			d.WeightGrad(dw, compute.Vec{}, compute.Matrix(x, n), compute.Matrix(x, n), 1)
			c.then(d, x, dw)
			if got := download(d, dw)[0]; got != c.want {
				t.Errorf("got %g, want %g", got, c.want)
			}
		})
	}
	t.Run("sum of squares", func(t *testing.T) {
		d := openTest(t, 2)
		x, dw := upload(t, d, twos), upload(t, d, make([]float32, n*n))
		d.WeightGrad(dw, compute.Vec{}, compute.Matrix(x, n), compute.Matrix(x, n), 1)
		if got, want := computetest.SumSquares(d, dw), float64(n*n*(n*4)*(n*4)); got != want {
			t.Errorf("got %g, want %g", got, want)
		}
	})
}
