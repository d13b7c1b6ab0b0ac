// Matrix products. One tile is m rows by nv vectors of c, held in registers while k runs; a's numbers are broadcast
// straight from where they lie, so only the right-hand side is ever packed. Each element of c is one chain of fused
// multiply-adds in the order of k, cut every DEPTH, whatever the tile.

#if defined(GL_FAMILY_AVX512)
enum { MR = 12, NV = 2 };
#elif defined(GL_FAMILY_AVX2)
enum { MR = 6, NV = 2 };
#elif defined(__aarch64__)
enum { MR = 8, NV = 3 };
#else
enum { MR = 6, NV = 2 };
#endif
enum { NR = NV * VW, DEPTH = 512 };

// c[i, 0..cols) = alpha * Σ_k a(i, k) b[k, …] + base[i, …]; base may be c or NULL. cols is in the last of the nv vectors;
// b is readable to the end of it. With rows != 0, a(i, k) = a[i*as + k], else a(i, k) = a[i + k*as].
V void tile(const int m, const int nv, const int rows, ptrdiff_t k, const float *a, ptrdiff_t as, const float *b,
	ptrdiff_t bs, float *c, ptrdiff_t cs, ptrdiff_t cols, float alpha, const float *base, ptrdiff_t bases)
{
	vf sum[MR][NV], x[NV];
	const float *a0 = a, *a3 = a + 3 * as, *a6 = a + 6 * as, *a9 = a + 9 * as;
#pragma GCC unroll 12
	for (int i = 0; i < m; i++)
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++)
			sum[i][v] = v_set(0);
	for (ptrdiff_t p = 0; p < k; p++) {
		if (!rows)
			__builtin_prefetch(a + 2 * m, 0, 2); // the tile to the right is next, and its stride defeats the hardware
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++)
			x[v] = v_load(b + v * VW);
#pragma GCC unroll 12
		for (int i = 0; i < m; i++) {
			vf t;
			if (rows)
				t = v_set((i < 3 ? a0 : i < 6 ? a3 : i < 9 ? a6 : a9)[i % 3 * as]);
			else
				t = v_set(a[i]);
#pragma GCC unroll 4
			for (int v = 0; v < nv; v++)
				sum[i][v] = v_fma(t, x[v], sum[i][v]);
		}
		b += bs;
		if (rows)
			a0++, a3++, a6++, a9++;
		else
			a += as;
	}
	const vf scale = v_set(alpha);
#pragma GCC unroll 12
	for (int i = 0; i < m; i++)
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++) {
			ptrdiff_t n = v + 1 < nv ? VW : cols - v * VW;
			vf add = base ? v_get(base + i * bases + v * VW, n) : v_set(0);
			v_put(c + i * cs + v * VW, v_fma(sum[i][v], scale, add), n);
		}
}

typedef void (*tile_fn)(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs, float *c, ptrdiff_t cs,
	ptrdiff_t cols, float alpha, const float *base, ptrdiff_t bases);

#define TILE(name, m, nv, rows)                                                                                      \
	static void name##_##m##_##nv(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs, float *c, \
		ptrdiff_t cs, ptrdiff_t cols, float alpha, const float *base, ptrdiff_t bases)                               \
	{                                                                                                                \
		tile(m, nv, rows, k, a, as, b, bs, c, cs, cols, alpha, base, bases);                                         \
	}
#if defined(__aarch64__)
#define TILES_OF(name, m, rows) TILE(name, m, 1, rows) TILE(name, m, 2, rows) TILE(name, m, 3, rows)
#define TILE_ROW(name, m) {name##_##m##_1, name##_##m##_2, name##_##m##_3}
#else
#define TILES_OF(name, m, rows) TILE(name, m, 1, rows) TILE(name, m, 2, rows)
#define TILE_ROW(name, m) {name##_##m##_1, name##_##m##_2}
#endif
#define TILES_6(name, rows) \
	TILES_OF(name, 1, rows) \
	TILES_OF(name, 2, rows) \
	TILES_OF(name, 3, rows) TILES_OF(name, 4, rows) TILES_OF(name, 5, rows) TILES_OF(name, 6, rows)
