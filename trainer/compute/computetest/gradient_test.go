package computetest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// bench is a Reference with random numbers at hand.
type bench struct {
	*testing.T
	*computetest.Reference
	rng *rand.Rand
}

func newBench(t *testing.T) *bench {
	return &bench{t, &computetest.Reference{Per: 2}, rand.New(rand.NewPCG(1, 2))}
}

// zeros is a new vector of n zeros.
func (b *bench) zeros(n int) compute.Vec {
	buf, err := b.Alloc(n)
	if err != nil {
		b.Fatal(err)
	}
	return compute.All(buf)
}

// normal is a new vector of n numbers from N(0, 1).
func (b *bench) normal(n int) compute.Vec {
	v := b.zeros(n)
	for i := range computetest.Data(v) {
		computetest.Data(v)[i] = b.rng.NormFloat64()
	}
	return v
}

func (b *bench) mat(v compute.Vec, cols int) compute.Mat { return compute.Matrix(v, cols) }

// like is a new matrix of zeros of m's shape.
func (b *bench) like(m compute.Mat) compute.Mat { return compute.Matrix(b.zeros(m.N), m.Cols) }

// set copies src to dst.
func set(dst, src compute.Vec) { copy(computetest.Data(dst), computetest.Data(src)) }

// inner is the inner product of a and b.
func inner(a, b compute.Vec) float64 {
	var sum float64
	for i, x := range computetest.Data(a) {
		sum += x * computetest.Data(b)[i]
	}
	return sum
}

// variable is an argument of an operation and its gradient.
type variable struct {
	name    string
	x, grad compute.Vec
}

// problem is an operation under a scalar: loss computes it from the variables, gradient fills their gradients. loss runs
// first.
type problem struct {
	loss     func() float64
	gradient func()
	vars     []variable
}

// tolerance bounds the difference of a gradient and its estimate, relative to the largest entry of the gradient. The
// five-point stencil of step 1e-3 errs by h⁴f⁽⁵⁾/30, about 1e-13, and by rounding of the loss, eps64*|loss|/h, about
// 1e-12 for the sums of a hundred terms here; 1e-9 leaves room for steep fifth derivatives.
const tolerance = 1e-9

// check compares gradient with central differences of loss.
func (p problem) check(t *testing.T) {
	t.Helper()
	p.loss()
	p.gradient()
	for _, v := range p.vars {
		x, got := computetest.Data(v.x), computetest.Data(v.grad)
		var largest, worst float64
		at, want := 0, 0.0
		for i := range x {
			est := derivative(&x[i], p.loss)
			largest = max(largest, math.Abs(est))
			if d := math.Abs(est - got[i]); d > worst || math.IsNaN(d) {
				worst, at, want = d, i, est
			}
		}
		if !(worst <= tolerance*max(largest, 1)) {
			t.Errorf("gradient of %s at %d: got %.12g, finite differences give %.12g", v.name, at, got[at], want)
		}
	}
}

// derivative estimates df/dx with a five-point stencil.
func derivative(x *float64, f func() float64) float64 {
	const h = 1e-3
	at, old := func(d float64) float64 { *x += d; return f() }, *x
	var y [4]float64
	for i, d := range [4]float64{-2 * h, -h, h, 2 * h} {
		*x = old
		y[i] = at(d)
	}
	*x = old
	return (y[0] - 8*y[1] + 8*y[2] - y[3]) / (12 * h)
}

// gradients has a row for every operation with a gradient.
var gradients = []struct {
	ops   string
	cases func(b *bench) map[string]problem
}{
	{"Norm NormGrad SumRows", normProblems},
	{"Linear LinearGrad WeightGrad", linearProblems},
	{"Attention AttentionGrad", attentionProblems},
	{"Embed EmbedGrad", embedProblems},
	{"CrossEntropy", lossProblems},
}

