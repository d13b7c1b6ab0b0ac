// Modules name a shared object of emulated kernels; launches obey the limits of a real GPU.
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core.h"

enum { MODULE = 0x30d1e, FUNCTION = 0xf02c, STATIC_LIMIT = 48 << 10 };

struct function {
	int magic;
	const struct fake_kernel *k;
	int max_dynamic;
	struct module *m;
	struct function *next;
};

struct module {
	int magic, device;
	char *code; // of real machine code or PTX: all of it
	size_t bytes;
	const struct fake_kernel *kernels;
	const struct fake_global *globals;
	struct function *functions;
};

static int refuse(void **values, const int *options, unsigned n, const char *why)
{
	for (unsigned i = 0; i < n; i++) {
		if (options[i] != 5)
			continue;
		for (unsigned j = 0; j < n; j++)
			if (options[j] == 6)
				snprintf(values[i], (size_t)values[j], "fake CUDA: %s", why);
	}
	return INVALID_IMAGE;
}

// code_size is the size of machine code, an ELF file, or of PTX, a text; 0: neither. An ELF file ends with one of its tables.
static size_t code_size(const char *image)
{
	unsigned long long sections, segments;
	unsigned short size[4]; // of a segment, how many; of a section, how many
	if (memcmp(image, "\177ELF", 4))
		return strstr(image, ".version") ? strlen(image) : 0;
	memcpy(&segments, image + 32, 8);
	memcpy(&sections, image + 40, 8);
	memcpy(size, image + 54, 8);
	segments += (unsigned long long)size[0] * size[1];
	sections += (unsigned long long)size[2] * size[3];
	return segments > sections ? segments : sections;
}

// runs_here tells whether machine code is for this GPU: of the same major capability, and not of a newer minor.
static int runs_here(const char *image, const struct device *d)
{
	unsigned char sm = image[48];
	return image[0] != 0x7f || (sm / 10 == d->major && sm % 10 <= d->minor);
}

// emulated is where the same kernels lie for the CPU: beside this library.
static void emulated(char path[PATH_MAX])
{
	Dl_info self;
	if (!dladdr((void *)emulated, &self) || snprintf(path, PATH_MAX, "%s", self.dli_fname) >= PATH_MAX)
		self.dli_fname = "";
	char *slash = strrchr(path, '/');
	if (slash)
		snprintf(slash, PATH_MAX - (slash - path), "/growlab-kernels.so");
}

API cuModuleLoadDataEx(void **out, const char *image, unsigned n, int *options, void **values)
{
	ENTER_CONTEXT(cuModuleLoadDataEx);
	char path[PATH_MAX], why[PATH_MAX + 64];
	int r = unsafe_call();
	if (r)
		return r;
	size_t bytes = code_size(image);
	if (bytes)
		emulated(path);
	if (bytes && access(path, R_OK))
		bytes = 0; // no kernels of ours: only a fake module will do
	if (!bytes && (strncmp(image, FAKE_MODULE, strlen(FAKE_MODULE)) || sscanf(image + strlen(FAKE_MODULE), "%4095[^\n]", path) != 1))
		return refuse(values, options, n, "the image is no fake module");
	if (bytes && !runs_here(image, d))
		return NO_BINARY_FOR_GPU;
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		snprintf(why, sizeof why, "%s", dlerror());
		return refuse(values, options, n, why);
	}
	struct module *m = calloc(1, sizeof *m);
	const struct fake_kernel *(*table)(void) = (const struct fake_kernel *(*)(void))dlsym(so, "fake_kernel_table");
	*m = (struct module){MODULE, current - 1, NULL, bytes, table ? table() : dlsym(so, "fake_kernels"), dlsym(so, "fake_globals"), NULL};
	if (!m->kernels) {
		free(m);
		return refuse(values, options, n, "the shared object has no table fake_kernels");
	}
	if (bytes)
		m->code = memcpy(malloc(bytes), image, bytes);
	*out = m;
	count_live(LIVE_MODULE, 1);
	return OK;
}

static struct module *module_of(void *p)
{
	struct module *m = p;
	return m && m->magic == MODULE && m->device == current - 1 ? m : NULL;
}

API cuModuleUnload(void *p)
{
	ENTER_CONTEXT(cuModuleUnload);
	struct module *m = module_of(p);
	if (!m)
		return INVALID_HANDLE;
	int r = drain_device(current - 1, 0);
	if (r)
		return r;
	for (struct function *f = m->functions; f; f = f->next)
		f->magic = 0;
	m->magic = 0;
	count_live(LIVE_MODULE, -1);
	return OK;
}

API cuModuleGetFunction(void **out, void *p, const char *name)
{
	ENTER_CONTEXT(cuModuleGetFunction);
	struct module *m = module_of(p);
	if (!m)
		return INVALID_HANDLE;
	for (const struct fake_kernel *k = m->kernels; k->name; k++) {
		if (strcmp(k->name, name) || (m->code && !memmem(m->code, m->bytes, name, strlen(name))))
			continue;
		struct function *f = malloc(sizeof *f);
		*f = (struct function){FUNCTION, k, STATIC_LIMIT - k->shared, m, m->functions};
		*out = m->functions = f;
		return OK;
	}
	return NOT_FOUND;
}

