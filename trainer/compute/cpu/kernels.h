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

// c = epilogue(alpha * a w + bias), a (rows, k), w packed in panels, (k, n).
typedef struct {
	const float *a, *w, *bias; // bias (n) or NULL
	ptrdiff_t rows, k, n;
	float alpha;
	float *tmp; // gl_matmul_scratch(n) floats

	float *y;
	int act;
	int grad;              // carry the product back through act, from pre, instead of applying act to it
	float *pre;            // with act: written if !grad, read if grad; (rows, n), (rows, 2n) if grad and act is SwiGLU
	gl_mask mask;          // on the columns after the activation
	const float *residual; // or NULL; may be y
	float gate;
} gl_matmul;

// dst (out, in) += scale * dyT x over the columns first..first+count of in.
typedef struct {
	float *dst;
	const float *dy, *x;
	ptrdiff_t rows, out, in, first, count;
	float scale;
} gl_outer;

// dst += scale * the sums of the columns first..first+count of x, (rows, cols).
typedef struct {
	float *dst;
	const float *x;
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
	float *y, *stats; // stats (rows, 2): mean, 1/std
	const float *x, *gain, *bias;
	ptrdiff_t rows, cols;
	gl_mask mask;
	float s, eps; // s is the sum of the mask
	int rms;
} gl_norm;

typedef struct {
	float *dx, *gains, *biases;  // gains, biases (rows/t, cols); biases NULL if rms
	const float *residual;       // NULL, or may be dx
	const float *dy, *x, *stats, *gain;
	ptrdiff_t rows, cols, t;
	gl_mask mask;
	float s;
	int rms;
} gl_norm_grad;

// One position's rotation is a row of dim floats in each table: x'[i] = cos[i]*x[i] + sin[i]*x[i^1].
typedef struct {
	const float *qcos, *qsin, *kcos, *ksin; // (t, dim) each, all NULL for no rotation
} gl_rotary;

typedef struct {
	float *o, *lse, *qkv; // (rows, i), (rows, heads), (rows, 3i) with i = heads*dim
	const float *dout;    // gradient of o; the gradient goes to dqkv
	float *dqkv;
	ptrdiff_t seqs, t, heads, dim;
	float scale;
	gl_mask mask; // over heads
	gl_rotary rotary;
	float *tmp; // gl_attention_scratch(t, dim) floats
} gl_attention;

typedef struct {
	float *loss, *logits; // (rows), (rows, cols)
	const int32_t *targets;
	ptrdiff_t rows, cols;
	int grad;
	float scale;
} gl_cross_entropy;

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
// grad for dx = dy w panels of input columns.
typedef struct {
	float *dst;
	const float *w;
	ptrdiff_t out, in, first, count;
	int grad;
} gl_pack;

typedef struct {
	const char *name;
	ptrdiff_t panel; // columns of a packed panel
	void (*matmul)(const gl_matmul *);
	void (*outer)(const gl_outer *);
	void (*columns)(const gl_columns *);
	void (*scatter)(const gl_scatter *);
	void (*embed)(const gl_embed *);
	void (*norm)(const gl_norm *);
	void (*norm_grad)(const gl_norm_grad *);
	void (*attention)(const gl_attention *);
	void (*attention_grad)(const gl_attention *);
	void (*cross_entropy)(const gl_cross_entropy *);
	void (*adamw)(const gl_adamw *);
	void (*pack)(const gl_pack *);
	double (*sum)(const float *, ptrdiff_t);
	double (*sum_squares)(const float *, ptrdiff_t);
	void (*map)(int, float *, const float *, ptrdiff_t); // for tests: y = one of the functions below
} gl_kernels;

enum { GL_MAP_EXP, GL_MAP_LOG, GL_MAP_SIGMOID, GL_MAP_GELU, GL_MAP_GELU_GRAD };

// A family, NULL if it is not compiled in or the processor cannot run it.
const gl_kernels *gl_avx512(void);
const gl_kernels *gl_avx2(void);
const gl_kernels *gl_plain(void);

// Floats of scratch memory. Upper bounds for all families.
static inline ptrdiff_t gl_round16(ptrdiff_t n) { return (n + 15) / 16 * 16; }

enum {
	GL_ROWS = 12,       // most rows of a tile in any family
	GL_QUERY_ROWS = 96, // rows of probabilities that attention's gradient holds at once
};

static inline ptrdiff_t gl_matmul_scratch(ptrdiff_t n) { return GL_ROWS * n; }

static inline ptrdiff_t gl_attention_scratch(ptrdiff_t t, ptrdiff_t dim)
{
	ptrdiff_t tp = gl_round16(t), dp = gl_round16(dim);
	return 8 * t * dp + 2 * dim * tp + 2 * GL_QUERY_ROWS * tp + gl_round16(t);
}

// Zeroed memory, 64-byte aligned, NULL if there is none; free it with the same n.
float *gl_alloc(ptrdiff_t n);
void gl_free(float *p, ptrdiff_t n);

#endif
