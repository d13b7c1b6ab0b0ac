// Matrix products as in gemm.h, with bf16 operands and fp32 sums.

// z (rows, n) = alpha * a times all of w, + bias; rows of z are n apart.
static void half_by_panels(const gl_matmul *g, const uint32_t *a, ptrdiff_t as, ptrdiff_t rows, float *z)
{
	float tile[MRH * NRH] __attribute__((aligned(64)));
	const ptrdiff_t kp = pairs(g->k);
	const vf alpha = v_set(g->alpha);
	ptrdiff_t now = 0;
	for (ptrdiff_t j = 0; j < g->n; j += NRH) {
		const ptrdiff_t cols = least(NRH, g->n - j);
		for (ptrdiff_t r = 0; r < rows; r += MRH) {
			const ptrdiff_t m = least(MRH, rows - r);
			half_rows_are(&now, m);
			half_tile(m, cols, kp, a + r * as, as, (const uint32_t *)g->w + j * kp, tile, NRH);
			for (ptrdiff_t i = 0; i < m; i++)
				FOR_VECTORS (c, k, cols)
					v_put(z + (r + i) * g->n + j + c, v_fma(v_load(tile + i * NRH + c), alpha, g->bias ? v_get(g->bias + j + c, k) : v_set(0)), k);
		}
	}
}

// The epilogue of a tile: m rows from r, cols columns from j.
V void half_finish(const gl_matmul *g, ptrdiff_t r, ptrdiff_t m, ptrdiff_t j, ptrdiff_t cols, float *tile)
{
	const vf alpha = v_set(g->alpha);
	const int before = g->act != GL_NONE && !g->grad && masks(g->premask, g->n);
	for (ptrdiff_t i = 0; i < m; i++) {
		float *z = tile + i * NRH;
		FOR_VECTORS (c, k, cols) {
			vf x = v_fma(v_load(z + c), alpha, g->bias ? v_get(g->bias + j + c, k) : v_set(0));
			if (before)
				x = v_mul(x, v_mask(g->premask, j + c));
			v_store(z + c, x);
			if (g->act != GL_NONE && !g->grad && g->pre)
				v_put_half((half *)g->pre + (r + i) * g->n + j + c, x, k);
		}
		if (g->grad)
			act_grad_row(1, g, r + i, j, cols, z);
		else
			act_row(1, g, r + i, j, cols, z);
	}
}

// SwiGLU needs whole rows: its two halves are units apart.
static void half_swiglu(const gl_matmul *g)
{
	uint32_t *copy = (uint32_t *)(g->tmp + GL_ROWS * gl_round16(g->n));
	for (ptrdiff_t r = 0; r < g->rows; r += MRH) {
		const ptrdiff_t m = least(MRH, g->rows - r);
		ptrdiff_t as;
		const uint32_t *a = rows_of_a(copy, (const half *)g->a + r * g->k, g->k, g->k, m, &as);
		half_by_panels(g, a, as, m, g->tmp);
		for (ptrdiff_t i = 0; i < m; i++) {
			float *z = g->tmp + i * g->n;
			mask_units(g, z);
			if (g->pre)
				FOR_VECTORS (c, k, g->n)
					v_put_half((half *)g->pre + (r + i) * g->n + c, v_get(z + c, k), k);
			act_row(1, g, r + i, 0, g->n / 2, z);
		}
	}
}

// Adds tile to sum, rows ss apart, if it is not the first; then leaves the result in both.
V void half_accumulate(float *sum, ptrdiff_t ss, float *tile, ptrdiff_t m, int first)
{
	for (ptrdiff_t i = 0; i < m; i++)
		for (ptrdiff_t c = 0; c < NRH; c += VW) {
			vf x = v_load(tile + i * NRH + c);
			if (!first)
				x = v_add(v_load(sum + i * ss + c), x);
			v_store(sum + i * ss + c, x);
			v_store(tile + i * NRH + c, x);
		}
}

