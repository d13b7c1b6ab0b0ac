// Embedding, activation, casts: a number in, a number out.
#include "epilogue.h"

struct embed_args {
  global<float> x;
  global<const float> table, pos;
  global<const int> tokens;
  int rows, t, c, vec;
};
KERNEL(256, 6, embed, embed_args) {
  int row = block_x(), id = a.tokens[row];
  for (int c = thread_x() * 4; c < a.c; c += threads_x() * 4) {
    quad x = load_quad(a.table, (i64)id * a.c + c, a.c - c, a.vec);
    if (a.pos) {
      quad p = load_quad(a.pos, (i64)(row % a.t) * a.c + c, a.c - c, a.vec);
#pragma unroll
      for (int k = 0; k < 4; k++) x.v[k] += p.v[k];
    }
    store_quad(a.x, (i64)row * a.c + c, a.c - c, a.vec, x);
  }
}

// One block for a token and 128 columns; each of eight warps adds up an eighth of the token's rows.
struct embed_grad_args {
  global<float> dtable;
  global<const float> dx;
  global<const int> groups;
  int rows, c, vec, unused;
};
KERNEL(256, 4, embed_grad, embed_grad_args) {
  DYNAMIC_SHARED(bytes);
  shared<float> part = carve<float>(bytes, 0);   // 8 x 128
  int g = block_x(), most = blocks_x();
  if (g >= a.groups[0]) return;
  int id = a.groups[1 + g], from = a.groups[1 + most + g], to = a.groups[2 + most + g];
  int each = (to - from + 7) / 8, c = block_y() * 128 + lane() * 4;
  quad sum = {};
  int end = min_(from + (warp() + 1) * each, to);
  if (c < a.c)
#pragma unroll 4
    for (int i = from + warp() * each; i < end; i++) {
      quad d = load_quad(a.dx, (i64)a.groups[2 + 2 * most + i] * a.c + c, a.c - c, a.vec);
#pragma unroll
      for (int k = 0; k < 4; k++) sum.v[k] += d.v[k];
    }
#pragma unroll
  for (int k = 0; k < 4; k++) part[warp() * 128 + lane() * 4 + k] = sum.v[k];
  block_sync();
  c = block_y() * 128 + thread_x();
  if (thread_x() >= 128 || c >= a.c) return;
  float s = 0;
  for (int w = 0; w < 8; w++) s += part[w * 128 + thread_x()];
  a.dtable[(i64)id * a.c + c] += s;
}

struct pos_grad_args {
  global<float> dpos;
  global<const float> dx;
  int rows, t, c, vec, seqs, unused;
};
KERNEL(256, 4, pos_grad, pos_grad_args) {
  int t = block_x();
  for (int c = thread_x() * 4; c < a.c; c += threads_x() * 4) {
    quad sum = {};
    for (int row = t; row < a.rows; row += a.t) {
      quad d = load_quad(a.dx, (i64)row * a.c + c, a.c - c, a.vec);
#pragma unroll
      for (int k = 0; k < 4; k++) sum.v[k] += d.v[k];
    }
    quad p = load_quad(a.dpos, (i64)t * a.c + c, a.c - c, a.vec);
#pragma unroll
    for (int k = 0; k < 4; k++) p.v[k] += sum.v[k];
    store_quad(a.dpos, (i64)t * a.c + c, a.c - c, a.vec, p);
  }
}

// The epilogue of a product whose result lies in z, (rows, ldz).
struct activate_args {
  epilogue e;
  array z;
  i64 ldz;
};
KERNEL(256, 4, activate, activate_args) {
  i64 row = block_x();
  finisher f = prepare(a.e);
  for (int c = thread_x() * 4; c < a.e.c; c += threads_x() * 4) {
    quad z = load_quad(a.z, row * a.ldz + c, a.e.c - c, a.e.vec), up = {};
    if (a.e.act == SWIGLU && !a.e.back) up = load_quad(a.z, row * a.ldz + a.e.c + c, a.e.c - c, a.e.vec);
    finish(a.e, f, row, c, z, up);
  }
}

struct combine_args {
  array y, x, z, operand;
  scalar a, b;
  i64 n;
  int vec, unused;
};
KERNEL(256, 4, combine, combine_args) {
  i64 i = ((i64)block_x() * threads_x() + thread_x()) * 4;
  if (i >= a.n) return;
  int left = a.n - i < 4 ? (int)(a.n - i) : 4;
  bool whole = a.vec && left == 4;
  float fa = load_scalar(a.a), fb = load_scalar(a.b);
  quad x = load_quad(a.x, i, left, whole), z = load_quad(a.z, i, left, whole), y;
#pragma unroll
  for (int k = 0; k < 4; k++) y.v[k] = masked(fa, x.v[k]) + masked(fb, z.v[k]);
  store_quad(a.y, i, left, whole, y);
  if (a.operand.at) store_quad(a.operand, i, left, whole, y);
}

struct cast_args {
  array dst, src;
  i64 n;
  int vec, unused;
};
KERNEL(256, 6, cast_numbers, cast_args) {
  i64 i = ((i64)block_x() * threads_x() + thread_x()) * 4;
  if (i >= a.n) return;
  int left = a.n - i < 4 ? (int)(a.n - i) : 4;
  bool whole = a.vec && left == 4;
  store_quad(a.dst, i, left, whole, load_quad(a.src, i, left, whole));
}
