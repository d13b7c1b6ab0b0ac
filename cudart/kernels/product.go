package kernels

import (
	"fmt"

	"growlab/cudart"
)

// Layout says how the operands of a Product (M, N) = Σ over K lie.
type Layout int32

// The layouts. NT is a forward pass, x wᵀ; NN the gradient of its input, dy w; TN that of its weight, dyᵀ x.
const (
	NT Layout = iota // A (M, K), B (N, K)
	NN               // A (M, K), B (K, N)
	TN               // A (K, M), B (K, N)
)

// Product is a matrix product of our own with what follows it, for machines without cuBLASLt. With z = Scale A·B + Bias:
//
//	forward   Pre = PreMask z; y = Mask act(Pre before it is rounded)
//	Back      y = Mask z carried back through the activation at Pre, then times PreMask; no Bias
//	Out = y, or Residual + Gate y if Residual is set, or Out + y if Add
//
// Pre, masks and Out have the columns that the activation leaves or, for Back, restores: with SwiGLU, forward, N = 2F (gate, then up)
// and Out is (M, F); back, N = F and Out is (M, 2F). Masks of SwiGLU are over F, and apply to gate and up alike.
type Product struct {
	Layout   Layout
	M, N, K  int
	A, B     Array // both of one type
	LDA, LDB int   // elements from row to row; 0: dense
	Out      Array
	LDOut    int
	Scale    Scalar
	Add      bool

	Bias     cudart.Ptr // float32 (N) or 0
	Act      Activation
	Back     bool
	Pre      Array // (M, N) or, Back with SwiGLU, (M, 2N): written, or read if Back; absent: not saved
	PreMask  Mask
	Mask     Mask
	Residual cudart.Ptr // float32, as Out
	Gate     Scalar

	Workspace cudart.Ptr // ProductWorkspace bytes; may be 0 if that is
}

// Splits is into how many parts of K a product is cut, so that a product with few tiles keeps all multiprocessors busy. It depends
// on the number of multiprocessors; SetSplitting(1) takes that away.
func (k *Set) Splits(p Product) int {
	if k.splitting == 1 {
		return 1
	}
	tile := k.tile(p)
	tiles := ceil(p.M, tile) * ceil(p.N, tile)
	most := min(p.K/(8*productDepth), maxSplits)
	if p.Layout != TN || most < 2 || tiles >= k.multiprocessors {
		return 1
	}
	return min(most, ceil(2*k.multiprocessors, tiles))
}

// ProductWorkspace is the bytes of scratch memory that a product takes.
func (k *Set) ProductWorkspace(p Product) int64 {
	splits := k.Splits(p)
	if splits == 1 {
		return 0
	}
	return 4 * int64(splits) * int64(p.M) * int64(p.N)
}

const (
	productDepth = 32 // of a tile, along K
	maxSplits    = 64
	largeTile    = 128
	smallTile    = 64
)

// tile is 128 where that leaves enough tiles, and 64 for small products and operands whose rows are not aligned to 16 bytes.
func (k *Set) tile(p Product) int {
	if p.A.Type == cudart.F32 || !k.aligned(p) || p.M <= smallTile || p.N <= smallTile {
		return smallTile
	}
	if p.Layout != TN && ceil(p.M, largeTile)*ceil(p.N, largeTile) < k.multiprocessors {
		return smallTile
	}
	return largeTile
}

// aligned tells whether all rows of both operands begin at multiples of 16 bytes and hold whole pieces of 16 bytes.
func (k *Set) aligned(p Product) bool {
	inner, outer := p.K, 8
	switch p.Layout {
	case NT:
	case NN:
		outer = p.N
	case TN:
		inner, outer = p.M, p.N
	}
	lda, ldb := p.leading()
	return (int(p.A.At)|int(p.B.At))%16 == 0 && (lda|ldb|inner|outer)%8 == 0
}

// leading are the leading dimensions of the operands.
func (p Product) leading() (lda, ldb int) {
	lda, ldb = p.K, p.N
	if p.Layout == TN {
		lda = p.M
	}
	if p.Layout == NT {
		ldb = p.K
	}
	if p.LDA > 0 {
		lda = p.LDA
	}
	if p.LDB > 0 {
		ldb = p.LDB
	}
	return lda, ldb
}

// outColumns is the width of Out and Residual.
func (p Product) outColumns() int {
	switch {
	case p.Act != SwiGLU:
		return p.N
	case p.Back:
		return 2 * p.N
	default:
		return p.N / 2
	}
}

// epilogueArgs is struct epilogue of epilogue.h.
type epilogueArgs struct {
	out, pre                      Array
	scale, gate                   Scalar
	bias, residual, preMask, mask cudart.Ptr
	ldout, ldpre                  int64
	act, back, add, vec           int32
	c, _                          int32
}

