package compute

import (
	"errors"
	"math"
)

// ErrNoMemory is wrapped by Alloc when the device has no room left.
var ErrNoMemory = errors.New("out of memory")

// Precision is a number format of operands. Sums, the residual stream, norms' statistics, softmax, loss, gradients of parameters,
// the parameters themselves and their moments are fp32 in either.
type Precision uint8

// The precisions. BF16 is the upper half of an fp32: 8 bits of exponent, 8 of significand with the leading one.
const (
	FP32 Precision = iota
	BF16
)

// String is "fp32" or "bf16".
func (p Precision) String() string {
	if p == BF16 {
		return "bf16"
	}
	return "fp32"
}

// Device is an engine: memory, and the operations on it. All methods but Lane's are called from one goroutine.
type Device interface {
	// Name says what computes: "cpu avx512 fp32, 2 threads".
	Name() string
	// Precision is that of the operands of matrix products.
	Precision() Precision
	// Alloc returns zeroed memory for n floats. Its error wraps ErrNoMemory if there is no room.
	Alloc(n int) (Buffer, error)
	// AllocOperand returns zeroed memory for n numbers in Precision. Where that is FP32 it is Alloc.
	AllocOperand(n int) (Buffer, error)
	// Upload and Download copy between host and device. The lengths must agree. Upload to operand memory rounds to the nearest,
	// ties to even.
	Upload(dst Vec, src []float32)
	Download(dst []float32, src Vec)
	// Zero clears v.
	Zero(v Vec)

	// Weight prepares the matrix w, (out, in), for Linear. The engine may keep copies in its own layout; Refresh
	// renews those of all live weights after the numbers changed (upload, AdamW).
	Weight(w Vec, out, in int) Weight
	Refresh()

	// Lanes tells how Run will cut seqs sequences: at most count lanes at once, each of at most per sequences. Scratch
	// memory of a lane is the caller's, one set for each of count.
	Lanes(seqs int) (count, per int)
	// Run calls f for consecutive groups of the sequences of b, on several goroutines if the engine likes.
	// Lane.Index is below count, Lane.First and Lane.Seqs tell the group.
	Run(b Batch, f func(Lane))

	// WeightGrad adds scale * dyᵀ x to dw, (dy.Cols, x.Cols), and scale * the column sums of dy to db if db.N > 0. dy and x are
	// operands.
	WeightGrad(dw, db Vec, dy, x Mat, scale float64)
	// SumRows adds the sum of the rows of parts to dst.
	SumRows(dst Vec, parts Mat)
	// EmbedGrad adds to row tokens[i] of demb, (V, C), row i of dx, and to row i mod b.T of dpos, (T, C), if dpos.N > 0.
	// Repeated tokens add up in the order of the rows.
	EmbedGrad(demb, dpos Vec, dx Mat, b Batch)

	// Total returns a sum that is 0.
	Total() (Total, error)
	// Sum adds the sum of v to t, SumSquares that of its squares; in a fixed order, in float64.
	Sum(t Total, v Vec)
	SumSquares(t Total, v Vec)
	// Take returns t and makes it 0 again. It waits for the work that t sums up.
	Take(t Total) float64
	// AdamW updates p in place (Loshchilov and Hutter, arXiv:1711.05101), span by span:
	//	g' = clip*g;  m = β1 m + (1-β1) g';  v = β2 v + (1-β2) g'²
	//	p = p - lr*wd*p - lr * (m/(1-β1^step)) / (sqrt(v/(1-β2^step)) + eps)
	// where clip is a.Scale of a.Squares; where that is not finite, it changes nothing. Spans index all four arenas alike.
	AdamW(p, g, m, v Vec, spans []Span, a Adam)

	// Sync waits for all work and returns the first fault since the device was opened.
	Sync() error
	// Close frees everything.
	Close() error
}

// Threaded is a Device whose workers can be lowered, and raised again, between calls. Results do not depend on their number.
type Threaded interface {
	Device
	// Threads is the number of workers now, and the most there can be.
	Threads() (now, most int)
	// SetThreads takes a number from 1 to most; others are clamped.
	SetThreads(n int)
}

// Planned is a Device that can tell what memory work takes before it is done, and set it aside in one piece.
type Planned interface {
	Device
	// Measure runs f on a device like this one that computes nothing: results are zero. It returns the most memory that f held.
	Measure(f func(Device)) Footprint
	// Reserve sets memory aside for what is allocated from now on. All that was allocated before must have been freed. What does
	// not fit in is allocated apart.
	Reserve(Footprint) error
}

