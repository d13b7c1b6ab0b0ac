package cpu

import (
	"slices"
	"time"

	"growlab/trainer/compute"
)

// MeasureGFLOPS trains a small transformer layer on dev for a few milliseconds, and returns the rate in GFLOP/s, counting as
// plans do: 6 for each token and weight, and 12*hidden*T for each token's attention. It returns 0 if there is no memory. dev
// must be idle.
func MeasureGFLOPS(dev compute.Device) float64 {
	lanes, _ := dev.Lanes(1 << 10) // a sequence for each worker
	p, err := newProbe(dev, lanes, 128, 8, 16, 512)
	if err != nil {
		return 0
	}
	defer p.free()
	p.step() // brings memory and caches up
	best := 0.0
	for range 3 {
		start := time.Now()
		p.step()
		best = max(best, p.flops()/float64(max(time.Since(start).Nanoseconds(), 1)))
	}
	return best
}

// Peak is the rate in FLOP/s at which all threads together multiply and add in registers, in the device's precision: the bound
// of every product. It is the best that one thread did, times their number. It takes some 20 ms. dev must be idle.
func (d *device) Peak() float64 {
	const rounds = 1 << 12 // some 15 µs, so that some of them are not disturbed
	best := make([]float64, d.threads)
	d.parallel(d.threads, func(_, i int) {
		for range 1000 {
			start := time.Now()
			flops := d.spin(rounds)
			best[i] = max(best[i], flops/max(time.Since(start), 1).Seconds())
		}
	})
	return slices.Max(best) * float64(d.threads)
}

// probe is a layer of random numbers, to be timed.
type probe struct {
	dev                compute.Device
	batch              compute.Batch
	hidden, ffn, inner int
	memory             []compute.Buffer

	x0, y1, o, x1, y2, h, x2      compute.Mat // forward
	dx2, dy2, dx1, do, dy1, dx0   compute.Mat // backward
	dx2o, dx1o                    compute.Mat // the same as operands
	qkv, dqkv, pre, dpre, lse     compute.Mat
	stats1, stats2                compute.Mat
	gains1, biases1, gains2, bia2 compute.Mat // gradients by sequence
	w, dw                         [4]compute.Mat
	b, db                         [4]compute.Mat
	weights                       [4]compute.Weight
	gain, bias, dgain, dbias      compute.Mat
	norm                          compute.NormSpec
	attention                     compute.AttentionSpec
}

func newProbe(dev compute.Device, seqs, t, heads, dim, ffn int) (*probe, error) {
	p := &probe{dev: dev, hidden: heads * dim, ffn: ffn, inner: heads * dim}
	p.batch = compute.Batch{Seqs: seqs, T: t, Inputs: make([]int32, seqs*t)}
	p.norm = compute.NormSpec{Eps: 1e-5, S: float64(p.hidden)}
	p.attention = compute.AttentionSpec{Heads: heads, HeadDim: dim, Scale: 1 / float64(dim), Rotary: compute.Rotary{Base: 10000}}
	if err := p.lay(); err != nil {
		p.free()
		return nil, err
	}
	for _, v := range []compute.Vec{p.x0.Vec, p.dx2.Vec, p.dx2o.Vec, p.gain.Vec, p.bias.Vec} {
		dev.Upload(v, noise(v.N))
	}
	for i, w := range p.w {
		dev.Upload(w.Vec, noise(w.N))
		dev.Upload(p.b[i].Vec, noise(p.b[i].N))
		p.weights[i] = dev.Weight(w.Vec, w.Rows(), w.Cols)
	}
	return p, nil
}

// lay allocates all matrices.
func (p *probe) lay() (failed error) {
	vec := func(n int, alloc func(int) (compute.Buffer, error)) compute.Vec {
		b, err := alloc(n)
		if err != nil {
			failed = err
			return compute.Vec{N: n}
		}
		p.memory = append(p.memory, b)
		return compute.All(b)
	}
	rows := p.batch.Seqs * p.batch.T
	mats := func(rows, cols int, all ...*compute.Mat) {
		for _, m := range all {
			*m = compute.Matrix(vec(rows*cols, p.dev.Alloc), cols)
		}
	}
	operands := func(cols int, all ...*compute.Mat) {
		for _, m := range all {
			*m = compute.Matrix(vec(rows*cols, p.dev.AllocOperand), cols)
		}
	}
	mats(rows, p.hidden, &p.x0, &p.x1, &p.x2, &p.dx2, &p.dy2, &p.dx1, &p.dy1, &p.dx0)
	operands(p.hidden, &p.y1, &p.y2, &p.dx2o, &p.dx1o)
	operands(p.inner, &p.o, &p.do)
	operands(3*p.inner, &p.qkv, &p.dqkv)
	operands(p.ffn, &p.h, &p.pre, &p.dpre)
	mats(rows, p.attention.Heads, &p.lse)
	mats(rows, 2, &p.stats1, &p.stats2)
	mats(p.batch.Seqs, p.hidden, &p.gains1, &p.biases1, &p.gains2, &p.bia2)
	for i, s := range p.shapes() {
		mats(s[0], s[1], &p.w[i], &p.dw[i])
		mats(1, s[0], &p.b[i], &p.db[i])
	}
	mats(1, p.hidden, &p.gain, &p.bias, &p.dgain, &p.dbias)
	return failed
}

