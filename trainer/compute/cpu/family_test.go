package cpu

import (
	"runtime"
	"strings"
	"testing"

	"growlab/trainer/compute"
)

func TestChoose(t *testing.T) {
	here := families()[len(families())-1].kernels // plain is always there
	all := func(present ...bool) []family {
		f := []family{{name: "avx512"}, {name: "avx2"}, {name: "plain"}}
		for i, p := range present {
			if p {
				f[i].kernels = here
			}
		}
		return f
	}
	cases := []struct {
		name  string
		all   []family
		rates []float64
		want  string
	}{
		{"the fastest", all(true, true, true), []float64{200, 100, 30}, "avx512"},
		{"the widest of equals", all(true, true, true), []float64{100, 103, 30}, "avx512"},
		{"a narrow one that is clearly faster", all(true, true, true), []float64{80, 100, 30}, "avx2"},
		{"not one that is not there", all(false, true, true), []float64{0, 100, 30}, "avx2"},
		{"the only one", all(false, false, true), []float64{0, 0, 30}, "plain"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for i, f := range choose(c.all, c.rates) {
				if f.Chosen != (f.Name == c.want) {
					t.Errorf("%s: chosen %v, want %s", f.Name, f.Chosen, c.want)
				}
				if f.Available != (c.all[i].c != nil) {
					t.Errorf("%s: available %v, want %v", f.Name, f.Available, !f.Available)
				}
				if f.Reason == "" {
					t.Errorf("%s: no reason", f.Name)
				}
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	chosen := ""
	for _, f := range Families() {
		if f.Chosen {
			if chosen != "" {
				t.Errorf("chosen both %s and %s", chosen, f.Name)
			}
			chosen = f.Name
			if !f.Available {
				t.Errorf("%s is chosen and not available", f.Name)
			}
		}
	}
	dev, err := Open(Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := "cpu " + chosen + " fp32, 1 thread"; chosen == "" || dev.Name() != want {
		t.Errorf("name %q, want %q", dev.Name(), want)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string // of the error
	}{
		{"family that is none", Options{Family: "sse9"}, `no kernels "sse9" for this processor: it can run`},
		{"threads below none", Options{Threads: -1}, "-1 threads: want 1 or more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Open(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
	dev, err := Open(Options{Family: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	if got := dev.(*device).threads; got != runtime.NumCPU() {
		t.Errorf("no number of threads given: got %d, want %d", got, runtime.NumCPU())
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestMeasureGFLOPS(t *testing.T) {
	dev, err := Open(Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	if rate := MeasureGFLOPS(dev); rate < 0.01 || rate > 1e5 {
		t.Errorf("got %g GFLOP/s, which no processor has", rate)
	}
	if n := len(dev.(*device).buffers) + len(dev.(*device).weights); n != 0 {
		t.Errorf("%d buffers and weights left", n)
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
