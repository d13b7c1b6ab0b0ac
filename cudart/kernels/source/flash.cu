// Attention on tensor cores for bf16 heads of 16, 32, 64 and 128 (FlashAttention-2, Dao, arXiv:2307.08691): scores stay in
// registers, blocks of 64 keys or queries come through shared memory, two in turn, one barrier each. The gradient has no atomics: one
// kernel goes through the queries of a block of keys, another through the keys of a block of queries, and both compute the
// probabilities again from the log-sum-exp. No warp needs what another one computes.
//
// Fragments of mma.m16n8k16, lane l, g = l/4, t = l%4: c[e] is row g + 8(e/2), column 2t + e%2; two neighbouring c of 8 columns each,
// packed, are a fragment `a` of 16 columns. So probabilities go from one product into the next without leaving the lane.
#include "attention.h"

// Address of piece c (16 bytes) of row r in a tile of D columns, so that eight rows of one piece lie in different banks.
template <int D> DEV u32 piece(int r, int c) {
  int x = D == 16 ? r >> 2 & 1 : D == 32 ? r >> 1 & 3 : r & 7;
  return (u32)(r * D * 2 + ((c ^ x) << 4));
}

// ROWS rows from `first` on, zeros from row t on; p is row 0, rows are `stride` apart.
template <int D, int ROWS> DEV void load_rows(u32 to, global<const bf16> p, i64 stride, int first, int t) {
#pragma unroll
  for (int i = 0; i < ROWS * D / 8 / 128; i++) {
    int id = i * 128 + thread_x(), r = id / (D / 8), c = id % (D / 8), row = first + r;
    copy_async(to + piece<D>(r, c), p + (row < t ? row : 0) * stride + c * 8, row < t ? 16 : 0);
  }
}

// Fragment a: rows r0..r0+15, columns 16k..16k+15.
template <int D> DEV void rows16(u32 (&f)[4], u32 tile, int r0, int k) { load_matrix(f, tile + piece<D>(r0 + (lane() & 15), k * 2 + (lane() >> 4))); }
// Fragments b of two blocks of 8 columns of the product, where the tile's rows are these columns (n0...), and 16k.. its depth.
template <int D> DEV void columns_by_row(u32 (&f)[4], u32 tile, int n0, int k) {
  load_matrix(f, tile + piece<D>(n0 + (lane() & 7) + (lane() >> 4 << 3), k * 2 + (lane() >> 3 & 1)));
}
// The same where the tile's rows are the depth (k0...) and its columns from 16n on those of the product.
template <int D> DEV void columns_by_column(u32 (&f)[4], u32 tile, int k0, int n) {
  load_matrix_transposed(f, tile + piece<D>(k0 + (lane() & 15), n * 2 + (lane() >> 4)));
}

// The fragment a of columns 16k.. of a product.
template <int N> DEV void packed(u32 (&f)[4], const float (&c)[N][4], int k) {
  f[0] = pack(c[2 * k][0], c[2 * k][1]);
  f[1] = pack(c[2 * k][2], c[2 * k][3]);
  f[2] = pack(c[2 * k + 1][0], c[2 * k + 1][1]);
  f[3] = pack(c[2 * k + 1][2], c[2 * k + 1][3]);
}

enum { KEYS = 64 };