func TestGradients(t *testing.T) {
	covered := map[string]bool{}
	for _, g := range gradients {
		for op := range strings.FieldsSeq(g.ops) {
			covered[op] = true
		}
		for name, p := range g.cases(newBench(t)) {
			t.Run(strings.Fields(g.ops)[0]+"/"+name, p.check)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[compute.Device](), reflect.TypeFor[compute.Lane]()} {
		for m := range typ.Methods() {
			if strings.HasSuffix(m.Name, "Grad") && !covered[m.Name] {
				t.Errorf("%v.%s has no gradient check", typ, m.Name)
			}
		}
	}
}

// Three sequences of T positions run in lanes of two.
const (
	seqs      = 3
	positions = 4
	rows      = seqs * positions
)

// run runs f over a batch without tokens that matter.
func (b *bench) run(f func(l compute.Lane, part func(compute.Mat) compute.Mat)) {
	b.runBatch(compute.Batch{Seqs: seqs, T: positions, Inputs: make([]int32, rows)}, f)
}

// runBatch runs f with a function that cuts a lane's rows out of a matrix of rows or of seqs rows.
func (b *bench) runBatch(batch compute.Batch, f func(l compute.Lane, part func(compute.Mat) compute.Mat)) {
	b.Reference.Run(batch, func(l compute.Lane) {
		f(l, func(m compute.Mat) compute.Mat {
			if m.N == 0 {
				return m
			}
			each := m.Rows() / batch.Seqs
			return m.Part(l.First()*each, l.Seqs()*each)
		})
	})
}

func normProblems(b *bench) map[string]problem {
	const c = 7
	problems := map[string]problem{}
	for _, rms := range []bool{false, true} {
		for _, m := range []float64{0, 0.3, 1} {
			s := compute.NormSpec{RMS: rms, Eps: 1e-5, Mask: compute.Mask{Old: 4, M: m}, S: 4 + 3*m}
			x, residual, dy := b.mat(b.normal(rows*c), c), b.mat(b.normal(rows*c), c), b.mat(b.normal(rows*c), c)
			gain, bias := b.normal(c), b.normal(c)
			biases := b.mat(b.zeros(seqs*c), c)
			if rms {
				bias, biases = compute.Vec{}, compute.Mat{}
			}
			y, dx, gains, stats := b.like(x), b.like(x), b.mat(b.zeros(seqs*c), c), b.mat(b.zeros(rows*2), 2)
			p := problem{
				loss: func() float64 {
					b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
						l.Norm(part(y), part(stats), part(x), gain, bias, s)
					})
					return inner(y.Vec, dy.Vec) + inner(x.Vec, residual.Vec)
				},
			}
			dgain, dbias := b.zeros(gain.N), b.zeros(bias.N)
			p.gradient = func() {
				b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
					l.NormGrad(part(dx), part(gains), part(biases), part(residual), part(dy), part(x), part(stats), gain, s)
				})
				b.SumRows(dgain, gains)
				if !rms {
					b.SumRows(dbias, biases)
				}
			}
			p.vars = []variable{{"x", x.Vec, dx.Vec}, {"gain", gain, dgain}, {"bias", bias, dbias}}
			problems[fmt.Sprintf("rms=%v/m=%g", rms, m)] = p
		}
	}
	return problems
}

func linearProblems(b *bench) map[string]problem {
	const in, hidden, out = 5, 4, 3
	problems := map[string]problem{}
	for name, act := range map[string]compute.Act{"none": compute.None, "gelu": compute.GELU, "swiglu": compute.SwiGLU} {
		for _, m := range []float64{0, 0.3, 1} {
			for _, gate := range []float64{0, 0.7} {
				for _, biased := range []bool{false, true} {
					problems[fmt.Sprintf("%s/m=%g/gate=%g/bias=%v", name, m, gate, biased)] = linearProblem(b, act, m, gate, biased)
				}
			}
		}
	}
	return problems
}

// linearProblem is residual + gate (act(x w1ᵀ + b1) w2ᵀ + b2): both maps of a feed-forward block. With no activation the
// mask stands on the second map, whose gradient then is the caller's to mask.
func linearProblem(b *bench, act compute.Act, m, gate float64, biased bool) problem {
	const in, hidden, out = 5, 4, 3
	pre := hidden
	if act == compute.SwiGLU {
		pre = 2 * hidden
	}
	x, residual, dy := b.mat(b.normal(rows*in), in), b.mat(b.normal(rows*out), out), b.mat(b.normal(rows*out), out)
	w1, w2 := b.normal(pre*in), b.normal(out*hidden)
	var b1, b2 compute.Vec
	if biased {
		b1, b2 = b.normal(pre), b.normal(out)
	}
	first, second := b.Weight(w1, pre, in), b.Weight(w2, out, hidden)
	up := compute.Epilogue{Bias: b1, Act: act}
	if act != compute.None {
		up.Pre, up.Mask = b.mat(b.zeros(rows*pre), pre), compute.Mask{Old: 1, M: m}
	}
	h, y := b.mat(b.zeros(rows*hidden), hidden), b.like(dy)
	dx, dpre := b.like(x), b.mat(b.zeros(rows*pre), pre)
	dw1, db1, dw2, db2 := b.zeros(w1.N), b.zeros(b1.N), b.zeros(w2.N), b.zeros(b2.N)
	with := func(part func(compute.Mat) compute.Mat) compute.Epilogue {
		e := up
		e.Pre = part(e.Pre)
		return e
	}
	return problem{
		loss: func() float64 {
			b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
				l.Linear(part(h), part(x), first, with(part))
				l.Linear(part(y), part(h), second, compute.Epilogue{Bias: b2, Residual: part(residual), Gate: gate})
			})
			return inner(y.Vec, dy.Vec)
		},
		gradient: func() {
			b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
				l.LinearGrad(part(dpre), part(dy), second, gate, with(part))
				l.LinearGrad(part(dx), part(dpre), first, 1, compute.Epilogue{})
			})
			b.WeightGrad(dw2, db2, dy, h, gate)
			b.WeightGrad(dw1, db1, dpre, x, 1)
		},
		vars: []variable{
			{"x", x.Vec, dx.Vec}, {"residual", residual.Vec, dy.Vec},
			{"w1", w1, dw1}, {"b1", b1, db1}, {"w2", w2, dw2}, {"b2", b2, db2},
		},
	}
}

