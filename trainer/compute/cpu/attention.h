// Causal attention of one head at a time, whose queries, keys and values are first copied side by side. Scores live in
// scratch only: MR rows in the forward pass, GL_QUERY_ROWS in the gradient, which recomputes them from lse.

V vf rotate(vf x, const float *cos, const float *sin, ptrdiff_t k)
{
	return v_fma(v_get(cos, k), x, v_mul(v_get(sin, k), v_swap(x)));
}

V vf rotate_back(vf x, const float *cos, const float *sin, ptrdiff_t k)
{
	return v_fnma(v_get(sin, k), v_swap(x), v_mul(v_get(cos, k), x));
}

V float of_head(gl_mask mask, ptrdiff_t head) { return head < mask.old ? 1 : mask.m; }
V float eta(const gl_attention *g, ptrdiff_t head) { return of_head(g->mask, head); }

// exp(s - shift) over row[0..n), then zeros to the end of the last 16 lanes and on past n + MR, within cols; the sum.
V float exp_row(float *row, ptrdiff_t n, ptrdiff_t cols, float shift)
{
	v16 sum = v16_zero();
	const vf c = v_set(shift);
	FOR_LANES (j, u, k, n) {
		vf e = v_exp(v_sub(v_load(row + j), c));
		if (k < VW)
			e = v_less(v_iota(), v_set((float)k), e, v_set(0));
		v_store(row + j, e);
		sum.v[u] = v_add(sum.v[u], e);
	}
	for (ptrdiff_t j = gl_round16(n); j < least(n + MR, cols); j += VW)
		v_store(row + j, v_set(0));
	return v16_sum(sum);
}

V float max_row(const float *row, ptrdiff_t n)
{
	v16 top;
	for (int u = 0; u < V16; u++)
		top.v[u] = v_set(-__builtin_inff());
	FOR_LANES (j, u, k, n) {
		vf x = v_load(row + j);
		if (k < VW)
			x = v_less(v_iota(), v_set((float)k), x, v_set(-__builtin_inff()));
		top.v[u] = v_max(top.v[u], x);
	}
	return v16_max(top);
}

// Rotates the head's q and k in place, masks q, k and v there, and copies them, q times scale.
static void gather(const gl_attention *g, float *qkv, ptrdiff_t head, float *q, float *k, float *v, ptrdiff_t dp)
{
	const ptrdiff_t inner = g->heads * g->dim, d = g->dim;
	const gl_rotary *ro = &g->rotary;
	const float in = of_head(g->inputs, head);
	for (ptrdiff_t t = 0; t < g->t; t++) {
		float *p = qkv + t * 3 * inner + head * d;
		FOR_VECTORS (j, n, d) {
			vf x = v_get(p + j, n), y = v_get(p + inner + j, n), z = v_get(p + 2 * inner + j, n);
			if (ro->qcos) {
				x = rotate(x, ro->qcos + t * d + j, ro->qsin + t * d + j, n);
				y = rotate(y, ro->kcos + t * d + j, ro->ksin + t * d + j, n);
			}
			if (in != 1) {
				x = v_mul(x, v_set(in)), y = v_mul(y, v_set(in)), z = v_mul(z, v_set(in));
				v_put(p + 2 * inner + j, z, n);
			}
			if (ro->qcos || in != 1) {
				v_put(p + j, x, n);
				v_put(p + inner + j, y, n);
			}
			v_store(q + t * dp + j, v_mul(x, v_set(g->scale)));
			v_store(k + t * dp + j, y);
			v_store(v + t * dp + j, z);
		}
	}
}

