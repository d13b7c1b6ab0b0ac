// What this processor can run.
#include "kernels.h"

const gl_kernels *gl_avx512_kernels(void);
const gl_kernels *gl_avx2_kernels(void);

#if defined(__x86_64__)
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
const gl_kernels *gl_avx512(void) { return NULL; }
const gl_kernels *gl_avx2(void) { return NULL; }
#endif