// productArgs is struct product_args of product.cu.
type productArgs struct {
	a, b              cudart.Ptr
	e                 epilogueArgs
	parts             cudart.Ptr
	lda, ldb          int64
	m, n, k, perSplit int32
}

// epilogue is what follows the product.
func (p Product) epilogue() epilogueArgs {
	out, pre, c := p.outColumns(), p.N, p.N
	if p.Act == SwiGLU && !p.Back {
		c = p.N / 2
	}
	if p.Back {
		pre = out
	}
	ldout := out
	if p.LDOut > 0 {
		ldout = p.LDOut
	}
	return epilogueArgs{
		out: p.Out, pre: p.Pre, scale: p.Scale, gate: p.Gate, bias: p.Bias, residual: p.Residual, preMask: p.PreMask, mask: p.Mask,
		ldout: int64(ldout), ldpre: int64(pre), act: int32(p.Act), back: flag(p.Back), add: flag(p.Add), c: i32(c),
		vec: quads(ldout|pre|c, p.Out, p.Pre, F32(p.Bias), F32(p.Residual)),
	}
}

// Product launches one kernel, and where it is split a second one that adds the parts up in order.
func (k *Set) Product(s *cudart.Stream, p Product) error {
	positive("Product", p.M, p.N, p.K)
	p.check()
	lda, ldb := p.leading()
	splits, tile := k.Splits(p), k.tile(p)
	perSplit := ceil(ceil(p.K, productDepth), splits) * productDepth
	splits = ceil(p.K, perSplit)
	a := productArgs{
		a: p.A.At, b: p.B.At, e: p.epilogue(), lda: int64(lda), ldb: int64(ldb),
		m: i32(p.M), n: i32(p.N), k: i32(p.K), perSplit: i32(perSplit),
	}
	if splits > 1 {
		if p.Workspace == 0 {
			panic(fmt.Sprintf("kernels: Product: in %d parts without a workspace, of %d bytes", splits, k.ProductWorkspace(p)))
		}
		a.parts = p.Workspace
	}
	id, shared := k.productKernel(p, tile)
	grid := cudart.Dim{X: u32(ceil(p.M, tile) * ceil(p.N, tile)), Y: 1, Z: u32(splits)}
	if err := launch(k, s, id, grid, cudart.Dim{X: productThreads}, shared, &a); err != nil || splits == 1 {
		return err
	}
	f := struct {
		productArgs
		splits, _ int32
	}{a, i32(splits), 0}
	return launch(k, s, productSumKernel, cudart.Dim{X: u32(ceil(ceil(p.N, 4), 32)), Y: u32(ceil(p.M, 8))}, cudart.Dim{X: 256}, 0, &f)
}

const productThreads = 128

func (k *Set) productKernel(p Product, tile int) (id kernel, shared int) {
	switch {
	case p.A.Type == cudart.F32:
		return productF32Kernel + kernel(p.Layout), productF32Shared
	case !k.aligned(p):
		return productOddKernel + kernel(p.Layout), productStages * 2 * smallTile * productDepth * 2
	case tile == largeTile:
		return product128Kernel + kernel(p.Layout), productStages * 2 * largeTile * productDepth * 2
	default:
		return product64Kernel + kernel(p.Layout), productStages * 2 * smallTile * productDepth * 2
	}
}

const (
	productStages    = 3
	productF32Shared = smallTile * (smallTile + 4) * 4
)

func (p Product) check() {
	switch {
	case p.A.Type != p.B.Type:
		panic(fmt.Sprintf("kernels: Product: operands of types %d and %d", p.A.Type, p.B.Type))
	case p.Act == SwiGLU && !p.Back && p.N%2 != 0:
		panic(fmt.Sprintf("kernels: Product: SwiGLU of %d columns, which are not gate and up", p.N))
	case (p.Add || p.Residual != 0) && p.Out.Type != cudart.F32:
		panic("kernels: Product: a sum or a residual in bf16")
	case p.Back && (p.Act == Identity || p.Pre.At == 0 || p.Bias != 0):
		panic("kernels: Product: Back wants an activation and its argument, and no bias")
	case p.Layout == TN && p.Act != Identity:
		panic("kernels: Product: an activation after a product TN is not covered")
	}
}

// SetSplitting with 1 computes every product in one part, so that sums do not depend on the number of multiprocessors; 0 is the default.
func (k *Set) SetSplitting(most int) { k.splitting = most }

// SetMultiprocessors launches as on a GPU with n of them: results may add up in another order. For tests.
func (k *Set) SetMultiprocessors(n int) { k.multiprocessors = n }