#define ROWS_6(name) TILE_ROW(name, 1), TILE_ROW(name, 2), TILE_ROW(name, 3), TILE_ROW(name, 4), TILE_ROW(name, 5), TILE_ROW(name, 6)
TILES_6(by_rows, 1)
TILES_6(by_columns, 0)
#if defined(GL_FAMILY_AVX512)
#define TILES_12(name, rows) \
	TILES_OF(name, 7, rows)  \
	TILES_OF(name, 8, rows)  \
	TILES_OF(name, 9, rows) TILES_OF(name, 10, rows) TILES_OF(name, 11, rows) TILES_OF(name, 12, rows)
#define ROWS_REST(name) \
	, TILE_ROW(name, 7), TILE_ROW(name, 8), TILE_ROW(name, 9), TILE_ROW(name, 10), TILE_ROW(name, 11), TILE_ROW(name, 12)
TILES_12(by_rows, 1)
TILES_12(by_columns, 0)
#elif defined(__aarch64__)
#define ROWS_REST(name) , TILE_ROW(name, 7), TILE_ROW(name, 8)
TILES_OF(by_rows, 7, 1)
TILES_OF(by_rows, 8, 1)
TILES_OF(by_columns, 7, 0)
TILES_OF(by_columns, 8, 0)
#else
#define ROWS_REST(name)
#endif
static const tile_fn by_rows[MR][NV] = {ROWS_6(by_rows) ROWS_REST(by_rows)};
static const tile_fn by_columns[MR][NV] = {ROWS_6(by_columns) ROWS_REST(by_columns)};

V ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

V int vectors(ptrdiff_t cols) { return (int)((cols + VW - 1) / VW); }

// One row of tiles: c (m, n) = alpha * a b + base, b in rows of bs, or in packed panels of depth bs*… when panel != 0:
// panel is then the distance between panels and bs = NR.
V void tiles(const tile_fn *by_nv, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs,
	ptrdiff_t panel, float *c, ptrdiff_t cs, float alpha, const float *base, ptrdiff_t bases)
{
	for (ptrdiff_t j = 0; j < n; j += NR, b += panel) {
		ptrdiff_t cols = least(NR, n - j);
		by_nv[vectors(cols) - 1](k, a, as, b, bs, c + j, cs, cols, alpha, base ? base + j : NULL, bases);
	}
}

// Rows of a as products take them, DEPTH of their numbers at a time: as floats apart, the next DEPTH numbers ks floats on. Rows a
// multiple of 4 KiB apart would push each other out of L1: they are copied side by side to dst.
typedef struct {
	const float *a;
	ptrdiff_t as, ks;
} rows_of;

static rows_of gather_rows(float *dst, const float *a, ptrdiff_t k, ptrdiff_t rows)
{
	enum { APART = DEPTH + GL_UNIT / 2 };
	if (k % 1024 != 0)
		return (rows_of){a, k, DEPTH};
	for (ptrdiff_t from = 0; from < k; from += DEPTH)
		for (ptrdiff_t i = 0; i < rows; i++)
			memcpy(dst + (from / DEPTH * rows + i) * APART, a + i * k + from, DEPTH * sizeof *dst);
	return (rows_of){dst, APART, rows * APART};
}

