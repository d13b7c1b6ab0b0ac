// Vectors of VW floats, by family. v_max(a, b) and v_min(a, b) give b if either is NaN, so with data as b NaN passes through.
// Partial loads fill with zeros; k may be any number, full from VW on, empty from 0 down.
#ifndef GROWLAB_CPU_VEC_H
#define GROWLAB_CPU_VEC_H

#include <string.h>

#if defined(GL_FAMILY_AVX512)

#include <immintrin.h>
enum { VW = 16 };
typedef __m512 vf;
#define V static inline __attribute__((always_inline, unused))
V __mmask16 v_lanes(ptrdiff_t k) { return k >= 16 ? 0xffff : k <= 0 ? 0 : (__mmask16)((1u << k) - 1); }
V vf v_set(float x) { return _mm512_set1_ps(x); }
V vf v_load(const float *p) { return _mm512_loadu_ps(p); }
V void v_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
V vf v_load_part(const float *p, ptrdiff_t k) { return _mm512_maskz_loadu_ps(v_lanes(k), p); }
V void v_store_part(float *p, vf x, ptrdiff_t k) { _mm512_mask_storeu_ps(p, v_lanes(k), x); }
V vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
V vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
V vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
V vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
V vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }   // a*b + c
V vf v_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); } // c - a*b
V vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
V vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
V vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
V vf v_iota(void) { return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
V vf v_less(vf a, vf b, vf x, vf y) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x); } // a<b ? x : y
V vf v_swap(vf x) { return _mm512_permute_ps(x, 0xb1); }                                                            // lane i^1
// p * 2^n, where t = 1.5*2^23 + n.
V vf v_scale2(vf p, vf t)
{
	return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(t), 23)));
}
// x = f * 2^e with f in [sqrt(1/2), sqrt(2)), x normal and positive.
V vf v_split(vf x, vf *e)
{
	__m512i one = _mm512_set1_epi32(0x3f3504f3), i = _mm512_sub_epi32(_mm512_castps_si512(x), one);
	*e = _mm512_cvtepi32_ps(_mm512_srai_epi32(i, 23));
	return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_and_epi32(i, _mm512_set1_epi32(0x7fffff)), one));
}
V vf v_widen(const uint16_t *p)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
V void v_round(uint16_t *p, vf x)
{
#if defined(GL_BF16)
	_mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x));
#else
	__m512i i = _mm512_castps_si512(x), high = _mm512_srli_epi32(i, 16);
	__m512i odd = _mm512_and_epi32(high, _mm512_set1_epi32(1)), even = _mm512_add_epi32(i, _mm512_set1_epi32(0x7fff));
	__m512i r = _mm512_srli_epi32(_mm512_add_epi32(even, odd), 16);
	r = _mm512_mask_or_epi32(r, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), high, _mm512_set1_epi32(0x40));
	_mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(r));
#endif
}

#elif defined(GL_FAMILY_AVX2)

#include <immintrin.h>
enum { VW = 8 };
typedef __m256 vf;
#define V static inline __attribute__((always_inline, unused))
V __m256i v_lanes(ptrdiff_t k)
{
	k = k > 8 ? 8 : k < 0 ? 0 : k;
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)k), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
V vf v_set(float x) { return _mm256_set1_ps(x); }
V vf v_load(const float *p) { return _mm256_loadu_ps(p); }
V void v_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
V vf v_load_part(const float *p, ptrdiff_t k) { return _mm256_maskload_ps(p, v_lanes(k)); }
V void v_store_part(float *p, vf x, ptrdiff_t k) { _mm256_maskstore_ps(p, v_lanes(k), x); }
V vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
V vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
V vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
V vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
V vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
V vf v_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
V vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
V vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
V vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
V vf v_iota(void) { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
V vf v_less(vf a, vf b, vf x, vf y) { return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
V vf v_swap(vf x) { return _mm256_permute_ps(x, 0xb1); }
V vf v_scale2(vf p, vf t)
{
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(t), 23)));
}
V vf v_split(vf x, vf *e)
{
	__m256i one = _mm256_set1_epi32(0x3f3504f3), i = _mm256_sub_epi32(_mm256_castps_si256(x), one);
	*e = _mm256_cvtepi32_ps(_mm256_srai_epi32(i, 23));
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_and_si256(i, _mm256_set1_epi32(0x7fffff)), one));
}
V vf v_widen(const uint16_t *p)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16));
}
V void v_round(uint16_t *p, vf x)
{
	__m256i i = _mm256_castps_si256(x), high = _mm256_srli_epi32(i, 16);
	__m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1)), even = _mm256_add_epi32(i, _mm256_set1_epi32(0x7fff));
	__m256i r = _mm256_srli_epi32(_mm256_add_epi32(even, odd), 16), nan = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
	r = _mm256_blendv_epi8(r, nan, _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
	r = _mm256_permute4x64_epi64(_mm256_packus_epi32(r, r), 0x08);
	_mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(r));
}

