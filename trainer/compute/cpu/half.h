// Products of bf16 operands with fp32 sums. Two neighbours along the sum make a pair, 32 bits, low half first, which is what
// the hardware multiplies: a is rows of pairs, b is packed in panels of NRH columns, each pair of its depth a row of NRH
// pairs. A tile of c has MRH rows and NRH columns, goes to a buffer in L1, and from there through its epilogue.
//
//	amx          tdpbf16ps, tiles of 16 x 16 x 32, two by two
//	avx512bf16   vdpbf16ps, 12 rows of two vectors
//	others       two fused multiply-adds on widened halves; there for the sake of runs that began on other processors
//
// A depth is rounded up to a multiple of UNIT by zeros.

#if defined(GL_FAMILY_AMX)
enum { MRH = 32, NRH = 32, UNIT = 32 };
#else
enum { MRH = MR, NRH = NR, UNIT = 2 };
#endif
enum { NVH = NRH / VW };

typedef uint16_t half;

V ptrdiff_t pairs(ptrdiff_t k) { return gl_round_up(k, UNIT) / 2; }

#if defined(GL_FAMILY_AMX)

#if !defined(GL_AMX_EMULATED)
#define amx_config _tile_loadconfig
#define amx_release _tile_release
#define amx_zero _tile_zero
#define amx_load _tile_loadd
#define amx_store _tile_stored
#define amx_dot _tile_dpbf16ps
#endif

// Tiles 0 to 3 are c, 4 and 5 rows of a, 6 and 7 columns of b.
V void half_begin(ptrdiff_t m)
{
	struct {
		uint8_t palette, start, zero[14];
		uint16_t bytes[16];
		uint8_t rows[16];
	} config __attribute__((aligned(64))) = {.palette = 1};
	const uint8_t high = (uint8_t)least(m, 16), low = (uint8_t)(m > 16 ? m - 16 : 16);
	const uint8_t rows[8] = {high, high, low, low, high, low, 16, 16};
	for (int t = 0; t < 8; t++) {
		config.rows[t] = rows[t];
		config.bytes[t] = 64;
	}
	amx_config(&config);
}

V void half_end(void) { amx_release(); }

V void amx_tile(const int below, const int right, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs)
{
	const ptrdiff_t stride = as * 4, width = NRH * 4, out = zs * 4;
	amx_zero(0);
	amx_zero(1);
	amx_zero(2);
	amx_zero(3);
	for (ptrdiff_t p = 0; p < kp; p += 16) {
		amx_load(6, b + p * NRH, width);
		amx_load(4, a + p, stride);
		amx_dot(0, 4, 6);
		if (right) {
			amx_load(7, b + p * NRH + 16, width);
			amx_dot(1, 4, 7);
		}
		if (below) {
			amx_load(5, a + 16 * as + p, stride);
			amx_dot(2, 5, 6);
			if (right)
				amx_dot(3, 5, 7);
		}
	}
	amx_store(0, z, out);
	if (right)
		amx_store(1, z + 16, out);
	if (below)
		amx_store(2, z + 16 * zs, out);
	if (below && right)
		amx_store(3, z + 16 * zs + 16, out);
}

// z (m, cols) = a b; rows of a are as pairs apart, those of z zs floats, and written to the end of a vector. half_begin(m)
// came before.
static void half_tile(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs)
{
	if (m > 16)
		cols > 16 ? amx_tile(1, 1, kp, a, as, b, z, zs) : amx_tile(1, 0, kp, a, as, b, z, zs);
	else
		cols > 16 ? amx_tile(0, 1, kp, a, as, b, z, zs) : amx_tile(0, 0, kp, a, as, b, z, zs);
}

#else

V void half_begin(ptrdiff_t m) { (void)m; }
V void half_end(void) {}

