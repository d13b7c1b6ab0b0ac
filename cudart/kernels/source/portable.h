// All that a kernel may include. The same text builds under NVRTC (12.4; no file of NVIDIA's is needed) and, with
// GROWLAB_EMULATOR, under g++, where emulator.h runs it on the CPU. Each hardware thing is one function here.
//
// Memory is reached through global<T> and shared<T>: plain pointers on a GPU, checked ones in the emulator. A kernel takes one
// struct, `a`, and has only dynamic shared memory.
#pragma once
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
struct bf16 { u16 bits; };
struct alignas(16) quad { float v[4]; };
struct alignas(8) duo { float v[2]; };
struct alignas(8) quad16 { u32 v[2]; };   // four bf16
struct alignas(4) duo16 { u32 v; };      // two bf16
enum { WARP = 32 };

#if defined(GROWLAB_EMULATOR)
#include "emulator.h"
#else
#define DEV static __device__ __forceinline__
// A kernel of at most `threads` threads, of which `blocks` blocks are to fit on a multiprocessor.
#define KERNEL(threads, blocks, name, type) extern "C" __global__ void __launch_bounds__(threads, blocks) name(const type a)
extern __shared__ __align__(128) u8 dynamic_shared[];
#define DYNAMIC_SHARED(name) u8* name = dynamic_shared
template <class T> using global = T*;
template <class T> using shared = T*;
template <class V, class T> DEV global<V> as(T* p) { return (V*)p; }
template <class T> DEV shared<T> carve(shared<u8> p, int offset) { return (T*)(p + offset); }
#define SPECIAL(fn, reg) \
  DEV int fn() { u32 r; asm("mov.u32 %0, %%" reg ";" : "=r"(r)); return (int)r; }
SPECIAL(thread_x, "tid.x") SPECIAL(threads_x, "ntid.x") SPECIAL(block_x, "ctaid.x") SPECIAL(block_y, "ctaid.y")
SPECIAL(block_z, "ctaid.z") SPECIAL(blocks_x, "nctaid.x")
DEV void block_sync() { asm volatile("bar.sync 0;" ::: "memory"); }
DEV void warp_sync() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }
DEV float exp2_(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEV float log2_(float x) { float y; asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEV float rcp_(float x) { float y; asm("rcp.rn.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEV float sqrt_(float x) { float y; asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEV double sqrt_(double x) { double y; asm("sqrt.rn.f64 %0, %1;" : "=d"(y) : "d"(x)); return y; }
DEV float max_(float a, float b) { float y; asm("max.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y; }
DEV u32 bits_of(float x) { u32 y; asm("mov.b32 %0, %1;" : "=r"(y) : "f"(x)); return y; }
DEV float float_of(u32 x) { float y; asm("mov.b32 %0, %1;" : "=f"(y) : "r"(x)); return y; }
DEV float shuffle_xor(float v, int m) {
  float r;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=f"(r) : "f"(v), "r"(m));
  return r;
}
DEV float shuffle(float v, int from) {
  float r;
  asm volatile("shfl.sync.idx.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=f"(r) : "f"(v), "r"(from));
  return r;
}
DEV double shuffle_xor(double v, int m) {
  u32 lo, hi, l, h;
  asm("mov.b64 {%0, %1}, %2;" : "=r"(lo), "=r"(hi) : "d"(v));
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(l) : "r"(lo), "r"(m));
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(h) : "r"(hi), "r"(m));
  asm("mov.b64 %0, {%1, %2};" : "=d"(v) : "r"(l), "r"(h));
  return v;
}
DEV u32 shared_address(const void* p) {
  u64 a;
  asm("cvta.to.shared.u64 %0, %1;" : "=l"(a) : "l"((u64)p));
  return (u32)a;
}
// 16 bytes to shared memory; the last 16-n of them are zeros, and only n are read.
DEV void copy_async(u32 to, const void* from, int n) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"((u64)from), "r"(n) : "memory");
}
DEV void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> DEV void copy_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }
// Four 8x8 matrices of bf16, whose rows begin at the addresses of lanes 0-7, 8-15, 16-23 and 24-31.
DEV void load_matrix(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
DEV void load_matrix_transposed(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
// c (16, 8) += a (16, 16) b (16, 8).
DEV void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
DEV u32 pack(float lo, float hi) { u32 r; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo)); return r; }
#endif

#ifdef GROWLAB_EMULATOR
#define DEV_METHOD inline
#else
#define DEV_METHOD __device__ __forceinline__
#endif

DEV int min_(int a, int b) { return a < b ? a : b; }
DEV int lane() { return thread_x() & 31; }
DEV int warp() { return thread_x() >> 5; }
DEV float low(u32 p) { return float_of(p << 16); }
DEV float high(u32 p) { return float_of(p & 0xffff0000u); }
DEV float widen(bf16 x) { return float_of((u32)x.bits << 16); }
DEV float widen(float x) { return x; }
DEV void round_to(bf16& to, float x) { to.bits = (u16)(pack(x, 0.f) & 0xffff); }
DEV void round_to(float& to, float x) { to = x; }
template <class T> DEV float rounded(float x) { T t; round_to(t, x); return widen(t); }
DEV float warp_sum(float v) { for (int m = 16; m; m >>= 1) v += shuffle_xor(v, m); return v; }
DEV double warp_sum(double v) { for (int m = 16; m; m >>= 1) v += shuffle_xor(v, m); return v; }
DEV float warp_max(float v) { for (int m = 16; m; m >>= 1) v = max_(v, shuffle_xor(v, m)); return v; }