static void attention_head(const gl_attention *g, float *qkv, float *o, float *lse, ptrdiff_t head)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t, d = g->dim, dp = gl_round16(d), tp = gl_round16(t);
	float *q = g->tmp, *k = q + t * dp, *v = k + t * dp, *kt = v + t * dp, *s = kt + d * tp;
	gather(g, qkv, head, q, k, v, dp);
	transpose(kt, tp, k, dp, t, d);
	o += head * d;
	for (ptrdiff_t r = 0; r < t; r += MR) {
		ptrdiff_t m = least(MR, t - r), seen = r + m;
		float top[16], sum[16];
		tiles(by_rows[m - 1], seen, d, q + r * dp, dp, kt, tp, NR, s, tp, 1, NULL, 0);
		for (ptrdiff_t i = 0; i < m; i++) {
			top[i] = max_row(s + i * tp, r + i + 1);
			sum[i] = exp_row(s + i * tp, r + i + 1, tp, top[i]);
		}
		tiles(by_rows[m - 1], d, seen, s, tp, v, dp, NR, o + r * inner, inner, 1, NULL, 0);
		for (ptrdiff_t i = 0; i < m; i++) {
			const vf scale = v_set(eta(g, head) / sum[i]);
			float *p = o + (r + i) * inner;
			FOR_VECTORS (j, n, d)
				v_put(p + j, v_mul(v_get(p + j, n), scale), n);
			lse[(r + i) * g->heads + head] = top[i] + log1(sum[i]);
		}
	}
}

static void attention(const gl_attention *g)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t;
	for (ptrdiff_t i = 0; i < g->seqs; i++)
		for (ptrdiff_t head = g->first; head < g->first + g->count; head++)
			attention_head(g, (float *)g->qkv + i * t * 3 * inner, (float *)g->o + i * t * inner, g->lse + i * t * g->heads, head);
}

// g = eta dout, and delta_t = dout_t·o_t.
static void gather_grad(const gl_attention *g, const float *o, const float *dout, ptrdiff_t head, float *grad, float *delta, ptrdiff_t dp)
{
	const ptrdiff_t inner = g->heads * g->dim;
	const vf mask = v_set(eta(g, head));
	for (ptrdiff_t t = 0; t < g->t; t++) {
		const float *a = o + t * inner, *b = dout + t * inner;
		v16 sum = v16_zero();
		FOR_LANES (j, u, k, g->dim) {
			if (k <= 0)
				continue;
			vf x = v_get(b + j, k);
			sum.v[u] = v_fma(x, v_get(a + j, k), sum.v[u]);
			v_store(grad + t * dp + j, v_mul(x, mask));
		}
		delta[t] = v16_sum(sum);
	}
}

// Rotates the gradients of q and k back, and masks all three, into dqkv, which points to the head's part of q.
static void scatter_grad(const gl_attention *g, ptrdiff_t head, float *dqkv, const float *dq, const float *dk, const float *dv, ptrdiff_t dp)
{
	const ptrdiff_t inner = g->heads * g->dim, d = g->dim;
	const gl_rotary *ro = &g->rotary;
	const vf in = v_set(of_head(g->inputs, head));
	for (ptrdiff_t t = 0; t < g->t; t++) {
		float *p = dqkv + t * 3 * inner;
		FOR_VECTORS (j, n, d) {
			vf x = v_get(dq + t * dp + j, n), y = v_get(dk + t * dp + j, n);
			if (ro->qcos) {
				x = rotate_back(x, ro->qcos + t * d + j, ro->qsin + t * d + j, n);
				y = rotate_back(y, ro->kcos + t * d + j, ro->ksin + t * d + j, n);
			}
			v_put(p + j, v_mul(x, in), n);
			v_put(p + inner + j, v_mul(y, in), n);
			v_put(p + 2 * inner + j, v_mul(v_get(dv + t * dp + j, n), in), n);
		}
	}
}

// Copies n columns of src, rows ss apart, to rows of dp, times scale.
static void copy_head(float *dst, ptrdiff_t dp, const float *src, ptrdiff_t ss, ptrdiff_t rows, ptrdiff_t n, float scale)
{
	for (ptrdiff_t t = 0; t < rows; t++)
		FOR_VECTORS (j, k, n)
			v_store(dst + t * dp + j, v_mul(v_get(src + t * ss + j, k), v_set(scale)));
}

