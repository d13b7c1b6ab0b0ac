// Softmax, loss and gradient of rows of logits. A block computes a row.
#include "common.h"

struct classify_args {
  array dlogits, z;   // dlogits may be absent, or z
  scalar mult, scale;
  global<float> loss;
  global<const int> targets;
  i64 ldz, ldd;
  int v, vec;
};

enum { AHEAD = 4 };   // quads that a thread loads before it uses the first

// Those of a row from column c on, a block's width apart.
DEV void load_ahead(const classify_args& a, i64 row, int c, quad (&z)[AHEAD]) {
#pragma unroll
  for (int j = 0; j < AHEAD; j++) {
    int at = c + j * threads_x() * 4, left = a.v - at;
    z[j] = quad{};
    if (left > 0) z[j] = load_quad(a.z, row * a.ldz + at, left, a.vec && left >= 4);
  }
}

// The largest of mult*z, and the sum of exp(mult*z - largest), the same in all threads.
struct softmax_sum {
  float top, sum;
};
DEV softmax_sum scan(const classify_args& a, i64 row, float mult, shared<float> s) {
  float top = -3.0e38f, sum = 0;
  for (int c = thread_x() * 4; c < a.v; c += AHEAD * threads_x() * 4) {
    quad z[AHEAD];
    load_ahead(a, row, c, z);
    float higher = top;
#pragma unroll
    for (int j = 0; j < AHEAD; j++)
#pragma unroll
      for (int k = 0; k < 4; k++)
        if (c + j * threads_x() * 4 + k < a.v) higher = max_(higher, mult * z[j].v[k]);
    sum *= exp2_((top - higher) * LOG2E);
    top = higher;
#pragma unroll
    for (int j = 0; j < AHEAD; j++)
#pragma unroll
      for (int k = 0; k < 4; k++)
        if (c + j * threads_x() * 4 + k < a.v) sum += exp2_((mult * z[j].v[k] - top) * LOG2E);
  }
  softmax_sum r;
  r.top = block_max(top, s);
  r.sum = block_sum(sum * exp2_((top - r.top) * LOG2E), s + 32);
  return r;
}

// The row of dlogits; zeros without a target. A thread has read what it writes over, where dlogits is z.
DEV void write_gradient(const classify_args& a, i64 row, float mult, const softmax_sum& r, int target) {
  float scale = load_scalar(a.scale), over = 1.f / r.sum;
  for (int c = thread_x() * 4; c < a.v; c += AHEAD * threads_x() * 4) {
    quad z[AHEAD];
    if (target >= 0) load_ahead(a, row, c, z);
#pragma unroll
    for (int j = 0; j < AHEAD; j++) {
      int at = c + j * threads_x() * 4, left = a.v - at;
      if (left <= 0) continue;
      quad d = {};
      if (target >= 0) {
#pragma unroll
        for (int k = 0; k < 4; k++) d.v[k] = scale * (exp2_((mult * z[j].v[k] - r.top) * LOG2E) * over - (at + k == target ? 1.f : 0.f));
      }
      store_quad(a.dlogits, row * a.ldd + at, left, a.vec && left >= 4, d);
    }
  }
}

KERNEL(512, 2, classify, classify_args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  i64 row = block_x();
  int target = a.targets[row];
  float mult = load_scalar(a.mult);
  softmax_sum r = {};
  if (target >= 0) r = scan(a, row, mult, s);
  if (thread_x() == 0) {
    quad z = {};
    if (target >= 0) z = load_quad(a.z, row * a.ldz + target, 1, false);
    a.loss[row] = target < 0 ? 0.f : log2_(r.sum) * LN2 + (r.top - mult * z.v[0]);
  }
  block_sync();   // dlogits may be z
  if (a.dlogits.at) write_gradient(a, row, mult, r, target);
}
