package computetest

import (
	"math"
	"math/rand/v2"
	"slices"

	"growlab/trainer/compute"
)

// arg is a tensor that a trial gives to an operation. A nil arg is an absent one.
type arg struct {
	name string
	cols int
	data []float32 // before the operation

	operand  bool // lies in operand memory
	either   bool // the operation takes it in fp32 memory and as an operand
	perLane  bool // rows belong to sequences: lanes take their part
	output   bool // changes; the trial's formula fills want. Others must stay as they are.
	returned bool // lives on the host, as a result of the operation
	loose    bool // the operation cannot know its length
	want     []num
	copies   *arg // the output that it repeats, to the bit where it holds as many
}

// settle rounds the wants of an operand, which is what its memory does.
func (a *arg) settle() {
	for i := range a.want {
		if a.operand {
			a.want[i] = a.want[i].stored()
		}
	}
}

// row is row i of what a holds before the operation.
func (a *arg) row(i int) []float32 { return a.data[i*a.cols:][:a.cols] }

// wants is the row of want, made on first use.
func (a *arg) wants(i int) []num {
	if a.want == nil {
		a.want = make([]num, len(a.data))
	}
	return a.want[i*a.cols:][:a.cols]
}

// at is element i before the operation, 0 if a is absent.
func (a *arg) at(i int) num {
	if a == nil {
		return num{}
	}
	return exact(float64(a.data[i]))
}

// trial is one call of an operation on given numbers.
type trial struct {
	name   string
	batch  compute.Batch
	vocab  int // of the batch's tokens
	args   []*arg
	weight *arg // one of args, if the operation takes a Weight

	// One of lane and device calls the operation.
	lane   func(e *env, l compute.Lane)
	device func(e *env)
	// expect works out the wants of the outputs.
	expect func()

	rng *rand.Rand
}

// newTrial is a trial over seqs sequences of t positions with numbers of its own, the same for the same seed.
func newTrial(seed uint64, seqs, t int) *trial {
	return &trial{
		rng:   rand.New(rand.NewPCG(seed, 17)),
		batch: compute.Batch{Seqs: seqs, T: t, Inputs: make([]int32, seqs*t)},
		vocab: 1,
	}
}

func (k *trial) rows() int { return k.batch.Seqs * k.batch.T }

func (k *trial) arg(name string, rows, cols int, fill func() float64) *arg {
	a := &arg{name: name, cols: cols, data: make([]float32, rows*cols)}
	for i := range a.data {
		a.data[i] = float32(fill())
	}
	k.args = append(k.args, a)
	return a
}

func (k *trial) normal() float64 { return k.rng.NormFloat64() }

// nan is what outputs hold before they are written: a result that depends on it shows.
func nan() float64 { return math.NaN() }

// input is an argument (rows, cols) from N(0, 1).
func (k *trial) input(name string, rows, cols int) *arg { return k.arg(name, rows, cols, k.normal) }

// written is an output that the operation overwrites.
func (k *trial) written(name string, rows, cols int) *arg {
	a := k.arg(name, rows, cols, nan)
	a.output = true
	return a
}

// changed is an output that the operation reads too.
func (k *trial) changed(name string, rows, cols int) *arg {
	a := k.input(name, rows, cols)
	a.output = true
	return a
}

// named is the argument called name.
func (k *trial) named(name string) *arg {
	i := slices.IndexFunc(k.args, func(a *arg) bool { return a.name == name })
	if i < 0 {
		panic("computetest: " + k.name + " has no argument " + name)
	}
	return k.args[i]
}

// after gives inputs that hold what the arguments of forward called names hold once Reference ran it.
func (k *trial) after(forward *trial, names ...string) []*arg {
	res, err := forward.run(NewReference())
	if err != nil {
		panic("computetest: " + err.Error())
	}
	args := make([]*arg, len(names))
	for i, name := range names {
		f := forward.named(name)
		args[i] = k.arg(name, len(f.data)/f.cols, f.cols, nan)
		copy(args[i].data, f.data)
		for j, x := range res[f] {
			args[i].data[j] = float32(x)
		}
	}
	return args
}

// operands marks args as operands.
func operands(args ...*arg) {
	for _, a := range args {
		if a != nil {
			a.operand = true
		}
	}
}

// lanes marks args as cut into the rows of lanes.
func lanes(args ...*arg) {
	for _, a := range args {
		if a != nil {
			a.perLane = true
		}
	}
}

// tokens gives the batch ids below vocab, about half of them repeated.
func (k *trial) tokens(vocab int) {
	k.vocab = vocab
	k.batch.Targets = make([]int32, k.rows())
	for i := range k.batch.Inputs {
		k.batch.Inputs[i] = int32(k.rng.IntN(vocab))
		k.batch.Targets[i] = int32(k.rng.IntN(vocab))
		if i > 0 && k.rng.IntN(2) == 0 {
			k.batch.Inputs[i] = k.batch.Inputs[i-1]
		}
	}
}