// Serial is a Device that does one operation after another, in the order of the calls. Where its lane has all sequences of a batch, as
// Lanes says, a caller of Run may finish some rows, parameter gradients included, before the next ones begin, in memory for those few.
type Serial interface {
	Device
	// Rows is the part of l that has n rows, from first on, as n sequences of one position: for operations that know rows only, Linear,
	// LinearGrad, Combine and Classify. l is the lane that Run has given.
	Rows(l Lane, first, n int) Lane
}

// Footprint is memory in bytes.
type Footprint struct {
	Tensors int64 // buffers, packed weights, tables
	Scratch int64 // of all workers
}

// Total is all of it.
func (f Footprint) Total() int64 { return f.Tensors + f.Scratch }

// Lane runs the operations of one group of sequences; rows below are Seqs*T. Mat arguments hold just those rows. Those called
// operands lie in operand memory (AllocOperand), all others in fp32. A number is rounded when it is stored as operand.
type Lane interface {
	Index() int // which scratch set is ours
	First() int // first sequence of the group
	Seqs() int  // sequences in the group
	T() int     // positions of each

	// Embed writes x = embed[token] (+ pos[t] if pos.N > 0). x: (rows, C).
	Embed(x Mat, embed, pos Vec)

	// Norm writes the masked norm of x to y. stats: (rows, 2), mean and 1/std, for NormGrad (the mean of RMSNorm is 0).
	// With mu = 1 on [0, Old) and M on the rest, and S = NormSpec.S:
	//	LayerNorm  mean = Σ mu x/S; var = Σ mu (x-mean)²/S; y = mu (gain (x-mean)/sqrt(var+eps) + bias)
	//	RMSNorm    y = mu gain x/sqrt(Σ mu x²/S + eps)
	// y is an operand.
	Norm(y, stats, x Mat, gain, bias Vec, s NormSpec)
	// NormGrad writes dx = residual + the gradient of Norm's input x (residual may be dx itself; absent, N == 0, it counts as
	// zero), and the gradients of gain and bias of each sequence as a row of gains and biases, (Seqs, C); SumRows finishes them. biases is absent (N == 0)
	// for RMSNorm. operand, (rows, C), gets a copy of dx in operand memory unless it is absent.
	NormGrad(dx, operand, gains, biases, residual, dy, x, stats Mat, gain Vec, s NormSpec)

	// Linear writes y = Mask * act(PreMask * (x wᵀ + bias)), or y = Residual + Gate times that if Residual is set (it may be y
	// itself). x: (rows, in), y: (rows, out); with SwiGLU w has 2F rows, gate then up, and y is (rows, F). x and Pre are
	// operands, y is one or not, Residual (and y with it) is not. The activation sees what it is applied to before that is
	// rounded to Pre. Where y is an operand, an engine may round bias as it rounds weights.
	Linear(y, x Mat, w Weight, e Epilogue)
	// LinearGrad writes dx = scale * dy w, then, if back.Act is set, carries it through back.Mask, the activation whose
	// argument was back.Pre, and back.PreMask: dx is then (rows, F) or, for SwiGLU, (rows, 2F). w: (dy.Cols, in). Only
	// Act, Pre, Mask and PreMask of back are used. dy and Pre are operands, dx is one or not.
	LinearGrad(dx, dy Mat, w Weight, scale float64, back Epilogue)

	// Attention writes causal multi-head attention to o, (rows, I), from qkv, (rows, 3I), each head's output times
	// Mask. In qkv, in place, it rotates q and k and multiplies q, k and v by Inputs, rounding once; it saves the log-sum-exp of
	// each row and head in lse, (rows, H). o and qkv are operands; probabilities are rounded like operands before they meet v.
	Attention(o, lse, qkv Mat, a AttentionSpec)
	// AttentionGrad writes dqkv, gradient of qkv as it was before Attention, from do, qkv as Attention left it, o and lse. All but
	// lse are operands, and so are, inside, the probabilities and the gradient of the scores.
	AttentionGrad(dqkv, do, qkv, o, lse Mat, a AttentionSpec)

	// Combine writes y = a x + b z, number by number. y may be x or z, and x may be z. operand, of the same size, gets a copy of y
	// in operand memory unless it is absent (N == 0); y, x and z are not operands.
	Combine(y, operand Mat, a float64, x Mat, b float64, z Mat)

	// Classify writes loss[row] = -log softmax(z)[target], in nats, where z = mult * y wᵀ, (rows, V), is never stored, and
	// dlogits = scale * the gradient by z, (rows, V), unless it is absent. A target below 0 is none: the loss of its row is 0,
	// and so is the row of dlogits. y and dlogits are operands. loss: (rows).
	Classify(loss Vec, dlogits, y Mat, w Weight, mult, scale float64)
}

