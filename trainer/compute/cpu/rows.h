// What only adds up, and AdamW.

static void embed(const gl_embed *g)
{
	for (ptrdiff_t r = 0; r < g->rows; r++) {
		const float *e = g->embed + g->tokens[r] * g->cols, *pos = g->pos ? g->pos + r % g->t * g->cols : NULL;
		FOR_VECTORS (j, k, g->cols) {
			vf x = v_get(e + j, k);
			v_put(g->x + r * g->cols + j, pos ? v_add(x, v_get(pos + j, k)) : x, k);
		}
	}
}

// Rows are read along, and summed in groups first, which keeps the rounding error of long columns small.
V void columns_of(const int half, const gl_columns *g)
{
	enum { GROUP = 128, WIDTH = 512 };
	float total[WIDTH], part[WIDTH];
	const ptrdiff_t end = g->first + g->count;
	for (ptrdiff_t c = g->first; c < end; c += WIDTH) {
		const ptrdiff_t n = least(WIDTH, end - c);
		memset(total, 0, sizeof total);
		for (ptrdiff_t r = 0; r < g->rows; r += GROUP) {
			memset(part, 0, sizeof part);
			for (ptrdiff_t i = r; i < least(r + GROUP, g->rows); i++)
				FOR_VECTORS (j, k, n)
					v_store(part + j, v_add(v_load(part + j), v_get_as(half, g->x, i * g->cols + c + j, k)));
			for (ptrdiff_t j = 0; j < n; j += VW)
				v_store(total + j, v_add(v_load(total + j), v_load(part + j)));
		}
		FOR_VECTORS (j, k, n)
			v_put(g->dst + c + j, v_fma(v_set(g->scale), v_load(total + j), v_get(g->dst + c + j, k)), k);
	}
}

static void columns(const gl_columns *g)
{
	if (g->half)
		columns_of(1, g);
	else
		columns_of(0, g);
}

static void scatter(const gl_scatter *g)
{
	for (ptrdiff_t r = 0; r < g->rows; r++) {
		float *d = g->dst + (g->index ? g->index[r] : r % g->period) * g->cols + g->first;
		const float *x = g->x + r * g->cols + g->first;
		FOR_VECTORS (j, k, g->count)
			v_put(d + j, v_add(v_get(d + j, k), v_get(x + j, k)), k);
	}
}

static void combine(const gl_combine *g)
{
	const vf a = v_set(g->a), b = v_set(g->b);
	FOR_VECTORS (j, k, g->n) {
		vf y = v_fma(a, v_get(g->x + j, k), v_mul(b, v_get(g->z + j, k)));
		v_put(g->y + j, y, k);
		if (g->copy)
			v_put_half(g->copy + j, y, k);
	}
}

static void adamw(const gl_adamw *a)
{
	FOR_VECTORS (j, k, a->n) {
		vf g = v_mul(v_set(a->grad_scale), v_get(a->g + j, k)), p = v_get(a->p + j, k);
		vf m = v_fma(v_set(a->beta1), v_get(a->m + j, k), v_mul(v_set(a->rest1), g));
		vf v = v_fma(v_set(a->beta2), v_get(a->v + j, k), v_mul(v_set(a->rest2), v_mul(g, g)));
		vf step = v_div(v_mul(m, v_set(a->unbias1)), v_add(v_sqrt(v_mul(v, v_set(a->unbias2))), v_set(a->eps)));
		p = v_fnma(v_set(a->rate), step, v_fnma(v_set(a->decay), p, p));
		v_put(a->p + j, p, k);
		v_put(a->m + j, m, k);
		v_put(a->v + j, v, k);
	}
}

// 16 lanes of doubles, added up as in v16_sum. The square of a float is exact in a double.
#define SUM(name, of)                                         \
	static double name(const float *x, ptrdiff_t n)           \
	{                                                         \
		double s[16] = {0};                                   \
		ptrdiff_t i = 0;                                      \
		for (; i + 16 <= n; i += 16)                          \
			for (int l = 0; l < 16; l++) {                    \
				double a = x[i + l];                          \
				s[l] += of;                                   \
			}                                                 \
		for (int l = 0; i < n; i++, l++) {                    \
			double a = x[i];                                  \
			s[l] += of;                                       \
		}                                                     \
		for (int half = 8; half > 0; half /= 2)               \
			for (int l = 0; l < half; l++)                    \
				s[l] += s[l + half];                          \
		return s[0];                                          \
	}
SUM(sum, a)
SUM(sum_squares, a * a)

static void widen_all(float *y, const uint16_t *x, ptrdiff_t n)
{
	FOR_VECTORS (j, k, n)
		v_put(y + j, v_get_half(x + j, k), k);
}
