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

// half_begin when the rows of tiles change from *now, which is 0 before the first.
V void half_rows_are(ptrdiff_t *now, ptrdiff_t m)
{
	if (*now != m)
		half_begin(m);
	*now = m;
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