// Each panel of w meets a group of rows, so that weights beyond the cache come from memory once for the group. Sums deeper than
// GL_DEPTH are taken in parts.
static void half_matmul(const gl_matmul *g)
{
	if (g->act == GL_SWIGLU && !g->grad) {
		half_swiglu(g);
		half_end();
		return;
	}
	float tile[MRH * NRH] __attribute__((aligned(64)));
	const ptrdiff_t kp = pairs(g->k), ss = gl_round_up(g->n, NRH);
	float *sums = g->tmp;
	uint32_t *copy = (uint32_t *)(g->k > GL_DEPTH ? sums + GL_GROUP * ss : sums);
	ptrdiff_t now = 0, as;
	for (ptrdiff_t from = 0; from < g->rows; from += GL_GROUP) {
		const ptrdiff_t rows = least(GL_GROUP, g->rows - from);
		for (ptrdiff_t k = 0; k < g->k; k += GL_DEPTH) {
			const ptrdiff_t depth = least(GL_DEPTH, g->k - k), last = k + depth == g->k;
			const uint32_t *a = rows_of_a(copy, (const half *)g->a + from * g->k + k, g->k, depth, rows, &as);
			for (ptrdiff_t j = 0; j < g->n; j += NRH) {
				const ptrdiff_t cols = least(NRH, g->n - j);
				const uint32_t *w = (const uint32_t *)g->w + j * kp + k / 2 * NRH;
				for (ptrdiff_t r = 0; r < rows; r += MRH) {
					const ptrdiff_t m = least(MRH, rows - r);
					half_rows_are(&now, m);
					half_tile(m, cols, pairs(depth), a + r * as, as, w, tile, NRH);
					if (g->k > GL_DEPTH)
						half_accumulate(sums + r * ss + j, ss, tile, m, k == 0);
					if (last)
						half_finish(g, from + r, m, j, cols, tile);
				}
			}
		}
	}
	half_end();
}

static void half_classify(const gl_classify *g)
{
	enum { ROWS = GL_LOGIT_ROWS / MRH * MRH };
	const gl_matmul *p = &g->product;
	uint32_t *copy = (uint32_t *)(p->tmp + ROWS * p->n);
	for (ptrdiff_t r = 0; r < p->rows; r += ROWS) {
		const ptrdiff_t m = least(ROWS, p->rows - r);
		ptrdiff_t as;
		const uint32_t *a = rows_of_a(copy, (const half *)p->a + r * p->k, p->k, p->k, m, &as);
		half_by_panels(p, a, as, m, p->tmp);
		for (ptrdiff_t i = 0; i < m; i++)
			classify_row(1, g, r + i, p->tmp + i * p->n);
	}
	half_end();
}

// Both operands are packed GL_OUTER_ROWS rows at a time: the columns of x once, those of dy a tile at a time.
static void half_outer(const gl_outer *g)
{
	float tile[MRH * NRH] __attribute__((aligned(64)));
	uint32_t *x = (uint32_t *)g->tmp, *dy = x + GL_OUTER_ROWS / 2 * gl_round_up(g->count, NRH);
	const vf scale = v_set(g->scale);
	for (ptrdiff_t r = 0; r < g->rows; r += GL_OUTER_ROWS) {
		const ptrdiff_t k = least(GL_OUTER_ROWS, g->rows - r), kp = pairs(k), as = kp + 16;
		panels_of_columns(x, (const half *)g->x + r * g->in + g->first, g->in, k, g->count, kp);
		for (ptrdiff_t o = 0; o < g->out; o += MRH) {
			const ptrdiff_t m = least(MRH, g->out - o);
			rows_of_columns(dy, as, (const half *)g->dy + r * g->out + o, g->out, k, m, kp);
			if (o == 0 || m < MRH)
				half_begin(m);
			for (ptrdiff_t j = 0; j < g->count; j += NRH) {
				const ptrdiff_t cols = least(NRH, g->count - j);
				for (ptrdiff_t i = 0; i < m; i++) { // what the tile is added to comes meanwhile
					const float *d = g->dst + (o + i) * g->in + g->first + j;
					__builtin_prefetch(d, 1);
					__builtin_prefetch(d + 16, 1);
				}
				half_tile(m, cols, kp, dy, as, x + j * kp, tile, NRH);
				for (ptrdiff_t i = 0; i < m; i++) {
					float *d = g->dst + (o + i) * g->in + g->first + j;
					FOR_VECTORS (c, n, cols)
						v_put(d + c, v_fma(v_load(tile + i * NRH + c), scale, v_get(d + c, n)), n);
				}
			}
		}
	}
	half_end();
}
