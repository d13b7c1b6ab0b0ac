package kernels

import (
	"growlab/cudart"
)

// Classify is the loss of rows of logits and its gradient: Loss = log Σ exp z - z[target], in nats, and DLogits = Scale (softmax z -
// one hot), where z = Mult Z. A target below 0 is none: its loss is 0, and so is its row of DLogits.
//
// Logits are in float32, a few hundred rows at a time, so that they stay in the second-level cache between the product that makes
// them and this. Where not even that fits, the vocabulary is cut as well: ClassifyScan for each part, then ClassifyPart for each.
type Classify struct {
	Loss        cudart.Ptr // float32 (rows)
	DLogits     Array      // (rows, V) or absent; may be Z where both are float32
	LDD         int        // elements from row to row of DLogits; 0: V
	Z           cudart.Ptr // float32 (rows, V)
	LDZ         int        // 0: V
	Targets     cudart.Ptr // int32 (rows), below V
	Rows, V     int
	Mult, Scale Scalar
}

// classifyArgs is struct classify_args of classify.cu.
type classifyArgs struct {
	dlogits                 Array
	mult, scale             Scalar
	loss, z, targets, state cudart.Ptr
	ldz, ldd                int64
	v, first, last, vec     int32
}

func (c Classify) args() classifyArgs {
	ldz, ldd := c.LDZ, c.LDD
	if ldz == 0 {
		ldz = c.V
	}
	if ldd == 0 {
		ldd = c.V
	}
	return classifyArgs{
		dlogits: c.DLogits, mult: c.Mult, scale: c.Scale, loss: c.Loss, z: c.Z, targets: c.Targets, ldz: int64(ldz), ldd: int64(ldd),
		v: i32(c.V), last: 1, vec: quads(ldz|ldd, F32(c.Z), c.DLogits),
	}
}

// classifyThreads is the block of a row of v logits.
func classifyThreads(v int) cudart.Dim { return warps(min(max(ceil(v, 16), 64), 1024)) }

// Classify launches one kernel: a block computes a row.
func (k *Set) Classify(s *cudart.Stream, c Classify) error {
	positive("Classify", c.Rows, c.V)
	a := c.args()
	return launch(k, s, classifyKernel, dim(c.Rows), classifyThreads(c.V), classifyShared, &a)
}

// ClassifyStateBytes is what ClassifyScan keeps for each row.
const ClassifyStateBytes = 16

const classifyShared = 2 * 32 * 4

// ClassifyScan looks at the logits of the vocabulary from first on: c.V of them, in Z. It renews the rows' state, which the scan from
// 0 begins, and with last writes Loss.
func (k *Set) ClassifyScan(s *cudart.Stream, c Classify, state cudart.Ptr, first int, last bool) error {
	positive("ClassifyScan", c.Rows, c.V)
	a := c.args()
	a.state, a.first, a.last = state, i32(first), flag(last)
	return launch(k, s, classifyScanKernel, dim(c.Rows), classifyThreads(c.V), classifyShared, &a)
}

// ClassifyPart writes DLogits of the part of the vocabulary from first on, after the last scan.
func (k *Set) ClassifyPart(s *cudart.Stream, c Classify, state cudart.Ptr, first int) error {
	positive("ClassifyPart", c.Rows, c.V)
	a := c.args()
	a.state, a.first = state, i32(first)
	return launch(k, s, classifyPartKernel, dim(c.Rows), classifyThreads(c.V), 0, &a)
}
