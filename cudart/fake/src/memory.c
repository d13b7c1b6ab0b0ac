// Device memory is host memory: filled with 0xff (NaN as float and as bf16) when allocated, with a guard behind it.
#include <stdlib.h>
#include <string.h>
#include "core.h"

enum { GUARD = 256, GUARD_BYTE = 0xa5 };

struct allocation {
	char *p;
	size_t n;
	int device;
	struct allocation *next;
}; // device -1: pinned host memory
static struct allocation *all;

static struct allocation **find(const void *p)
{
	struct allocation **a = &all;
	while (*a && (*a)->p != p)
		a = &(*a)->next;
	return a;
}

static struct allocation *holding(const void *p, unsigned long long n)
{
	for (struct allocation *a = all; a; a = a->next)
		if ((const char *)p >= a->p && (const char *)p < a->p + a->n &&
		    n <= (unsigned long long)(a->p + a->n - (const char *)p))
			return a;
	return NULL;
}

int device_memory(const void *p, unsigned long long n)
{
	struct allocation *a = holding(p, n);
	return a && a->device >= 0 ? a->device + 1 : 0;
}

int pinned(const void *p, size_t n)
{
	struct allocation *a = holding(p, n);
	return a && a->device < 0;
}

int reachable(int device, const void *p, unsigned long long n)
{
	struct allocation *a = holding(p, n);
	return a && (a->device < 0 || a->device == device || devices[device].peers >> a->device & 1);
}

static int by_address(const void *a, const void *b)
{
	const struct fake_range *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

const struct fake_range *reachable_ranges(int device, int *count)
{
	static struct fake_range *ranges;
	static int room;
	int n = 0;
	for (struct allocation *a = all; a; a = a->next) {
		if (!reachable(device, a->p, 1))
			continue;
		if (n == room)
			ranges = realloc(ranges, (room = 2 * room + 64) * sizeof *ranges);
		ranges[n++] = (struct fake_range){a->p, a->p + a->n};
	}
	qsort(ranges, n, sizeof *ranges, by_address);
	*count = n;
	return ranges;
}

static void *take(size_t n, int device)
{
	struct allocation *a = malloc(sizeof *a);
	size_t whole = (n + GUARD + 255) & ~(size_t)255;
	char *p = a ? aligned_alloc(256, whole) : NULL;
	if (!p) {
		free(a);
		return NULL;
	}
	memset(p, 0xff, n);
	memset(p + n, GUARD_BYTE, whole - n);
	*a = (struct allocation){p, n, device, all};
	all = a;
	return p;
}

static void give(struct allocation **at)
{
	struct allocation *a = *at;
	size_t whole = (a->n + GUARD + 255) & ~(size_t)255;
	for (size_t i = a->n; i < whole; i++)
		if ((unsigned char)a->p[i] != GUARD_BYTE) {
			violation("byte %zu behind an allocation of %zu bytes was overwritten", i - a->n, a->n);
			break;
		}
	*at = a->next;
	free(a->p);
	free(a);
}

API cuMemAlloc_v2(void **p, size_t n)
{
	ENTER_CONTEXT(cuMemAlloc_v2);
	int r = unsafe_call();
	if (r)
		return r;
	if (!n)
		return INVALID_VALUE;
	if (n > d->memory - d->used || !(*p = take(n, current - 1)))
		return OUT_OF_MEMORY;
	d->used += n;
	count_live(LIVE_MEMORY, 1);
	return OK;
}

API cuMemFree_v2(void *p)
{
	ENTER_CONTEXT(cuMemFree_v2);
	int r = unsafe_call();
	struct allocation **a = find(p);
	if (r)
		return r;
	if (!*a || (*a)->device < 0)
		return INVALID_VALUE;
	if ((r = drain_device((*a)->device, 0)))
		return r;
	a = find(p); // while it waited, another thread may have given back what stood before it
	devices[(*a)->device].used -= (*a)->n;
	give(a);
	count_live(LIVE_MEMORY, -1);
	return OK;
}

API cuMemGetInfo_v2(size_t *unused, size_t *total)
{
	ENTER_CONTEXT(cuMemGetInfo_v2);
	*unused = d->memory - d->used;
	*total = d->memory;
	return OK;
}

API cuMemHostAlloc(void **p, size_t n, unsigned flags)
{
	ENTER_CONTEXT(cuMemHostAlloc);
	int r = unsafe_call();
	(void)flags;
	if (r)
		return r;
	if (!n)
		return INVALID_VALUE;
	if (!(*p = take(n, -1)))
		return OUT_OF_MEMORY;
	count_live(LIVE_HOST, 1);
	return OK;
}

API cuMemFreeHost(void *p)
{
	ENTER_CONTEXT(cuMemFreeHost);
	struct allocation **a = find(p);
	if (!*a || (*a)->device >= 0)
		return INVALID_VALUE;
	int r = drain_device(current - 1, 0); // a copy of another GPU that is still queued will find it gone
	if (r)
		return r;
	give(find(p)); // which may stand elsewhere in the list by now
	count_live(LIVE_HOST, -1);
	return OK;
}

// Synchronous copies wait for the streams that wait for the default stream, not for the others.
static int synchronous(void)
{
	int r = unsafe_call();
	return r ? r : drain_device(current - 1, 1);
}

API cuMemcpyDtoH_v2(void *dst, const void *src, size_t n)
{
	ENTER_CONTEXT(cuMemcpyDtoH_v2);
	int r = synchronous();
	if (r)
		return r;
	if (!device_memory(src, n))
		return INVALID_VALUE;
	memcpy(dst, src, n);
	return OK;
}

struct copy {
	void *dst;
	const void *src;
	size_t n;
};

static int run_copy(void *arg)
{
	struct copy *c = arg;
	if (!holding(c->dst, c->n) || !holding(c->src, c->n))
		return ILLEGAL_ADDRESS; // freed in the meantime
	memmove(c->dst, c->src, c->n);
	return OK;
}

struct staged {
	void *dst;
	size_t n;
	char bytes[];
};

static int run_staged(void *arg)
{
	struct staged *c = arg;
	if (!holding(c->dst, c->n))
		return ILLEGAL_ADDRESS;
	memcpy(c->dst, c->bytes, c->n);
	return OK;
}

// As on a GPU, what is called synchronous may return before it is done, unless it brings something to the host: pageable memory has
// been read then, and what is to be done stands in the default stream, for which other streams do not wait.
API cuMemcpyHtoD_v2(void *dst, const void *src, size_t n)
{
	ENTER_CONTEXT(cuMemcpyHtoD_v2);
	int r = synchronous();
	if (r)
		return r;
	if (!device_memory(dst, n))
		return INVALID_VALUE;
	struct staged *c = malloc(sizeof *c + n);
	c->dst = dst;
	c->n = n;
	memcpy(c->bytes, src, n);
	return run_queued(stream_of(NULL), run_staged, c);
}

static int queue_copy(void *stream, void *dst, const void *src, size_t n, int dst_ok, int src_ok)
{
	struct stream *s = stream_of(stream);
	struct copy *c;
	if (!s)
		return INVALID_HANDLE;
	if (!dst_ok || !src_ok)
		return INVALID_VALUE;
	c = malloc(sizeof *c);
	*c = (struct copy){dst, src, n};
	return run_queued(s, run_copy, c);
}

API cuMemcpyDtoD_v2(void *dst, const void *src, size_t n)
{
	ENTER_CONTEXT(cuMemcpyDtoD_v2);
	int r = synchronous();
	return r ? r : queue_copy(NULL, dst, src, n, device_memory(dst, n), device_memory(src, n));
}

// Pageable memory is refused here, although CUDA takes it: memory of the garbage collector must not be in a queue.
API cuMemcpyHtoDAsync_v2(void *dst, const void *src, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemcpyHtoDAsync_v2);
	return queue_copy(s, dst, src, n, device_memory(dst, n), pinned(src, n));
}

