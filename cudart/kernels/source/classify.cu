// Softmax, loss and gradient of rows of logits. A block computes a row.
#include "common.h"

struct classify_args {
  array dlogits;   // may be absent
  scalar mult, scale;
  global<float> loss;
  global<const float> z;
  global<const int> targets;
  global<quad> state;   // maximum, sum of exp beside it, logit of the target
  i64 ldz, ldd;
  int v, first, last, vec;
};

// The largest of mult*z, and the sum of exp(mult*z - largest), the same in all threads.
struct softmax_sum {
  float top, sum;
};
DEV softmax_sum scan(const classify_args& a, i64 row, float mult, shared<float> s) {
  float top = -3.0e38f, sum = 0;
  for (int c = thread_x() * 4; c < a.v; c += threads_x() * 4) {
    int left = a.v - c;
    quad z = load_quad(a.z, row * a.ldz + c, left, a.vec && left >= 4);
    float higher = top;
#pragma unroll
    for (int k = 0; k < 4; k++)
      if (k < left) higher = max_(higher, mult * z.v[k]);
    sum *= exp2_((top - higher) * LOG2E);
    top = higher;
#pragma unroll
    for (int k = 0; k < 4; k++)
      if (k < left) sum += exp2_((mult * z.v[k] - top) * LOG2E);
  }
  softmax_sum r;
  r.top = block_max(top, s);
  r.sum = block_sum(sum * exp2_((top - r.top) * LOG2E), s + 32);
  return r;
}

// The row of dlogits, columns first and on; zeros without a target.
DEV void write_gradient(const classify_args& a, i64 row, float mult, const softmax_sum& r, int target) {
  float scale = load_scalar(a.scale), over = 1.f / r.sum;
  for (int c = thread_x() * 4; c < a.v; c += threads_x() * 4) {
    int left = a.v - c;
    bool whole = a.vec && left >= 4;
    quad d = {};
    if (target >= 0) {
      quad z = load_quad(a.z, row * a.ldz + c, left, whole);
#pragma unroll
      for (int k = 0; k < 4; k++)
        d.v[k] = scale * (exp2_((mult * z.v[k] - r.top) * LOG2E) * over - (a.first + c + k == target ? 1.f : 0.f));
    }
    store_quad(a.dlogits, row * a.ldd + c, left, whole, d);
  }
}

KERNEL(1024, 1, classify, classify_args) {
  DYNAMIC_SHARED(bytes);
  shared<float> s = carve<float>(bytes, 0);
  i64 row = block_x();
  int target = a.targets[row];
  float mult = load_scalar(a.mult);
  softmax_sum r = {};
  if (target >= 0) r = scan(a, row, mult, s);
  if (thread_x() == 0) a.loss[row] = target < 0 ? 0.f : log2_(r.sum) * LN2 + (r.top - mult * a.z[row * a.ldz + target]);
  block_sync();   // dlogits may be z
  if (a.dlogits.at) write_gradient(a, row, mult, r, target);
}

KERNEL(1024, 1, classify_scan, classify_args) {
  DYNAMIC_SHARED(bytes);
  i64 row = block_x();
  int target = a.targets[row];
  float mult = load_scalar(a.mult);
  softmax_sum r = scan(a, row, mult, carve<float>(bytes, 0));
  if (thread_x() != 0) return;
  quad state = {{-3.0e38f, 0.f, 0.f, 0.f}};
  if (a.first > 0) state = a.state[row];
  float top = max_(state.v[0], r.top);
  state.v[1] = state.v[1] * exp2_((state.v[0] - top) * LOG2E) + r.sum * exp2_((r.top - top) * LOG2E);
  state.v[0] = top;
  if (target >= a.first && target < a.first + a.v) state.v[2] = mult * a.z[row * a.ldz + target - a.first];
  a.state[row] = state;
  if (a.last) a.loss[row] = target < 0 ? 0.f : log2_(state.v[1]) * LN2 + (top - state.v[2]);
}

KERNEL(1024, 1, classify_part, classify_args) {
  i64 row = block_x();
  quad state = a.state[row];
  softmax_sum r = {state.v[0], state.v[1]};
  write_gradient(a, row, load_scalar(a.mult), r, a.targets[row]);
}