// z (rows, cols) = alpha * a times the panel of w from column j, + bias.
V void times_panel(const gl_matmul *g, rows_of a, ptrdiff_t rows, ptrdiff_t j, ptrdiff_t cols, float *z, ptrdiff_t zs)
{
	for (ptrdiff_t k = 0; k < g->k; k += DEPTH) {
		const float *w = (const float *)g->w + j * g->k + k * NR, *ak = a.a + k / DEPTH * a.ks;
		const ptrdiff_t depth = least(DEPTH, g->k - k);
		for (ptrdiff_t r = 0; r < rows; r += MR) {
			const float *base = k ? z + r * zs : g->bias ? g->bias + j : NULL;
			for (ptrdiff_t i = r; i < least(r + MR, rows); i++) // where the tile goes comes meanwhile
				for (ptrdiff_t v = 0; v < cols; v += 16)
					__builtin_prefetch(z + i * zs + v, 1);
			by_rows[least(MR, rows - r) - 1][vectors(cols) - 1](depth, ak + r * a.as, a.as, w, NR, z + r * zs, zs, cols, g->alpha, base, k ? zs : 0);
		}
	}
}

V ptrdiff_t columns_out(const gl_matmul *g) { return g->act != GL_SWIGLU ? g->n : g->grad ? 2 * g->n : g->n / 2; }

V int masks(gl_mask k, ptrdiff_t n) { return k.old < n && k.m != 1; }

// Masks n numbers of z, which are to go into an activation, from column from on.
V void mask_row(gl_mask mask, ptrdiff_t from, ptrdiff_t n, float *z)
{
	FOR_VECTORS (j, k, n)
		v_put(z + j, v_mul(v_get(z + j, k), v_mask(mask, from + j)), k);
}

// What follows the product on row r, columns from..from+n of y: z goes to y. SwiGLU finds its other half n further on. y and
// residual may be z. Operands are bf16 if half.
V void act_row(const int half, const gl_matmul *g, ptrdiff_t r, ptrdiff_t from, ptrdiff_t n, const float *z)
{
	const ptrdiff_t at = r * columns_out(g) + from;
	const vf gate = v_set(g->gate);
	const int narrow = half && !g->wide;
	FOR_VECTORS (j, k, n) {
		vf x = v_get(z + j, k);
		if (g->act == GL_GELU)
			x = v_gelu(x);
		else if (g->act == GL_SWIGLU)
			x = v_mul(v_mul(x, v_sigmoid(x, NULL)), v_get(z + n + j, k));
		x = v_mul(x, v_mask(g->mask, from + j));
		if (g->residual)
			x = v_fma(gate, x, v_get(g->residual + at + j, k));
		v_put_as(narrow, g->y, at + j, x, k);
	}
}

// The gradient z of act(pre) on the same, to that of pre, in y.
V void act_grad_row(const int half, const gl_matmul *g, ptrdiff_t r, ptrdiff_t from, ptrdiff_t n, const float *z)
{
	const ptrdiff_t at = r * columns_out(g) + from;
	const int narrow = half && !g->wide, before = masks(g->premask, g->n);
	FOR_VECTORS (j, k, n) {
		vf d = v_mul(v_get(z + j, k), v_mask(g->mask, from + j)), x = v_get_as(half, g->pre, at + j, k);
		if (before)
			d = v_mul(d, v_mask(g->premask, from + j));
		if (g->act == GL_GELU) {
			v_put_as(narrow, g->y, at + j, v_mul(d, v_gelu_grad(x)), k);
			continue;
		}
		vf slope, s = v_sigmoid(x, &slope);
		v_put_as(narrow, g->y, at + j, v_mul(v_mul(d, v_get_as(half, g->pre, at + g->n + j, k)), v_fma(x, slope, s)), k);
		v_put_as(narrow, g->y, at + g->n + j, v_mul(d, v_mul(x, s)), k);
	}
}

// Masks a whole row of what goes into SwiGLU.
V void mask_units(const gl_matmul *g, float *z)
{
	const ptrdiff_t units = g->n / 2;
	if (!masks(g->premask, units))
		return;
	mask_row(g->premask, 0, units, z);
	mask_row(g->premask, 0, units, z + units);
}

