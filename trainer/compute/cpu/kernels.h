// What Go calls. One table of functions for each family of vector instructions; everything else in the C files is static.
// Matrices are row-major and dense, sizes count floats, results do not overlap arguments unless said.
#ifndef GROWLAB_CPU_KERNELS_H
#define GROWLAB_CPU_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// A two-valued mask over columns: 1 below old, m from there on. No mask is old = all columns.
typedef struct {
	ptrdiff_t old;
	float m;
} gl_mask;

enum { GL_NONE, GL_GELU, GL_SWIGLU };

// c = epilogue(alpha * a w + bias), a (rows, k), w packed in panels, (k, n). An operand holds floats, or bf16 in the half_
// kernels.
typedef struct {
	const void *a, *w; // operands
	const float *bias; // (n) or NULL
	ptrdiff_t rows, k, n;
	float alpha;
	float *tmp; // gl_matmul_scratch(k, n) floats

	void *y;    // operand, or floats if wide
	int wide;
	int act;
	int grad;              // carry the product back through act, from pre, instead of applying act to it
	void *pre;             // operand, with act: written if !grad, read if grad; (rows, n), (rows, 2n) if grad and act is SwiGLU
	gl_mask premask, mask; // with act, on what goes into it, SwiGLU's halves each; on the columns after it
	const float *residual; // or NULL; may be y, which is wide
	float gate;
} gl_matmul;

// dst (out, in) += scale * dyT x over the columns first..first+count of in.
typedef struct {
	float *dst;
	const void *dy, *x; // operands
	ptrdiff_t rows, out, in, first, count;
	float scale;
	uint16_t *tmp; // gl_outer_scratch(count) numbers, for bf16
} gl_outer;

// dst += scale * the sums of the columns first..first+count of x, (rows, cols).
typedef struct {
	float *dst;
	const void *x; // bf16 if half
	int half;
	ptrdiff_t rows, cols, first, count;
	float scale;
} gl_columns;

// Row index[i] of dst += row i of x, over the columns first..first+count. index NULL means i mod period.
typedef struct {
	float *dst;
	const float *x;
	const int32_t *index;
	ptrdiff_t rows, cols, first, count, period;
} gl_scatter;

// x = embed[token] + pos[row mod t].
typedef struct {
	float *x;
	const float *embed, *pos; // pos NULL if absent
	const int32_t *tokens;
	ptrdiff_t rows, cols, t;
} gl_embed;

typedef struct {
	void *y; // bf16 if half
	int half;
	float *stats; // (rows, 2): mean, 1/std
	const float *x, *gain, *bias;
	ptrdiff_t rows, cols;
	gl_mask mask;
	float s, eps; // s is the sum of the mask
	int rms;
} gl_norm;

typedef struct {
	float *dx, *gains, *biases;  // gains, biases (rows/t, cols); biases NULL if rms
	uint16_t *copy;              // dx in bf16, or NULL
	const float *residual;       // NULL, or may be dx
	const float *dy, *x, *stats, *gain;
	ptrdiff_t rows, cols, t;
	// One sequence in parts: dx and no gains (NULL), or no dx (NULL) and gains of the columns first..first+count.
	ptrdiff_t first, count;
	gl_mask mask;
	float s;
	int rms;
} gl_norm_grad;

// One position's rotation is a row of dim floats in each table: x'[i] = cos[i]*x[i] + sin[i]*x[i^1].
typedef struct {
	const float *qcos, *qsin, *kcos, *ksin; // (t, dim) each, all NULL for no rotation
} gl_rotary;

typedef struct {
	void *o, *qkv;    // operands, (rows, i), (rows, 3i) with i = heads*dim
	float *lse;       // (rows, heads)
	const void *dout; // operand, gradient of o; the gradient goes to dqkv
	void *dqkv;       // operand
	ptrdiff_t seqs, t, heads, dim;
	ptrdiff_t first, count; // the heads to do
	float scale;
	gl_mask inputs, mask; // over heads, on q, k and v, and on the heads' outputs
	gl_rotary rotary;
	float *tmp; // gl_attention_scratch(t, dim) floats
} gl_attention;

// y = a x + b z over n numbers; y may be x or z.
typedef struct {
	float *y;
	uint16_t *copy; // y in bf16, or NULL
	const float *x, *z;
	float a, b;
	ptrdiff_t n;
} gl_combine;

// loss = -log softmax(z)[target], dlogits = scale * the gradient by z, where z = product's alpha a w. Where target is below 0 both
// are 0.
typedef struct {
	gl_matmul product; // without epilogue; tmp is gl_classify_scratch(k, n) floats
	float *loss;       // (rows)
	void *dlogits;     // operand, (rows, n), or NULL
	const int32_t *targets;
	float scale;
} gl_classify;

typedef struct {
	float *p, *m, *v;
	const float *g;
	ptrdiff_t n;
	float beta1, beta2, eps, grad_scale;
	float rest1, rest2;       // 1 - beta
	float unbias1, unbias2;   // 1/(1 - beta^step)
	float rate, decay;        // lr, lr*wd
} gl_adamw;

