// What a shared object of emulated kernels offers to the fake driver. The image of a module is then the text
//   growlab fake module\nPATH OF THE SHARED OBJECT\n
// and cuModuleLoadDataEx takes its table fake_kernels (and fake_globals, if it has one). Plain C, and C++ too.
#ifndef GROWLAB_FAKE_H
#define GROWLAB_FAKE_H

#define FAKE_VISIBLE __attribute__((visibility("default")))
#ifdef __cplusplus
#define FAKE_EXPORT extern "C" FAKE_VISIBLE
#define FAKE_DECLARE extern "C" FAKE_VISIBLE
#else
#define FAKE_EXPORT FAKE_VISIBLE
#define FAKE_DECLARE extern FAKE_VISIBLE
#endif

#define FAKE_MODULE "growlab fake module\n"

// One run of a kernel. args[i] points to argument i. valid tells whether bytes from p lie inside one allocation of
// device memory that this GPU may reach; ranges are these allocations by rising address, for kernels that ask from threads of
// their own. seed is for adversarial schedules of the threads; 0: the natural order. report takes a sentence on what the kernel
// did wrong.
struct fake_range {
	const char *from, *to;
};

struct fake_launch {
	unsigned grid[3], block[3], shared;
	void **args;
	int (*valid)(const void *p, unsigned long long bytes);
	unsigned seed;
	const struct fake_range *ranges;
	int range_count;
	void (*report)(const char *what);
};

// One kernel. run returns 0 or a CUresult, e.g. 700 for an illegal address; the context is lost then.
struct fake_kernel {
	const char *name;
	int (*run)(const struct fake_launch *);
	int params;
	const int *sizes; // bytes of each parameter
	int registers, shared, local, max_threads; // 0: 32 registers, 1024 threads
};

// One __device__ variable.
struct fake_global {
	const char *name;
	void *address;
	unsigned long long bytes;
};

// The tables: FAKE_KERNELS = {…, {0}}; each ends with a null name. A shared object may instead have a function
// fake_kernel_table that returns the table.
FAKE_DECLARE const struct fake_kernel fake_kernels[];
FAKE_DECLARE const struct fake_global fake_globals[];
#define FAKE_KERNELS const struct fake_kernel fake_kernels[]
#define FAKE_GLOBALS const struct fake_global fake_globals[]

#endif
