// The scheduler of emulated threads, and the checks on memory.
#define EMULATOR_INSIDE
#include "emulator.h"
#include <sys/mman.h>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#if !defined(__x86_64__)
#error "the emulator of CUDA kernels switches fibers on x86-64 only"
#endif

namespace emulator
{

thread_local fiber *self;
thread_local const char *last_from, *last_to;
static thread_local void *scheduler_sp;
static thread_local void (*body)(void **);
static thread_local bool failed;

enum { STACK = 128 << 10 };

// The table, which the entries of all files fill before main.
static fake_kernel table[128];
static int sizes[128];
static int count;

entry::entry(const char *name, int threads, int blocks, int (*run)(const fake_launch *), int bytes)
{
	int registers = 65536 / (threads * blocks) / 8 * 8;
	sizes[count] = bytes;
	table[count] = {name, run, 1, &sizes[count], registers > 255 ? 255 : registers, 0, 0, threads};
	count++;
}

extern "C" void emulator_switch(void **save, void *to);
asm(".globl emulator_switch\nemulator_switch:\n push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    " mov %rsp,(%rdi)\n mov %rsi,%rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");

static std::mutex reporting;

static void report(const block_state *b, int thread, const char *what)
{
	char line[512];
	snprintf(line, sizeof line, "kernel %s, block (%u, %u, %u), thread %d: %s", b->kernel, b->x, b->y, b->z, thread, what);
	std::lock_guard<std::mutex> one(reporting);
	b->launch->report(line);
}

void fail(const char *format, ...)
{
	char what[384];
	va_list a;
	va_start(a, format);
	vsnprintf(what, sizeof what, format, a);
	va_end(a);
	report(self->block, self->thread, what);
	failed = true;
	void *never;
	emulator_switch(&never, scheduler_sp);
	abort();
}

void find_allocation(const void *p, size_t n)
{
	const fake_launch *l = self->block->launch;
	int low = 0, high = l->range_count;
	while (low < high) {
		int mid = (low + high) / 2;
		if (l->ranges[mid].from <= (const char *)p)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		fail("%zu bytes at %p, which lie in no allocation", n, p);
	const fake_range *r = &l->ranges[low - 1];
	if ((const char *)p + n > r->to)
		fail("%zu bytes at %p, %td behind the beginning of an allocation of %td bytes", n, p, (const char *)p - r->from, r->to - r->from);
	last_from = r->from;
	last_to = r->to;
}

void wait_until_changed(const unsigned *what, unsigned from)
{
	self->waits_for = what;
	self->waits_value = from;
	emulator_switch(&self->sp, scheduler_sp);
}

static void release(block_state *b)
{
	b->arrived = 0;
	b->generation++;
	b->time++;
}

void barrier()
{
	block_state *b = self->block;
	unsigned generation = b->generation;
	if (++b->arrived == b->alive)
		release(b);
	else
		wait_until_changed(&b->generation, generation);
}

static access_log *logged(const char *p, unsigned n)
{
	block_state *b = self->block;
	long at = p - b->shared;
	if (at < 0 || at + n > b->shared_bytes)
		fail("%u bytes at %ld of shared memory, which has %u", n, at, b->shared_bytes);
	if ((n > 2 && at % (n > 16 ? 16 : n)) || (n == 2 && at % 2))
		fail("shared address %ld is not aligned to %u bytes", at, n);
	return &b->log[at / 4];
}

static bool same_warp(int a, int b) { return a >> 5 == b >> 5; }

// A write of another thread with no barrier since.
static void against_writer(const access_log *l, const char *doing)
{
	const block_state *b = self->block;
	if (l->pending)
		fail("shared memory at %td is %s while cp.async writes it", (l - b->log) * 4, doing);
	if (l->write_time != b->time || l->writer == self->thread)
		return;
	if (same_warp(l->writer, self->thread) && l->write_warp_time < self->warp->time)
		return;
	fail("shared memory at %td is %s, and thread %d wrote it with no barrier between", (l - b->log) * 4, doing, l->writer);
}

static void against_readers(const access_log *l)
{
	const block_state *b = self->block;
	if (l->read_time != b->time || l->reader == self->thread)
		return;
	int w = l->reader <= -2 ? -2 - l->reader : l->reader >= 0 ? l->reader >> 5 : -1;
	if (w == self->thread >> 5 && l->read_warp_time < self->warp->time)
		return;
	fail("shared memory at %td is written, and other threads (%d) read it with no barrier between", (l - b->log) * 4, l->reader);
}

static void note_read(access_log *l)
{
	const block_state *b = self->block;
	short me = (short)self->thread, mine = (short)(-2 - (self->thread >> 5));
	if (l->read_time != b->time)
		l->reader = me;
	else if (l->reader != me && l->reader != mine)
		l->reader = l->reader >= 0 && same_warp(l->reader, me) ? mine : -1;
	l->read_time = b->time;
	l->read_warp_time = self->warp->time;
}

static void note_write(access_log *l)
{
	l->write_time = self->block->time;
	l->write_warp_time = self->warp->time;
	l->writer = (short)self->thread;
}

void read_shared(const char *p, unsigned n)
{
	access_log *l = logged(p, n);
	for (unsigned i = 0; i < n; i += 4, l++) {
		against_writer(l, "read");
		note_read(l);
	}
}

void write_shared(const char *p, unsigned n)
{
	access_log *l = logged(p, n);
	for (unsigned i = 0; i < n; i += 4, l++) {
		against_writer(l, "written");
		against_readers(l);
		note_write(l);
	}
}

static void land(const copy &c)
{
	char zeros[16] = {};
	memcpy(zeros, c.from, c.bytes);
	memcpy(c.to, zeros, 16);
}

void async_copy(unsigned to, const void *from, int n)
{
	block_state *b = self->block;
	if (n < 0 || n > 16)
		fail("cp.async of %d bytes", n);
	if ((to | (uintptr_t)from) & 15)
		fail("cp.async from %p to shared address %u, not both aligned to 16 bytes", from, to);
	if (n > 0)
		touch(from, n, 1);
	copy c{b->shared + to, from, n};
	write_shared(c.to, 16);
	for (int i = 0; i < 4; i++)
		b->log[to / 4 + i].pending = true;
	if (b->eager)
		land(c);
	self->open.push_back(c);
}

void async_commit()
{
	self->groups.push_back(std::move(self->open));
	self->open.clear();
}

void async_wait(int keep)
{
	block_state *b = self->block;
	while ((int)self->groups.size() > keep) {
		for (const copy &c : self->groups.front()) {
			if (!b->eager)
				land(c);
			access_log *l = &b->log[(c.to - b->shared) / 4];
			for (int i = 0; i < 4; i++) {
				l[i].pending = false;
				note_write(&l[i]);
			}
		}
		self->groups.erase(self->groups.begin());
	}
}

__attribute__((target_clones("avx2", "default"))) void multiply_tiles(const float (&a)[16][16], const float (&b)[16][8], float (&d)[16][8])
{
	for (int r = 0; r < 16; r++) {
		float s[8] = {};
		for (int k = 0; k < 16; k++)
			for (int n = 0; n < 8; n++)
				s[n] += a[r][k] * b[k][n];
		memcpy(d[r], s, sizeof s);
	}
}

static void begin()
{
	body(self->block->launch->args);
	block_state *b = self->block;
	if (!self->open.empty() || !self->groups.empty())
		fail("the thread returns with copies that nobody waited for");
	if (self->warp->arrived)
		fail("the thread returns while other lanes are in %s", self->warp->operation);
	self->done = true;
	b->alive--;
	self->warp->gone++;
	if (b->alive && b->arrived == b->alive) // as on a GPU: threads that returned hold no barrier
		release(b);
	void *never;
	emulator_switch(&never, scheduler_sp);
	abort();
}

// One worker: the block it runs, and its threads.
struct worker {
	std::vector<fiber> fibers;
	block_state b{};
	char *stacks = nullptr;
	size_t stack_bytes;

	worker(const fake_launch *l, const char *kernel)
		: fibers(l->block[0] * l->block[1] * l->block[2])
	{
		b.threads = fibers.size();
		b.launch = l;
		b.kernel = kernel;
		b.shared_bytes = l->shared;
		b.eager = l->seed >> 1 & 1;
		b.time = 1;
		b.shared = (char *)aligned_alloc(128, (l->shared + 255) & ~127ul);
		b.log = (access_log *)calloc(l->shared / 4 + 8, sizeof *b.log);
		stack_bytes = STACK * fibers.size();
		stacks = (char *)mmap(0, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		for (size_t i = 0; i < fibers.size(); i++)
			fibers[i].stack = stacks + STACK * i;
	}
	~worker()
	{
		free(b.shared);
		free(b.log);
		munmap(stacks, stack_bytes);
	}
	void reset();
	bool run(unsigned seed);
	bool run_warp(unsigned w, unsigned &left);
	void deadlock(unsigned left);
};

void worker::reset()
{
	unsigned n = b.threads;
	b.alive = n;
	b.arrived = 0;
	b.time++;
	b.warps.assign((n + 31) / 32, warp_state());
	memset(b.shared, 0xff, b.shared_bytes);
	for (unsigned i = 0; i < n; i++) {
		fiber &f = fibers[i];
		f.block = &b;
		f.thread = i;
		f.done = false;
		f.waits_for = nullptr;
		f.warp = &b.warps[i / 32];
		f.warp->size++;
		void **sp = (void **)(f.stack + STACK);
		*--sp = nullptr;
		*--sp = (void *)begin;
		f.sp = sp - 6;
	}
}

// Lets each lane of a warp go on that can; false if none could.
bool worker::run_warp(unsigned w, unsigned &left)
{
	bool any = false;
	for (unsigned i = w * 32; i < b.threads && i < w * 32 + 32; i++) {
		fiber &f = fibers[i];
		if (f.done || (f.waits_for && *f.waits_for == f.waits_value))
			continue;
		f.waits_for = nullptr;
		self = &f;
		emulator_switch(&scheduler_sp, f.sp);
		if (failed)
			return true;
		any = true;
		left -= f.done;
	}
	return any;
}

void worker::deadlock(unsigned left)
{
	char what[160];
	for (fiber &f : fibers)
		if (!f.done) {
			snprintf(what, sizeof what, "waits for what never comes, with %u of %u threads: the others returned or wait elsewhere", left,
				 b.threads);
			report(&b, f.thread, what);
			break;
		}
	failed = true;
}

// Without a seed, warps take turns. With one, the first in a random order runs as far as it can; the order is redrawn now and then.
bool worker::run(unsigned seed)
{
	unsigned left = b.threads, warps = b.warps.size(), random = seed * 2654435761u + 12345;
	auto draw = [&] {
		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		return random;
	};
	std::vector<unsigned> order(warps);
	for (unsigned i = 0; i < warps; i++)
		order[i] = i;
	for (bool first = true; left && !failed; first = false) {
		bool any = false;
		if (seed && (first || draw() % 48 == 0))
			for (unsigned i = warps; i > 1; i--)
				std::swap(order[i - 1], order[draw() % i]);
		for (unsigned i = 0; i < warps && !failed && !(any && seed); i++)
			any |= run_warp(order[i], left);
		if (!any)
			deadlock(left);
	}
	return !failed;
}

enum { LAUNCH_FAILED = 719 };

int run(const fake_launch *l, const char *kernel, void (*f)(void **))
{
	unsigned total = l->grid[0] * l->grid[1] * l->grid[2];
	std::atomic<unsigned> next{0};
	std::atomic<bool> bad{false};
	auto work = [&] {
		worker w(l, kernel);
		body = f;
		failed = false;
		last_from = last_to = nullptr;
		for (unsigned i; (i = next++) < total && !bad;) {
			w.b.x = i % l->grid[0];
			w.b.y = i / l->grid[0] % l->grid[1];
			w.b.z = i / l->grid[0] / l->grid[1];
			w.reset();
			if (!w.run(l->seed ? l->seed + i * 7919u : 0))
				bad = true;
		}
	};
	unsigned helpers = std::thread::hardware_concurrency(), threads = l->block[0];
	if (helpers > total || (unsigned long long)total * threads < 4096)
		helpers = 1;
	std::vector<std::thread> others;
	for (unsigned i = 1; i < helpers; i++)
		others.emplace_back(work);
	work();
	for (auto &t : others)
		t.join();
	return bad ? LAUNCH_FAILED : 0;
}

} // namespace emulator

FAKE_EXPORT const fake_kernel *fake_kernel_table() { return emulator::table; }