// A warp computes 16 M queries.
template <int D, int M> DEV void flash_forward(const attention_args& a) {
  DYNAMIC_SHARED(bytes);
  const int QUERIES = 64 * M, TILE = KEYS * D * 2;
  const bool KEEP = M == 1;   // the queries' fragments in registers; with two rows of them there is no room
  block_place place = block_from_end(a, QUERIES);
  int q0 = place.block * QUERIES, r0 = warp() * 16 * M, l = lane();
  head_place h = head_at(a, place.head);
  global<const bf16> q = as<const bf16>(a.qkv) + h.qkv, k = q + h.inner, v = k + h.inner;
  u32 sq = shared_address(bytes), sk = sq + QUERIES * D * 2, sv = sk + 2 * TILE;
  int blocks = (min_(q0 + QUERIES, a.t) + KEYS - 1) / KEYS;
  load_rows<D, QUERIES>(sq, q, h.row, q0, a.t);
  load_rows<D, KEYS>(sk, k, h.row, 0, a.t);
  load_rows<D, KEYS>(sv, v, h.row, 0, a.t);
  copy_commit();
  float out[M][D / 8][4] = {}, top[M][2], sum[M][2];
  u32 kept[KEEP ? D / 16 : 1][4];
#pragma unroll
  for (int m = 0; m < M; m++) top[m][0] = top[m][1] = -3.0e38f, sum[m][0] = sum[m][1] = 0.f;
  const float scale = a.scale * LOG2E;
  for (int b = 0; b < blocks; b++) {
    copy_wait<0>();
    block_sync();
    if (b + 1 < blocks) {
      u32 next = (b + 1) % 2 * TILE;
      load_rows<D, KEYS>(sk + next, k, h.row, (b + 1) * KEYS, a.t);
      load_rows<D, KEYS>(sv + next, v, h.row, (b + 1) * KEYS, a.t);
      copy_commit();
    }
    if (KEEP && b == 0) {
#pragma unroll
      for (int i = 0; i < D / 16; i++) rows16<D>(kept[KEEP ? i : 0], sq, r0, i);
    }
    if (b * KEYS > q0 + r0 + 16 * M - 1) continue;   // all behind this warp's queries
    u32 tk = sk + b % 2 * TILE, tv = sv + b % 2 * TILE;
    float s[M][KEYS / 8][4] = {};
#pragma unroll
    for (int i = 0; i < D / 16; i++) {
      u32 fq[M][4];
#pragma unroll
      for (int m = 0; m < M; m++) {
        if (KEEP) {
#pragma unroll
          for (int j = 0; j < 4; j++) fq[m][j] = kept[KEEP ? i : 0][j];
        } else {
          rows16<D>(fq[m], sq, r0 + m * 16, i);
        }
      }
#pragma unroll
      for (int n = 0; n < KEYS / 16; n++) {
        u32 f[4];
        columns_by_row<D>(f, tk, n * 16, i);
#pragma unroll
        for (int m = 0; m < M; m++) {
          multiply(s[m][2 * n], fq[m], f[0], f[1]);
          multiply(s[m][2 * n + 1], fq[m], f[2], f[3]);
        }
      }
    }
    bool edge = b * KEYS + KEYS - 1 > q0 + r0;
#pragma unroll
    for (int m = 0; m < M; m++) {
      if (edge) {
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            int key = b * KEYS + n * 8 + (l & 3) * 2 + (e & 1), query = q0 + r0 + m * 16 + (l >> 2) + (e >> 1) * 8;
            if (key > query) s[m][n][e] = -3.0e38f;
          }
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float high = top[m][half], part = 0.f;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) high = max_(high, max_(s[m][n][half * 2], s[m][n][half * 2 + 1]));
        high = max_(high, shuffle_xor(high, 1));
        high = max_(high, shuffle_xor(high, 2));
        float fade = exp2_((top[m][half] - high) * scale), base = high * scale;
        top[m][half] = high;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
          for (int e = half * 2; e < half * 2 + 2; e++) {
            s[m][n][e] = exp2_(s[m][n][e] * scale - base);
            part += s[m][n][e];
          }
        sum[m][half] = sum[m][half] * fade + part;
#pragma unroll
        for (int n = 0; n < D / 8; n++) out[m][n][half * 2] *= fade, out[m][n][half * 2 + 1] *= fade;
      }
    }
#pragma unroll
    for (int i = 0; i < KEYS / 16; i++) {
      u32 p[M][4];
#pragma unroll
      for (int m = 0; m < M; m++) packed(p[m], s[m], i);
#pragma unroll
      for (int n = 0; n < D / 16; n++) {
        u32 f[4];
        columns_by_column<D>(f, tv, i * 16, n);
#pragma unroll
        for (int m = 0; m < M; m++) {
          multiply(out[m][2 * n], p[m], f[0], f[1]);
          multiply(out[m][2 * n + 1], p[m], f[2], f[3]);
        }
      }
    }
  }
  float factor = load_mask(a.mask_at).of(h.head);
