// Products by three loops with the epilogues that a trainer uses, queued in the fake driver's streams. As the real library it adds up in
// float, in another order for each of its ways and for some shapes, so that nobody relies on the same bits from two of them; it has the
// combinations of types that cuBLAS's manual lists for cublasLtMatmul (a bias and aux of D's type); and it refuses addresses that
// are less aligned than the search for algorithms was told, 256 bytes if it was told nothing.
#include <math.h>
#include "shared.h"

enum { NOT_INITIALIZED_ = 1, BAD_VALUE = 7, EXECUTION_FAILED = 13, UNSUPPORTED = 15 };

enum { R_32F = 0, R_16F = 2, R_16BF = 14 };

enum { DESC = 0xde5c, LAYOUT = 0x1a70, PREFERENCE = 0x93ef };

enum { BIAS = 4, BGRAD = 16, GELU = 32, DGELU = 64, AUX = 128, BGRADA = 256, BGRADB = 512 };

struct desc {
	int magic, compute, scale, transa, transb, epilogue, bias_type, aux_type;
	void *bias, *aux;
	long long aux_ld;
};

struct layout {
	int magic, type, batch;
	unsigned long long rows, cols;
	long long ld, stride;
};

struct preference {
	int magic;
	unsigned long long workspace;
	unsigned aligned[4]; // addresses of A, B, C, D, in bytes
};

struct algorithm {
	unsigned long long words[8];
};

struct heuristic {
	struct algorithm a;
	size_t workspace;
	int state;
	float waves;
	int reserved[4];
};

static const struct {
	int code;
	const char *name, *text;
} statuses[] = {{0, "CUBLAS_STATUS_SUCCESS", "success"},
		{1, "CUBLAS_STATUS_NOT_INITIALIZED", "the library was not initialized"},
		{3, "CUBLAS_STATUS_ALLOC_FAILED", "the resource allocation failed"},
		{7, "CUBLAS_STATUS_INVALID_VALUE", "an unsupported value or parameter was passed to the function"},
		{13, "CUBLAS_STATUS_EXECUTION_FAILED", "the function failed to launch on the GPU"},
		{15, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality requested is not supported"}};

#define STATUS(name, field) \
	FAKE_EXPORT const char *name(int code) \
	{ \
		for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) \
			if (statuses[i].code == code) \
				return statuses[i].field; \
		return "unknown"; \
	}
STATUS(cublasLtGetStatusName, name)
STATUS(cublasLtGetStatusString, text)

FAKE_EXPORT size_t cublasLtGetVersion(void) { return 120405; }

#define ENTER_BLAS(call) ENTER_SHARED(call, NOT_INITIALIZED_)

API cublasLtCreate(void **h)
{
	ENTER_BLAS(cublasLtCreate);
	if (!core->current())
		return NOT_INITIALIZED_;
	*h = (void *)(intptr_t)core->current();
	core->count_live(LIVE_BLAS, 1);
	return 0;
}

API cublasLtDestroy(void *h)
{
	ENTER_BLAS(cublasLtDestroy);
	if (!h)
		return BAD_VALUE;
	core->count_live(LIVE_BLAS, -1);
	return 0;
}

API cublasLtMatmulDescCreate(struct desc **d, int compute, int scale)
{
	ENTER_BLAS(cublasLtMatmulDescCreate);
	if ((compute != 68 && compute != 77) || scale != R_32F)
		return UNSUPPORTED;
	*d = calloc(1, sizeof **d);
	**d = (struct desc){.magic = DESC, .compute = compute, .scale = scale, .epilogue = 1, .bias_type = -1, .aux_type = -1};
	core->count_live(LIVE_BLAS, 1);
	return 0;
}

API cublasLtMatmulDescSetAttribute(struct desc *d, int attribute, const void *v, size_t n)
{
	ENTER_BLAS(cublasLtMatmulDescSetAttribute);

	struct {
		int attribute;
		void *to;
		size_t n;
	} known[] = {{3, &d->transa, 4}, {4, &d->transb, 4},  {7, &d->epilogue, 4},  {8, &d->bias, 8},
		     {11, &d->aux, 8},	 {12, &d->aux_ld, 8}, {22, &d->aux_type, 4}, {26, &d->bias_type, 4}};

	if (!d || d->magic != DESC)
		return BAD_VALUE;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].attribute == attribute) {
			if (n != known[i].n)
				return BAD_VALUE;
			memcpy(known[i].to, v, n);
			return 0;
		}
	return BAD_VALUE;
}