// SwiGLU needs whole rows: its two halves are units apart.
static void matmul_swiglu(const gl_matmul *g)
{
	for (ptrdiff_t r = 0; r < g->rows; r += MR) {
		const ptrdiff_t m = least(MR, g->rows - r);
		float *z = g->pre ? (float *)g->pre + r * g->n : g->tmp;
		rows_of a = gather_rows(g->tmp + MR * g->n, (const float *)g->a + r * g->k, g->k, m);
		for (ptrdiff_t j = 0; j < g->n; j += NR)
			times_panel(g, a, m, j, least(NR, g->n - j), z + j, g->n);
		for (ptrdiff_t i = 0; i < m; i++) {
			mask_units(g, z + i * g->n);
			act_row(0, g, r + i, 0, g->n / 2, z + i * g->n);
		}
	}
}

// Each panel of w meets a group of rows, so that weights beyond the cache come from memory once for the group.
static void matmul(const gl_matmul *g)
{
	const int direct = g->act == GL_NONE && !g->residual && !masks(g->mask, g->n); // the product is the result
	const int before = g->act != GL_NONE && !g->grad && masks(g->premask, g->n);
	float tile[GL_GROUP * NR] __attribute__((aligned(64))), *whole = direct ? g->y : g->act != GL_NONE && !g->grad ? g->pre : NULL;
	if (g->act == GL_SWIGLU && !g->grad) {
		matmul_swiglu(g);
		return;
	}
	for (ptrdiff_t from = 0; from < g->rows; from += GL_GROUP) {
		const ptrdiff_t rows = least(GL_GROUP, g->rows - from);
		rows_of a = gather_rows(g->tmp, (const float *)g->a + from * g->k, g->k, rows);
		for (ptrdiff_t j = 0; j < g->n; j += NR) {
			const ptrdiff_t cols = least(NR, g->n - j), zs = whole ? g->n : NR;
			float *z = whole ? whole + from * g->n + j : tile;
			times_panel(g, a, rows, j, cols, z, zs);
			for (ptrdiff_t i = 0; i < rows && !direct; i++) {
				if (before)
					mask_row(g->premask, j, cols, z + i * zs);
				if (g->grad)
					act_grad_row(0, g, from + i, j, cols, z + i * zs);
				else
					act_row(0, g, from + i, j, cols, z + i * zs);
			}
		}
	}
}

// The loss of row r with logits z, (n), and its gradient.
V void classify_row(const int half, const gl_classify *g, ptrdiff_t r, float *z)
{
	const ptrdiff_t n = g->product.n, target = g->targets[r];
	if (target < 0) {
		g->loss[r] = 0;
		FOR_VECTORS (j, k, g->dlogits ? n : 0)
			v_put_as(half, g->dlogits, r * n + j, v_set(0), k);
		return;
	}
	v16 most, sum = v16_zero();
	for (int u = 0; u < V16; u++)
		most.v[u] = v_set(z[0]);
	FOR_LANES (j, u, k, n) {
		vf x = v_get(z + j, k);
		if (k < VW)
			x = v_less(v_iota(), v_set((float)k), x, v_set(z[0]));
		most.v[u] = v_max(most.v[u], x);
	}
	const float top = v16_max(most), hit = z[target];
	FOR_LANES (j, u, k, n) {
		if (k <= 0)
			continue;
		vf e = v_exp(v_sub(v_get(z + j, k), v_set(top)));
		if (k < VW)
			e = v_less(v_iota(), v_set((float)k), e, v_set(0));
		sum.v[u] = v_add(sum.v[u], e);
		if (g->dlogits)
			v_put(z + j, e, k);
	}
	const float total = v16_sum(sum);
	g->loss[r] = log1(total) + (top - hit);
	if (!g->dlogits)
		return;
	const float scale = g->scale / total;
	FOR_VECTORS (j, k, n)
		v_put_as(half, g->dlogits, r * n + j, v_mul(v_get(z + j, k), v_set(scale)), k);
	v_put_as(half, g->dlogits, r * n + target, v_set(z[target] * scale - g->scale), 1);
}