func attentionProblems(b *bench) map[string]problem {
	const heads, dim = 3, 4
	problems := map[string]problem{}
	for name, rotary := range map[string]compute.Rotary{
		"plain": {},
		"rope":  {Base: 10000},
		"xpos":  {Base: 100, XPos: true, Center: 300}, // far from the centre, so that zeta is not 1
	} {
		for _, m := range []float64{0, 0.3, 1} {
			a := compute.AttentionSpec{Heads: heads, HeadDim: dim, Scale: 0.6, Mask: compute.Mask{Old: 2, M: m}, Rotary: rotary}
			qkv, do := b.mat(b.normal(rows*3*heads*dim), 3*heads*dim), b.mat(b.normal(rows*heads*dim), heads*dim)
			turned, dqkv, o, lse := b.like(qkv), b.like(qkv), b.like(do), b.mat(b.zeros(rows*heads), heads)
			problems[fmt.Sprintf("%s/m=%g", name, m)] = problem{
				loss: func() float64 {
					set(turned.Vec, qkv.Vec)
					b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
						l.Attention(part(o), part(lse), part(turned), a)
					})
					return inner(o.Vec, do.Vec)
				},
				gradient: func() {
					b.run(func(l compute.Lane, part func(compute.Mat) compute.Mat) {
						l.AttentionGrad(part(dqkv), part(do), part(turned), part(o), part(lse), a)
					})
				},
				vars: []variable{{"qkv", qkv.Vec, dqkv.Vec}},
			}
		}
	}
	return problems
}

// tokens is a batch with repeated ids below vocab.
func (b *bench) tokens(vocab int) compute.Batch {
	batch := compute.Batch{Seqs: seqs, T: positions}
	for range rows {
		batch.Inputs = append(batch.Inputs, int32(b.rng.IntN(vocab)))
		batch.Targets = append(batch.Targets, int32(b.rng.IntN(vocab)))
	}
	return batch
}

func embedProblems(b *bench) map[string]problem {
	const c, vocab = 3, 5
	problems := map[string]problem{}
	for name, pos := range map[string]compute.Vec{"": {}, "positions": b.normal((positions + 1) * c)} {
		batch := b.tokens(vocab)
		embed, dx := b.normal(vocab*c), b.mat(b.normal(rows*c), c)
		x, dembed, dpos := b.like(dx), b.zeros(embed.N), b.zeros(pos.N)
		problems[name] = problem{
			loss: func() float64 {
				b.runBatch(batch, func(l compute.Lane, part func(compute.Mat) compute.Mat) { l.Embed(part(x), embed, pos) })
				return inner(x.Vec, dx.Vec)
			},
			gradient: func() { b.EmbedGrad(dembed, dpos, dx, batch) },
			vars:     []variable{{"embed", embed, dembed}, {"pos", pos, dpos}},
		}
	}
	return problems
}

func lossProblems(b *bench) map[string]problem {
	const vocab, scale = 6, 0.25
	batch := b.tokens(vocab)
	z := b.mat(b.normal(rows*vocab), vocab)
	logits, dz, loss := b.like(z), b.like(z), b.zeros(rows)
	run := func(m compute.Mat, grad bool) {
		set(m.Vec, z.Vec)
		b.runBatch(batch, func(l compute.Lane, part func(compute.Mat) compute.Mat) {
			l.CrossEntropy(part(b.mat(loss, 1)).Vec, part(m), grad, scale)
		})
	}
	return map[string]problem{"": {
		loss:     func() float64 { run(logits, false); return scale * b.Sum(loss) },
		gradient: func() { run(dz, true) },
		vars:     []variable{{"logits", z.Vec, dz.Vec}},
	}}
}