static void attention_grad_head(const gl_attention *g, const float *qkv, const float *o, const float *lse, const float *dout,
	float *dqkv, ptrdiff_t head)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t, d = g->dim, dp = gl_round16(d), tp = gl_round16(t), td = t * dp;
	float *q = g->tmp, *k = q + td, *grad = k + td, *dq = grad + td, *dk = dq + td, *dv = dk + td;
	float *kt = dv + td, *vt = kt + d * tp, *p = vt + d * tp, *ds = p + GL_QUERY_ROWS * tp, *delta = ds + GL_QUERY_ROWS * tp;
	qkv += head * d;
	copy_head(q, dp, qkv, 3 * inner, t, d, g->scale);
	copy_head(k, dp, qkv + inner, 3 * inner, t, d, 1);
	transpose(kt, tp, qkv + inner, 3 * inner, t, d);
	transpose(vt, tp, qkv + 2 * inner, 3 * inner, t, d);
	gather_grad(g, o + head * d, dout + head * d, head, grad, delta, dp);
	memset(dk, 0, (size_t)(2 * td) * sizeof *dk);
	for (ptrdiff_t first = 0; first < t; first += GL_QUERY_ROWS) {
		ptrdiff_t end = least(first + GL_QUERY_ROWS, t);
		for (ptrdiff_t r = first; r < end; r += MR) {
			ptrdiff_t m = least(MR, end - r), seen = r + m;
			float *pr = p + (r - first) * tp, *dsr = ds + (r - first) * tp;
			tiles(by_rows[m - 1], seen, d, q + r * dp, dp, kt, tp, NR, pr, tp, 1, NULL, 0);
			tiles(by_rows[m - 1], seen, d, grad + r * dp, dp, vt, tp, NR, dsr, tp, 1, NULL, 0);
			for (ptrdiff_t i = r; i < seen; i++, pr += tp, dsr += tp) {
				exp_row(pr, i + 1, tp, lse[i * g->heads + head]);
				for (ptrdiff_t j = 0; j < least(gl_round16(i + 1 + MR), tp); j += VW) {
					vf e = v_load(pr + j), x = v_mul(e, v_sub(v_load(dsr + j), v_set(delta[i])));
					// Beyond the diagonal dsr holds no numbers of ours.
					v_store(dsr + j, v_less(v_set(0), e, x, v_set(0)));
				}
			}
			tiles(by_rows[m - 1], d, seen, ds + (r - first) * tp, tp, k, dp, NR, dq + r * dp, dp, g->scale, NULL, 0);
		}
		for (ptrdiff_t j = 0; j < end; j += MR) {
			ptrdiff_t m = least(MR, end - j), i = j > first ? j : first, at = (i - first) * tp + j;
			float *dkj = dk + j * dp, *dvj = dv + j * dp;
			tiles(by_columns[m - 1], d, end - i, ds + at, tp, q + i * dp, dp, NR, dkj, dp, 1, dkj, dp);
			tiles(by_columns[m - 1], d, end - i, p + at, tp, grad + i * dp, dp, NR, dvj, dp, 1, dvj, dp);
		}
	}
	scatter_grad(g, head, dqkv + head * d, dq, dk, dv, dp);
}

static void attention_grad(const gl_attention *g)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t;
	for (ptrdiff_t i = 0; i < g->seqs; i++)
		for (ptrdiff_t head = g->first; head < g->first + g->count; head++)
			attention_grad_head(g, (float *)g->qkv + i * t * 3 * inner, (float *)g->o + i * t * inner, g->lse + i * t * g->heads,
				(const float *)g->dout + i * t * inner, (float *)g->dqkv + i * t * 3 * inner, head);
}
