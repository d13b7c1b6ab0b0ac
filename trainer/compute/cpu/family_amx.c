// The kernels in AVX-512 with AMX tiles for bf16 (Sapphire Rapids). Built with the tag amxemulated the tiles are emulated, on
// the vectors of plain.
#if defined(GL_AMX_EMULATED)
#define GL_FAMILY_AMX
#define GL_NAME "amx emulated"
#include "kernels.h"
#include "vec.h"
#include "amx_emulated.h"
#include "family.h"
#elif defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16,avx2,fma")
#endif
#define GL_FAMILY_AVX512
#define GL_FAMILY_AMX
#define GL_BF16
#define GL_NAME "amx"
#include "family.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
#include "kernels.h"
#endif

const gl_kernels *gl_amx_kernels(void)
{
#if defined(GL_AMX_EMULATED) || defined(__x86_64__)
	return &kernels;
#else
	return NULL;
#endif
}
