// Attention as in attention.h, with bf16 operands: queries, keys, values, probabilities and the gradient of scores. Scores,
// their exponentials and all sums are fp32.

// The head's rows of src, (t, …) ss apart, to rows of dp numbers, zeros beyond d; times scale.
static void half_gather(half *dst, ptrdiff_t dp, const half *src, ptrdiff_t ss, ptrdiff_t t, ptrdiff_t d, float scale)
{
	for (ptrdiff_t i = 0; i < t; i++, dst += dp, src += ss) {
		if (scale == 1)
			memcpy(dst, src, (size_t)d * sizeof *dst);
		else
			FOR_VECTORS (j, n, d)
				v_put_half(dst + j, v_mul(v_get_half(src + j, n), v_set(scale)), n);
		memset(dst + d, 0, (size_t)(dp - d) * sizeof *dst);
	}
}

// Rotates the head's q and k in place, and masks q, k and v by in.
static void half_rotate(const gl_attention *g, float in, half *qkv)
{
	const ptrdiff_t inner = g->heads * g->dim, d = g->dim;
	const gl_rotary *ro = &g->rotary;
	for (ptrdiff_t t = 0; t < g->t; t++, qkv += 3 * inner)
		FOR_VECTORS (j, n, d) {
			const ptrdiff_t at = t * d + j;
			vf x = v_get_half(qkv + j, n), y = v_get_half(qkv + inner + j, n);
			if (ro->qcos) {
				x = rotate(x, ro->qcos + at, ro->qsin + at, n);
				y = rotate(y, ro->kcos + at, ro->ksin + at, n);
			}
			v_put_half(qkv + j, v_mul(x, v_set(in)), n);
			v_put_half(qkv + inner + j, v_mul(y, v_set(in)), n);
			if (in != 1)
				v_put_half(qkv + 2 * inner + j, v_mul(v_get_half(qkv + 2 * inner + j, n), v_set(in)), n);
		}
}

// m rows of a times the columns of b before cols, in panels of kp pairs, into z.
V void half_row(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs)
{
	for (ptrdiff_t j = 0; j < cols; j += NRH)
		half_tile(m, least(NRH, cols - j), kp, a, as, b + j * kp, z + j, zs);
}

// e = exp(scale*row - shift) over n columns, as operands, then zeros up to end; returns the sum.
V float half_exp_row(half *e, const float *row, ptrdiff_t n, ptrdiff_t end, float scale, float shift)
{
	v16 sum = v16_zero();
	const vf c = v_set(shift), f = v_set(scale);
	FOR_LANES (j, u, k, n) {
		if (k <= 0)
			continue;
		vf x = v_exp(v_sub(v_mul(v_load(row + j), f), c));
		if (k < VW)
			x = v_less(v_iota(), v_set((float)k), x, v_set(0));
		sum.v[u] = v_add(sum.v[u], x);
		v_put_half(e + j, x, k);
	}
	if (end > n)
		memset(e + n, 0, (size_t)(end - n) * sizeof *e);
	return v16_sum(sum);
}

// Scratch memory of numbers of either size, cut off one after another. Pieces start at multiples of 64 bytes.
V void *cut(float **at, ptrdiff_t bytes)
{
	void *p = *at;
	*at += gl_round16((bytes + 3) / 4);
	return p;
}

static void half_attention_head(const gl_attention *g, half *qkv, half *o, float *lse, ptrdiff_t head)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t, d = g->dim, kd = pairs(d), kt = pairs(t);
	const ptrdiff_t dp = 2 * kd, tp = gl_round_up(t, GL_UNIT) + GL_UNIT, wide = gl_round_up(d, NRH), long_ = gl_round_up(t, NRH);
	float *free = g->tmp;
	half *q = cut(&free, 2 * t * dp), *k = cut(&free, 2 * t * dp), *p = cut(&free, 2 * MRH * tp);
	uint32_t *keys = cut(&free, 4 * long_ * kd), *values = cut(&free, 4 * wide * kt);
	float *s = cut(&free, 4 * MRH * tp), tile[MRH * NRH] __attribute__((aligned(64)));
	qkv += head * d;
	o += head * d;
	const float in = of_head(g->inputs, head);
	if (g->rotary.qcos || in != 1)
		half_rotate(g, in, qkv);
	half_gather(q, dp, qkv, 3 * inner, t, d, 1);
	half_gather(k, dp, qkv + inner, 3 * inner, t, d, 1);
	panels_of_rows(keys, (uint32_t *)k, kd, t, kd);
	panels_of_columns(values, qkv + 2 * inner, 3 * inner, t, d, kt);
	for (ptrdiff_t r = 0; r < t; r += MRH) {
		const ptrdiff_t m = least(MRH, t - r), seen = r + m, ks = pairs(seen);
		float top[MRH], sum[MRH];
		if (r == 0 || m < MRH)
			half_begin(m);
		half_row(m, seen, kd, (uint32_t *)q + r * kd, kd, keys, s, tp);
		for (ptrdiff_t i = 0; i < m; i++) {
			top[i] = max_row(s + i * tp, r + i + 1) * g->scale;
			sum[i] = half_exp_row(p + i * tp, s + i * tp, r + i + 1, 2 * ks, g->scale, top[i]);
			lse[(r + i) * g->heads + head] = top[i] + log1(sum[i]);
		}
		for (ptrdiff_t j = 0; j < d; j += NRH) {
			const ptrdiff_t cols = least(NRH, d - j);
			half_tile(m, cols, ks, (uint32_t *)p, tp / 2, values + j * kt, tile, NRH);
			for (ptrdiff_t i = 0; i < m; i++) {
				const vf scale = v_set(eta(g, head) / sum[i]);
				FOR_VECTORS (c, n, cols)
					v_put_half(o + (r + i) * inner + j + c, v_mul(v_load(tile + i * NRH + c), scale), n);
			}
		}
	}
	half_end();
}