API cuModuleGetGlobal_v2(void **out, size_t *n, void *p, const char *name)
{
	ENTER_CONTEXT(cuModuleGetGlobal_v2);
	struct module *m = module_of(p);
	if (!m)
		return INVALID_HANDLE;
	for (const struct fake_global *g = m->globals; g && g->name; g++)
		if (!strcmp(g->name, name)) {
			*out = g->address;
			*n = g->bytes;
			return OK;
		}
	return NOT_FOUND;
}

static struct function *function_of(void *p)
{
	struct function *f = p;
	return f && f->magic == FUNCTION && f->m->device == current - 1 ? f : NULL;
}

static int registers(const struct fake_kernel *k) { return k->registers ? k->registers : 32; }

static int max_threads(const struct fake_kernel *k) { return k->max_threads ? k->max_threads : 1024; }

API cuFuncGetAttribute(int *v, int attribute, void *p)
{
	ENTER_CONTEXT(cuFuncGetAttribute);
	struct function *f = function_of(p);
	if (!f)
		return INVALID_HANDLE;
	switch (attribute) {
	case 0:
		*v = max_threads(f->k);
		return OK;
	case 1:
		*v = f->k->shared;
		return OK;
	case 2:
		*v = 0;
		return OK;
	case 3:
		*v = f->k->local;
		return OK;
	case 4:
		*v = registers(f->k);
		return OK;
	case 5:
	case 6:
		*v = d->major * 10 + d->minor;
		return OK;
	case 8:
		*v = f->max_dynamic;
		return OK;
	}
	return INVALID_VALUE;
}

API cuFuncSetAttribute(void *p, int attribute, int v)
{
	ENTER_CONTEXT(cuFuncSetAttribute);
	struct function *f = function_of(p);
	if (!f)
		return INVALID_HANDLE;
	if (attribute != 8 || v < 0 || v + f->k->shared > d->shared_optin)
		return INVALID_VALUE;
	f->max_dynamic = v;
	return OK;
}

API cuFuncGetParamInfo(void *p, size_t i, size_t *offset, size_t *size)
{
	ENTER_CONTEXT(cuFuncGetParamInfo);
	struct function *f = function_of(p);
	if (!f)
		return INVALID_HANDLE;
	if (i >= (size_t)f->k->params)
		return INVALID_VALUE;
	*offset = 0;
	for (size_t k = 0; k <= i; k++) {
		size_t n = f->k->sizes[k], align = n >= 8 ? 8 : n;
		*offset = (*offset + align - 1) / align * align;
		if (k < i)
			*offset += n;
		else
			*size = n;
	}
	return OK;
}

API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *p, int threads, size_t shared)
{
	ENTER_CONTEXT(cuOccupancyMaxActiveBlocksPerMultiprocessor);
	struct function *f = function_of(p);
	if (!f)
		return INVALID_HANDLE;
	if (threads < 1 || threads > 1024)
		return INVALID_VALUE;
	int by_threads = 2048 / threads, by_registers = 65536 / (registers(f->k) * threads), by_shared = by_threads;
	if (shared + f->k->shared)
		by_shared = (d->shared_optin + 1024) / (shared + f->k->shared);
	*blocks = by_threads < by_registers ? by_threads : by_registers;
	if (by_shared < *blocks)
		*blocks = by_shared;
	return OK;
}

struct launch {
	const struct fake_kernel *k;
	struct fake_launch l;
};

static __thread int launching; // GPU whose kernel this thread runs

static int valid(const void *p, unsigned long long n) { return reachable(launching, p, n); }

static void report(const char *what) { violation("%s", what); }

static int run_kernel(void *arg)
{
	struct launch *x = arg;
	int r = ordered(x->k->name);
	x->l.seed = seed ? random_number() | 1 : 0;
	x->l.ranges = reachable_ranges(launching, &x->l.range_count);
	return r ? r : x->k->run(&x->l);
}

struct placed {
	struct launch *x;
	int device;
};

static int run_placed(void *arg)
{
	struct placed *p = arg;
	launching = p->device;
	return run_kernel(p->x);
}

static int within(unsigned v, unsigned limit) { return v >= 1 && v <= limit; }

API cuLaunchKernel(void *p, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
		   void *stream, void **params, void **extra)
{
	ENTER_CONTEXT(cuLaunchKernel);
	struct function *f = function_of(p);
	struct stream *s = stream_of(stream);
	if (!f || !s)
		return INVALID_HANDLE;
	if (extra || (f->k->params && !params))
		return INVALID_VALUE;
	if (!within(gx, 0x7fffffff) || !within(gy, 65535) || !within(gz, 65535))
		return INVALID_VALUE;
	if (!within(bx, 1024) || !within(by, 1024) || !within(bz, 64))
		return INVALID_VALUE;
	if ((unsigned long long)bx * by * bz > 1024 || shared > (unsigned)f->max_dynamic)
		return INVALID_VALUE;
	unsigned threads = bx * by * bz;
	if (threads > (unsigned)max_threads(f->k) || (unsigned)registers(f->k) * ((threads + 31) / 32 * 32) > 65536)
		return OUT_OF_RESOURCES;
	struct launch *x = malloc(sizeof *x);
	struct placed *at = malloc(sizeof *at);
	*x = (struct launch){f->k, {{gx, gy, gz}, {bx, by, bz}, shared, calloc(f->k->params + 1, sizeof(void *)), valid, 0, NULL, 0, report}};
	for (int i = 0; i < f->k->params; i++)
		x->l.args[i] = memcpy(malloc(f->k->sizes[i]), params[i], f->k->sizes[i]);
	*at = (struct placed){x, current - 1};
	return run_queued(s, run_placed, at);
}
