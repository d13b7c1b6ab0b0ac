package computetest

import (
	"fmt"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Reference is the oracle: a compute.Device in float64, one thread, loops as in the formulas. It holds numbers between
// operations in float64 too; only Upload and Download pass through float32. With Operands BF16 it still computes in
// float64, but rounds where the contract says, and nowhere else: the best that an engine of bf16 can do.
type Reference struct {
	// Per is how many sequences a lane takes. 0 means 1, as a CPU engine does; a number as large as the batch makes one
	// lane of the whole, as a GPU does.
	Per int
	// Operands is the precision of operands. FP32 stands for float64: nothing is rounded.
	Operands compute.Precision
	// Biases rounds the biases of Linear too, with Operands BF16 and where the result is an operand, as an engine may.
	Biases bool
}

var _ compute.Serial = (*Reference)(nil)

// NewReference returns a Reference that runs one sequence a lane.
func NewReference() *Reference { return &Reference{} }

// Name says that this is the reference.
func (r *Reference) Name() string {
	if r.Operands == compute.BF16 {
		return "reference fp64, operands in bf16, 1 thread"
	}
	return "reference fp64, 1 thread"
}

// Precision is Operands.
func (r *Reference) Precision() compute.Precision { return r.Operands }

// buffer is the memory of Reference.
type buffer struct {
	data      []float64
	precision compute.Precision
	freed     bool
}

func (b *buffer) Len() int { return len(b.data) }

func (b *buffer) Free() {
	if b.freed {
		panic("computetest: buffer freed twice")
	}
	b.freed = true
}

// Data is the storage behind v, which must be a view of Reference's memory. Writing to it changes v; a view of no
// elements gives nil.
func Data(v compute.Vec) []float64 {
	if v.N == 0 {
		return nil
	}
	b, ok := v.Buf.(*buffer)
	if !ok {
		panic(fmt.Sprintf("computetest: a view of %T given to Reference, which allocates its own buffers", v.Buf))
	}
	if b.freed {
		panic("computetest: buffer used after Free")
	}
	return b.data[v.Off : v.Off+v.N : v.Off+v.N]
}

// Alloc returns n zeros.
func (r *Reference) Alloc(n int) (compute.Buffer, error) { return alloc(n, compute.FP32), nil }

// AllocOperand returns n zeros that are rounded whenever they change.
func (r *Reference) AllocOperand(n int) (compute.Buffer, error) { return alloc(n, r.Operands), nil }

func alloc(n int, p compute.Precision) *buffer {
	if n < 0 {
		panic(fmt.Sprintf("computetest: Alloc: %d elements", n))
	}
	return &buffer{data: make([]float64, n), precision: p}
}

// Upload widens src into dst, rounded where dst is operand memory.
func (r *Reference) Upload(dst compute.Vec, src []float32) {
	contract.Upload(dst, src)
	d := Data(dst)
	for i, x := range src {
		d[i] = float64(x)
	}
	settle(dst)
}

// Download rounds src to float32.
func (r *Reference) Download(dst []float32, src compute.Vec) {
	contract.Download(dst, src)
	for i, x := range Data(src) {
		dst[i] = float32(x)
	}
}

// Zero clears v.
func (r *Reference) Zero(v compute.Vec) { clear(Data(v)) }

// weight is a view: Reference multiplies by the numbers as they stand, rounded if it rounds operands.
type weight struct {
	compute.Mat
	precision compute.Precision
	freed     bool
}

func (w *weight) Out() int { return w.Rows() }
func (w *weight) In() int  { return w.Cols }

func (w *weight) Free() {
	if w.freed {
		panic("computetest: weight freed twice")
	}
	w.freed = true
}

// Weight views w as (out, in).
func (r *Reference) Weight(w compute.Vec, out, in int) compute.Weight {
	contract.Weight(w, out, in)
	args{"w": w}.lie("Weight", compute.FP32)
	return &weight{Mat: compute.Matrix(w, in), precision: r.Operands}
}

// matrix is the numbers that a weight of Reference multiplies by.
func matrix(op string, w compute.Weight) []float64 {
	k, ok := w.(*weight)
	if !ok {
		panic(fmt.Sprintf("computetest: %s: a weight of type %T given to Reference", op, w))
	}
	if k.freed {
		panic("computetest: " + op + ": weight used after Free")
	}
	if k.precision == compute.FP32 {
		return Data(k.Vec)
	}
	d := make([]float64, k.N)
	for i, x := range Data(k.Vec) {
		d[i] = held(x, k.precision)
	}
	return d
}

// Refresh does nothing, since there are no copies.
func (r *Reference) Refresh() {}

// Lanes gives one lane of Per sequences.
func (r *Reference) Lanes(seqs int) (count, per int) { return 1, min(max(r.Per, 1), max(seqs, 1)) }

// Run calls f for one group of sequences after another.
func (r *Reference) Run(b compute.Batch, f func(compute.Lane)) {
	contract.Run(b)
	_, per := r.Lanes(b.Seqs)
	for first := 0; first < b.Seqs; first += per {
		f(&lane{b, first, min(per, b.Seqs-first), r.Operands, r.Biases})
	}
}

// Rows is n rows of whole from first on, each a sequence.
func (r *Reference) Rows(whole compute.Lane, first, n int) compute.Lane {
	l := whole.(*lane)
	b := compute.Batch{Seqs: l.seqs, T: l.batch.T, Inputs: l.of(l.batch.Inputs), Targets: l.of(l.batch.Targets)}
	return &lane{contract.Rows(b, first, n), 0, n, l.operands, l.biases}
}

// Sync has nothing to wait for, and Reference has no faults but panics.
func (r *Reference) Sync() error { return nil }

// Close leaves the memory to the garbage collector.
func (r *Reference) Close() error { return nil }

// lane is one group of sequences of a batch.
type lane struct {
	batch       compute.Batch
	first, seqs int
	operands    compute.Precision
	biases      bool
}

func (l *lane) Index() int { return 0 }
func (l *lane) First() int { return l.first }
func (l *lane) Seqs() int  { return l.seqs }
func (l *lane) T() int     { return l.batch.T }

func (l *lane) rows() int { return l.seqs * l.batch.T }

// of cuts the tokens of the lane out of those of the batch.
func (l *lane) of(tokens []int32) []int32 {
	if tokens == nil {
		return nil
	}
	return tokens[l.first*l.batch.T:][:l.rows()]
}