API cublasLtMatmulDescDestroy(struct desc *d)
{
	ENTER_BLAS(cublasLtMatmulDescDestroy);
	if (!d || d->magic != DESC)
		return BAD_VALUE;
	d->magic = 0;
	core->count_live(LIVE_BLAS, -1);
	return 0;
}

API cublasLtMatrixLayoutCreate(struct layout **l, int type, unsigned long long rows, unsigned long long cols, long long ld)
{
	ENTER_BLAS(cublasLtMatrixLayoutCreate);
	if (type != R_32F && type != R_16BF)
		return UNSUPPORTED;
	*l = calloc(1, sizeof **l);
	**l = (struct layout){LAYOUT, type, 1, rows, cols, ld, 0};
	core->count_live(LIVE_BLAS, 1);
	return 0;
}

API cublasLtMatrixLayoutSetAttribute(struct layout *l, int attribute, const void *v, size_t n)
{
	ENTER_BLAS(cublasLtMatrixLayoutSetAttribute);
	if (!l || l->magic != LAYOUT)
		return BAD_VALUE;
	if (attribute == 5 && n == 4) {
		memcpy(&l->batch, v, 4);
		return 0;
	}
	if (attribute == 6 && n == 8) {
		memcpy(&l->stride, v, 8);
		return 0;
	}
	return BAD_VALUE;
}

API cublasLtMatrixLayoutDestroy(struct layout *l)
{
	ENTER_BLAS(cublasLtMatrixLayoutDestroy);
	if (!l || l->magic != LAYOUT)
		return BAD_VALUE;
	l->magic = 0;
	core->count_live(LIVE_BLAS, -1);
	return 0;
}

API cublasLtMatmulPreferenceCreate(struct preference **p)
{
	ENTER_BLAS(cublasLtMatmulPreferenceCreate);
	*p = calloc(1, sizeof **p);
	**p = (struct preference){PREFERENCE, 0, {256, 256, 256, 256}};
	core->count_live(LIVE_BLAS, 1);
	return 0;
}

API cublasLtMatmulPreferenceSetAttribute(struct preference *p, int attribute, const void *v, size_t n)
{
	ENTER_BLAS(cublasLtMatmulPreferenceSetAttribute);
	if (!p || p->magic != PREFERENCE)
		return BAD_VALUE;
	if (attribute == 1 && n == 8) {
		memcpy(&p->workspace, v, n);
		return 0;
	}
	if (attribute >= 5 && attribute <= 8 && n == 4) {
		memcpy(&p->aligned[attribute - 5], v, n);
		return 0;
	}
	return BAD_VALUE;
}

API cublasLtMatmulPreferenceDestroy(struct preference *p)
{
	ENTER_BLAS(cublasLtMatmulPreferenceDestroy);
	if (!p || p->magic != PREFERENCE)
		return BAD_VALUE;
	p->magic = 0;
	core->count_live(LIVE_BLAS, -1);
	return 0;
}

static int fits(const struct layout *l, unsigned long long rows, unsigned long long cols)
{
	return l && l->magic == LAYOUT && l->rows == rows && l->cols == cols && l->ld >= (long long)rows;
}

static int known_epilogue(int e)
{
	static const int all[] = {
		1, BIAS, GELU, GELU | BIAS, GELU | AUX, GELU | AUX | BIAS, DGELU | AUX, DGELU | AUX | BGRAD, BGRADA, BGRADB};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] == e)
			return 1;
	return 0;
}

// The sizes of a product, or -1 where they do not fit together.
static int sizes(const struct desc *d, const struct layout *a, const struct layout *b, const struct layout *c,
		 const struct layout *x, unsigned long long *m, unsigned long long *n, unsigned long long *k)
{
	if (!d || d->magic != DESC || !a || !b || !x || !known_epilogue(d->epilogue))
		return -1;
	*m = x->rows;
	*n = x->cols;
	*k = d->transa ? a->rows : a->cols;
	if (!fits(a, d->transa ? *k : *m, d->transa ? *m : *k) || !fits(b, d->transb ? *n : *k, d->transb ? *k : *n) ||
	    !fits(c, *m, *n) || !fits(x, *m, *n))
		return -1;
	return a->batch == x->batch && b->batch == x->batch && c->batch == x->batch ? 0 : -1;
}

