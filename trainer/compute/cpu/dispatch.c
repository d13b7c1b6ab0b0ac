// What this processor can run.
#define _GNU_SOURCE
#include "kernels.h"

const gl_kernels *gl_amx_kernels(void);
const gl_kernels *gl_avx512bf16_kernels(void);
const gl_kernels *gl_avx512_kernels(void);
const gl_kernels *gl_avx2_kernels(void);

#if defined(__x86_64__)
#include <cpuid.h>

enum { AVX512BF16 = 1 << 5, AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 }; // leaf 7: subleaf 1 eax, subleaf 0 edx

static int has_bf16(void)
{
	unsigned a, b, c, d;
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("fma") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & AVX512BF16;
}

#if !defined(GL_AMX_EMULATED)
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

// Linux hands the tile registers out on demand, once for the whole process.
static int may_use_tiles(void)
{
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#else
static int may_use_tiles(void) { return 0; }
#endif

static int has_amx(void)
{
	unsigned a, b, c, d;
	return has_bf16() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && d & AMX_TILE && d & AMX_BF16 && may_use_tiles();
}

const gl_kernels *gl_amx(void) { return has_amx() ? gl_amx_kernels() : NULL; }
#endif

const gl_kernels *gl_avx512bf16(void) { return has_bf16() ? gl_avx512bf16_kernels() : NULL; }

const gl_kernels *gl_avx512(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? gl_avx512_kernels() : NULL;
}

const gl_kernels *gl_avx2(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? gl_avx2_kernels() : NULL;
}
#else
#if !defined(GL_AMX_EMULATED)
const gl_kernels *gl_amx(void) { return NULL; }
#endif
const gl_kernels *gl_avx512bf16(void) { return NULL; }
const gl_kernels *gl_avx512(void) { return NULL; }
const gl_kernels *gl_avx2(void) { return NULL; }
#endif

#if defined(GL_AMX_EMULATED)
const gl_kernels *gl_amx(void) { return gl_amx_kernels(); }
#endif