API cuMemcpyDtoHAsync_v2(void *dst, const void *src, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemcpyDtoHAsync_v2);
	return queue_copy(s, dst, src, n, pinned(dst, n), device_memory(src, n));
}

API cuMemcpyDtoDAsync_v2(void *dst, const void *src, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemcpyDtoDAsync_v2);
	return queue_copy(s, dst, src, n, device_memory(dst, n), device_memory(src, n));
}

API cuMemcpyPeerAsync(void *dst, void *to, const void *src, void *from, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemcpyPeerAsync);
	return queue_copy(s, dst, src, n, device_memory(dst, n) == (int)(intptr_t)to,
			  device_memory(src, n) == (int)(intptr_t)from);
}

struct fill {
	char *dst;
	unsigned value;
	size_t n;
	int width;
};

static int run_fill(void *arg)
{
	struct fill *f = arg;
	if (!holding(f->dst, f->n * f->width))
		return ILLEGAL_ADDRESS;
	for (size_t i = 0; i < f->n; i++)
		memcpy(f->dst + i * f->width, &f->value, f->width);
	return OK;
}

static int queue_fill(void *stream, void *dst, unsigned value, size_t n, int width)
{
	struct stream *s = stream_of(stream);
	struct fill *f;
	if (!s)
		return INVALID_HANDLE;
	if (!device_memory(dst, n * width) || (uintptr_t)dst % width)
		return INVALID_VALUE;
	f = malloc(sizeof *f);
	*f = (struct fill){dst, value, n, width};
	return run_queued(s, run_fill, f);
}

static int fill_now(void *dst, unsigned value, size_t n, int width)
{
	int r = synchronous();
	return r ? r : queue_fill(NULL, dst, value, n, width);
}

API cuMemsetD8_v2(void *dst, unsigned char v, size_t n)
{
	ENTER_CONTEXT(cuMemsetD8_v2);
	return fill_now(dst, v, n, 1);
}

API cuMemsetD32_v2(void *dst, unsigned v, size_t n)
{
	ENTER_CONTEXT(cuMemsetD32_v2);
	return fill_now(dst, v, n, 4);
}

API cuMemsetD8Async(void *dst, unsigned char v, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemsetD8Async);
	return queue_fill(s, dst, v, n, 1);
}

API cuMemsetD32Async(void *dst, unsigned v, size_t n, void *s)
{
	ENTER_CONTEXT(cuMemsetD32Async);
	return queue_fill(s, dst, v, n, 4);
}