static int type_or(int type, int otherwise) { return type < 0 ? otherwise : type; }

static int uses_bias(const struct desc *d) { return d->epilogue & (BIAS | BGRAD | BGRADA | BGRADB); }

// The table of types of cublasLtMatmul with sums in float.
static int has_types(const struct desc *d, const struct layout *a, const struct layout *b, const struct layout *c, const struct layout *x)
{
	if (a->type != b->type || c->type != x->type || (a->type == R_32F && x->type != R_32F))
		return 0;
	if (uses_bias(d) && type_or(d->bias_type, x->type) != x->type)
		return 0;
	return !(d->epilogue & AUX) || type_or(d->aux_type, x->type) == x->type;
}

// Two ways: one that needs 1 MiB of scratch and one that needs none.
API cublasLtMatmulAlgoGetHeuristic(void *h, struct desc *d, struct layout *a, struct layout *b, struct layout *c,
				   struct layout *x, struct preference *p, int asked, struct heuristic *out, int *found)
{
	ENTER_BLAS(cublasLtMatmulAlgoGetHeuristic);
	unsigned long long m, n, k;
	*found = 0;
	if (!h || !p || p->magic != PREFERENCE || asked < 1 || sizes(d, a, b, c, x, &m, &n, &k))
		return BAD_VALUE;
	if ((uses_bias(d) && !d->bias) || (d->epilogue & AUX && !d->aux))
		return BAD_VALUE;
	if (!has_types(d, a, b, c, x))
		return UNSUPPORTED;
	if (core->ordered("heuristic"))
		return 0; // none fits
	for (int way = 0; way < 2 && *found < asked; way++) {
		size_t scratch = way == 0 ? 1 << 20 : 0;
		if (scratch > p->workspace)
			continue;
		out[*found] = (struct heuristic){.workspace = scratch, .waves = 0.5f + way};
		for (int i = 0; i < 4; i++)
			out[*found].a.words[i + 1] = p->aligned[i];
		out[(*found)++].a.words[0] = 0xa190 + way;
	}
	return 0;
}

static double load(const void *p, int type, long long i)
{
	if (type == R_32F)
		return ((const float *)p)[i];
	uint32_t u = (uint32_t)((const uint16_t *)p)[i] << 16;
	float f;
	memcpy(&f, &u, 4);
	return f;
}

