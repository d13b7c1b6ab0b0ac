// Matrix products of our own: bf16 by tensor cores (mma.sync m16n8k16, float32 sums), float32 by plain multiply-adds.
//
// Layouts by how the sums' index K lies: inner (rows of K numbers) or outer (rows of M or N numbers).
//   NT: A inner, B inner;  NN: A inner, B outer;  TN: A outer, B outer.
#include "epilogue.h"

enum { NT, NN, TN };
enum { DEPTH = 32, STAGES = 3, SPARE = 4 };   // of a tile along K; tiles in flight; floats between rows of staged sums

struct product_args {
  global<const u8> a, b;
  epilogue e;
  global<float> parts;   // (splits, m, n): sums of a part of K each; null: one part
  i64 lda, ldb;
  int m, n, k, per_split;
};

struct tile_place {
  int m, n;   // first row and column
};
// Tiles go by groups of eight rows of them, so that those that run at the same time share rows of A and of B in the cache.
DEV tile_place place(int id, int m, int n, int tile) {
  int rows = (m + tile - 1) / tile, columns = (n + tile - 1) / tile, width = 8 * columns, first = id / width * 8;
  int height = min_(rows - first, 8);
  tile_place p = {(first + id % width % height) * tile, id % width / height * tile};
  return p;
}

// The product writes SwiGLU's gate and up side by side: of each 16 columns of a tile, 8 are gate and 8 are up.
DEV bool paired(const epilogue& e) { return e.act == SWIGLU && !e.back; }

// Where column r of the tile at n0 comes from; n if it is outside.
DEV int weight_row(const product_args& a, int n0, int r) {
  if (!paired(a.e)) return min_(n0 + r, a.n);
  int j = n0 / 2 + (r >> 4) * 8 + (r & 7);
  return j >= a.e.c ? a.n : (r >> 3 & 1) * a.e.c + j;
}

// Finishes `rows` rows from (m0, n0) of a tile of T columns, whose sums lie in s, T + SPARE apart.
template <int T> DEV void finish_rows(const product_args& a, const finisher& f, shared<quad> s, int rows, int m0, int n0) {
  const int quads = T / 4, row = (T + SPARE) / 4;
  bool pairs = paired(a.e);
  int step = pairs ? quads / 2 : quads;
  for (int i = thread_x(); i < rows * step; i += threads_x()) {
    int r = i / step, q = i % step, at, col;
    if (m0 + r >= a.m) continue;
    quad z, up = {};
    if (pairs) {
      at = r * row + (q >> 1) * 4 + (q & 1);
      col = n0 / 2 + q * 4;
      up = s[at + 2];
    } else {
      at = r * row + q;
      col = n0 + q * 4;
    }
    if (col >= (a.parts ? a.n : a.e.c)) continue;
    z = s[at];
    if (a.parts) store_quad(a.parts, ((i64)block_z() * a.m + m0 + r) * a.n + col, a.n - col, a.e.vec, z);
    else finish(a.e, f, m0 + r, col, z, up);
  }
}

// Addresses in shared memory of piece c (16 bytes) of row r, so that eight rows of one piece lie in different banks.
DEV u32 inner_at(int r, int c) { return (u32)(r * 64 + ((c ^ (r >> 1 & 3)) << 4)); }
template <int T> DEV u32 outer_at(int r, int c) { return (u32)(r * T * 2 + ((c ^ (r & 7)) << 4)); }

// 16 bytes of a row from element `at`, of which `left` elements exist.
template <bool ALIGNED> DEV void load_piece(u32 to, shared<u8> bytes, u32 offset, global<const bf16> p, i64 at, int left) {
  if (ALIGNED) {
    copy_async(to + offset, p + (left > 0 ? at : 0), left > 0 ? 16 : 0);
    return;
  }
  shared<u32> s = carve<u32>(bytes, (int)offset);
#pragma unroll
  for (int j = 0; j < 4; j++) {
    u32 lo = 2 * j < left ? p[at + 2 * j].bits : 0, hi = 2 * j + 1 < left ? p[at + 2 * j + 1].bits : 0;
    s[j] = lo | hi << 16;
  }
}

