// The kernels in AVX-512F.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx2,fma")
#endif
#define GL_FAMILY_AVX512
#define GL_NAME "avx512"
#include "family.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
#include "kernels.h"
#endif

const gl_kernels *gl_avx512_kernels(void)
{
#if defined(__x86_64__)
	return &kernels;
#else
	return NULL;
#endif
}