static void classify(const gl_classify *g)
{
	enum { ROWS = GL_LOGIT_ROWS / MR * MR };
	const gl_matmul *p = &g->product;
	for (ptrdiff_t r = 0; r < p->rows; r += ROWS) {
		const ptrdiff_t m = least(ROWS, p->rows - r);
		rows_of a = gather_rows(p->tmp + ROWS * p->n, (const float *)p->a + r * p->k, p->k, m);
		for (ptrdiff_t j = 0; j < p->n; j += NR)
			times_panel(p, a, m, j, least(NR, p->n - j), p->tmp + j, p->n);
		for (ptrdiff_t i = 0; i < m; i++)
			classify_row(0, g, r + i, p->tmp + i * p->n);
	}
}

// The gradient of a weight. Rows are taken ROWS at a time, so that their columns of x lie packed in L1.
static void outer(const gl_outer *g)
{
	enum { ROWS = 192 };
	float packed[ROWS * NR] __attribute__((aligned(64)));
	const float *x = g->x, *dy = g->dy;
	for (ptrdiff_t j = g->first; j < g->first + g->count; j += NR) {
		ptrdiff_t cols = least(NR, g->first + g->count - j);
		int nv = vectors(cols);
		for (ptrdiff_t r = 0; r < g->rows; r += ROWS) {
			ptrdiff_t k = least(ROWS, g->rows - r);
			for (ptrdiff_t p = 0; p < k; p++)
				for (int v = 0; v < nv; v++)
					v_store(packed + p * NR + v * VW, v_get(x + (r + p) * g->in + j + v * VW, cols - v * VW));
			// Meanwhile the next rows come from memory, a share with each tile.
			ptrdiff_t next = r + ROWS, share = (ROWS * MR + g->out - 1) / g->out;
			for (ptrdiff_t o = 0; o < g->out; o += MR) {
				ptrdiff_t m = least(MR, g->out - o);
				for (ptrdiff_t end = least(next + share, g->rows); next < end; next++)
					for (int v = 0; v < nv; v++)
						__builtin_prefetch(x + next * g->in + j + v * VW, 0, 2);
				float *c = g->dst + o * g->in + j;
				for (ptrdiff_t i = 0; i < m; i++) // what the tile is added to comes meanwhile
					for (int v = 0; v < nv * VW; v += 16)
						__builtin_prefetch(c + i * g->in + v, 1);
				by_columns[m - 1][nv - 1](k, dy + r * g->out + o, g->out, packed, NR, c, g->in, cols, g->scale, c, g->in);
			}
		}
	}
}

static void pack(const gl_pack *g)
{
	const ptrdiff_t depth = g->grad ? g->out : g->in, width = g->grad ? g->in : g->out;
	for (ptrdiff_t q = g->first; q < g->first + g->count; q++) {
		ptrdiff_t n = least(NR, width - q * NR);
		float *d = (float *)g->dst + q * NR * depth + g->from * NR;
		if (g->grad) {
			for (ptrdiff_t o = g->from; o < g->from + g->deep; o++, d += NR)
				for (int v = 0; v < NV; v++)
					v_store(d + v * VW, v_get(g->w + o * g->in + q * NR + v * VW, n - v * VW));
			continue;
		}
		transpose(d, NR, g->w + q * NR * g->in + g->from, g->in, n, g->deep);
		for (ptrdiff_t i = 0; n < NR && i < g->deep; i++)
			memset(d + i * NR + n, 0, (size_t)(NR - n) * sizeof *d);
	}
}

static volatile float sink;

static double spin(ptrdiff_t rounds)
{
	enum { CHAINS = 12 };
	vf sum[CHAINS], x = v_set(0.5f);
	for (int i = 0; i < CHAINS; i++)
		sum[i] = v_set((float)i);
	for (ptrdiff_t r = 0; r < rounds; r++)
#pragma GCC unroll 12
		for (int i = 0; i < CHAINS; i++)
			sum[i] = v_fma(sum[i], x, x);
	float out[VW];
	for (int i = 0; i < CHAINS; i++) {
		v_store(out, sum[i]);
		sink = out[0];
	}
	return 2.0 * CHAINS * VW * (double)rounds;
}