#pragma unroll
  for (int m = 0; m < M; m++)
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float total = sum[m][half];
      total += shuffle_xor(total, 1);
      total += shuffle_xor(total, 2);
      int row = q0 + r0 + m * 16 + (l >> 2) + half * 8;
      if (row >= a.t) continue;
      float by = 1.f / total;
      global<duo16> o = as<duo16>(as<bf16>(a.o) + h.o + (i64)row * h.inner);
#pragma unroll
      for (int n = 0; n < D / 8; n++)
        o[n * 4 + (l & 3)] = duo16{pack(masked(factor, out[m][n][half * 2] * by), masked(factor, out[m][n][half * 2 + 1] * by))};
      if ((l & 3) == 0) a.lse[h.lse + (i64)row * a.heads] = top[m][half] * a.scale + log2_(total) * LN2;
    }
}

// A gradient of 16 rows of queries, keys or values from `first` on, times `by`, turned back and masked.
template <int D> DEV void store_gradient(const attention_args& a, const head_place& h, int part, int first, const float (&d)[D / 8][4], float by) {
  float factor = load_mask(a.inputs_at).of(h.head);
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int row = first + (lane() >> 2) + half * 8;
    if (row >= a.t) continue;
    global<duo16> to = as<duo16>(as<bf16>(a.dqkv) + h.qkv + ((i64)row * h.row + part * h.inner));
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      int pair = n * 4 + (lane() & 3);
      duo r = {{by * d[n][half * 2], by * d[n][half * 2 + 1]}};
      if (part < 2) r = turn_back(a, part, row, pair, r.v[0], r.v[1]);
      to[pair] = duo16{pack(masked(factor, r.v[0]), masked(factor, r.v[1]))};
    }
  }
}

// Products of 16 rows of a tile with the rows of another: c (16, 8 N) = rows16 · tileᵀ. KEEP: the rows' fragments are in `kept`.
template <int D, int N, bool KEEP> DEV void scores(float (&c)[N][4], const u32 (&kept)[KEEP ? D / 16 : 1][4], u32 rows, int r0, u32 tile) {
#pragma unroll
  for (int n = 0; n < N; n++) c[n][0] = c[n][1] = c[n][2] = c[n][3] = 0.f;
#pragma unroll
  for (int i = 0; i < D / 16; i++) {
    u32 fa[4];
    if (KEEP) {
#pragma unroll
      for (int j = 0; j < 4; j++) fa[j] = kept[KEEP ? i : 0][j];
    } else {
      rows16<D>(fa, rows, r0, i);
    }
#pragma unroll
    for (int n = 0; n < N / 2; n++) {
      u32 f[4];
      columns_by_row<D>(f, tile, n * 16, i);
      multiply(c[2 * n], fa, f[0], f[1]);
      multiply(c[2 * n + 1], fa, f[2], f[3]);
    }
  }
}

// d (16, D) += c (16, 8 N), rounded, · tile (8 N, D).
template <int D, int N> DEV void accumulate(float (&d)[D / 8][4], const float (&c)[N][4], u32 tile) {
#pragma unroll
  for (int i = 0; i < N / 2; i++) {
    u32 p[4];
    packed(p, c, i);
#pragma unroll
    for (int n = 0; n < D / 16; n++) {
      u32 f[4];
      columns_by_column<D>(f, tile, i * 16, n);
      multiply(d[2 * n], p, f[0], f[1]);
      multiply(d[2 * n + 1], p, f[2], f[3]);
    }
  }
}

