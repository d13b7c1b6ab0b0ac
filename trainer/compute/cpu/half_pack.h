// Operands of bf16 products, packed in pairs: see half_tile.h.

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
