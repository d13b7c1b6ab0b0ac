// Sums in a fixed order, and what the optimizer does with them.
#include "common.h"

// Sums of 256 rows for 128 columns; each of eight warps adds up every eighth row.
enum { COLUMN_ROWS = 256 };
struct column_sums_args {
  array src;
  global<float> parts;   // (chunks, c)
  int rows, c, vec, unused;
};
KERNEL(256, 4, column_sums, column_sums_args) {
  DYNAMIC_SHARED(bytes);
  shared<float> part = carve<float>(bytes, 0);   // 8 x 128
  int c = block_x() * 128 + lane() * 4, first = block_y() * COLUMN_ROWS, last = min_(first + COLUMN_ROWS, a.rows);
  quad sum = {};
  if (c < a.c)
#pragma unroll 4
    for (int row = first + warp(); row < last; row += 8) {
      quad d = load_quad(a.src, (i64)row * a.c + c, a.c - c, a.vec);
#pragma unroll
      for (int k = 0; k < 4; k++) sum.v[k] += d.v[k];
    }
#pragma unroll
  for (int k = 0; k < 4; k++) part[warp() * 128 + lane() * 4 + k] = sum.v[k];
  block_sync();
  c = block_x() * 128 + thread_x();
  if (thread_x() >= 128 || c >= a.c) return;
  float s = 0;
  for (int w = 0; w < 8; w++) s += part[w * 128 + thread_x()];
  a.parts[(i64)block_y() * a.c + c] = s;
}

// dst[group] (+)= scale * the sum of n rows of parts.
struct sum_parts_args {
  scalar scale;
  global<float> dst;
  global<const float> parts;
  int n, c, add, unused;
};
// A block has 32 columns of a group; each of eight warps adds up every eighth row.
KERNEL(256, 4, sum_parts, sum_parts_args) {
  DYNAMIC_SHARED(bytes);
  shared<float> part = carve<float>(bytes, 0);   // 8 x 32
  int c = block_x() * WARP + lane(), group = block_y();
  float sum = 0;
  if (c < a.c) {
    global<const float> p = a.parts + ((i64)group * a.n * a.c + c);
#pragma unroll 8
    for (int i = warp(); i < a.n; i += 8) sum += p[(i64)i * a.c];
  }
  part[warp() * WARP + lane()] = sum;
  block_sync();
  if (warp() > 0 || c >= a.c) return;
  sum = 0;
#pragma unroll
  for (int w = 0; w < 8; w++) sum += part[w * WARP + lane()];
  sum *= load_scalar(a.scale);
  i64 at = (i64)group * a.c + c;
  a.dst[at] = a.add ? a.dst[at] + sum : sum;
}

struct sum_args {
  global<double> parts;
  global<const float> v;
  i64 n;
  int squares, vec;
};
KERNEL(256, 4, sum_numbers, sum_args) {
  DYNAMIC_SHARED(bytes);
  i64 quads = (a.n + 3) / 4, stride = (i64)blocks_x() * threads_x();
  double sum = 0;
  for (i64 q = (i64)block_x() * threads_x() + thread_x(); q < quads; q += stride) {
    int left = a.n - q * 4 < 4 ? (int)(a.n - q * 4) : 4;
    quad x = load_quad(a.v, q * 4, left, a.vec && left == 4);
#pragma unroll
    for (int k = 0; k < 4; k++) sum += a.squares ? (double)x.v[k] * x.v[k] : (double)x.v[k];
  }
  sum = block_sum(sum, carve<double>(bytes, 0));
  if (thread_x() == 0) a.parts[block_x()] = sum;
}

struct sum_finish_args {
  global<double> to;
  global<const double> parts;
  int n, unused;
};
KERNEL(256, 1, sum_finish, sum_finish_args) {
  DYNAMIC_SHARED(bytes);
  double sum = 0;
  for (int i = thread_x(); i < a.n; i += threads_x()) sum += a.parts[i];
  sum = block_sum(sum, carve<double>(bytes, 0));
  if (thread_x() == 0) a.to[0] += sum;
}

// The factor that clips, and no number if there is no norm.
struct clip_args {
  global<float> to;
  global<const double> squares;
  float limit;
  int unused;
};
KERNEL(32, 1, clip_scale, clip_args) {
  if (thread_x() != 0) return;
  double norm = sqrt_((double)a.squares[0]), none = norm - norm;
  a.to[0] = none != 0 ? (float)none : norm > a.limit ? (float)(a.limit / norm) : 1.f;
}

struct adam_block {
  float beta1, beta2, eps, unbias1, unbias2, rest1, rest2, unused;
};
struct span {
  i64 off, n;
  float lr, decay;   // decay: times lr
  i64 first_tile;
};
struct adam_args {
  array copy;
  global<float> p;
  global<const float> g;
  global<float> m, v;
  global<const adam_block> block;
  global<const span> spans;
  global<const float> clip;
  int count, vec;
};
enum { ADAM_TILE = 1024 };
KERNEL(256, 4, adamw, adam_args) {
  int low_ = 0, high_ = a.count;   // the last span whose first tile is not behind this one
  while (high_ - low_ > 1) {
    int mid = (low_ + high_) / 2;
    if (a.spans[mid].first_tile <= block_x()) low_ = mid;
    else high_ = mid;
  }
  const span s = a.spans[low_];
  i64 i = (block_x() - s.first_tile) * ADAM_TILE + thread_x() * 4;
  if (i >= s.n) return;
  int left = s.n - i < 4 ? (int)(s.n - i) : 4;
  i += s.off;
  bool whole = a.vec && left == 4 && i % 4 == 0;
  const adam_block b = a.block[0];
  float scale = a.clip ? a.clip[0] : 1.f;
  if (scale != scale) return;
  quad p = load_quad(a.p, i, left, whole), g = load_quad(a.g, i, left, whole), m = load_quad(a.m, i, left, whole),
         v = load_quad(a.v, i, left, whole);
#pragma unroll
  for (int k = 0; k < 4; k++) {
    float d = scale * g.v[k];
    m.v[k] = b.beta1 * m.v[k] + b.rest1 * d;
    v.v[k] = b.beta2 * v.v[k] + b.rest2 * d * d;
    p.v[k] = p.v[k] - s.decay * p.v[k] - s.lr * (m.v[k] * b.unbias1) / (sqrt_(v.v[k] * b.unbias2) + b.eps);
  }
  store_quad(a.p, i, left, whole, p);
  store_quad(a.m, i, left, whole, m);
  store_quad(a.v, i, left, whole, v);
  if (a.copy.at) store_quad(a.copy, i, left, whole, p);
}