// One tile of an operand, T numbers wide, at depth k0.
template <int T, bool OUTER, bool ALIGNED, class R>
DEV void load_tile(shared<u8> bytes, u32 base, int offset, global<const bf16> p, i64 ld, int first, int size, int k0, int k1, R row_of) {
#pragma unroll
  for (int i = 0; i < T / 32; i++) {
    int id = i * 128 + thread_x();
    if (OUTER) {
      int r = id / (T / 8), c = id % (T / 8), col = first + c * 8;
      load_piece<ALIGNED>(base, bytes, offset + outer_at<T>(r, c), p, (i64)(k0 + r) * ld + col, k0 + r < k1 ? size - col : 0);
    } else {
      int r = id >> 2, c = id & 3, row = row_of(r), k = k0 + c * 8;
      load_piece<ALIGNED>(base, bytes, offset + inner_at(r, c), p, (i64)row * ld + k, row < size ? k1 - k : 0);
    }
  }
}

// A block of four warps computes a tile of T x T, a warp a quarter of it.
template <int T, int LAYOUT, bool ALIGNED> DEV void product_tile(const product_args& a) {
  DYNAMIC_SHARED(bytes);
  const int W = T / 2, MT = W / 16, NT_ = W / 8, TILE = T * DEPTH * 2;   // of a warp; bytes of a tile
  const bool a_outer = LAYOUT == TN, b_outer = LAYOUT != NT;
  tile_place at = place(block_x(), a.m, a.n, T);
  int k_first = block_z() * a.per_split, k_last = min_(k_first + a.per_split, a.k), steps = (k_last - k_first + DEPTH - 1) / DEPTH;
  int l = lane(), wm = (warp() >> 1) * W, wn = (warp() & 1) * W;
  global<const bf16> pa = as<const bf16>(a.a), pb = as<const bf16>(a.b);
  u32 base = shared_address(bytes);
  auto load = [&](int step) {
    int buffer = step % STAGES * 2 * TILE, k0 = k_first + step * DEPTH;
    load_tile<T, a_outer, ALIGNED>(bytes, base, buffer, pa, a.lda, at.m, a.m, k0, k_last, [&](int r) { return min_(at.m + r, a.m); });
    load_tile<T, b_outer, ALIGNED>(bytes, base, buffer + TILE, pb, a.ldb, at.n, a.n, k0, k_last, [&](int r) { return weight_row(a, at.n, r); });
  };
  float sum[MT][NT_][4] = {};
#pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (s < steps) load(s);
    copy_commit();
  }
  for (int step = 0; step < steps; step++) {
    copy_wait<STAGES - 2>();
    block_sync();
    if (step + STAGES - 1 < steps) load(step + STAGES - 1);
    copy_commit();
    u32 sa = base + step % STAGES * 2 * TILE, sb = sa + TILE;
#pragma unroll
    for (int kk = 0; kk < DEPTH / 16; kk++) {
      u32 fa[MT][4], fb[NT_ / 2][4];
#pragma unroll
      for (int i = 0; i < MT; i++) {
        if (a_outer) load_matrix_transposed(fa[i], sa + outer_at<T>(kk * 16 + (l & 7) + ((l >> 4) << 3), (wm + i * 16) / 8 + (l >> 3 & 1)));
        else load_matrix(fa[i], sa + inner_at(wm + i * 16 + (l & 15), kk * 2 + (l >> 4)));
      }
#pragma unroll
      for (int j = 0; j < NT_ / 2; j++) {
        if (b_outer) load_matrix_transposed(fb[j], sb + outer_at<T>(kk * 16 + (l & 15), (wn + j * 16) / 8 + (l >> 4)));
        else load_matrix(fb[j], sb + inner_at(wn + j * 16 + (l & 7) + ((l >> 4) << 3), kk * 2 + (l >> 3 & 1)));
      }
#pragma unroll
      for (int i = 0; i < MT; i++)
#pragma unroll
        for (int j = 0; j < NT_; j++) multiply(sum[i][j], fa[i], fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]);
    }
  }
  copy_wait<0>();
  finisher f = prepare(a.e);
  shared<float> s = carve<float>(bytes, 0);
#pragma unroll
  for (int half = 0; half < 2; half++) {
    block_sync();
    if (wm == half * W) {
#pragma unroll
      for (int i = 0; i < MT; i++)
#pragma unroll
        for (int j = 0; j < NT_; j++)
#pragma unroll
          for (int e = 0; e < 4; e++)
            s[(i * 16 + (l >> 2) + (e >> 1) * 8) * (T + SPARE) + wn + j * 8 + (l & 3) * 2 + (e & 1)] = sum[i][j][e];
    }
    block_sync();
    finish_rows<T>(a, f, carve<quad>(bytes, 0), W, at.m + half * W, at.n);
  }
}
KERNEL(128, 2, product_128_nt, product_args) { product_tile<128, NT, true>(a); }
KERNEL(128, 2, product_128_nn, product_args) { product_tile<128, NN, true>(a); }
KERNEL(128, 2, product_128_tn, product_args) { product_tile<128, TN, true>(a); }
KERNEL(128, 4, product_64_nt, product_args) { product_tile<64, NT, true>(a); }
KERNEL(128, 4, product_64_nn, product_args) { product_tile<64, NN, true>(a); }
KERNEL(128, 4, product_64_tn, product_args) { product_tile<64, TN, true>(a); }
KERNEL(128, 3, product_odd_nt, product_args) { product_tile<64, NT, false>(a); }
KERNEL(128, 3, product_odd_nn, product_args) { product_tile<64, NN, false>(a); }
KERNEL(128, 3, product_odd_tn, product_args) { product_tile<64, TN, false>(a); }

