package kernels

import (
	"growlab/cudart"
)

// Classify is the loss of rows of logits and its gradient: Loss = log Σ exp z - z[target], in nats, and DLogits = Scale (softmax z -
// one hot), where z = Mult Z. A target below 0 is none: its loss is 0, and so is its row of DLogits.
type Classify struct {
	Loss        cudart.Ptr // float32 (rows)
	DLogits     Array      // (rows, V) or absent; may be Z, of its type
	LDD         int        // elements from row to row of DLogits; 0: V
	Z           Array      // (rows, V)
	LDZ         int        // 0: V
	Targets     cudart.Ptr // int32 (rows), below V
	Rows, V     int
	Mult, Scale Scalar
}

// classifyThreads is the block of a row of v logits: each thread has 16 or more.
func classifyThreads(v int) cudart.Dim { return warps(min(max(ceil(v, 16), 64), 512)) }

const classifyShared = 2 * 32 * 4

// Classify launches one kernel: a block computes a row.
func (k *Set) Classify(s *cudart.Stream, c Classify) error {
	positive("Classify", c.Rows, c.V)
	ldz, ldd := c.LDZ, c.LDD
	if ldz == 0 {
		ldz = c.V
	}
	if ldd == 0 {
		ldd = c.V
	}
	a := struct {
		dlogits, z    Array
		mult, scale   Scalar
		loss, targets cudart.Ptr
		ldz, ldd      int64
		v, vec        int32
	}{c.DLogits, c.Z, c.Mult, c.Scale, c.Loss, c.Targets, int64(ldz), int64(ldd), i32(c.V), quads(ldz|ldd, c.Z, c.DLogits)}
	return launch(k, s, classifyKernel, dim(c.Rows), classifyThreads(c.V), classifyShared, &a)
}
