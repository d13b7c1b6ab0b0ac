// Tensor memory. Large blocks are mapped: zeros cost nothing until used, and the kernel may back them by huge pages.
#define _GNU_SOURCE
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };
#define HUGE_PAGE ((size_t)2 << 20)

#if defined(__linux__)
#include <sys/mman.h>

float *gl_alloc(ptrdiff_t n)
{
	size_t bytes = (size_t)n * sizeof(float);
	if (bytes >= HUGE_PAGE) {
		size_t size = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
		char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return NULL;
		size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
		if (before)
			munmap(p, before);
		munmap(p + before + size, HUGE_PAGE - before);
		madvise(p + before, size, MADV_HUGEPAGE); // a wish; small pages do too
		return (float *)(p + before);
	}
	void *p;
	if (posix_memalign(&p, ALIGN, bytes ? bytes : ALIGN))
		return NULL;
	return memset(p, 0, bytes);
}

void gl_free(float *p, ptrdiff_t n)
{
	size_t bytes = (size_t)n * sizeof(float);
	if (bytes >= HUGE_PAGE)
		munmap(p, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	else
		free(p);
}

static size_t pages(ptrdiff_t n) { return ((size_t)n * sizeof(float) / 4096 + 1) * 4096; }

float *gl_addresses(ptrdiff_t n)
{
	void *p = mmap(NULL, pages(n), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

void gl_free_addresses(float *p, ptrdiff_t n) { munmap(p, pages(n)); }
#else
// The block that malloc gave lies in the word before the aligned one.
float *gl_alloc(ptrdiff_t n)
{
	size_t bytes = (size_t)n * sizeof(float);
	void *block = calloc(1, bytes + ALIGN + sizeof(void *));
	if (!block)
		return NULL;
	uintptr_t p = ((uintptr_t)block + sizeof(void *) + ALIGN - 1) / ALIGN * ALIGN;
	((void **)p)[-1] = block;
	return (float *)p;
}

void gl_free(float *p, ptrdiff_t n)
{
	(void)n;
	if (p)
		free(((void **)p)[-1]);
}

// What is not written to costs little here too.
float *gl_addresses(ptrdiff_t n) { return gl_alloc(n); }
void gl_free_addresses(float *p, ptrdiff_t n) { gl_free(p, n); }
#endif
