package computetest_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// gradients has a row for every operation with a gradient: problems that differ in its options.
var gradients = []struct {
	operations string
	problems   func(b *bench) []problem
}{
	{"Norm NormGrad SumRows", normProblems},
	{"Linear LinearGrad WeightGrad", linearProblems},
	{"Attention AttentionGrad", attentionProblems},
	{"Embed EmbedGrad", embedProblems},
	{"Classify", classifyProblems},
}

func TestGradients(t *testing.T) {
	covered := map[string]bool{}
	for _, g := range gradients {
		for op := range strings.FieldsSeq(g.operations) {
			covered[op] = true
		}
		b := &bench{t, &computetest.Reference{Per: 2}, rand.New(rand.NewPCG(1, 2))}
		for _, p := range g.problems(b) {
			t.Run(strings.Fields(g.operations)[0]+"/"+p.name, p.check)
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

// problem is an operation under a scalar: loss computes it from the variables, gradient, called after it, fills their
// gradients.
type problem struct {
	name     string
	loss     func() float64
	gradient func()
	vars     []variable
}

// variable is an argument of an operation and its gradient.
type variable struct {
	name    string
	x, grad compute.Vec
}

// tolerance bounds the difference of a gradient and its estimate, relative to the largest entry of the gradient. The
// five-point stencil of step 1e-3 errs by h⁴f⁽⁵⁾/30, about 1e-13, and by rounding of the loss, eps64*|loss|/h, about
// 1e-12 for the sums of a hundred terms here; 1e-9 leaves room for steep fifth derivatives.
const tolerance = 1e-9

// check compares gradient with central differences of loss.
func (p problem) check(t *testing.T) {
	p.loss()
	p.gradient()
	for _, v := range p.vars {
		x, got := computetest.Data(v.x), computetest.Data(v.grad)
		var largest, worst, want float64
		at := 0
		for i := range x {
			estimate := derivative(&x[i], p.loss)
			largest = max(largest, math.Abs(estimate))
			if d := math.Abs(estimate - got[i]); d > worst || math.IsNaN(d) {
				worst, at, want = d, i, estimate
			}
		}
		if worst > tolerance*max(largest, 1) || math.IsNaN(worst) {
			t.Errorf("gradient of %s at %d: got %.12g, finite differences give %.12g", v.name, at, got[at], want)
		}
	}
}

// derivative estimates df/dx with a five-point stencil.
func derivative(x *float64, f func() float64) float64 {
	const h = 1e-3
	old := *x
	defer func() { *x = old }()
	at := func(d float64) float64 {
		*x = old + d
		return f()
	}
	return (at(-2*h) - 8*at(-h) + 8*at(h) - at(2*h)) / (12 * h)
}

// bench is a Reference with random numbers at hand.
type bench struct {
	*testing.T
	*computetest.Reference
	rng *rand.Rand
}

// zeros is a new matrix of zeros.
func (b *bench) zeros(rows, cols int) compute.Mat {
	buf, err := b.Alloc(rows * cols)
	if err != nil {
		b.Fatal(err)
	}
	return compute.Matrix(compute.All(buf), cols)
}

// normal is a new matrix of numbers from N(0, 1).
func (b *bench) normal(rows, cols int) compute.Mat {
	m := b.zeros(rows, cols)
	for i := range m.N {
		computetest.Data(m.Vec)[i] = b.rng.NormFloat64()
	}
	return m
}

// like is a new matrix of zeros of m's shape.
func (b *bench) like(m compute.Mat) compute.Mat { return b.zeros(m.Rows(), m.Cols) }

// set copies src to dst.
func set(dst, src compute.Mat) { copy(computetest.Data(dst.Vec), computetest.Data(src.Vec)) }

// inner is the inner product of a and b.
func inner(a, b compute.Mat) float64 {
	var sum float64
	for i, x := range computetest.Data(a.Vec) {
		sum += x * computetest.Data(b.Vec)[i]
	}
	return sum
}

// Three sequences, of which lanes take two and one.
const (
	seqs      = 3
	positions = 4
	rows      = seqs * positions
)

// cut gives a lane's part of a matrix with rows for all sequences; the whole of an absent one.
type cut func(compute.Mat) compute.Mat

// lanes runs f over a batch whose tokens do not matter.
func (b *bench) lanes(f func(l compute.Lane, part cut)) {
	b.batch(compute.Batch{Seqs: seqs, T: positions, Inputs: make([]int32, rows)}, f)
}

func (b *bench) batch(batch compute.Batch, f func(l compute.Lane, part cut)) {
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