#if defined(GL_BF16)
typedef __m512bh vh;
V vh h_load(const uint32_t *p) { return (vh)_mm512_loadu_si512(p); }
V vh h_set(uint32_t x) { return (vh)_mm512_set1_epi32((int)x); }
V vf h_dot(vf sum, vh a, vh b) { return _mm512_dpbf16_ps(sum, a, b); }
#else
typedef struct {
	vf low, high;
} vh;
#if defined(GL_FAMILY_AVX512)
V vh h_split(__m512i x)
{
	return (vh){_mm512_castsi512_ps(_mm512_slli_epi32(x, 16)), _mm512_castsi512_ps(_mm512_and_epi32(x, _mm512_set1_epi32((int)0xffff0000)))};
}
V vh h_load(const uint32_t *p) { return h_split(_mm512_loadu_si512(p)); }
#elif defined(GL_FAMILY_AVX2)
V vh h_split(__m256i x)
{
	return (vh){_mm256_castsi256_ps(_mm256_slli_epi32(x, 16)), _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32((int)0xffff0000)))};
}
V vh h_load(const uint32_t *p) { return h_split(_mm256_loadu_si256((const __m256i *)p)); }
#else
V vh h_load(const uint32_t *p)
{
	typedef uint32_t vu __attribute__((vector_size(16)));
	vu x;
	memcpy(&x, p, sizeof x);
	return (vh){(vf)(x << 16), (vf)(x & 0xffff0000)};
}
#endif
V float h_float(uint32_t x)
{
	float f;
	memcpy(&f, &x, sizeof f);
	return f;
}
V vh h_set(uint32_t x) { return (vh){v_set(h_float(x << 16)), v_set(h_float(x & 0xffff0000))}; }
V vf h_dot(vf sum, vh a, vh b) { return v_fma(a.low, b.low, v_fma(a.high, b.high, sum)); }
#endif

V void half_rows(const int m, const int nv, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs)
{
	vf sum[MRH][NVH];
	vh x[NVH];
	const uint32_t *a0 = a, *a3 = a + 3 * as, *a6 = a + 6 * as, *a9 = a + 9 * as;
#pragma GCC unroll 12
	for (int i = 0; i < m; i++)
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++)
			sum[i][v] = v_set(0);
	for (ptrdiff_t p = 0; p < kp; p++) {
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++)
			x[v] = h_load(b + v * VW);
#pragma GCC unroll 12
		for (int i = 0; i < m; i++) {
			vh t = h_set((i < 3 ? a0 : i < 6 ? a3 : i < 9 ? a6 : a9)[i % 3 * as]);
#pragma GCC unroll 4
			for (int v = 0; v < nv; v++)
				sum[i][v] = h_dot(sum[i][v], t, x[v]);
		}
		b += NRH;
		a0++, a3++, a6++, a9++;
	}
#pragma GCC unroll 12
	for (int i = 0; i < m; i++)
#pragma GCC unroll 4
		for (int v = 0; v < nv; v++)
			v_store(z + i * zs + v * VW, sum[i][v]);
}

#define HALF_TILE(m, nv)                                                                                       \
	static void half_##m##_##nv(ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs) \
	{                                                                                                        \
		half_rows(m, nv, kp, a, as, b, z, zs);                                                                   \
	}
#if defined(__aarch64__)
#define HALF_ROW(m) HALF_TILE(m, 1) HALF_TILE(m, 2) HALF_TILE(m, 3)
#define HALF_OF(m) {half_##m##_1, half_##m##_2, half_##m##_3}
#else
#define HALF_ROW(m) HALF_TILE(m, 1) HALF_TILE(m, 2)
#define HALF_OF(m) {half_##m##_1, half_##m##_2}
#endif
HALF_ROW(1) HALF_ROW(2) HALF_ROW(3) HALF_ROW(4) HALF_ROW(5) HALF_ROW(6)
#if defined(GL_FAMILY_AVX512) || defined(__aarch64__)
HALF_ROW(7) HALF_ROW(8)
#endif
#if defined(GL_FAMILY_AVX512)
HALF_ROW(9) HALF_ROW(10) HALF_ROW(11) HALF_ROW(12)
#endif
typedef void (*half_fn)(ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs);
static const half_fn half_fns[MRH][NVH] = {
	HALF_OF(1), HALF_OF(2), HALF_OF(3), HALF_OF(4), HALF_OF(5), HALF_OF(6),
#if defined(GL_FAMILY_AVX512) || defined(__aarch64__)
	HALF_OF(7), HALF_OF(8),
#endif
#if defined(GL_FAMILY_AVX512)
	HALF_OF(9), HALF_OF(10), HALF_OF(11), HALF_OF(12),
#endif
};

// z (m, cols) = a b; rows of a are as pairs apart, those of z zs floats, and written to the end of a vector.
V void half_tile(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t kp, const uint32_t *a, ptrdiff_t as, const uint32_t *b, float *z, ptrdiff_t zs)
{
	half_fns[m - 1][vectors(cols) - 1](kp, a, as, b, z, zs);
}