static void half_attention(const gl_attention *g)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t;
	for (ptrdiff_t i = 0; i < g->seqs; i++)
		for (ptrdiff_t head = g->first; head < g->first + g->count; head++)
			half_attention_head(g, (half *)g->qkv + i * t * 3 * inner, (half *)g->o + i * t * inner, g->lse + i * t * g->heads, head);
}

// Rotates the gradients of q and k back, and masks all three, into dqkv, which points to the head's part of q.
static void half_scatter(const gl_attention *g, ptrdiff_t head, half *dqkv, const float *dq, const float *dk, const float *dv, ptrdiff_t wide)
{
	const ptrdiff_t inner = g->heads * g->dim, d = g->dim;
	const gl_rotary *ro = &g->rotary;
	const vf in = v_set(of_head(g->inputs, head));
	for (ptrdiff_t t = 0; t < g->t; t++, dqkv += 3 * inner)
		FOR_VECTORS (j, n, d) {
			const ptrdiff_t at = t * d + j, from = t * wide + j;
			vf x = v_get(dq + from, n), y = v_get(dk + from, n);
			if (ro->qcos) {
				x = rotate_back(x, ro->qcos + at, ro->qsin + at, n);
				y = rotate_back(y, ro->kcos + at, ro->ksin + at, n);
			}
			v_put_half(dqkv + j, v_mul(x, in), n);
			v_put_half(dqkv + inner + j, v_mul(y, in), n);
			v_put_half(dqkv + 2 * inner + j, v_mul(v_get(dv + from, n), in), n);
		}
}

// dout_t·o_t.
static void half_delta(const gl_attention *g, const half *o, const half *dout, float *delta)
{
	const ptrdiff_t inner = g->heads * g->dim;
	for (ptrdiff_t t = 0; t < g->t; t++, o += inner, dout += inner) {
		v16 sum = v16_zero();
		FOR_LANES (j, u, k, g->dim) {
			if (k > 0)
				sum.v[u] = v_fma(v_get_half(dout + j, k), v_get_half(o + j, k), sum.v[u]);
		}
		delta[t] = v16_sum(sum);
	}
}

// dst (m rows of wide) += scale * a b.
V void half_add(float *dst, ptrdiff_t wide, ptrdiff_t m, ptrdiff_t d, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, ptrdiff_t panel, float scale)
{
	float tile[MRH * NRH] __attribute__((aligned(64)));
	for (ptrdiff_t j = 0; j < d; j += NRH) {
		const ptrdiff_t cols = least(NRH, d - j);
		half_tile(m, cols, kp, a, as, b + j * panel, tile, NRH);
		for (ptrdiff_t i = 0; i < m; i++)
			FOR_VECTORS (c, n, cols) {
				float *p = dst + i * wide + j + c;
				v_put(p, v_fma(v_load(tile + i * NRH + c), v_set(scale), v_get(p, n)), n);
			}
	}
}