static void store(void *p, int type, long long i, double v)
{
	float f = (float)v;
	if (type == R_32F) {
		((float *)p)[i] = f;
		return;
	}
	uint32_t u;
	memcpy(&u, &f, 4);
	((uint16_t *)p)[i] = (u & 0x7fffffff) > 0x7f800000 ? 0x7fff : (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

// The tanh form of GELU and its derivative.
static const double root = 0.7978845608028654, cube = 0.044715;

static double gelu(double x) { return 0.5 * x * (1 + tanh(root * (x + cube * x * x * x))); }

static double gelu_slope(double x)
{
	double t = tanh(root * (x + cube * x * x * x));
	return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * cube * x * x);
}

struct product {
	struct desc d;
	struct layout a, b, c, x;
	const void *pa, *pb, *pc;
	void *px;
	float alpha, beta;
	int device, way;
};

// In how many parts K is cut, each added up by itself.
static int parts(const struct product *q)
{
	return q->way ? 4 : 1 + (int)((q->x.rows / 16 + q->x.cols / 16) % 3);
}

static int inside(int device, const void *p, const struct layout *l)
{
	unsigned long long elements = (l->batch - 1) * l->stride + (l->cols - 1) * l->ld + l->rows;
	return core->reachable(device, p, elements * (l->type == R_32F ? 4 : 2));
}

static const char *at(const void *p, const struct layout *l, int batch)
{
	return (const char *)p + batch * l->stride * (l->type == R_32F ? 4 : 2);
}

static void one(const struct product *q, int batch)
{
	const struct desc *d = &q->d;
	const void *pa = at(q->pa, &q->a, batch), *pb = at(q->pb, &q->b, batch), *pc = at(q->pc, &q->c, batch);
	void *px = (void *)at(q->px, &q->x, batch);
	long long m = q->x.rows, n = q->x.cols, k = d->transa ? q->a.rows : q->a.cols, splits = parts(q);
	double *sums = calloc(m > n ? m : n, sizeof *sums);
#define A(i, l) load(pa, q->a.type, d->transa ? (l) + (i) * q->a.ld : (i) + (l) * q->a.ld)
#define B(l, j) load(pb, q->b.type, d->transb ? (j) + (l) * q->b.ld : (l) + (j) * q->b.ld)
	for (long long j = 0; j < n; j++)
		for (long long i = 0; i < m; i++) {
			float total = 0;
			for (long long p = 0; p < splits; p++) {
				float part = 0;
				for (long long l = k * p / splits; l < k * (p + 1) / splits; l++)
					part += (float)(A(i, l) * B(l, j));
				total += part;
			}
			double v = (double)total * q->alpha;
			if (q->beta)
				v += q->beta * load(pc, q->c.type, i + j * q->c.ld);
			if (d->epilogue & BIAS)
				v += load(d->bias, d->bias_type, i);
			if (d->epilogue & DGELU)
				v *= gelu_slope(load(d->aux, d->aux_type, i + j * d->aux_ld));
			else if (d->epilogue & AUX)
				store(d->aux, d->aux_type, i + j * d->aux_ld, v);
			if (d->epilogue & GELU)
				v = gelu(v);
			if (d->epilogue & BGRAD)
				sums[i] += v;
			store(px, q->x.type, i + j * q->x.ld, v);
		}
	if (d->epilogue & BGRADA)
		for (long long i = 0; i < m; i++)
			for (long long l = 0; l < k; l++)
				sums[i] += A(i, l);
	if (d->epilogue & BGRADB)
		for (long long j = 0; j < n; j++)
			for (long long l = 0; l < k; l++)
				sums[j] += B(l, j);
	if (d->epilogue & (BGRAD | BGRADA | BGRADB))
		for (long long i = 0; i < (d->epilogue & BGRADB ? n : m); i++)
			store(d->bias, d->bias_type, i, sums[i]);
	free(sums);
}

static int run(void *arg)
{
	const struct product *q = arg;
	if (!inside(q->device, q->pa, &q->a) || !inside(q->device, q->pb, &q->b) ||
	    (q->beta && !inside(q->device, q->pc, &q->c)) || !inside(q->device, q->px, &q->x))
		return ILLEGAL_ADDRESS;
	for (int i = 0; i < q->x.batch; i++)
		one(q, i);
	return 0;
}

API cublasLtMatmul(void *h, struct desc *d, const float *alpha, const void *pa, struct layout *a, const void *pb,
		   struct layout *b, const float *beta, const void *pc, struct layout *c, void *px, struct layout *x,
		   const struct algorithm *algorithm, void *scratch, size_t bytes, void *stream)
{
	ENTER_BLAS(cublasLtMatmul);
	unsigned long long m, n, k;
	if (!h || (intptr_t)h != core->current())
		return NOT_INITIALIZED_;
	if (sizes(d, a, b, c, x, &m, &n, &k) || !alpha || !beta || !algorithm)
		return BAD_VALUE;
	if (algorithm->words[0] != 0xa190 && algorithm->words[0] != 0xa191)
		return UNSUPPORTED;
	if (algorithm->words[0] == 0xa190 && (bytes < 1 << 20 || !core->reachable(core->current() - 1, scratch, bytes)))
		return BAD_VALUE;
	const void *addresses[4] = {pa, pb, *beta ? pc : px, px};
	for (int i = 0; i < 4; i++)
		if ((uintptr_t)addresses[i] % algorithm->words[i + 1])
			return UNSUPPORTED;
	if (!has_types(d, a, b, c, x))
		return UNSUPPORTED;
	if (uses_bias(d) && (!d->bias || (uintptr_t)d->bias % 16))
		return BAD_VALUE;
	if ((d->epilogue & AUX) && (!d->aux || (uintptr_t)d->aux % 16 || d->aux_ld < (long long)m || d->aux_ld % 8))
		return BAD_VALUE;
	struct product *q = malloc(sizeof *q);
	*q = (struct product){*d, *a, *b, *c, *x, pa, pb, pc, px, *alpha, *beta, core->current() - 1, algorithm->words[0] & 1};
	q->d.bias_type = type_or(d->bias_type, x->type);
	q->d.aux_type = type_or(d->aux_type, x->type);
	return core->push(stream, (struct op){.kind = RUN, .run = run, .arg = q}) ? EXECUTION_FAILED : 0;
}
