// Runs CUDA kernels on the CPU: one fiber for each CUDA thread, warp operations as meetings of its lanes. A kernel file that
// includes this (as portable.h does, with GROWLAB_EMULATOR) and emulator.cc make a shared object that a fake module can name.
//
// Caught, with kernel, block and thread: reads and writes outside an allocation or of a misaligned address; lanes of a warp in
// different operations, or gone; barriers that some threads never reach; shared memory outside the block's; two threads of a block
// that meet at an address of shared memory with no barrier between them, one of them writing; cp.async that is read too early,
// overwrites what is being read, or is never waited for. Shared memory begins as NaN. With a seed, warps run in strict random
// order, and copies land at once or as late as they may.
//
// Not modelled: order of memory between blocks, speed. x86-64 only.
#ifndef GROWLAB_EMULATOR_H
#define GROWLAB_EMULATOR_H
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>
#include "fake.h"

namespace emulator {

struct copy {
	char *to;
	const void *from;
	int bytes;
};

struct warp_state {
	void *operands[32];
	const char *operation;
	int arrived, size, gone;
	unsigned generation, time; // time: of the last warp_sync
};

// Who last wrote and read four bytes of shared memory, and when: barriers and warp_syncs count as time.
struct access_log {
	unsigned write_time, write_warp_time, read_time, read_warp_time;
	short writer, reader; // reader -1: several of several warps; -2-w: several of warp w
	bool pending; // cp.async under way
};

struct block_state {
	unsigned x, y, z;
	const fake_launch *launch;
	const char *kernel;
	unsigned threads, shared_bytes, time;
	char *shared;
	access_log *log;
	int arrived, alive;
	unsigned generation;
	std::vector<warp_state> warps;
	bool eager;
};

struct fiber {
	void *sp;
	block_state *block;
	warp_state *warp;
	int thread;
	bool done;
	const unsigned *waits_for;
	unsigned waits_value;
	char *stack;
	std::vector<std::vector<copy>> groups;
	std::vector<copy> open;
};

extern thread_local fiber *self;
extern thread_local const char *last_from, *last_to; // allocation of the last access

// Ends the launch with a sentence.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void find_allocation(const void *p, size_t n);
void wait_until_changed(const unsigned *what, unsigned from);
void barrier();
void read_shared(const char *p, unsigned n);
void write_shared(const char *p, unsigned n);
void async_copy(unsigned to, const void *from, int n);
void async_commit();
void async_wait(int keep);
void multiply_tiles(const float (&a)[16][16], const float (&b)[16][8], float (&d)[16][8]);

inline void touch(const void *p, size_t n, size_t align)
{
	if ((uintptr_t)p % align)
		fail("address %p is not aligned to %zu bytes", p, align);
	if ((const char *)p < last_from || (const char *)p + n > last_to)
		find_allocation(p, n);
}

// Device memory.
template <class T> struct global {
	T *p;
	T &operator[](long long i) const
	{
		touch(p + i, sizeof(T), alignof(T));
		return p[i];
	}
	global operator+(long long i) const { return {p + i}; }
	template <class U, class = std::enable_if_t<std::is_same<U, const T>::value && !std::is_const<T>::value>> operator global<U>() const
	{
		return {p};
	}
	explicit operator bool() const { return p != nullptr; }
	bool operator!() const { return p == nullptr; }
};

template <class V, class T> inline global<V> as(global<T> g) { return {(V *)g.p}; }

// An element of shared memory, which knows reads from writes.
template <class T> struct element {
	T *p;
	operator T() const
	{
		read_shared((const char *)p, sizeof(T));
		return *p;
	}
	T operator=(T v) const
	{
		write_shared((const char *)p, sizeof(T));
		return *p = v;
	}
	T operator=(const element &v) const { return *this = (T)v; }
	T operator+=(T v) const { return *this = (T) * this + v; }
};

template <class T> struct shared {
	T *p;
	element<T> operator[](long long i) const { return {p + i}; }
	shared operator+(long long i) const { return {p + i}; }
};

template <class T> inline shared<T> carve(shared<unsigned char> s, int offset) { return {(T *)(s.p + offset)}; }

// Every lane leaves a pointer to its operands; the last one computes for all.
template <class T, class F> inline void meet(const char *operation, T *mine, F &&f)
{
	warp_state *w = self->warp;
	unsigned generation = w->generation;
	if (w->gone)
		fail("%s after lanes of the warp have returned", operation);
	if (w->arrived && w->operation != operation)
		fail("%s while other lanes of the warp are in %s", operation, w->operation);
	w->operation = operation;
	w->operands[self->thread & 31] = mine;
	if (++w->arrived == w->size) {
		f((T **)w->operands, w->size);
		w->arrived = 0;
		w->generation++;
	} else
		wait_until_changed(&w->generation, generation);
}

// A kernel as it enters the table.
struct entry {
	entry(const char *name, int threads, int blocks, int (*run)(const fake_launch *), int bytes);
};
int run(const fake_launch *l, const char *kernel, void (*body)(void **));

} // namespace emulator