// Gradients of 64 keys and values, 16 a warp, over blocks of Q queries. Everything is transposed: rows are keys, columns queries.
template <int D, int Q> DEV void flash_keys(const attention_args& a) {
  DYNAMIC_SHARED(bytes);
  const bool KEEP = D <= 64;
  const int TILE = Q * D * 2, N = Q / 8;
  block_place place = block_at(a, KEYS);
  int k0 = place.block * KEYS, r0 = warp() * 16, l = lane(), first = k0 / Q, blocks = (a.t + Q - 1) / Q;
  head_place h = head_at(a, place.head);
  global<const bf16> q = as<const bf16>(a.qkv) + h.qkv, k = q + h.inner, v = k + h.inner, g = as<const bf16>(a.d_o) + h.o;
  u32 sk = shared_address(bytes), sv = sk + KEYS * D * 2, sq = sv + KEYS * D * 2, sg = sq + 2 * TILE;
  shared<float> stats = carve<float>(bytes, 2 * KEYS * D * 2 + 4 * TILE);   // 2 buffers x (lse in bits, delta) x Q
  float factor = load_mask(a.mask_at).of(h.head);
  const float scale = a.scale * LOG2E;
  // A thread of the first Q fetches lse and delta of its query of a block.
  auto fetch = [&](int b) {
    duo r = {};
    int row = b * Q + thread_x();
    if (thread_x() < Q && row < a.t) {
      r.v[0] = a.lse[h.lse + (i64)row * a.heads] * LOG2E;
      r.v[1] = a.delta[h.lse + (i64)row * a.heads];
    }
    return r;
  };
  auto keep = [&](int b, const duo& r) {
    if (thread_x() >= Q) return;
    stats[b % 2 * 2 * Q + thread_x()] = r.v[0];
    stats[b % 2 * 2 * Q + Q + thread_x()] = r.v[1];
  };
  load_rows<D, KEYS>(sk, k, h.row, k0, a.t);
  load_rows<D, KEYS>(sv, v, h.row, k0, a.t);
  load_rows<D, Q>(sq + first % 2 * TILE, q, h.row, first * Q, a.t);
  load_rows<D, Q>(sg + first % 2 * TILE, g, h.inner, first * Q, a.t);
  copy_commit();
  keep(first, fetch(first));
  float dk[D / 8][4] = {}, dv[D / 8][4] = {};
  u32 fk[KEEP ? D / 16 : 1][4], fv[KEEP ? D / 16 : 1][4];
  for (int b = first; b < blocks; b++) {
    copy_wait<0>();
    block_sync();
    duo coming = {};
    if (b + 1 < blocks) {
      load_rows<D, Q>(sq + (b + 1) % 2 * TILE, q, h.row, (b + 1) * Q, a.t);
      load_rows<D, Q>(sg + (b + 1) % 2 * TILE, g, h.inner, (b + 1) * Q, a.t);
      copy_commit();
      coming = fetch(b + 1);
    }
    if (KEEP && b == first) {
#pragma unroll
      for (int i = 0; i < D / 16; i++) {
        rows16<D>(fk[KEEP ? i : 0], sk, r0, i);
        rows16<D>(fv[KEEP ? i : 0], sv, r0, i);
      }
    }
    u32 tq = sq + b % 2 * TILE, tg = sg + b % 2 * TILE;
    float s[N][4], dp[N][4];
    scores<D, N, KEEP>(s, fk, sk, r0, tq);
    scores<D, N, KEEP>(dp, fv, sv, r0, tg);
    bool edge = b * Q < k0 + KEYS || b * Q + Q > a.t;
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int c = n * 8 + (l & 3) * 2 + (e & 1), query = b * Q + c, key = k0 + r0 + (l >> 2) + (e >> 1) * 8;
        float lse = stats[b % 2 * 2 * Q + c], delta = stats[b % 2 * 2 * Q + Q + c];
        float p = exp2_(s[n][e] * scale - lse);
        if (edge && (key > query || query >= a.t)) p = 0.f;
        s[n][e] = p;
        dp[n][e] = p * (masked(factor, dp[n][e]) - delta);
      }
    accumulate<D, N>(dv, s, tg);
    accumulate<D, N>(dk, dp, tq);
    if (b + 1 < blocks) keep(b + 1, coming);
  }
  store_gradient<D>(a, h, 1, k0 + r0, dk, a.scale);
  store_gradient<D>(a, h, 2, k0 + r0, dv, factor);
}

