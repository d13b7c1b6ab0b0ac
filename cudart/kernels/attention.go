package kernels

import (
	"fmt"
	"math"

	"growlab/cudart"
)

// Heads is the shape of attention: Seqs sequences of T positions, and in each row of QKV the queries of all heads, then keys, then
// values, I = Count*Dim numbers each.
type Heads struct {
	Seqs, T, Count, Dim int
}

// Rows is Seqs*T.
func (h Heads) Rows() int { return h.Seqs * h.T }

func (h Heads) check(op string) {
	if h.Seqs < 1 || h.T < 1 || h.Count < 1 || h.Dim < 1 || h.Dim > 256 {
		panic(fmt.Sprintf("kernels: %s: %+v; heads of 1 to 256 are covered", op, h))
	}
}

// RotaryLen is the number of float32 of a rotary table.
func RotaryLen(t, dim int) int { return t * (dim / 2) * 4 }

// Rotary fills the table by which Rotate turns pairs (2j, 2j+1) of queries and keys at position p by the angle base^(-2j/D) p; with
// xPos, queries are scaled by zeta_j^((p-center)/512) and keys by its inverse, zeta_j = (2j + 0.4D)/(1.4D). Four numbers for
// each position and pair: cos and sin for queries, cos and sin for keys.
func Rotary(to []float32, t, dim int, base float64, xPos bool, center int) {
	d := float64(dim)
	for p := range t {
		for j := range dim / 2 {
			sin, cos := math.Sincos(math.Pow(base, -2*float64(j)/d) * float64(p))
			zeta := 1.0
			if xPos {
				zeta = math.Pow((2*float64(j)+0.4*d)/(1.4*d), float64(p-center)/512)
			}
			at := to[4*(p*(dim/2)+j):]
			at[0], at[1], at[2], at[3] = float32(cos*zeta), float32(sin*zeta), float32(cos/zeta), float32(sin/zeta)
		}
	}
}

// Rotate turns queries and keys in place and multiplies queries, keys and values by Inputs, a mask over heads, rounding once.
type Rotate struct {
	QKV    Array      // (rows, 3I)
	Table  cudart.Ptr // of Rotary; 0: nothing turns
	Inputs Mask
	Heads  Heads
}

// Rotate launches one kernel, or none if there is nothing to do.
func (k *Set) Rotate(s *cudart.Stream, r Rotate) error {
	r.Heads.check("Rotate")
	if r.Table == 0 && r.Inputs == 0 {
		return nil
	}
	h := r.Heads
	if r.Table != 0 && h.Dim%2 != 0 {
		panic(fmt.Sprintf("kernels: Rotate: heads of %d, which have no pairs", h.Dim))
	}
	parts := 2
	if r.Inputs != 0 {
		parts = 3
	}
	a := struct {
		qkv           Array
		table, inputs cudart.Ptr
		t, heads, dim int32
		parts, vec, _ int32
	}{r.QKV, r.Table, r.Inputs, i32(h.T), i32(h.Count), i32(h.Dim), i32(parts), quads(parts*h.Count*h.Dim|3*h.Count*h.Dim, r.QKV), 0}
	return launch(k, s, rotateKernel, dim(h.Rows()), threads(parts*h.Count*h.Dim), 0, &a)
}

// Attention is causal attention of each head, softmax(Scale q·k) v times Mask of the head.
type Attention struct {
	QKV   Array      // (rows, 3I), as Rotate left it
	O     Array      // (rows, I), of the same type
	LSE   cudart.Ptr // float32 (rows, heads): the log of the sum of exp(Scale q·k)
	Heads Heads
	Scale float64
	Mask  Mask // over heads
}

// attentionArgs is struct attention_args of attention.cu.
type attentionArgs struct {
	qkv, o, dO, dqkv                cudart.Ptr
	lse, delta, table, mask, inputs cudart.Ptr
	t, heads, dim, seqs             int32
	scale                           float32
	group                           int32
}

// Attention launches one kernel. Tensor cores multiply bf16 heads of 16, 32, 64 and 128 whose rows are aligned to 16 bytes; all
// others, and float32, go through a plain kernel.
func (k *Set) Attention(s *cudart.Stream, v Attention) error {
	v.Heads.check("Attention")
	h := v.Heads
	a := attentionArgs{
		qkv: v.QKV.At, o: v.O.At, lse: v.LSE, mask: v.Mask, t: i32(h.T), heads: i32(h.Count), dim: i32(h.Dim), seqs: i32(h.Seqs),
		scale: float32(v.Scale),
	}
	if f := flashOf(h.Dim, v.Scale, v.QKV, v.O); f != nil {
		return launch(k, s, f.forward, grid(h, f.queries), cudart.Dim{X: flashThreads}, f.forwardShared, &a)
	}
	return launch(k, s, plainAttentionKernel+typed(v.QKV), grid(h, plainRows), cudart.Dim{X: 32 * plainRows}, 0, &a)
}