#ifndef EMULATOR_INSIDE
using emulator::as;
using emulator::carve;
using emulator::global;
using emulator::shared;

#define DEV static inline
#define KERNEL(threads, blocks, name, type) \
	static void name([[maybe_unused]] const type &a); \
	static emulator::entry name##_entry( \
		#name, threads, blocks, \
		[](const fake_launch *l) { return emulator::run(l, #name, [](void **p) { name(*(const type *)p[0]); }); }, sizeof(type)); \
	static void name([[maybe_unused]] const type &a)
#define DYNAMIC_SHARED(name) shared<u8> name{(u8 *)emulator::self->block->shared}

DEV int thread_x() { return emulator::self->thread; }
DEV int threads_x() { return (int)emulator::self->block->threads; }
DEV int block_x() { return (int)emulator::self->block->x; }
DEV int block_y() { return (int)emulator::self->block->y; }
DEV int block_z() { return (int)emulator::self->block->z; }
DEV int blocks_x() { return (int)emulator::self->block->launch->grid[0]; }
DEV void block_sync() { emulator::barrier(); }
DEV void warp_sync()
{
	int none = 0;
	emulator::meet("warp_sync", &none, [](int **, int) { emulator::self->warp->time++; });
}

DEV float rcp_(float x) { return 1.f / x; }
DEV float sqrt_(float x) { return sqrtf(x); }
DEV double sqrt_(double x) { return sqrt(x); }
DEV float max_(float a, float b) { return fmaxf(a, b); }
DEV u32 bits_of(float x)
{
	u32 r;
	memcpy(&r, &x, 4);
	return r;
}
DEV float float_of(u32 x)
{
	float r;
	memcpy(&r, &x, 4);
	return r;
}

// The approximate instructions are off by as much as PTX's manual allows, in a direction that looks random and depends on the argument
// alone: two units in the last place of ex2.approx, 2^-22 of lg2.approx, of its result or, near 1, as it is. Both take numbers below
// 2^-126 as zero, and give none.
DEV int emulated_direction(float x) { return (int)(bits_of(x) * 2654435761u >> 8) % 5 - 2; } // -2 to 2
DEV float exp2_(float x)
{
	float y = exp2f(x);
	if (fabsf(x) < 0x1p-126f || y > 0x1p127f || y != y)
		return y;
	return y < 0x1p-126f ? 0.f : float_of(bits_of(y) + (u32)emulated_direction(x));
}
DEV float log2_(float x)
{
	float y = log2f(fabsf(x) < 0x1p-126f ? 0.f : x), off = 0x1p-23f * (float)emulated_direction(x);
	if (x == 1.f || !(fabsf(y) < 1e3f))
		return y;
	return x > 0.5f && x < 2.f ? y + off : y + off * y;
}
DEV u32 emulated_round(float f)
{
	u32 u = bits_of(f);
	return (u & 0x7fffffff) > 0x7f800000 ? 0x7fff : (u + 0x7fff + ((u >> 16) & 1)) >> 16;
}
DEV u32 pack(float lo, float hi) { return emulated_round(lo) | emulated_round(hi) << 16; }

template <class T> struct shuffled {
	T v, r;
	int lane;
};
template <class T> static inline T shuffle_xor_any(T v, int m)
{
	shuffled<T> s{v, v, m};
	emulator::meet("shuffle_xor", &s, [](shuffled<T> **a, int n) {
		for (int i = 0; i < n; i++)
			a[i]->r = a[(i ^ a[i]->lane) % n]->v;
	});
	return s.r;
}
DEV float shuffle_xor(float v, int m) { return shuffle_xor_any(v, m); }
DEV double shuffle_xor(double v, int m) { return shuffle_xor_any(v, m); }
DEV float shuffle(float v, int from)
{
	shuffled<float> s{v, v, from};
	emulator::meet("shuffle", &s, [](shuffled<float> **a, int n) {
		for (int i = 0; i < n; i++)
			a[i]->r = a[(a[i]->lane & 31) % n]->v;
	});
	return s.r;
}

// An address in shared memory is its offset in the block's.
template <class T> static inline u32 shared_address(shared<T> p) { return (u32)((char *)p.p - emulator::self->block->shared); }
template <class T> static inline void copy_async(u32 to, global<T> from, int n) { emulator::async_copy(to, from.p, n); }
DEV void copy_commit() { emulator::async_commit(); }
template <int N> static inline void copy_wait() { emulator::async_wait(N); }

struct matrix_operands {
	u32 at, r[4];
};
template <bool Transposed> static inline void load_matrix_any(u32 (&r)[4], u32 at)
{
	matrix_operands s{at, {}};
	if (at & 15)
		emulator::fail("ldmatrix from shared address %u, which is not aligned to 16 bytes", at);
	emulator::read_shared(emulator::self->block->shared + at, 16);
	emulator::meet(Transposed ? "ldmatrix.trans" : "ldmatrix", &s, [](matrix_operands **a, int) {
		for (int m = 0; m < 4; m++) {
			u16 t[8][8];
			for (int i = 0; i < 8; i++)
				memcpy(t[i], emulator::self->block->shared + a[m * 8 + i]->at, 16);
			for (int l = 0; l < 32; l++) {
				int x = l >> 2, y = (l & 3) * 2;
				a[l]->r[m] = Transposed ? (u32)t[y][x] | (u32)t[y + 1][x] << 16 : (u32)t[x][y] | (u32)t[x][y + 1] << 16;
			}
		}
	});
	memcpy(r, s.r, 16);
}
DEV void load_matrix(u32 (&r)[4], u32 at) { load_matrix_any<false>(r, at); }
DEV void load_matrix_transposed(u32 (&r)[4], u32 at) { load_matrix_any<true>(r, at); }

// Tensor cores cut a sum off where it leaves float's precision, toward zero.
DEV float emulated_sum(float c, float products)
{
	double s = (double)c + products;
	float f = (float)s;
	return fabs((double)f) > fabs(s) ? float_of(bits_of(f) - 1) : f;
}
struct multiply_operands {
	float *c;
	u32 a[4], b[2];
};
DEV void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1)
{
	multiply_operands s{c, {a[0], a[1], a[2], a[3]}, {b0, b1}};
	emulator::meet("mma", &s, [](multiply_operands **w, int) {
		float x[16][16], y[16][8], d[16][8];
		for (int l = 0; l < 32; l++) {
			int g = l >> 2, t = (l & 3) * 2;
			for (int i = 0; i < 4; i++) {
				int r = g + (i & 1) * 8, k = t + (i >> 1) * 8;
				x[r][k] = float_of(w[l]->a[i] << 16);
				x[r][k + 1] = float_of(w[l]->a[i] & 0xffff0000u);
			}
			for (int i = 0; i < 2; i++) {
				y[t + i * 8][g] = float_of(w[l]->b[i] << 16);
				y[t + i * 8 + 1][g] = float_of(w[l]->b[i] & 0xffff0000u);
			}
		}
		emulator::multiply_tiles(x, y, d);
		for (int l = 0; l < 32; l++) {
			int g = l >> 2, t = (l & 3) * 2;
			for (int e = 0; e < 4; e++)
				w[l]->c[e] = emulated_sum(w[l]->c[e], d[g + (e >> 1) * 8][t + (e & 1)]);
		}
	});
}
#endif
#endif
