package cpu

/*
#cgo CFLAGS: -std=c11 -O3
#cgo amxemulated CFLAGS: -DGL_AMX_EMULATED
#cgo !windows LDFLAGS: -lm
#include "kernels.h"

#cgo noescape call_matmul
#cgo nocallback call_matmul
static void call_matmul(const gl_products *k, const gl_matmul *a) { k->matmul(a); }
#cgo noescape call_outer
#cgo nocallback call_outer
static void call_outer(const gl_products *k, const gl_outer *a) { k->outer(a); }
#cgo noescape call_columns
#cgo nocallback call_columns
static void call_columns(const gl_kernels *k, const gl_columns *a) { k->columns(a); }
#cgo noescape call_norm
#cgo nocallback call_norm
static void call_norm(const gl_kernels *k, const gl_norm *a) { k->norm(a); }
#cgo noescape call_norm_grad
#cgo nocallback call_norm_grad
static void call_norm_grad(const gl_kernels *k, const gl_norm_grad *a) { k->norm_grad(a); }
#cgo noescape call_combine
#cgo nocallback call_combine
static void call_combine(const gl_kernels *k, const gl_combine *a) { k->combine(a); }
#cgo noescape call_attention
#cgo nocallback call_attention
static void call_attention(const gl_products *k, const gl_attention *a) { k->attention(a); }
#cgo noescape call_attention_grad
#cgo nocallback call_attention_grad
static void call_attention_grad(const gl_products *k, const gl_attention *a) { k->attention_grad(a); }
#cgo noescape call_adamw
#cgo nocallback call_adamw
static void call_adamw(const gl_kernels *k, const gl_adamw *a) { k->adamw(a); }
#cgo noescape call_pack
#cgo nocallback call_pack
static void call_pack(const gl_products *k, const gl_pack *a) { k->pack(a); }
#cgo nocallback call_spin
static double call_spin(const gl_products *k, ptrdiff_t rounds) { return k->spin(rounds); }
#cgo nocallback call_sum
static double call_sum(const gl_kernels *k, const float *x, ptrdiff_t n) { return k->sum(x, n); }
#cgo nocallback call_sum_squares
static double call_sum_squares(const gl_kernels *k, const float *x, ptrdiff_t n) { return k->sum_squares(x, n); }
#cgo nocallback call_round
static void call_round(const gl_kernels *k, uint16_t *y, const float *x, ptrdiff_t n) { k->round(y, x, n); }
#cgo nocallback call_widen
static void call_widen(const gl_kernels *k, float *y, const uint16_t *x, ptrdiff_t n) { k->widen(y, x, n); }
#cgo noescape call_map
#cgo nocallback call_map
static void call_map(const gl_kernels *k, int f, float *y, const float *x, ptrdiff_t n) { k->map(f, y, x, n); }

// Tokens lie in Go's memory, to which a struct of Go's may not point.
#cgo noescape call_embed
#cgo nocallback call_embed
static void call_embed(const gl_kernels *k, const gl_embed *a, const int32_t *tokens)
{
	gl_embed b = *a;
	b.tokens = tokens;
	k->embed(&b);
}
#cgo noescape call_classify
#cgo nocallback call_classify
static void call_classify(const gl_products *k, const gl_classify *a, const int32_t *targets)
{
	gl_classify b = *a;
	b.targets = targets;
	k->classify(&b);
}
#cgo noescape call_scatter
#cgo nocallback call_scatter
static void call_scatter(const gl_kernels *k, const gl_scatter *a, const int32_t *index)
{
	gl_scatter b = *a;
	b.index = index;
	k->scatter(&b);
}
*/
import "C"

import (
	"unsafe"

	"growlab/trainer/compute"
)

// kernels calls the C functions of one family. Products are those of one precision.
type kernels struct {
	c        *C.gl_kernels
	products *C.gl_products
}

func (k kernels) name() string { return C.GoString(k.c.name) }

// in is k with products in precision p.
func (k kernels) in(p compute.Precision) kernels {
	k.products = &k.c.full
	if p == compute.BF16 {
		k.products = &k.c.half
	}
	return k
}

// panel is the number of columns of a packed panel.
func (k kernels) panel() int { return int(k.products.panel) }

// deep is the depth of a panel of depth numbers.
func (k kernels) deep(depth int) int {
	return int(C.gl_round_up(C.ptrdiff_t(depth), k.products.unit))
}

func (k kernels) matmul(a *C.gl_matmul)           { C.call_matmul(k.products, a) }
func (k kernels) outer(a *C.gl_outer)             { C.call_outer(k.products, a) }
func (k kernels) columns(a *C.gl_columns)         { C.call_columns(k.c, a) }
func (k kernels) norm(a *C.gl_norm)               { C.call_norm(k.c, a) }
func (k kernels) normGrad(a *C.gl_norm_grad)      { C.call_norm_grad(k.c, a) }
func (k kernels) combine(a *C.gl_combine)         { C.call_combine(k.c, a) }
func (k kernels) attention(a *C.gl_attention)     { C.call_attention(k.products, a) }
func (k kernels) attentionGrad(a *C.gl_attention) { C.call_attention_grad(k.products, a) }
func (k kernels) adamW(a *C.gl_adamw)             { C.call_adamw(k.c, a) }
func (k kernels) pack(a *C.gl_pack)               { C.call_pack(k.products, a) }

// spin keeps a core busy with products, and returns their number in FLOP.
func (k kernels) spin(rounds int) float64 {
	return float64(C.call_spin(k.products, C.ptrdiff_t(rounds)))
}

func (k kernels) embed(a *C.gl_embed, tokens []int32) { C.call_embed(k.c, a, ints(tokens)) }

func (k kernels) classify(a *C.gl_classify, targets []int32) {
	C.call_classify(k.products, a, ints(targets))
}

// round stores n floats as bf16, widen the other way round.
func (k kernels) round(y *C.uint16_t, x *C.float, n int) { C.call_round(k.c, y, x, C.ptrdiff_t(n)) }
func (k kernels) widen(y *C.float, x *C.uint16_t, n int) { C.call_widen(k.c, y, x, C.ptrdiff_t(n)) }

// scatter adds rows to the rows index; a nil index means i mod a.period.
func (k kernels) scatter(a *C.gl_scatter, index []int32) { C.call_scatter(k.c, a, ints(index)) }

func (k kernels) sum(x *C.float, n int) float64 { return float64(C.call_sum(k.c, x, C.ptrdiff_t(n))) }

func (k kernels) sumSquares(x *C.float, n int) float64 {
	return float64(C.call_sum_squares(k.c, x, C.ptrdiff_t(n)))
}

// function is one of the elementary functions that the kernels are built on.
type function C.int

const (
	exp      function = C.GL_MAP_EXP
	log      function = C.GL_MAP_LOG
	sigmoid  function = C.GL_MAP_SIGMOID
	gelu     function = C.GL_MAP_GELU
	geluGrad function = C.GL_MAP_GELU_GRAD
)

// apply returns f of each x. The engine itself has no use for it: it is how tests measure the functions' errors.
func (k kernels) apply(f function, x []float32) []float32 {
	y := make([]float32, len(x))
	C.call_map(k.c, C.int(f), (*C.float)(unsafe.SliceData(y)), (*C.float)(unsafe.SliceData(x)), C.ptrdiff_t(len(x)))
	return y
}

func ints(x []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(x)) }
