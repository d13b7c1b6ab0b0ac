// The kernels in AVX-512 with bf16 products (Zen 4, Cooper Lake).
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512bf16,avx2,fma")
#endif
#define GL_FAMILY_AVX512
#define GL_BF16
#define GL_NAME "avx512bf16"
#include "family.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
#include "kernels.h"
#endif

const gl_kernels *gl_avx512bf16_kernels(void)
{
#if defined(__x86_64__)
	return &kernels;
#else
	return NULL;
#endif
}