// Copies panels first..first+count of w, (out, in), into packed form: for y = x wT panels of output columns, or with
// grad for dx = dy w panels of input columns. Of each panel it does the depths from..from+deep; from is a multiple of GL_UNIT,
// and so is deep, unless it goes to the end.
typedef struct {
	void *dst; // operand
	const float *w;
	ptrdiff_t out, in, first, count, from, deep;
	int grad;
} gl_pack;

// Products, in fp32 or in bf16. Panels of packed weights hold panel columns of a depth rounded up to a multiple of unit.
typedef struct {
	ptrdiff_t panel, unit;
	void (*matmul)(const gl_matmul *);
	void (*outer)(const gl_outer *);
	void (*attention)(const gl_attention *);
	void (*attention_grad)(const gl_attention *);
	void (*classify)(const gl_classify *);
	void (*pack)(const gl_pack *);
	double (*spin)(ptrdiff_t rounds); // does nothing but these products, in registers, and returns how many FLOP that were
} gl_products;

typedef struct {
	const char *name;
	gl_products full, half; // fp32, bf16
	void (*columns)(const gl_columns *);
	void (*scatter)(const gl_scatter *);
	void (*embed)(const gl_embed *);
	void (*norm)(const gl_norm *);
	void (*norm_grad)(const gl_norm_grad *);
	void (*combine)(const gl_combine *);
	void (*adamw)(const gl_adamw *);
	double (*sum)(const float *, ptrdiff_t);
	double (*sum_squares)(const float *, ptrdiff_t);
	void (*round)(uint16_t *, const float *, ptrdiff_t);
	void (*widen)(float *, const uint16_t *, ptrdiff_t);
	void (*map)(int, float *, const float *, ptrdiff_t); // for tests: y = one of the functions below
} gl_kernels;

enum { GL_MAP_EXP, GL_MAP_LOG, GL_MAP_SIGMOID, GL_MAP_GELU, GL_MAP_GELU_GRAD };

// A family, NULL if it is not compiled in or the processor cannot run it.
const gl_kernels *gl_amx(void);
const gl_kernels *gl_avx512bf16(void);
const gl_kernels *gl_avx512(void);
const gl_kernels *gl_avx2(void);
const gl_kernels *gl_plain(void);

// Kernels of the same layouts as like, which do nothing.
void gl_idle(gl_kernels *k, const gl_kernels *like);

// Floats of scratch memory. Upper bounds for all families and both precisions.
static inline ptrdiff_t gl_round_up(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }
static inline ptrdiff_t gl_round16(ptrdiff_t n) { return gl_round_up(n, 16); }

enum {
	GL_ROWS = 32,         // most rows of a tile in any family
	GL_UNIT = 32,         // most numbers that a depth is rounded to
	GL_QUERY_ROWS = 96,   // rows of probabilities that attention's gradient holds at once
	GL_OUTER_ROWS = 1024, // rows of bf16 operands packed at once
	// Rows that meet a panel of weights while it is in the cache, a multiple of every family's tile, and the depth of bf16
	// operands that they meet it with.
	GL_GROUP = 192,
	GL_DEPTH = 4096,
	GL_LOGIT_ROWS = 64, // rows of logits at once
};

// Copies of rows of k floats: each 512 have GL_UNIT / 2 more.
static inline ptrdiff_t gl_copied(ptrdiff_t k) { return k + (k / 512 + 2) * GL_UNIT; }

static inline ptrdiff_t gl_matmul_scratch(ptrdiff_t k, ptrdiff_t n)
{
	return GL_GROUP * gl_copied(k) + (k > GL_DEPTH ? GL_GROUP : GL_ROWS) * (gl_round16(n) + GL_UNIT);
}

static inline ptrdiff_t gl_classify_scratch(ptrdiff_t k, ptrdiff_t n) { return GL_LOGIT_ROWS * (gl_round16(n) + gl_copied(k)); }

// Numbers of bf16 for the packed columns of x and a tile of dy's.
static inline ptrdiff_t gl_outer_scratch(ptrdiff_t count)
{
	return GL_OUTER_ROWS * gl_round_up(count + GL_UNIT, GL_UNIT) + GL_ROWS * (GL_OUTER_ROWS + GL_UNIT);
}

static inline ptrdiff_t gl_attention_scratch(ptrdiff_t t, ptrdiff_t dim)
{
	ptrdiff_t tp = gl_round_up(t, GL_UNIT) + GL_UNIT, dp = gl_round_up(dim, GL_UNIT) + 16;
	return 10 * tp * dp + (3 * GL_QUERY_ROWS + 2) * tp + GL_QUERY_ROWS * dp + 4096;
}

// Zeroed memory, 64-byte aligned, NULL if there is none; free it with the same n.
float *gl_alloc(ptrdiff_t n);
void gl_free(float *p, ptrdiff_t n);

// Addresses of n floats that nobody may touch, NULL if there are none; give them back with the same n.
float *gl_addresses(ptrdiff_t n);
void gl_free_addresses(float *p, ptrdiff_t n);

#endif