// float32: a tile of 64 x 64, 16 deep; a thread computes 8 x 4.
template <int LAYOUT> DEV void product_f32(const product_args& a) {
  DYNAMIC_SHARED(bytes);
  const int T = 64, D = 16, LD = T + SPARE;
  shared<float> sa = carve<float>(bytes, 0), sb = carve<float>(bytes, D * LD * 4), s = carve<float>(bytes, 0);
  tile_place at = place(block_x(), a.m, a.n, T);
  int k_first = block_z() * a.per_split, k_last = min_(k_first + a.per_split, a.k), ty = thread_x() / 16 * 8, tx = thread_x() % 16 * 4;
  global<const float> pa = as<const float>(a.a), pb = as<const float>(a.b);
  float sum[8][4] = {};
  for (int k0 = k_first; k0 < k_last; k0 += D) {
    block_sync();
#pragma unroll
    for (int i = 0; i < 8; i++) {
      int id = i * 128 + thread_x(), outer_k = id / T, outer_c = id % T, inner_r = id / D, inner_k = id % D;
      if (LAYOUT == TN) {
        int k = k0 + outer_k, m = at.m + outer_c;
        sa[outer_k * LD + outer_c] = k < k_last && m < a.m ? pa[(i64)k * a.lda + m] : 0.f;
      } else {
        int k = k0 + inner_k, m = at.m + inner_r;
        sa[inner_k * LD + inner_r] = k < k_last && m < a.m ? pa[(i64)m * a.lda + k] : 0.f;
      }
      if (LAYOUT != NT) {
        int k = k0 + outer_k, n = at.n + outer_c;
        sb[outer_k * LD + outer_c] = k < k_last && n < a.n ? pb[(i64)k * a.ldb + n] : 0.f;
      } else {
        int k = k0 + inner_k, n = weight_row(a, at.n, inner_r);
        sb[inner_k * LD + inner_r] = k < k_last && n < a.n ? pb[(i64)n * a.ldb + k] : 0.f;
      }
    }
    block_sync();
#pragma unroll
    for (int k = 0; k < D; k++) {
      float x[8], y[4];
#pragma unroll
      for (int i = 0; i < 8; i++) x[i] = sa[k * LD + ty + i];
#pragma unroll
      for (int j = 0; j < 4; j++) y[j] = sb[k * LD + tx + j];
#pragma unroll
      for (int i = 0; i < 8; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] += x[i] * y[j];
    }
  }
  block_sync();
#pragma unroll
  for (int i = 0; i < 8; i++)
#pragma unroll
    for (int j = 0; j < 4; j++) s[(ty + i) * LD + tx + j] = sum[i][j];
  block_sync();
  finish_rows<T>(a, prepare(a.e), carve<quad>(bytes, 0), T, at.m, at.n);
}
KERNEL(128, 4, product_f32_nt, product_args) { product_f32<NT>(a); }
KERNEL(128, 4, product_f32_nn, product_args) { product_f32<NN>(a); }
KERNEL(128, 4, product_f32_tn, product_args) { product_f32<TN>(a); }

// The parts of a split product, added in order.
struct product_sum_args {
  product_args p;
  int splits, unused;
};
KERNEL(256, 4, product_sum, product_sum_args) {
  int row = block_y() * 8 + warp(), col = (block_x() * 32 + lane()) * 4;
  if (row >= a.p.m || col >= a.p.n) return;
  quad sum = {};
  for (int i = 0; i < a.splits; i++) {
    quad z = load_quad(a.p.parts, ((i64)i * a.p.m + row) * a.p.n + col, a.p.n - col, a.p.e.vec);
#pragma unroll
    for (int k = 0; k < 4; k++) sum.v[k] += z.v[k];
  }
  finish(a.p.e, prepare(a.p.e), row, col, sum, quad{});
}