#else

// 128 bits by the compiler's vector extension: SSE2, NEON and whatever else has such registers.
enum { VW = 4 };
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
#define V static inline __attribute__((always_inline, unused))
V vf v_set(float x) { return (vf){x, x, x, x}; }
V vf v_load(const float *p)
{
	vf x;
	memcpy(&x, p, sizeof x);
	return x;
}
V void v_store(float *p, vf x) { memcpy(p, &x, sizeof x); }
V vf v_load_part(const float *p, ptrdiff_t k)
{
	if (k >= 4)
		return v_load(p);
	return (vf){k > 0 ? p[0] : 0, k > 1 ? p[1] : 0, k > 2 ? p[2] : 0, 0};
}
V void v_store_part(float *p, vf x, ptrdiff_t k)
{
	if (k >= 4) {
		v_store(p, x);
		return;
	}
	for (int i = 0; i < 4 && i < k; i++)
		p[i] = x[i];
}
V vf v_pick(vi mask, vf x, vf y) { return (vf)((mask & (vi)x) | (~mask & (vi)y)); }
V vf v_add(vf a, vf b) { return a + b; }
V vf v_sub(vf a, vf b) { return a - b; }
V vf v_mul(vf a, vf b) { return a * b; }
V vf v_div(vf a, vf b) { return a / b; }
#if defined(__aarch64__)
#include <arm_neon.h>
V vf v_fma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
V vf v_fnma(vf a, vf b, vf c) { return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
V vf v_sqrt(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }
#else
V vf v_fma(vf a, vf b, vf c) { return a * b + c; }
V vf v_fnma(vf a, vf b, vf c) { return c - a * b; }
V vf v_sqrt(vf a) { return (vf){__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]), __builtin_sqrtf(a[3])}; }
#endif
V vf v_less(vf a, vf b, vf x, vf y) { return v_pick((vi)(a < b), x, y); }
V vf v_max(vf a, vf b) { return v_pick((vi)(a > b), a, b); }
V vf v_min(vf a, vf b) { return v_pick((vi)(a < b), a, b); }
V vf v_iota(void) { return (vf){0, 1, 2, 3}; }
V vf v_swap(vf x) { return (vf){x[1], x[0], x[3], x[2]}; }
V vf v_scale2(vf p, vf t)
{
	typedef uint32_t vu __attribute__((vector_size(16)));
	return (vf)((vu)p + ((vu)t << 23));
}
V vf v_split(vf x, vf *e)
{
	vi one = (vi){0} + 0x3f3504f3, i = (vi)x - one;
	vi n = i >> 23;
	*e = (vf){(float)n[0], (float)n[1], (float)n[2], (float)n[3]};
	return (vf)((i & 0x7fffff) + one);
}
V vf v_widen(const uint16_t *p) { return (vf)(vi){(int32_t)((uint32_t)p[0] << 16), (int32_t)((uint32_t)p[1] << 16), (int32_t)((uint32_t)p[2] << 16), (int32_t)((uint32_t)p[3] << 16)}; }
V void v_round(uint16_t *p, vf x)
{
	typedef uint32_t vu __attribute__((vector_size(16)));
	vu i = (vu)x, high = i >> 16;
	vu r = (i + 0x7fff + (high & 1)) >> 16, nan = (vu)(x != x);
	r = (nan & (high | 0x40)) | (~nan & r);
	for (int l = 0; l < 4; l++)
		p[l] = (uint16_t)r[l];
}

#endif

// The vectors that together make 16 lanes. Sums over a row run in 16 lanes, element j in lane j mod 16, and the lanes are
// added in one order, so every family with fused multiply-add gives the same bits.
enum { V16 = 16 / VW };
typedef struct {
	vf v[V16];
} v16;