// shapes are those of the weights qkv, out, up and down, (out, in).
func (p *probe) shapes() [4][2]int {
	return [4][2]int{{3 * p.inner, p.hidden}, {p.hidden, p.inner}, {p.ffn, p.hidden}, {p.hidden, p.ffn}}
}

// flops counts one step.
func (p *probe) flops() float64 {
	weights := 0
	for _, s := range p.shapes() {
		weights += s[0] * s[1]
	}
	return float64(p.batch.Seqs*p.batch.T) * float64(6*weights+12*p.hidden*p.batch.T)
}

// step carries the batch through the layer and back, and computes the weights' gradients.
func (p *probe) step() {
	p.dev.Run(p.batch, p.lane)
	dy := [4]compute.Mat{p.dqkv, p.dx1o, p.dpre, p.dx2o}
	for i, x := range [4]compute.Mat{p.y1, p.o, p.y2, p.h} {
		p.dev.WeightGrad(p.dw[i].Vec, p.db[i].Vec, dy[i], x, 1)
	}
	for _, m := range []compute.Mat{p.gains1, p.gains2} {
		p.dev.SumRows(p.dgain.Vec, m)
	}
	for _, m := range []compute.Mat{p.biases1, p.bia2} {
		p.dev.SumRows(p.dbias.Vec, m)
	}
	p.dev.Refresh()
}

func (p *probe) lane(l compute.Lane) {
	of := func(m compute.Mat) compute.Mat { return m.Part(l.First()*l.T(), l.Seqs()*l.T()) }
	seq := func(m compute.Mat) compute.Mat { return m.Part(l.First(), l.Seqs()) }
	l.Norm(of(p.y1), of(p.stats1), of(p.x0), p.gain.Vec, p.bias.Vec, p.norm)
	l.Linear(of(p.qkv), of(p.y1), p.weights[0], compute.Epilogue{Bias: p.b[0].Vec})
	l.Attention(of(p.o), of(p.lse), of(p.qkv), p.attention)
	l.Linear(of(p.x1), of(p.o), p.weights[1], compute.Epilogue{Bias: p.b[1].Vec, Residual: of(p.x0), Gate: 1})
	l.Norm(of(p.y2), of(p.stats2), of(p.x1), p.gain.Vec, p.bias.Vec, p.norm)
	l.Linear(of(p.h), of(p.y2), p.weights[2], compute.Epilogue{Bias: p.b[2].Vec, Act: compute.GELU, Pre: of(p.pre)})
	l.Linear(of(p.x2), of(p.h), p.weights[3], compute.Epilogue{Bias: p.b[3].Vec, Residual: of(p.x1), Gate: 1})

	l.LinearGrad(of(p.dpre), of(p.dx2o), p.weights[3], 1, compute.Epilogue{Act: compute.GELU, Pre: of(p.pre)})
	l.LinearGrad(of(p.dy2), of(p.dpre), p.weights[2], 1, compute.Epilogue{})
	l.NormGrad(of(p.dx1), of(p.dx1o), seq(p.gains2), seq(p.bia2), of(p.dx2), of(p.dy2), of(p.x1), of(p.stats2), p.gain.Vec, p.norm)
	l.LinearGrad(of(p.do), of(p.dx1o), p.weights[1], 1, compute.Epilogue{})
	l.AttentionGrad(of(p.dqkv), of(p.do), of(p.qkv), of(p.o), of(p.lse), p.attention)
	l.LinearGrad(of(p.dy1), of(p.dqkv), p.weights[0], 1, compute.Epilogue{})
	l.NormGrad(of(p.dx0), compute.Mat{}, seq(p.gains1), seq(p.biases1), of(p.dx1), of(p.dy1), of(p.x0), of(p.stats1), p.gain.Vec, p.norm)
}

func (p *probe) free() {
	for _, w := range p.weights {
		if w != nil {
			w.Free()
		}
	}
	for _, m := range p.memory {
		m.Free()
	}
}

// noise is n numbers in [-0.1, 0.1), by a linear congruential generator.
func noise(n int) []float32 {
	x := make([]float32, n)
	s := uint32(1)
	for i := range x {
		s = s*1664525 + 1013904223
		x[i] = (float32(s>>8)/(1<<24) - 0.5) / 5
	}
	return x
}
