// Masked LayerNorm and RMSNorm of rows, with the residual branch added before; and their gradients.
#include "common.h"

struct norm_args {
  array y, branch;
  scalar gate;
  global<float> stats;
  global<const float> x;
  global<float> xout;
  global<const float> gain, bias, branch_bias;
  global<const mask_block> mask_at;
  int rows, c, rms, vec;
  float eps;
  int unused;
};

DEV float mask_sum(global<const mask_block> at, int c) { return at && at[0].old > 0 ? at[0].sum : (float)c; }

// f(i, c) for each of the lane's quads, the i-th at column c. Q: how many there can be, 0: any number.
template <int Q, class F> DEV void each_quad(int columns, F f) {
  if (Q > 0) {
#pragma unroll
    for (int i = 0; i < Q; i++) {
      int c = (i * WARP + lane()) * 4;
      if (c < columns) f(i, c);
    }
  } else {
    for (int c = lane() * 4; c < columns; c += WARP * 4) f(0, c);
  }
}

// x of one quad, with the branch added.
DEV quad norm_input(const norm_args& a, i64 row, int c, float gate) {
  quad x = load_quad(a.x, row * a.c + c, a.c - c, a.vec);
  if (!a.branch.at) return x;
  quad z = load_quad(a.branch, row * a.c + c, a.c - c, a.vec), b = {};
  if (a.branch_bias) b = load_quad(a.branch_bias, c, a.c - c, a.vec);
#pragma unroll
  for (int k = 0; k < 4; k++) x.v[k] += masked(gate, z.v[k] + b.v[k]);
  store_quad(a.xout, row * a.c + c, a.c - c, a.vec, x);
  return x;
}

// A warp computes a row. Up to 128 Q columns stay in registers; beyond, a row is read again from the cache.
template <int Q> DEV void norm_row(const norm_args& a) {
  i64 row = (i64)block_x() * (threads_x() / WARP) + warp();
  if (row >= a.rows) return;
  mask mu = load_mask(a.mask_at);
  float s = mask_sum(a.mask_at, a.c), gate = load_scalar(a.gate), sum = 0, mean = 0;
  quad kept[Q > 0 ? Q : 1] = {};
  auto input = [&](int i, int c) {
    if (Q > 0) return kept[i];
    return a.branch.at ? load_quad(a.xout, row * a.c + c, a.c - c, a.vec) : load_quad(a.x, row * a.c + c, a.c - c, a.vec);
  };
  each_quad<Q>(a.c, [&](int i, int c) {
    quad x = norm_input(a, row, c, gate);
    if (Q > 0) kept[i] = x;
#pragma unroll
    for (int k = 0; k < 4; k++)
      if (c + k < a.c) sum += masked(mu.of(c + k), x.v[k]);
  });
  if (!a.rms) mean = warp_sum(sum) / s;
  sum = 0;
  each_quad<Q>(a.c, [&](int i, int c) {
    quad x = input(i, c);
#pragma unroll
    for (int k = 0; k < 4; k++)
      if (c + k < a.c) sum += masked(mu.of(c + k), (x.v[k] - mean) * (x.v[k] - mean));
  });
  float rstd = rcp_(sqrt_(warp_sum(sum) / s + a.eps));
  if (lane() == 0) {
    a.stats[row * 2] = mean;
    a.stats[row * 2 + 1] = rstd;
  }
  each_quad<Q>(a.c, [&](int i, int c) {
    quad x = input(i, c), g = load_quad(a.gain, c, a.c - c, a.vec), b = {};
    if (a.bias) b = load_quad(a.bias, c, a.c - c, a.vec);
#pragma unroll
    for (int k = 0; k < 4; k++) x.v[k] = masked(mu.of(c + k), g.v[k] * (x.v[k] - mean) * rstd + b.v[k]);
    store_quad(a.y, row * a.c + c, a.c - c, a.vec, x);
  });
}
KERNEL(256, 4, norm_512, norm_args) { norm_row<4>(a); }
KERNEL(256, 4, norm_1024, norm_args) { norm_row<8>(a); }
KERNEL(256, 2, norm_2048, norm_args) { norm_row<16>(a); }
KERNEL(256, 4, norm_any, norm_args) { norm_row<0>(a); }

struct norm_grad_args {
  array operand, dy;
  global<float> dx;
  global<const float> residual, x, stats, gain;
  global<const mask_block> mask_at;
  global<float> gains, biases;   // (sequences * chunks, c): partial sums
  int t, c, rms, vec;
};

enum { NORM_ROWS = 32 };   // rows of a block, of one sequence