// Gradients of 64 queries, 16 a warp, over blocks of 64 keys.
template <int D> DEV void flash_queries(const attention_args& a) {
  DYNAMIC_SHARED(bytes);
  const bool KEEP = D <= 64;
  const int TILE = KEYS * D * 2, N = KEYS / 8;
  block_place place = block_from_end(a, 64);
  int q0 = place.block * 64, r0 = warp() * 16, l = lane();
  head_place h = head_at(a, place.head);
  global<const bf16> q = as<const bf16>(a.qkv) + h.qkv, k = q + h.inner, v = k + h.inner, g = as<const bf16>(a.d_o) + h.o;
  u32 sq = shared_address(bytes), sg = sq + TILE, sk = sg + TILE, sv = sk + 2 * TILE;
  int blocks = (min_(q0 + 64, a.t) + KEYS - 1) / KEYS;
  float factor = load_mask(a.mask_at).of(h.head), lse[2] = {}, delta[2] = {};
  const float scale = a.scale * LOG2E;
  load_rows<D, 64>(sq, q, h.row, q0, a.t);
  load_rows<D, 64>(sg, g, h.inner, q0, a.t);
  load_rows<D, KEYS>(sk, k, h.row, 0, a.t);
  load_rows<D, KEYS>(sv, v, h.row, 0, a.t);
  copy_commit();
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int row = q0 + r0 + (l >> 2) + half * 8;
    if (row >= a.t) continue;
    lse[half] = a.lse[h.lse + (i64)row * a.heads] * LOG2E;
    delta[half] = a.delta[h.lse + (i64)row * a.heads];
  }
  float dq[D / 8][4] = {};
  u32 fq[KEEP ? D / 16 : 1][4], fg[KEEP ? D / 16 : 1][4];
  for (int b = 0; b < blocks; b++) {
    copy_wait<0>();
    block_sync();
    if (b + 1 < blocks) {
      load_rows<D, KEYS>(sk + (b + 1) % 2 * TILE, k, h.row, (b + 1) * KEYS, a.t);
      load_rows<D, KEYS>(sv + (b + 1) % 2 * TILE, v, h.row, (b + 1) * KEYS, a.t);
      copy_commit();
    }
    if (KEEP && b == 0) {
#pragma unroll
      for (int i = 0; i < D / 16; i++) {
        rows16<D>(fq[KEEP ? i : 0], sq, r0, i);
        rows16<D>(fg[KEEP ? i : 0], sg, r0, i);
      }
    }
    u32 tk = sk + b % 2 * TILE, tv = sv + b % 2 * TILE;
    float s[N][4], dp[N][4];
    scores<D, N, KEEP>(s, fq, sq, r0, tk);
    scores<D, N, KEEP>(dp, fg, sg, r0, tv);
    bool edge = b * KEYS + KEYS - 1 > q0 + r0 || q0 + 64 > a.t;
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int key = b * KEYS + n * 8 + (l & 3) * 2 + (e & 1), query = q0 + r0 + (l >> 2) + (e >> 1) * 8;
        float p = exp2_(s[n][e] * scale - lse[e >> 1]);
        if (edge && (key > query || query >= a.t)) p = 0.f;
        dp[n][e] = p * (masked(factor, dp[n][e]) - delta[e >> 1]);
      }
    accumulate<D, N>(dq, dp, tk);
  }
  store_gradient<D>(a, h, 0, q0 + r0, dq, a.scale);
}

KERNEL(128, 3, flash_16, attention_args) { flash_forward<16, 2>(a); }
KERNEL(128, 2, flash_32, attention_args) { flash_forward<32, 2>(a); }
KERNEL(128, 2, flash_64, attention_args) { flash_forward<64, 2>(a); }
KERNEL(128, 2, flash_128, attention_args) { flash_forward<128, 1>(a); }
KERNEL(128, 3, flash_keys_16, attention_args) { flash_keys<16, 64>(a); }
KERNEL(128, 3, flash_keys_32, attention_args) { flash_keys<32, 64>(a); }
KERNEL(128, 2, flash_keys_64, attention_args) { flash_keys<64, 64>(a); }
KERNEL(128, 2, flash_keys_128, attention_args) { flash_keys<128, 32>(a); }
KERNEL(128, 3, flash_queries_16, attention_args) { flash_queries<16>(a); }
KERNEL(128, 3, flash_queries_32, attention_args) { flash_queries<32>(a); }
KERNEL(128, 3, flash_queries_64, attention_args) { flash_queries<64>(a); }
KERNEL(128, 2, flash_queries_128, attention_args) { flash_queries<128>(a); }
