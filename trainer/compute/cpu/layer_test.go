package cpu

import (
	"fmt"
	"math"
	"runtime"
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

// TestFamiliesAgree: the families with fused multiply-add give the same bits, so a run may go on on another processor.
func TestFamiliesAgree(t *testing.T) {
	var names []string
	for _, f := range families() {
		if f.c != nil && (f.name != "plain" || runtime.GOARCH == "arm64") {
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
		for i := range results[0] {
			if results[0][i] != results[1][i] {
				t.Errorf("%+v: element %d of the layer's memory: %s gives %.9g, %s %.9g", s, i, names[0], results[0][i], names[1], results[1][i])
				break
			}
		}
	}
}

// layerBits runs one layer and an optimizer step, and returns all its numbers.
func layerBits(t *testing.T, family string, seqs, positions, heads, dim, ffn int) []float32 {
	t.Helper()
	dev, err := Open(Options{Threads: 2, Family: family})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
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
		l.CrossEntropy(compute.All(loss).At(l.First()*positions, positions), p.pre.Part(l.First()*positions, positions), true, 0.5)
	})
	// Any four ranges apart will do for parameters, gradient and moments; the last must not be negative.
	v := p.dy1.Vec
	dev.Zero(v)
	dev.AdamW(p.x0.Vec, p.dx0.Vec, p.dx1.Vec, v, []compute.Span{{N: p.x0.N, LR: 1e-2, Decay: 0.1}},
		compute.Adam{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Step: 3, GradScale: 0.7})
	all := make([]float32, p.memory.Len()+loss.Len())
	dev.Download(all[:p.memory.Len()], compute.All(p.memory))
	dev.Download(all[p.memory.Len():], compute.All(loss))
	return append(all, float32(dev.Sum(p.x2.Vec)), float32(dev.SumSquares(p.x2.Vec)))
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