// AttentionGrad is the gradient of QKV as it was before Rotate.
type AttentionGrad struct {
	DQKV, DO, QKV, O Array      // of one type; (rows, 3I), (rows, I), (rows, 3I) as Rotate left it, (rows, I) as Attention wrote it
	LSE              cudart.Ptr // as Attention wrote it
	Table            cudart.Ptr // of Rotary; 0: nothing was turned
	Inputs, Mask     Mask
	Heads            Heads
	Scale            float64
	Scratch          cudart.Ptr // AttentionScratch bytes
}

// AttentionScratch is the bytes of scratch memory of AttentionGrad.
func AttentionScratch(h Heads) int64 { return 4 * int64(h.Rows()) * int64(h.Count) }

// AttentionGrad launches three kernels: the products do·o, the gradients of keys and values by blocks of keys, and that of queries
// by blocks of queries. Probabilities and their gradients are computed twice instead of added up by atomics.
func (k *Set) AttentionGrad(s *cudart.Stream, v AttentionGrad) error {
	v.Heads.check("AttentionGrad")
	h := v.Heads
	a := attentionArgs{
		qkv: v.QKV.At, o: v.O.At, dO: v.DO.At, dqkv: v.DQKV.At, lse: v.LSE, delta: v.Scratch, table: v.Table, mask: v.Mask, inputs: v.Inputs,
		t: i32(h.T), heads: i32(h.Count), dim: i32(h.Dim), seqs: i32(h.Seqs), scale: float32(v.Scale),
	}
	each := 1 // heads of a warp
	if g := h.Dim / 4; h.Dim%4 == 0 && g <= 32 && g&(g-1) == 0 && quads(h.Dim, v.DO, v.O) == 1 {
		a.group, each = i32(g), 32/g
	}
	blocks := ceil(ceil(h.Rows()*h.Count, each), deltaWarps)
	if err := launch(k, s, attentionDeltaKernel+typed(v.QKV), dim(blocks), cudart.Dim{X: 32 * deltaWarps}, 0, &a); err != nil {
		return err
	}
	if f := flashOf(h.Dim, v.Scale, v.QKV, v.O, v.DO, v.DQKV); f != nil {
		if err := launch(k, s, f.keys, grid(h, flashKeys), cudart.Dim{X: flashThreads}, f.keysShared, &a); err != nil {
			return err
		}
		return launch(k, s, f.query, grid(h, flashKeys), cudart.Dim{X: flashThreads}, f.queryShared, &a)
	}
	block := cudart.Dim{X: 32 * plainRows}
	if err := launch(k, s, plainKeysKernel+typed(v.QKV), grid(h, plainRows), block, 0, &a); err != nil {
		return err
	}
	return launch(k, s, plainQueriesKernel+typed(v.QKV), grid(h, plainRows), block, 0, &a)
}

const (
	flashThreads = 128 // four warps
	flashKeys    = 64  // keys (or queries) of a block of the gradients
	plainRows    = 8   // queries or keys of a block of the plain kernels, a warp each
	deltaWarps   = 8
)

// grid has a block for each head of each sequence and per positions; those of a head follow each other.
func grid(h Heads, per int) cudart.Dim { return dim(h.Seqs * h.Count * ceil(h.T, per)) }

// flash is one head dimension of the tensor-core kernels.
type flash struct {
	dim                                    int
	forward, keys, query                   kernel
	queries                                int // of a block of the forward kernel
	forwardShared, keysShared, queryShared int
}

// In shared memory: forward, a tile of queries and two each of keys and values (64 rows). Gradients of keys: the tiles of keys and
// values, and two each of queries and do, with lse and delta. Of queries: queries and do, and two each of keys and values.
var flashes = []flash{
	{16, flash16Kernel, flashKeys16Kernel, flashQuery16Kernel, 128, 16 * 2 * (128 + 4*64), 16*2*(2*64+4*64) + 4*64*4, 16 * 2 * (2*64 + 4*64)},
	{32, flash32Kernel, flashKeys32Kernel, flashQuery32Kernel, 128, 32 * 2 * (128 + 4*64), 32*2*(2*64+4*64) + 4*64*4, 32 * 2 * (2*64 + 4*64)},
	{64, flash64Kernel, flashKeys64Kernel, flashQuery64Kernel, 128, 64 * 2 * (128 + 4*64), 64*2*(2*64+4*64) + 4*64*4, 64 * 2 * (2*64 + 4*64)},
	{128, flash128Kernel, flashKeys128Kernel, flashQuery128Kernel, 64, 128 * 2 * (64 + 4*64), 128*2*(2*64+4*32) + 4*32*4, 128 * 2 * (2*64 + 4*64)},
}

// flashOf is the kernel for heads of dim whose arrays are bf16 and aligned and whose scale keeps the order of scores, or nil.
func flashOf(dim int, scale float64, arrays ...Array) *flash {
	if scale <= 0 {
		return nil
	}
	for _, a := range arrays {
		if a.Type != cudart.BF16 || a.At%16 != 0 {
			return nil
		}
	}
	for i := range flashes {
		if flashes[i].dim == dim {
			return &flashes[i]
		}
	}
	return nil
}