#endif

// Packing.

static void round_all(uint16_t *y, const float *x, ptrdiff_t n)
{
	FOR_VECTORS (j, k, n)
		v_put_half(y + j, v_get(x + j, k), k);
}

// Pairs the rows of src, (rows, cols): dst[(r/2)*ds + c] = (src[r][c], src[r+1][c]), zeros after the last row up to kp pairs.
V void interleave_vector(uint32_t *dst, const half *even, const half *odd)
{
#if defined(GL_FAMILY_AVX512)
	__m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)even));
	__m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)odd));
	_mm512_storeu_si512(dst, _mm512_or_epi32(low, _mm512_slli_epi32(high, 16)));
#elif defined(GL_FAMILY_AVX2)
	__m256i low = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)even));
	__m256i high = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)odd));
	_mm256_storeu_si256((__m256i *)dst, _mm256_or_si256(low, _mm256_slli_epi32(high, 16)));
#else
	for (int l = 0; l < VW; l++)
		dst[l] = even[l] | (uint32_t)odd[l] << 16;
#endif
}

// It reads and writes whole vectors, up to VW-1 numbers beyond cols, which later rows overwrite. Operand memory has room at its
// end.
static void interleave(uint32_t *dst, ptrdiff_t ds, const half *src, ptrdiff_t ss, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t kp)
{
	static const half zeros[VW];
	for (ptrdiff_t p = 0; p < kp; p++, dst += ds) {
		const half *even = src + 2 * p * ss, *odd = even + ss;
		const int some = 2 * p < rows, both = 2 * p + 1 < rows;
		for (ptrdiff_t c = 0; c < cols; c += VW)
			interleave_vector(dst + c, some ? even + c : zeros, both ? odd + c : zeros);
	}
}

// As b: columns of src, (k, cols), into panels of kp pairs each. Columns beyond the last, up to the panel's end, are zeros.
static void panels_of_columns(uint32_t *dst, const half *src, ptrdiff_t ss, ptrdiff_t k, ptrdiff_t cols, ptrdiff_t kp)
{
	for (ptrdiff_t j = 0; j < cols; j += NRH, dst += kp * NRH) {
		ptrdiff_t n = least(NRH, cols - j);
		interleave(dst, NRH, src + j, ss, k, n, kp);
		for (ptrdiff_t p = 0; n < NRH && p < kp; p++)
			memset(dst + p * NRH + n, 0, (size_t)(NRH - n) * sizeof *dst);
	}
}

// As b: rows of src, n rows of kp pairs ss pairs apart, into panels, each row a column.
static void panels_of_rows(uint32_t *dst, const uint32_t *src, ptrdiff_t ss, ptrdiff_t n, ptrdiff_t kp)
{
	for (ptrdiff_t j = 0; j < n; j += NRH, dst += kp * NRH) {
		ptrdiff_t cols = least(NRH, n - j);
		transpose((float *)dst, NRH, (const float *)src + j * ss, ss, cols, kp);
		for (ptrdiff_t p = 0; cols < NRH && p < kp; p++)
			memset(dst + p * NRH + cols, 0, (size_t)(NRH - cols) * sizeof *dst);
	}
}

// As a: columns of src, (k, m), m at most MRH, each to a row of kp pairs, as pairs apart.
static void rows_of_columns(uint32_t *dst, ptrdiff_t as, const half *src, ptrdiff_t ss, ptrdiff_t k, ptrdiff_t m, ptrdiff_t kp)
{
	enum { BLOCK = 16, WIDE = (MRH + VW - 1) / VW * VW };
	uint32_t block[BLOCK * WIDE];
	for (ptrdiff_t p = 0; p < kp; p += BLOCK) {
		ptrdiff_t n = least(BLOCK, kp - p), rest = k - 2 * p;
		interleave(block, WIDE, src + 2 * p * ss, ss, rest > 0 ? rest : 0, m, n);
		transpose((float *)dst + p, as, (float *)block, WIDE, n, m);
	}
}