// A block computes NORM_ROWS rows, R at a time; each thread owns Q quads of columns, and so the sums over its rows. The sums over the
// columns of a row go through shared memory, two buffers in turn, so that one barrier is enough.
template <int Q, int R> DEV void norm_grad(const norm_grad_args& a) {
  DYNAMIC_SHARED(bytes);
  shared<quad> sums = carve<quad>(bytes, 0);   // 2 buffers x warps x 8 numbers
  int seq = block_y(), first = block_x() * NORM_ROWS, last = min_(first + NORM_ROWS, a.t), warps = threads_x() / WARP, buffer = 0;
  mask mu = load_mask(a.mask_at);
  float over_s = 1.f / mask_sum(a.mask_at, a.c);
  quad gain[Q], dgain[Q] = {}, dbias[Q] = {};
#pragma unroll
  for (int q = 0; q < Q; q++) {
    int c = (q * threads_x() + thread_x()) * 4;
    gain[q] = quad{};
    if (c < a.c) gain[q] = load_quad(a.gain, c, a.c - c, a.vec);
#pragma unroll
    for (int k = 0; k < 4; k++) gain[q].v[k] = c + k < a.c ? masked(mu.of(c + k), gain[q].v[k]) : 0.f;
  }
  for (int r0 = first; r0 < last; r0 += R, buffer ^= 1) {
    quad n[R][Q], h[R][Q], part[2] = {};   // part: sum of h, sum of h n, for each row
    float rstd[R];
#pragma unroll
    for (int r = 0; r < R; r++) {
      i64 row = (i64)seq * a.t + min_(r0 + r, last - 1);
      float mean = a.stats[row * 2];
      rstd[r] = a.stats[row * 2 + 1];
      float sh = 0, shn = 0;
#pragma unroll
      for (int q = 0; q < Q; q++) {
        int c = (q * threads_x() + thread_x()) * 4;
        n[r][q] = h[r][q] = quad{};
        if (c >= a.c || r0 + r >= last) continue;
        quad x = load_quad(a.x, row * a.c + c, a.c - c, a.vec), dy = load_quad(a.dy, row * a.c + c, a.c - c, a.vec);
#pragma unroll
        for (int k = 0; k < 4; k++) {
          if (c + k >= a.c) continue;
          float d = masked(mu.of(c + k), dy.v[k]);
          n[r][q].v[k] = (x.v[k] - mean) * rstd[r];
          h[r][q].v[k] = gain[q].v[k] == 0.f ? 0.f : gain[q].v[k] * dy.v[k];
          sh += h[r][q].v[k];
          shn += h[r][q].v[k] == 0.f ? 0.f : h[r][q].v[k] * n[r][q].v[k];
          dgain[q].v[k] += d == 0.f ? 0.f : d * n[r][q].v[k];
          dbias[q].v[k] += d;
        }
      }
      sh = warp_sum(sh);
      shn = warp_sum(shn);
      part[r / 2].v[r % 2 * 2] = sh;
      part[r / 2].v[r % 2 * 2 + 1] = shn;
    }
    if (lane() == 0) {
      sums[(buffer * warps + warp()) * 2] = part[0];
      sums[(buffer * warps + warp()) * 2 + 1] = part[1];
    }
    block_sync();
    part[0] = part[1] = quad{};
    for (int w = 0; w < warps; w++) {
#pragma unroll
      for (int j = 0; j < 2; j++) {
        quad s = sums[(buffer * warps + w) * 2 + j];
#pragma unroll
        for (int k = 0; k < 4; k++) part[j].v[k] += s.v[k];
      }
    }
#pragma unroll
    for (int r = 0; r < R; r++) {
      i64 row = (i64)seq * a.t + r0 + r;
      float sh = a.rms ? 0.f : part[r / 2].v[r % 2 * 2], shn = part[r / 2].v[r % 2 * 2 + 1];
#pragma unroll
      for (int q = 0; q < Q; q++) {
        int c = (q * threads_x() + thread_x()) * 4;
        if (c >= a.c || r0 + r >= last) continue;
        quad d = {};
        if (a.residual) d = load_quad(a.residual, row * a.c + c, a.c - c, a.vec);
#pragma unroll
        for (int k = 0; k < 4; k++)
          d.v[k] += rstd[r] * (h[r][q].v[k] - masked(mu.of(c + k) * over_s, sh + n[r][q].v[k] * shn));
        store_quad(a.dx, row * a.c + c, a.c - c, a.vec, d);
        if (a.operand.at) store_quad(a.operand, row * a.c + c, a.c - c, a.vec, d);
      }
    }
  }
  i64 chunk = (i64)seq * blocks_x() + block_x();
#pragma unroll
  for (int q = 0; q < Q; q++) {
    int c = (q * threads_x() + thread_x()) * 4;
    if (c >= a.c) continue;
    store_quad(a.gains, chunk * a.c + c, a.c - c, a.vec, dgain[q]);
    if (!a.rms) store_quad(a.biases, chunk * a.c + c, a.c - c, a.vec, dbias[q]);
  }
}
KERNEL(512, 1, norm_grad_1, norm_grad_args) { norm_grad<1, 4>(a); }
KERNEL(512, 1, norm_grad_2, norm_grad_args) { norm_grad<2, 2>(a); }
KERNEL(512, 1, norm_grad_4, norm_grad_args) { norm_grad<4, 1>(a); }
