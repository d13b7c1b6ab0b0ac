// The kernels in AVX2 with FMA3.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define GL_FAMILY_AVX2
#define GL_NAME "avx2"
#include "family.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
#include "kernels.h"
#endif

const gl_kernels *gl_avx2_kernels(void)
{
#if defined(__x86_64__)
	return &kernels;
#else
	return NULL;
#endif
}