// k numbers of each of m rows of a, ss apart, for products of that depth: where they lie, or copied to dst if their depth must be
// filled up, or if rows a multiple of 4 KiB apart would push each other out of L1. *as is the distance of rows, in pairs.
static const uint32_t *rows_of_a(uint32_t *dst, const half *src, ptrdiff_t ss, ptrdiff_t k, ptrdiff_t m, ptrdiff_t *as)
{
	if (k % UNIT == 0 && ss % 2 == 0 && ss % 2048 != 0) {
		*as = ss / 2;
		return (const uint32_t *)src;
	}
	*as = pairs(k) + 16;
	for (ptrdiff_t i = 0; i < m; i++) {
		half *row = (half *)(dst + i * *as);
		memcpy(row, src + i * ss, (size_t)k * sizeof *row);
		memset(row + k, 0, (size_t)(2 * pairs(k) - k) * sizeof *row);
	}
	return dst;
}

// half_begin when the rows of tiles change from *now, which is 0 before the first.
V void half_rows_are(ptrdiff_t *now, ptrdiff_t m)
{
	if (*now != m)
		half_begin(m);
	*now = m;
}

// The kernels.

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
	for (ptrdiff_t i = 0; i < m; i++) {
		float *z = tile + i * NRH;
		FOR_VECTORS (c, k, cols) {
			vf x = v_fma(v_load(z + c), alpha, g->bias ? v_get(g->bias + j + c, k) : v_set(0));
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
			const float *z = g->tmp + i * g->n;
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

// Numbers are rounded a block at a time, and then packed like any operand.
static void half_pack(const gl_pack *g)
{
	enum { DEEP = 128 };
	half block[NRH * DEEP + VW] __attribute__((aligned(64)));
	const ptrdiff_t depth = g->grad ? g->out : g->in, width = g->grad ? g->in : g->out, kp = pairs(depth);
	const ptrdiff_t end = least(gl_round_up(g->from + g->deep, UNIT), 2 * kp);
	for (ptrdiff_t q = g->first; q < g->first + g->count; q++) {
		const ptrdiff_t from = q * NRH, n = least(NRH, width - from);
		for (ptrdiff_t p = g->from; p < end; p += DEEP) {
			uint32_t *d = (uint32_t *)g->dst + (q * kp + p / 2) * NRH;
			const ptrdiff_t deep = least(DEEP, depth - p), padded = least(DEEP, end - p), some = least(deep, padded);
			if (g->grad) {
				for (ptrdiff_t i = 0; i < some; i++)
					round_all(block + i * NRH, g->w + (p + i) * g->in + from, n);
				panels_of_columns(d, block, NRH, some, n, padded / 2);
			} else {
				for (ptrdiff_t i = 0; i < n; i++) {
					round_all(block + i * DEEP, g->w + (from + i) * g->in + p, some);
					memset(block + i * DEEP + some, 0, (size_t)(padded - some) * sizeof *block);
				}
				panels_of_rows(d, (uint32_t *)block, DEEP / 2, n, padded / 2);
			}
		}
	}
}

static double half_spin(ptrdiff_t rounds)
{
#if defined(GL_FAMILY_AMX)
	static const uint32_t zeros[16 * 16];
	half_begin(32);
	amx_load(4, zeros, 64);
	amx_load(5, zeros, 64);
	amx_load(6, zeros, 64);
	amx_load(7, zeros, 64);
	amx_zero(0);
	amx_zero(1);
	amx_zero(2);
	amx_zero(3);
	for (ptrdiff_t r = 0; r < rounds; r++) {
		amx_dot(0, 4, 6);
		amx_dot(1, 4, 7);
		amx_dot(2, 5, 6);
		amx_dot(3, 5, 7);
	}
	half_end();
	return 4.0 * 2 * 16 * 16 * 32 * (double)rounds;
#elif defined(GL_BF16)
	enum { CHAINS = 12 };
	vf sum[CHAINS];
	vh x = h_set(0x3f003f00);
	for (int i = 0; i < CHAINS; i++)
		sum[i] = v_set((float)i);
	for (ptrdiff_t r = 0; r < rounds; r++)
#pragma GCC unroll 12
		for (int i = 0; i < CHAINS; i++)
			sum[i] = h_dot(sum[i], x, x);
	float out[VW];
	for (int i = 0; i < CHAINS; i++) {
		v_store(out, sum[i]);
		sink = out[0];
	}
	return 4.0 * CHAINS * VW * (double)rounds;
#else
	return spin(rounds); // made of fp32 multiplications
#endif
}