static void half_attention_grad_head(const gl_attention *g, const half *qkv, const half *o, const float *lse, const half *dout,
	half *dqkv, ptrdiff_t head)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t, d = g->dim, kd = pairs(d), kt = pairs(t);
	const ptrdiff_t dp = 2 * kd, tp = gl_round_up(t, GL_UNIT) + GL_UNIT, wide = gl_round_up(d, NRH), long_ = gl_round_up(t, NRH);
	const ptrdiff_t kq = pairs(GL_QUERY_ROWS), as = kq + 16;
	float *free = g->tmp;
	half *q = cut(&free, 2 * t * dp), *k = cut(&free, 2 * t * dp), *grad = cut(&free, 2 * t * dp);
	half *p = cut(&free, 2 * GL_QUERY_ROWS * tp), *ds = cut(&free, 2 * GL_QUERY_ROWS * tp);
	uint32_t *keys = cut(&free, 4 * long_ * kd), *values = cut(&free, 4 * long_ * kd), *kcols = cut(&free, 4 * wide * kt);
	uint32_t *qcols = cut(&free, 4 * wide * kq), *gcols = cut(&free, 4 * wide * kq), *rows = cut(&free, 4 * MRH * as);
	float *s = cut(&free, 4 * MRH * tp), *dps = cut(&free, 4 * MRH * tp), *delta = cut(&free, 4 * t);
	float *dq = cut(&free, 12 * t * wide), *dk = dq + t * wide, *dv = dk + t * wide;
	qkv += head * d;
	half_gather(q, dp, qkv, 3 * inner, t, d, 1);
	half_gather(k, dp, qkv + inner, 3 * inner, t, d, 1);
	half_gather(grad, dp, qkv + 2 * inner, 3 * inner, t, d, 1);
	panels_of_rows(keys, (uint32_t *)k, kd, t, kd);
	panels_of_rows(values, (uint32_t *)grad, kd, t, kd);
	panels_of_columns(kcols, k, dp, t, d, kt);
	half_gather(grad, dp, dout + head * d, inner, t, d, eta(g, head));
	half_delta(g, o + head * d, dout + head * d, delta);
	memset(dq, 0, (size_t)(3 * t * wide) * sizeof *dq);
	for (ptrdiff_t first = 0; first < t; first += GL_QUERY_ROWS) {
		const ptrdiff_t end = least(first + GL_QUERY_ROWS, t), padded = gl_round_up(end, GL_UNIT);
		panels_of_columns(qcols, q + first * dp, dp, end - first, d, kq);
		panels_of_columns(gcols, grad + first * dp, dp, end - first, d, kq);
		for (ptrdiff_t r = first; r < end; r += MRH) {
			const ptrdiff_t m = least(MRH, end - r), seen = r + m;
			half *pr = p + (r - first) * tp, *dsr = ds + (r - first) * tp;
			half_begin(m);
			half_row(m, seen, kd, (uint32_t *)q + r * kd, kd, keys, s, tp);
			half_row(m, seen, kd, (uint32_t *)grad + r * kd, kd, values, dps, tp);
			for (ptrdiff_t i = 0; i < m; i++) {
				const ptrdiff_t n = r + i + 1;
				const vf shift = v_set(lse[(r + i) * g->heads + head]), less = v_set(delta[r + i]), f = v_set(g->scale);
				FOR_VECTORS (j, c, n) {
					vf e = v_exp(v_sub(v_mul(v_load(s + i * tp + j), f), shift));
					v_put_half(pr + i * tp + j, e, c);
					v_put_half(dsr + i * tp + j, v_mul(e, v_sub(v_load(dps + i * tp + j), less)), c);
				}
				memset(pr + i * tp + n, 0, (size_t)(padded - n) * sizeof *pr);
				memset(dsr + i * tp + n, 0, (size_t)(padded - n) * sizeof *dsr);
			}
			half_add(dq + r * wide, wide, m, d, pairs(seen), (uint32_t *)dsr, tp / 2, kcols, kt, g->scale);
		}
		for (ptrdiff_t j = 0; j < end; j += MRH) {
			// Queries from i on see these keys.
			const ptrdiff_t m = least(MRH, end - j), i = j > first ? j : first, kp = pairs(end - i), skip = (i - first) / 2 * NRH;
			const ptrdiff_t at = (i - first) * tp + j;
			half_begin(m);
			rows_of_columns(rows, as, ds + at, tp, end - i, m, kp);
			half_add(dk + j * wide, wide, m, d, kp, rows, as, qcols + skip, kq, g->scale);
			rows_of_columns(rows, as, p + at, tp, end - i, m, kp);
			half_add(dv + j * wide, wide, m, d, kp, rows, as, gcols + skip, kq, 1);
		}
	}
	half_end();
	half_scatter(g, head, dqkv + head * d, dq, dk, dv, wide);
}

static void half_attention_grad(const gl_attention *g)
{
	const ptrdiff_t inner = g->heads * g->dim, t = g->t;
	for (ptrdiff_t i = 0; i < g->seqs; i++)
		for (ptrdiff_t head = g->first; head < g->first + g->count; head++)
			half_attention_grad_head(g, (const half *)g->qkv + i * t * 3 * inner, (const half *)g->o + i * t * inner,
				g->lse + i * t * g->heads, (const half *)g->dout + i * t * inner, (half *)g->dqkv + i * t * 3 * inner, head);
}
