// What kernels share: arrays of either type, scalars and masks in device memory, sums over blocks.
#pragma once
#include "portable.h"

enum { TYPE_F32 = 0, TYPE_BF16 = 14 };   // as cudart.DataType
#define LOG2E 1.4426950408889634f
#define LN2 0.6931471805599453f

struct array {
  global<u8> at;   // null: absent
  int type, unused;
};

struct scalar {
  global<const float> at;   // null: 1
  float value;
  int unused;
};
DEV float load_scalar(const scalar& s) { return s.at ? s.value * s.at[0] : s.value; }

// A two-valued mask: 1 below old, m from there on.
struct mask_block {
  int old;
  float m, sum;
  int unused;
};
struct mask {
  int old;
  float m;
  DEV_METHOD float of(int i) const { return i < old ? 1.f : m; }
};
DEV mask load_mask(global<const mask_block> at) {
  mask k = {0x7fffffff, 1.f};
  if (at) {
    k.old = at[0].old > 0 ? at[0].old : 0x7fffffff;   // old 0 is no mask
    k.m = at[0].m;
  }
  return k;
}
// f v, and 0 where f is 0, whatever v is.
DEV float masked(float f, float v) { return f == 0.f ? 0.f : f * v; }

// Four numbers from i on, of which `left` exist; whole: they do, and their address is a multiple of four numbers.
DEV quad load_quad(global<const float> p, i64 i, int left, bool whole) {
  quad q = {};
  if (whole) return as<const quad>(p + i)[0];
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) q.v[k] = p[i + k];
  return q;
}
DEV void store_quad(global<float> p, i64 i, int left, bool whole, const quad& q) {
  if (whole) {
    as<quad>(p + i)[0] = q;
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) p[i + k] = q.v[k];
}
DEV quad load_quad(const array& x, i64 i, int left, bool whole) {
  if (x.type == TYPE_F32) return load_quad(as<const float>(x.at), i, left, whole);
  quad q = {};
  if (whole) {
    quad16 h = as<const quad16>(as<const bf16>(x.at) + i)[0];
    q.v[0] = low(h.v[0]), q.v[1] = high(h.v[0]), q.v[2] = low(h.v[1]), q.v[3] = high(h.v[1]);
    return q;
  }
  global<const bf16> p = as<const bf16>(x.at);
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) q.v[k] = widen(p[i + k]);
  return q;
}
DEV void store_quad(const array& x, i64 i, int left, bool whole, const quad& q) {
  if (x.type == TYPE_F32) {
    store_quad(as<float>(x.at), i, left, whole, q);
    return;
  }
  if (whole) {
    quad16 h;
    h.v[0] = pack(q.v[0], q.v[1]), h.v[1] = pack(q.v[2], q.v[3]);
    as<quad16>(as<bf16>(x.at) + i)[0] = h;
    return;
  }
  global<bf16> p = as<bf16>(x.at);
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) round_to(p[i + k], q.v[k]);
}

// Sums and maxima over the block, the same in all threads; s: 32 numbers.
template <class T> DEV T block_sum(T v, shared<T> s) {
  v = warp_sum(v);
  if (lane() == 0) s[warp()] = v;
  block_sync();
  v = lane() < threads_x() / WARP ? (T)s[lane()] : (T)0;
  v = warp_sum(v);
  block_sync();
  return v;
}
DEV float block_max(float v, shared<float> s) {
  v = warp_max(v);
  if (lane() == 0) s[warp()] = v;
  block_sync();
  v = lane() < threads_x() / WARP ? (float)s[lane()] : -3.0e38f;
  v = warp_max(v);
  block_sync();
  return v;
}
