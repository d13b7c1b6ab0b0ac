// LayerNorm and RMSNorm over rows that hold a growth in progress; with no mask mu is 1 throughout, and multiplying by it
// changes nothing.

V void norm_of(const int half, const gl_norm *g)
{
	const ptrdiff_t n = g->cols;
	for (ptrdiff_t r = 0; r < g->rows; r++) {
		const float *x = g->x + r * n;
		float mean = 0;
		if (!g->rms) {
			v16 s = v16_zero();
			FOR_LANES (j, u, k, n)
				s.v[u] = v_fma(v_mask(g->mask, j), v_get(x + j, k), s.v[u]);
			mean = v16_sum(s) / g->s;
		}
		v16 q = v16_zero();
		const vf center = v_set(mean);
		FOR_LANES (j, u, k, n) {
			if (k <= 0)
				continue;
			// Beyond the row x - mean is -mean: keep those lanes at zero.
			vf d = v_sub(v_get(x + j, k), center);
			if (k < VW)
				d = v_less(v_iota(), v_set((float)k), d, v_set(0));
			q.v[u] = v_fma(v_mul(v_mask(g->mask, j), d), d, q.v[u]);
		}
		float rstd = 1 / __builtin_sqrtf(v16_sum(q) / g->s + g->eps);
		g->stats[2 * r] = mean;
		g->stats[2 * r + 1] = rstd;
		const vf scale = v_set(rstd);
		FOR_VECTORS (j, k, n) {
			vf d = v_mul(v_mul(v_sub(v_get(x + j, k), center), scale), v_get(g->gain + j, k));
			if (g->bias)
				d = v_add(d, v_get(g->bias + j, k));
			v_put_as(half, g->y, r * n + j, v_mul(d, v_mask(g->mask, j)), k);
		}
	}
}

static void norm(const gl_norm *g)
{
	if (g->half)
		norm_of(1, g);
	else
		norm_of(0, g);
}

// With n = (x-mean)/std, in row r and column j: what one position adds to the gradients of gain and bias.
V void norm_gains(const gl_norm_grad *g, ptrdiff_t r, ptrdiff_t j, ptrdiff_t k, vf d, vf xhat)
{
	const ptrdiff_t at = r / g->t * g->cols + j;
	const int first = r % g->t == 0;
	v_put(g->gains + at, v_fma(d, xhat, first ? v_set(0) : v_get(g->gains + at, k)), k);
	if (g->biases)
		v_put(g->biases + at, v_add(d, first ? v_set(0) : v_get(g->biases + at, k)), k);
}

static void norm_grad_columns(const gl_norm_grad *g)
{
	const ptrdiff_t n = g->cols;
	for (ptrdiff_t r = 0; r < g->rows; r++) {
		const vf mean = v_set(g->stats[2 * r]), rstd = v_set(g->stats[2 * r + 1]);
		FOR_VECTORS (c, k, g->count) {
			const ptrdiff_t j = g->first + c;
			vf d = v_mul(v_get(g->dy + r * n + j, k), v_mask(g->mask, j));
			norm_gains(g, r, j, k, d, v_mul(v_sub(v_get(g->x + r * n + j, k), mean), rstd));
		}
	}
}

// With h = mu gain dy: dx = residual + (h - mu/S (Σh + n Σhn))/std, where RMSNorm has no Σh.
static void norm_grad(const gl_norm_grad *g)
{
	const ptrdiff_t n = g->cols;
	if (!g->dx) {
		norm_grad_columns(g);
		return;
	}
	for (ptrdiff_t r = 0; r < g->rows; r++) {
		const float *x = g->x + r * n, *dy = g->dy + r * n, *residual = g->residual ? g->residual + r * n : NULL;
		float *dx = g->dx + r * n;
		const vf mean = v_set(g->stats[2 * r]), rstd = v_set(g->stats[2 * r + 1]);
		v16 sh = v16_zero(), shn = v16_zero();
		FOR_LANES (j, u, k, n) {
			if (k <= 0)
				continue;
			vf d = v_mul(v_get(dy + j, k), v_mask(g->mask, j)); // 0 beyond the row
			vf xhat = v_mul(v_sub(v_get(x + j, k), mean), rstd), h = v_mul(d, v_get(g->gain + j, k));
			sh.v[u] = v_add(sh.v[u], h);
			shn.v[u] = v_fma(h, xhat, shn.v[u]);
			if (g->gains)
				norm_gains(g, r, j, k, d, xhat);
		}
		const vf a = v_set(g->rms ? 0 : v16_sum(sh) / g->s), b = v_set(v16_sum(shn) / g->s);
		FOR_VECTORS (j, k, n) {
			vf mu = v_mask(g->mask, j);
			vf xhat = v_mul(v_sub(v_get(x + j, k), mean), rstd);
			vf h = v_mul(v_mul(v_get(dy + j, k), mu), v_get(g->gain + j, k));
			vf d = v_fnma(mu, v_fma(xhat, b, a), h);
			d = v_fma(d, rstd, residual ? v_get(residual + j, k) : v_set(0));
			v_put(dx + j, d, k);
			if (g->copy)
				v_put_half(g->copy + r * n + j, d, k);
		}
	}
}
