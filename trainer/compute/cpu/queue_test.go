package cpu

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

func openTest(t testing.TB, threads int) *device {
	t.Helper()
	dev, err := Open(Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return dev.(*device)
}

// upload returns new memory that holds x.
func upload(t testing.TB, dev compute.Device, x []float32) compute.Vec {
	t.Helper()
	b, err := dev.Alloc(len(x))
	if err != nil {
		t.Fatal(err)
	}
	dev.Upload(compute.All(b), x)
	return compute.All(b)
}

func download(dev compute.Device, v compute.Vec) []float32 {
	x := make([]float32, v.N)
	dev.Download(x, v)
	return x
}

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
	dev.SumRows(demb.At(7, vocab), dy) // other columns
	dev.WeightGrad(demb, demb.At(3*cols, vocab), dy, dx, -0.25)
	clear(b.Inputs) // which is the caller's again
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

func differ(a, b []float32) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// TestGradientsAddUp compares tied gradients with the reference, which adds at once. The odd overlap is left out there, for
// the reference refuses it.
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

// near reports the first element of got that is off by more than tolerance times the largest of want.
func near(t testing.TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	var most float64
	for _, w := range want {
		most = max(most, float64(w), -float64(w))
	}
	for i := range want {
		if e := float64(got[i]) - float64(want[i]); !(e <= tolerance*most && -e <= tolerance*most) {
			t.Errorf("%s: element %d of %d: got %.9g, want %.9g within %g", name, i, len(want), got[i], want[i], tolerance*most)
			return
		}
	}
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
		if got, want := d.SumSquares(dw), float64(n*n*(n*4)*(n*4)); got != want {
			t.Errorf("got %g, want %g", got, want)
		}
	})
}

// TestLayerAgainstReference covers what blocks sizes: sums longer than a block, more positions than attention holds at once.
func TestLayerAgainstReference(t *testing.T) {
	for _, s := range []struct{ seqs, t, heads, dim, ffn int }{
		{2, 131, 3, 20, 77},
		{1, 33, 5, 40, 1100},
		{5, 100, 2, 16, 64},
	} {
		for _, f := range families() {
			if f.c == nil {
				continue
			}
			t.Run(fmt.Sprintf("%s/%+v", f.name, s), func(t *testing.T) {
				dev, err := Open(Options{Threads: 2, Family: f.name})
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := dev.Close(); err != nil {
						t.Error(err)
					}
				}()
				var probes [2]*probe
				for i, d := range []compute.Device{dev, computetest.NewReference()} {
					if probes[i], err = newProbe(d, s.seqs, s.t, s.heads, s.dim, s.ffn); err != nil {
						t.Fatal(err)
					}
					probes[i].step()
				}
				got, want := probes[0], probes[1]
				for _, v := range []struct {
					name      string
					got, want compute.Vec
				}{
					{"qkv", got.qkv.Vec, want.qkv.Vec},
					{"o", got.o.Vec, want.o.Vec},
					{"x2", got.x2.Vec, want.x2.Vec},
					{"dpre", got.dpre.Vec, want.dpre.Vec},
					{"dqkv", got.dqkv.Vec, want.dqkv.Vec},
					{"dx0", got.dx0.Vec, want.dx0.Vec},
					{"gradient of qkv", got.dw[0].Vec, want.dw[0].Vec},
					{"gradient of out", got.dw[1].Vec, want.dw[1].Vec},
					{"gradient of up", got.dw[2].Vec, want.dw[2].Vec},
					{"gradient of down", got.dw[3].Vec, want.dw[3].Vec},
					{"gradient of up's bias", got.db[2], want.db[2]},
					{"gradient of gains", got.dgain, want.dgain},
					{"gradient of biases", got.dbias, want.dbias},
				} {
					near(t, v.name, download(got.dev, v.got), download(want.dev, v.want), 2e-5)
				}
			})
		}
	}
}