// Buffer is device memory.
type Buffer interface {
	Len() int
	Free()
}

// Total is a sum that is kept on the device, so that no work need wait until the host has read it.
type Total interface {
	Free()
}

// Weight is a matrix that Linear can multiply by.
type Weight interface {
	Out() int
	In() int
	Free()
}

// Vec is a view of a Buffer.
type Vec struct {
	Buf Buffer
	Off int
	N   int
}

// All is the whole of b.
func All(b Buffer) Vec { return Vec{b, 0, b.Len()} }

// At is the view of n elements from off.
func (v Vec) At(off, n int) Vec {
	if off < 0 || n < 0 || off+n > v.N {
		panic("compute: view outside its vector")
	}
	return Vec{v.Buf, v.Off + off, n}
}

// Mat is a row-major matrix, densely stored.
type Mat struct {
	Vec
	Cols int
}

// Matrix views v as rows of cols.
func Matrix(v Vec, cols int) Mat { return Mat{v, cols} }

// Rows counts the rows.
func (m Mat) Rows() int { return m.N / m.Cols }

// Part is the view of n rows from first.
func (m Mat) Part(first, n int) Mat { return Mat{m.At(first*m.Cols, n*m.Cols), m.Cols} }

// Batch is a micro-batch of Inputs and Targets, (Seqs, T) token ids each. Targets may be nil when no loss is asked for; where
// one is below 0 there is nothing to predict.
type Batch struct {
	Seqs, T         int
	Inputs, Targets []int32
}

// Mask is two-valued: 1 on the first Old entries, M on the rest. The zero Mask is no mask.
type Mask struct {
	Old int
	M   float64
}

// Plain reports whether the mask changes nothing on n entries.
func (k Mask) Plain(n int) bool { return k.Old == 0 || k.Old >= n || k.M == 1 }

// Of is the factor of entry i.
func (k Mask) Of(i int) float64 {
	if k.Old == 0 || i < k.Old {
		return 1
	}
	return k.M
}

// NormSpec configures Norm. S, the sum of the mask over the channels, is d_eff.
type NormSpec struct {
	RMS  bool
	Eps  float64
	Mask Mask
	S    float64
}

// Act is an activation.
type Act uint8

// The activations. GELU is the tanh form: x/2 (1 + tanh(sqrt(2/π)(x + 0.044715 x³))).
const (
	None Act = iota
	GELU
	SwiGLU // silu(gate) * up
)

// Epilogue is what Linear does to x wᵀ before it is stored.
type Epilogue struct {
	Bias     Vec     // (out), absent if N == 0
	Act      Act     // None or the activation
	PreMask  Mask    // with Act: factor before it, over the columns of y; SwiGLU's gate and up get it both
	Pre      Mat     // with Act: receives PreMask * (x wᵀ + bias), (rows, out), which the gradient needs
	Mask     Mask    // factor on the columns of y
	Residual Mat     // absent if N == 0
	Gate     float64 // factor on what is added to Residual
}

// AttentionSpec configures Attention over the T positions of each sequence. Scores are Scale * q·k.
type AttentionSpec struct {
	Heads, HeadDim int
	Scale          float64
	Inputs         Mask // over heads, on q, k and v
	Mask           Mask // over heads, on their outputs
	Rotary         Rotary
}

// Rotary says how queries and keys are rotated: pairs (2j, 2j+1) by the angle theta_j t, theta_j = Base^(-2j/D). XPos also
// scales pair j of q by zeta_j^(p/512) and of k by zeta_j^(-p/512), zeta_j = (2j + 0.4D)/(1.4D), p = t - Center.
// The zero Rotary rotates nothing.
type Rotary struct {
	Base   float64
	XPos   bool
	Center int
}

// Span is a range of the parameter arena with its own rates. Decay is wd above; 0 for gains and biases.
type Span struct {
	Off, N    int
	LR, Decay float64
}

// Adam holds what AdamW's spans share. Step counts from 1.
type Adam struct {
	Beta1, Beta2, Eps float64
	Step              int64
	Squares           Total   // the square of the gradients' norm; nil: gradients are taken as they are
	Clip              float64 // largest norm; 0 is any
}

// Scale is the factor that brings gradients whose squares add up to squares down to the norm Clip; not a number if they are none.
func (a Adam) Scale(squares float64) float64 {
	norm := math.Sqrt(squares)
	switch {
	case math.IsNaN(norm) || math.IsInf(norm, 0):
		return math.NaN()
	case a.Clip > 0 && norm > a.Clip:
		return a.Clip / norm
	}
	return 1
}
