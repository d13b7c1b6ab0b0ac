package cpu

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// TestLayerAgainstReference covers what blocks sizes: sums longer than a block, more positions than attention holds at once.
func TestLayerAgainstReference(t *testing.T) {
	for _, s := range []struct{ seqs, t, heads, dim, ffn int }{
		{2, 131, 3, 20, 77},
		{1, 33, 5, 40, 1100},
		{1, 20, 2, 16, 2048},
		{1, 33, 2, 16, 4231},
		{5, 100, 2, 16, 64},
	} {
		for _, of := range variants() {
			t.Run(fmt.Sprintf("%v/%+v", of, s), func(t *testing.T) {
				// Each of some ten operands on the way is off by up to 2^-9.
				tolerance := 2e-5
				if of.precision == compute.BF16 {
					tolerance = 10. / (1 << 9)
				}
				var probes [2]*probe
				for i, d := range []compute.Device{of.open(t, 2), computetest.NewReference()} {
					var err error
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
					{"gradient of up's bias", got.db[2].Vec, want.db[2].Vec},
					{"gradient of gains", got.dgain.Vec, want.dgain.Vec},
					{"gradient of biases", got.dbias.Vec, want.dbias.Vec},
				} {
					near(t, v.name, download(got.dev, v.got), download(want.dev, v.want), tolerance)
				}
			})
		}
	}
}

// TestFamiliesAgree: the families with fused multiply-add give the same bits in fp32, so a run may go on on another processor.
func TestFamiliesAgree(t *testing.T) {
	var names []string
	for _, f := range families() {
		if k := (kernels{c: f.c}); f.c != nil && (f.name != "plain" || runtime.GOARCH == "arm64") && !strings.HasSuffix(k.name(), "emulated") {
			names = append(names, f.name)
		}
	}
	if len(names) < 2 {
		t.Skipf("this processor has %v only", names)
	}
	for _, s := range []struct{ seqs, t, heads, dim, ffn int }{
		{2, 128, 8, 16, 512},
		{3, 9, 1, 6, 5},
		{2, 131, 3, 20, 77},
		{1, 33, 5, 40, 1100},
		{1, 20, 2, 16, 2048},
	} {
		results := make([][]float32, len(names))
		for i, name := range names {
			results[i] = layerBits(t, name, s.seqs, s.t, s.heads, s.dim, s.ffn)
		}
		for other, bits := range results {
			if i := differ(results[0], bits); i >= 0 {
				t.Errorf("%+v: element %d of the layer's memory: %s gives %.9g, %s %.9g", s, i, names[0], results[0][i], names[other], bits[i])
			}
		}
	}
}

// layerBits runs one layer and an optimizer step, and returns all its numbers.
func layerBits(t *testing.T, family string, seqs, positions, heads, dim, ffn int) []float32 {
	t.Helper()
	dev := openTestOf(t, Options{Threads: 2, Family: family, Precision: "fp32"})
	p, err := newProbe(dev, seqs, positions, heads, dim, ffn)
	if err != nil {
		t.Fatal(err)
	}
	p.attention.Rotary = compute.Rotary{Base: 10000, XPos: true, Center: positions / 2}
	p.attention.Mask = compute.Mask{Old: 1, M: 0.3}
	p.step()
	loss, err := dev.Alloc(seqs * positions)
	if err != nil {
		t.Fatal(err)
	}
	p.batch.Targets = make([]int32, seqs*positions)
	dev.Run(p.batch, func(l compute.Lane) {
		of := func(m compute.Mat) compute.Mat { return m.Part(l.First()*positions, positions) }
		l.Classify(of(compute.Matrix(compute.All(loss), 1)).Vec, of(p.pre), of(p.y2), p.weights[2], 0.7, 0.5)
	})
	// Any four ranges apart will do for parameters, gradient and moments; the last must not be negative.
	v := p.dy1.Vec
	dev.Zero(v)
	squares, err := dev.Total()
	if err != nil {
		t.Fatal(err)
	}
	dev.SumSquares(squares, p.dx0.Vec)
	dev.AdamW(p.x0.Vec, p.dx0.Vec, p.dx1.Vec, v, []compute.Span{{N: p.x0.N, LR: 1e-2, Decay: 0.1}},
		compute.Adam{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Step: 3, Squares: squares, Clip: 0.7})
	all := download(dev, compute.All(loss))
	for _, m := range p.memory {
		all = append(all, download(dev, compute.All(m))...)
	}
	return append(all, float32(computetest.Sum(dev, p.x2.Vec)), float32(computetest.SumSquares(dev, p.x2.Vec)))
}

func TestNaNShows(t *testing.T) {
	for _, v := range variants() {
		dev := v.open(t, 1)
		p, err := newProbe(dev, 1, 20, 2, 8, 24)
		if err != nil {
			t.Fatal(err)
		}
		x := noise(p.x0.N)
		x[7*p.hidden+3] = float32(math.NaN())
		dev.Upload(p.x0.Vec, x)
		p.step()
		if s := computetest.Sum(dev, p.x2.Part(7, 1).Vec); !math.IsNaN(s) {
			t.Errorf("%v: a NaN in x0 gives a row of x2 that sums to %g, want NaN", v, s)
		}
		if s := computetest.Sum(dev, p.dw[0].Vec); !math.IsNaN(s) {
			t.Errorf("%v: a NaN in x0 gives a gradient that sums to %g, want NaN", v, s)
		}
	}
}