func TestPanicInALane(t *testing.T) {
	d := openTest(t, 3)
	ran := make([]bool, 40)
	defer func() {
		r := recover()
		err, ok := r.(error)
		if !ok || !strings.Contains(err.Error(), "the seventh") || !strings.Contains(err.Error(), "TestPanicInALane") {
			t.Errorf("recovered %v, want the panic of sequence 7 with its stack", r)
		}
		if err := d.Sync(); err != nil {
			t.Errorf("after a panic: %v", err)
		}
		d.Run(compute.Batch{Seqs: 2, T: 1, Inputs: make([]int32, 2)}, func(l compute.Lane) { ran[l.First()] = true })
		if !ran[0] || !ran[1] {
			t.Error("after a panic, Run does not run")
		}
	}()
	d.Run(compute.Batch{Seqs: 40, T: 1, Inputs: make([]int32, 40)}, func(l compute.Lane) {
		if l.First() == 7 {
			panic("the seventh")
		}
	})
	t.Error("no panic")
}

func TestMemory(t *testing.T) {
	d := openTest(t, 1)
	if b, err := d.Alloc(1 << 50); !errors.Is(err, compute.ErrNoMemory) || !strings.Contains(err.Error(), "1125899906842624 floats") {
		t.Errorf("alloc of 4 PiB: got %v and error %v, want a refusal", b, err)
	}
	for _, n := range []int{1, 1000, 1 << 20} { // small, middling, mapped
		b, err := d.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		if a := address(compute.All(b)); a%64 != 0 {
			t.Errorf("alloc of %d: address %#x is not a multiple of 64", n, a)
		}
		if i := differ(download(d, compute.All(b)), make([]float32, n)); i >= 0 {
			t.Errorf("alloc of %d: element %d is not zero", n, i)
		}
		b.Free()
		for name, f := range map[string]func(){
			"freed twice":     b.Free,
			"used after Free": func() { d.Zero(compute.Vec{Buf: b, N: 1}) },
		} {
			if !panics(f) {
				t.Errorf("alloc of %d: %s without a panic", n, name)
			}
		}
	}
	if !panics(func() { d.Zero(compute.Vec{Buf: &buffer{device: d}, N: 1}) }) {
		t.Error("a view outside its buffer was used without a panic")
	}
}

func TestTokensOutside(t *testing.T) {
	d := openTest(t, 1)
	v := upload(t, d, make([]float32, 4*3))
	row := compute.Matrix(v.At(0, 3), 3)
	for _, id := range []int32{-1, 4} {
		b := compute.Batch{Seqs: 1, T: 1, Inputs: []int32{id}, Targets: []int32{id}}
		for name, f := range map[string]func(){
			"Embed": func() { d.Run(b, func(l compute.Lane) { l.Embed(row, v, compute.Vec{}) }) },
			"CrossEntropy": func() {
				d.Run(b, func(l compute.Lane) { l.CrossEntropy(v.At(0, 1), compute.Matrix(v.At(4, 4), 4), false, 1) })
			},
			"EmbedGrad": func() { d.EmbedGrad(v, compute.Vec{}, row, b) },
		} {
			if !panics(f) {
				t.Errorf("%s: token %d of a vocabulary of 4 without a panic", name, id)
			}
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestNaNShows(t *testing.T) {
	for _, f := range families() {
		if f.c == nil {
			continue
		}
		dev, err := Open(Options{Threads: 1, Family: f.name})
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProbe(dev, 1, 20, 2, 8, 24)
		if err != nil {
			t.Fatal(err)
		}
		x := noise(p.x0.N)
		x[7*p.hidden+3] = float32(math.NaN())
		dev.Upload(p.x0.Vec, x)
		p.step()
		if s := dev.Sum(p.x2.Part(7, 1).Vec); !math.IsNaN(s) {
			t.Errorf("%s: a NaN in x0 gives a row of x2 that sums to %g, want NaN", f.name, s)
		}
		if s := dev.Sum(p.dw[0].Vec); !math.IsNaN(s) {
			t.Errorf("%s: a NaN in x0 gives a gradient that sums to %g, want NaN", f.name, s)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}
