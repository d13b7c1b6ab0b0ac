package model

import (
	"growlab/growth/shape"
	"growlab/trainer/compute"
)

// arena allocates and remembers the first failure, so that a list of allocations reads as one.
type arena struct {
	dev   compute.Device
	owned []interface{ Free() }
	err   error
}

func (a *arena) alloc(n int) compute.Buffer { return a.take(n, a.dev.Alloc) }

func (a *arena) take(n int, alloc func(int) (compute.Buffer, error)) compute.Buffer {
	if a.err != nil {
		return nil
	}
	b, err := alloc(n)
	if err != nil {
		a.err = err
		return nil
	}
	a.owned = append(a.owned, b)
	return b
}

// mat is a matrix whose number of rows is chosen at each pass: rows counts one sequence's, cap those there is room for.
type mat struct {
	buf  compute.Buffer
	cols int
}

func (a *arena) mat(rows, cols int) mat { return mat{a.alloc(rows * cols), cols} }

// operand is a mat in operand memory.
func (a *arena) operand(rows, cols int) mat { return mat{a.take(rows*cols, a.dev.AllocOperand), cols} }

// shadow is operand memory for a copy of x, or x itself where operands are fp32 too.
func (a *arena) shadow(x mat, rows int) mat {
	if a.dev.Precision() == compute.FP32 {
		return x
	}
	return a.operand(rows, x.cols)
}

// of is the first rows rows.
func (x mat) of(rows int) compute.Mat {
	if x.buf == nil {
		return compute.Mat{}
	}
	return compute.Matrix(compute.All(x.buf).At(0, rows*x.cols), x.cols)
}

// activations hold what a whole batch saves between forward, backward and the weight gradients. N rows each unless noted.
type activations struct {
	layers  []layerActs
	x       []mat // residual stream: [0] embedding, [2l+1] after attention, [2l+2] after the FFN of layer l; (N, C)
	dx      []mat // its gradient at the same places
	dxo     []mat // dx as operands
	y       mat   // output of the final norm, (N, C)
	stats   mat   // of the final norm, (N, 2)
	parts   normParts
	dlogits mat // (N, V), or the rows of a piece
	loss    mat // (N, 1)
	logits  mat // for Logits; (LogitSeqs*T, V)
}

// layerActs is one block's share.
type layerActs struct {
	y1, y2         mat // norm outputs, (N, C)
	stats1, stats2 mat // (N, 2)
	parts1, parts2 normParts
	qkv, dqkv      mat // (N, 3I)
	o              mat // (N, I)
	lse            mat // (N, H)
	pre, dpre, h   mat // FFN: (N, F) or (N, 2F), the same, (N, F)
}

// normParts are the gradients of a norm's gain and bias by sequence, (B, C).
type normParts struct {
	gain, bias mat
}

// newActivations are those of a network of so many layers, with logits' gradients of piece rows.
func newActivations(a *arena, c shape.Config, seqs, layers, piece int) activations {
	n, inner := seqs*c.Context, c.Inner()
	wide := c.FFN
	if c.Act == shape.SwiGLU {
		wide *= 2
	}
	parts := func() normParts {
		p := normParts{gain: a.mat(seqs, c.Hidden)}
		if c.Norm == shape.LayerNorm {
			p.bias = a.mat(seqs, c.Hidden)
		}
		return p
	}
	var s activations
	for range layers {
		s.layers = append(s.layers, layerActs{
			y1: a.operand(n, c.Hidden), y2: a.operand(n, c.Hidden), stats1: a.mat(n, 2), stats2: a.mat(n, 2),
			parts1: parts(), parts2: parts(),
			qkv: a.operand(n, 3*inner), dqkv: a.operand(n, 3*inner), o: a.operand(n, inner), lse: a.mat(n, c.Heads),
			pre: a.operand(n, wide), dpre: a.operand(n, wide), h: a.operand(n, c.FFN),
		})
	}
	for range 2*layers + 1 {
		dx := a.mat(n, c.Hidden)
		s.x, s.dx, s.dxo = append(s.x, a.mat(n, c.Hidden)), append(s.dx, dx), append(s.dxo, a.shadow(dx, n))
	}
	s.y, s.stats, s.parts = a.operand(n, c.Hidden), a.mat(n, 2), parts()
	s.dlogits, s.loss = a.operand(piece, c.Vocab), a.mat(n, 1)
	s.logits = a.mat(min(seqs, LogitSeqs(c))*c.Context, c.Vocab)
	return s
}

// scratch is what one lane needs for itself.
type scratch struct {
	dy mat // gradient of a norm's output, (rows, C)
	do mat // gradient of the attention's output, (rows, I)
}

func newScratch(a *arena, c shape.Config, seqs int) scratch {
	n := seqs * c.Context
	return scratch{dy: a.mat(n, c.Hidden), do: a.operand(n, c.Inner())}
}
