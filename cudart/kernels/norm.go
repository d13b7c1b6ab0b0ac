package kernels

import (
	"fmt"

	"growlab/cudart"
)

// Norm is the masked LayerNorm or RMSNorm of MSG. With mu the mask over the channels and S its sum:
//
//	x' = X + Gate (Branch + Bias of the branch)    stored in XOut; x' = X if Branch is absent
//	LayerNorm  mean = Σ mu x'/S; var = Σ mu (x'-mean)²/S; Y = mu (Gain (x'-mean)/sqrt(var+Eps) + Bias)
//	RMSNorm    Y = mu Gain x'/sqrt(Σ mu x'²/S + Eps)
type Norm struct {
	Y          Array      // (rows, C)
	Stats      cudart.Ptr // float32 (rows, 2): mean and 1/std; the mean of RMSNorm is 0
	X          cudart.Ptr // float32 (rows, C)
	Gain, Bias cudart.Ptr // float32 (C); Bias 0 for RMSNorm
	Mask       Mask
	Rows, C    int
	Eps        float64
	RMS        bool

	Branch     Array      // (rows, C) or absent
	BranchBias cudart.Ptr // float32 (C) or 0
	Gate       Scalar
	XOut       cudart.Ptr // float32 (rows, C), with Branch; may be X
}

// Norm launches one kernel: a warp computes a row.
func (k *Set) Norm(s *cudart.Stream, n Norm) error {
	positive("Norm", n.Rows, n.C)
	if n.Branch.At != 0 && n.XOut == 0 {
		panic("kernels: Norm: a branch is added, but there is no XOut for the sum")
	}
	a := struct {
		y, branch                               Array
		gate                                    Scalar
		stats, x, xout, gain, bias, bbias, mask cudart.Ptr
		rows, c, rms, vec                       int32
		eps                                     float32
		_                                       int32
	}{
		n.Y, n.Branch, n.Gate, n.Stats, n.X, n.XOut, n.Gain, n.Bias, n.BranchBias, n.Mask, i32(n.Rows), i32(n.C), flag(n.RMS),
		quads(n.C, n.Y, n.Branch, F32(n.X), F32(n.XOut), F32(n.Gain), F32(n.Bias), F32(n.BranchBias)), float32(n.Eps), 0,
	}
	id := normAnyKernel
	for i, most := range []int{512, 1024, 2048} {
		if n.C <= most {
			id = normKernel + kernel(i)
			break
		}
	}
	return launch(k, s, id, dim(ceil(n.Rows, normWarps)), cudart.Dim{X: 32 * normWarps}, 0, &a)
}

const (
	normWarps     = 8    // rows that a block of Norm computes
	normGradRows  = 32   // rows of one sequence that a block of NormGrad computes
	maxNormHidden = 8192 // channels: normGradThreads with 4 quads each

	normGradThreads = 512
)

// normGradShared is two buffers of two sums for each of up to four rows, for each warp.
func normGradShared(threads int) int { return 2 * 2 * 4 * (threads / 32) * 4 }

// NormGrad writes DX = Residual + the gradient of Norm's input, a copy of it to Operand, and the gradients of gain and bias summed
// over each sequence of T rows.
type NormGrad struct {
	DX             cudart.Ptr // float32 (rows, C); may be Residual
	Operand        Array      // (rows, C) or absent
	Gains, Biases  cudart.Ptr // float32 (rows/T, C), written; Biases 0 for RMSNorm
	Residual       cudart.Ptr // float32 (rows, C) or 0
	DY             Array      // (rows, C)
	X, Stats, Gain cudart.Ptr // as Norm had and wrote them (XOut, where it wrote one)
	Mask           Mask
	Rows, T, C     int
	RMS            bool
	Scratch        cudart.Ptr // NormGradScratch bytes
}

// NormGradScratch is the bytes of scratch memory that NormGrad takes.
func NormGradScratch(rows, t, c int) int64 {
	return 2 * 4 * int64(rows/t) * int64(ceil(t, normGradRows)) * int64(c)
}

// NormGrad launches a kernel for the rows and one for each of the sums.
func (k *Set) NormGrad(s *cudart.Stream, n NormGrad) error {
	positive("NormGrad", n.Rows, n.T, n.C)
	if n.C > maxNormHidden || n.Rows%n.T != 0 {
		panic(fmt.Sprintf("kernels: NormGrad: %d channels, %d rows of sequences of %d; at most %d channels and whole sequences are covered", n.C, n.Rows, n.T, maxNormHidden))
	}
	seqs, chunks := n.Rows/n.T, ceil(n.T, normGradRows)
	sums := cudart.Ptr(4 * seqs * chunks * n.C)
	a := struct {
		operand, dy                                       Array
		dx, residual, x, stats, gain, mask, gains, biases cudart.Ptr
		t, c, rms, vec                                    int32
	}{
		n.Operand, n.DY, n.DX, n.Residual, n.X, n.Stats, n.Gain, n.Mask, n.Scratch, n.Scratch + sums, i32(n.T), i32(n.C), flag(n.RMS),
		quads(n.C, n.Operand, n.DY, F32(n.DX), F32(n.Residual), F32(n.X), F32(n.Gain), F32(n.Scratch)),
	}
	id, per := normGradKernel, 1
	for ; ceil(n.C, 4*per) > normGradThreads; per *= 2 {
		id++
	}
	block := warps(ceil(n.C, 4*per))
	if err := launch(k, s, id, cudart.Dim{X: u32(chunks), Y: u32(seqs)}, block, normGradShared(int(block.X)), &a); err != nil {
		return err
	}
	if err := k.sumParts(s, n.Gains, n.Scratch, seqs, chunks, n.C, Const(1), false); err != nil || n.RMS {
		return err
	}
	return k.sumParts(s, n.Biases, n.Scratch+sums, seqs, chunks, n.C, Const(1), false)
}
