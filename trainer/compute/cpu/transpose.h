// dst[j*ds + i] = src[i*ss + j] for i < rows, j < cols, in blocks of 4 by 4.
#if defined(__x86_64__)
#include <immintrin.h>
V void transpose4(float *dst, ptrdiff_t ds, const float *src, ptrdiff_t ss)
{
	__m128 a = _mm_loadu_ps(src), b = _mm_loadu_ps(src + ss), c = _mm_loadu_ps(src + 2 * ss), d = _mm_loadu_ps(src + 3 * ss);
	_MM_TRANSPOSE4_PS(a, b, c, d);
	_mm_storeu_ps(dst, a);
	_mm_storeu_ps(dst + ds, b);
	_mm_storeu_ps(dst + 2 * ds, c);
	_mm_storeu_ps(dst + 3 * ds, d);
}
#else
V void transpose4(float *dst, ptrdiff_t ds, const float *src, ptrdiff_t ss)
{
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			dst[j * ds + i] = src[i * ss + j];
}
#endif

static void transpose(float *dst, ptrdiff_t ds, const float *src, ptrdiff_t ss, ptrdiff_t rows, ptrdiff_t cols)
{
	ptrdiff_t i = 0;
	for (; i + 4 <= rows; i += 4, src += 4 * ss) {
		ptrdiff_t j = 0;
		for (; j + 4 <= cols; j += 4)
			transpose4(dst + j * ds + i, ds, src + j, ss);
		for (; j < cols; j++)
			for (int u = 0; u < 4; u++)
				dst[j * ds + i + u] = src[u * ss + j];
	}
	for (; i < rows; i++, src += ss)
		for (ptrdiff_t j = 0; j < cols; j++)
			dst[j * ds + i] = src[j];
}