V v16 v16_zero(void)
{
	v16 a;
	for (int u = 0; u < V16; u++)
		a.v[u] = v_set(0);
	return a;
}

// Lane i with i+8, then with i+4, i+2 and i+1.
#if defined(GL_FAMILY_AVX512) || defined(GL_FAMILY_AVX2)
#define V16_FOLD(name, op)                                                                     \
	V float name(v16 a)                                                                        \
	{                                                                                          \
		__m256 h = _mm256_##op##_ps(v16_low(a), v16_high(a));                                  \
		__m128 q = _mm_##op##_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));      \
		q = _mm_##op##_ps(q, _mm_movehl_ps(q, q));                                             \
		return _mm_cvtss_f32(_mm_##op##_ss(q, _mm_movehdup_ps(q)));                            \
	}
#if defined(GL_FAMILY_AVX512)
V __m256 v16_low(v16 a) { return _mm512_castps512_ps256(a.v[0]); }
V __m256 v16_high(v16 a) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a.v[0]), 1)); }
#else
V __m256 v16_low(v16 a) { return a.v[0]; }
V __m256 v16_high(v16 a) { return a.v[1]; }
#endif
#else
#define V16_FOLD(name, op)                                                        \
	V float name(v16 a)                                                           \
	{                                                                             \
		vf q = v_##op(v_##op(a.v[0], a.v[2]), v_##op(a.v[1], a.v[3]));            \
		vf h = v_##op(q, (vf){q[2], q[3], q[2], q[3]});                           \
		return v_##op(h, (vf){h[1], h[1], h[1], h[1]})[0];                        \
	}
#endif
V16_FOLD(v16_sum, add)
V16_FOLD(v16_max, max)

// for each vector of a row of n: j its first column, k how many of its lanes are in the row.
#define FOR_VECTORS(j, k, n) for (ptrdiff_t j = 0, k; k = (n) - j, j < (n); j += VW)
// the same by groups of 16 lanes, u the place in a v16; the last group may have vectors with k <= 0.
#define FOR_LANES(j, u, k, n)                         \
	for (ptrdiff_t j##0 = 0; j##0 < (n); j##0 += 16) \
		_Pragma("GCC unroll 4") for (ptrdiff_t u = 0, j = j##0, k = (n) - j##0; u < V16; u++, j += VW, k -= VW)

V vf v_get(const float *p, ptrdiff_t k) { return __builtin_expect(k >= VW, 1) ? v_load(p) : v_load_part(p, k); }
V void v_put(float *p, vf x, ptrdiff_t k)
{
	if (__builtin_expect(k >= VW, 1))
		v_store(p, x);
	else
		v_store_part(p, x, k);
}

// v_widen and v_round are bf16, the upper half of a float: exact, and to the nearest, ties to even. NaN stays NaN.
V vf v_get_half(const uint16_t *p, ptrdiff_t k)
{
	if (__builtin_expect(k >= VW, 1))
		return v_widen(p);
	uint16_t part[VW] = {0};
	for (ptrdiff_t i = 0; i < k; i++)
		part[i] = p[i];
	return v_widen(part);
}
V void v_put_half(uint16_t *p, vf x, ptrdiff_t k)
{
	if (__builtin_expect(k >= VW, 1)) {
		v_round(p, x);
		return;
	}
	uint16_t part[VW];
	v_round(part, x);
	for (ptrdiff_t i = 0; i < k; i++)
		p[i] = part[i];
}

// Element i on of a matrix that holds bf16 if half, else floats.
V vf v_get_as(const int half, const void *p, ptrdiff_t i, ptrdiff_t k)
{
	return half ? v_get_half((const uint16_t *)p + i, k) : v_get((const float *)p + i, k);
}
V void v_put_as(const int half, void *p, ptrdiff_t i, vf x, ptrdiff_t k)
{
	if (half)
		v_put_half((uint16_t *)p + i, x, k);
	else
		v_put((float *)p + i, x, k);
}

// The factors of the mask at columns j, j+1, ….
V vf v_mask(gl_mask m, ptrdiff_t j)
{
	if (j + VW <= m.old)
		return v_set(1);
	return v_less(v_add(v_iota(), v_set((float)j)), v_set((float)m.old), v_set(1), v_set(m.m));
}

#endif
