package kernels

import (
	"growlab/cudart"
)

// columnRows is how many rows a block of ColumnSums adds up.
const columnRows = 256

// ColumnSumsScratch is the bytes of scratch memory of ColumnSums.
func ColumnSumsScratch(rows, c int) int64 { return 4 * int64(ceil(rows, columnRows)) * int64(c) }

// ColumnSums adds scale times the sums of the columns of src, (rows, C), to dst, float32 (C): the gradient of a bias.
func (k *Set) ColumnSums(s *cudart.Stream, dst cudart.Ptr, src Array, rows, c int, scale Scalar, scratch cudart.Ptr) error {
	positive("ColumnSums", rows, c)
	chunks := ceil(rows, columnRows)
	a := struct {
		src          Array
		parts        cudart.Ptr
		rows, c, vec int32
		_            int32
	}{src, scratch, i32(rows), i32(c), quads(c, src, F32(scratch)), 0}
	g := cudart.Dim{X: u32(ceil(c, 128)), Y: u32(chunks)}
	if err := launch(k, s, columnSumsKernel, g, cudart.Dim{X: 256}, columnShared, &a); err != nil {
		return err
	}
	return k.sumParts(s, dst, scratch, 1, chunks, c, scale, true)
}

// SumRows adds the sum of the rows of parts, float32 (rows, C), to dst, float32 (C): eight sums of every eighth row, then theirs.
func (k *Set) SumRows(s *cudart.Stream, dst, parts cudart.Ptr, rows, c int) error {
	positive("SumRows", rows, c)
	return k.sumParts(s, dst, parts, 1, rows, c, Const(1), true)
}

// sumParts writes, or adds, to row g of dst the sum of the n rows of parts from g*n on, times scale.
func (k *Set) sumParts(s *cudart.Stream, dst, parts cudart.Ptr, groups, n, c int, scale Scalar, add bool) error {
	a := struct {
		scale      Scalar
		dst, parts cudart.Ptr
		n, c, add  int32
		_          int32
	}{scale, dst, parts, i32(n), i32(c), flag(add), 0}
	return launch(k, s, sumPartsKernel, cudart.Dim{X: u32(ceil(c, 32)), Y: u32(groups)}, cudart.Dim{X: 256}, partsShared, &a)
}

const (
	sumBlocks    = 512  // at most
	sumPerBlock  = 4096 // numbers, at least
	sumThreads   = 256
	sumShared    = 32 * 8
	columnShared = 8 * 128 * 4 // eight warps of 128 columns
	partsShared  = 8 * 32 * 4  // eight warps of 32 columns
)

// SumScratch is the bytes of scratch memory of Sum and SumSquares.
const SumScratch = 8 * sumBlocks

// Sum adds the sum of n float32 to to, a float64, adding in float64.
func (k *Set) Sum(s *cudart.Stream, to, v cudart.Ptr, n int64, scratch cudart.Ptr) error {
	return k.sum(s, to, v, n, scratch, false)
}

// SumSquares adds the sum of the squares of n float32 to to, a float64, adding in float64.
func (k *Set) SumSquares(s *cudart.Stream, to, v cudart.Ptr, n int64, scratch cudart.Ptr) error {
	return k.sum(s, to, v, n, scratch, true)
}

func (k *Set) sum(s *cudart.Stream, to, v cudart.Ptr, n int64, scratch cudart.Ptr, squares bool) error {
	blocks := min(max(n/sumPerBlock, 1), sumBlocks)
	a := struct {
		to, v        cudart.Ptr
		n            int64
		squares, vec int32
	}{scratch, v, n, flag(squares), quads(0, F32(v))}
	if err := launch(k, s, sumKernel, dim64(blocks), cudart.Dim{X: sumThreads}, sumShared, &a); err != nil {
		return err
	}
	return k.SumParts(s, to, scratch, int(blocks))
}

// SumParts adds n float64 to to, another one.
func (k *Set) SumParts(s *cudart.Stream, to, parts cudart.Ptr, n int) error {
	a := struct {
		to, parts cudart.Ptr
		n, _      int32
	}{to, parts, i32(n), 0}
	return launch(k, s, sumFinishKernel, dim(1), cudart.Dim{X: sumThreads}, sumShared, &a)
}
