// Attention for any head and either type: rotation, do·o, and plain kernels for what the tensor cores do not take.
#include "attention.h"

struct rotate_args {
  array qkv;
  global<const quad> table;
  global<const mask_block> inputs_at;
  int t, heads, dim, parts;   // parts: 2 or 3 of queries, keys, values are touched
  int vec, unused;
};
KERNEL(256, 4, rotate, rotate_args) {
  i64 row = block_x();
  int position = (int)(row % a.t), inner = a.heads * a.dim, n = a.parts * inner;
  mask inputs = load_mask(a.inputs_at);
  for (int i = thread_x() * 4; i < n; i += threads_x() * 4) {
    quad x = load_quad(a.qkv, row * 3 * inner + i, n - i, a.vec);
#pragma unroll
    for (int k = 0; k < 4; k += 2) {   // a pair, which lies in one head where there is a table
      int part = (i + k) / inner;
      if (a.table && part < 2) {
        quad w = a.table[(i64)position * (a.dim / 2) + (i + k) % a.dim / 2];
        float c = part == 0 ? w.v[0] : w.v[2], s = part == 0 ? w.v[1] : w.v[3], y = x.v[k + 1] * c + x.v[k] * s;
        x.v[k] = x.v[k] * c - x.v[k + 1] * s;
        x.v[k + 1] = y;
      }
      x.v[k] = masked(inputs.of((i + k) % inner / a.dim), x.v[k]);
      x.v[k + 1] = masked(inputs.of((i + k + 1) % inner / a.dim), x.v[k + 1]);
    }
    store_quad(a.qkv, row * 3 * inner + i, n - i, a.vec, x);
  }
}

// delta[row][head] = do·o, where a head's numbers are consecutive. With group > 0 that many lanes, a power of two, share a head, four
// numbers each, and a warp has several; else a warp has one.
template <class T> DEV void delta(const attention_args& a, int type) {
  i64 w = (i64)block_x() * (threads_x() / WARP) + warp(), heads = (i64)a.seqs * a.t * a.heads;
  float sum = 0;
  if (a.group > 0) {
    array x = {as<u8>(a.d_o), type, 0}, y = {as<u8>(a.o), type, 0};
    i64 head = w * (WARP / a.group) + lane() / a.group;
    if (head < heads) {
      quad p = load_quad(x, head * a.dim + lane() % a.group * 4, 4, true), q = load_quad(y, head * a.dim + lane() % a.group * 4, 4, true);
#pragma unroll
      for (int k = 0; k < 4; k++) sum += p.v[k] * q.v[k];
    }
    for (int m = a.group / 2; m; m >>= 1) sum += shuffle_xor(sum, m);
    if (lane() % a.group == 0 && head < heads) a.delta[head] = sum;
    return;
  }
  if (w >= heads) return;
  global<const T> x = as<const T>(a.d_o) + w * a.dim, y = as<const T>(a.o) + w * a.dim;
  for (int d = lane(); d < a.dim; d += WARP) sum += widen(x[d]) * widen(y[d]);
  sum = warp_sum(sum);
  if (lane() == 0) a.delta[w] = sum;
}
KERNEL(256, 4, attention_delta_bf16, attention_args) { delta<bf16>(a, TYPE_BF16); }
KERNEL(256, 4, attention_delta_f32, attention_args) { delta<float>(a, TYPE_F32); }

enum { WIDE = 8 };   // numbers of a head in a lane: heads of up to 256

template <class T> DEV float inner_product(global<const T> x, global<const T> y, int n) {
  float sum = 0;
  for (int d = 0; d < n; d++) sum += widen(x[d]) * widen(y[d]);
  return sum;
}

// A warp computes the output of one query, 32 keys at a time.
template <class T> DEV void plain_attention(const attention_args& a) {
  block_place b = block_from_end(a, 8);
  int t = b.block * 8 + warp();
  if (t >= a.t) return;
  head_place h = head_at(a, b.head);
  global<const T> qkv = as<const T>(a.qkv) + h.qkv, q = qkv + (i64)t * h.row;
  float top = -3.0e38f, sum = 0, out[WIDE] = {};
  for (int j0 = 0; j0 <= t; j0 += WARP) {
    int j = j0 + lane();
    float s = j <= t ? a.scale * inner_product(q, qkv + ((i64)j * h.row + h.inner), a.dim) : -3.0e38f;
    float higher = max_(top, warp_max(s)), fade = exp2_((top - higher) * LOG2E), p = j <= t ? exp2_((s - higher) * LOG2E) : 0.f;
    top = higher;
    sum = sum * fade + warp_sum(p);
    p = rounded<T>(p);
#pragma unroll
    for (int i = 0; i < WIDE; i++) out[i] *= fade;
    for (int k = 0; k < WARP; k++) {
      float w = shuffle(p, k);
      if (j0 + k > t) continue;
      global<const T> v = qkv + ((i64)(j0 + k) * h.row + 2 * h.inner);
#pragma unroll
      for (int i = 0; i < WIDE; i++)
        if (i * WARP + lane() < a.dim) out[i] += w * widen(v[i * WARP + lane()]);
    }
  }
  float f = load_mask(a.mask_at).of(h.head);
  global<T> o = as<T>(a.o) + h.o + (i64)t * h.inner;
#pragma unroll
  for (int i = 0; i < WIDE; i++)
    if (i * WARP + lane() < a.dim) round_to(o[i * WARP + lane()], masked(f, out[i] / sum));
  if (lane() == 0) a.lse[h.lse + (i64)t * a.heads] = top + log2_(sum) * LN2;
}
KERNEL(256, 2, attention_bf16, attention_args) { plain_attention<bf16>(a); }
KERNEL(256, 2, attention_f32, attention_args) { plain_attention<float>(a); }

// The gradient of the score of query t and key j, and the probability itself, rounded as operands.
struct score_grad {
  float p, ds;
};
template <class T> DEV score_grad grad_of(const attention_args& a, const head_place& h, global<const T> qkv, global<const T> g, int t, int j, float f) {
  global<const T> q = qkv + (i64)t * h.row, k = qkv + ((i64)j * h.row + h.inner), v = qkv + ((i64)j * h.row + 2 * h.inner);
  float s = a.scale * inner_product(q, k, a.dim), dp = masked(f, inner_product(g + (i64)t * h.inner, v, a.dim));
  i64 at = h.lse + (i64)t * a.heads;
  float p = exp2_((s - a.lse[at]) * LOG2E);
  score_grad r = {rounded<T>(p), rounded<T>(p * (dp - a.delta[at]))};
  return r;
}

// Writes a gradient of queries or keys, turned back and masked.
template <class T> DEV void store_turned(const attention_args& a, const head_place& h, int part, int position, const float (&d)[WIDE], float by) {
  float f = load_mask(a.inputs_at).of(h.head);
  global<T> to = as<T>(a.dqkv) + h.qkv + ((i64)position * h.row + part * h.inner);
#pragma unroll
  for (int i = 0; i < WIDE; i++) {
    int c = i * WARP + lane();
    float mine = by * d[i], other = shuffle_xor(mine, 1);
    if (c >= a.dim) continue;
    if (part < 2 && a.table) {
      duo r = turn_back(a, part, position, c / 2, c & 1 ? other : mine, c & 1 ? mine : other);
      mine = r.v[c & 1];
    }
    round_to(to[c], masked(f, mine));
  }
}

// A warp computes the gradient of one query.
template <class T> DEV void plain_queries(const attention_args& a) {
  block_place b = block_from_end(a, 8);
  int t = b.block * 8 + warp();
  if (t >= a.t) return;
  head_place h = head_at(a, b.head);
  global<const T> qkv = as<const T>(a.qkv) + h.qkv, g = as<const T>(a.d_o) + h.o;
  float f = load_mask(a.mask_at).of(h.head), dq[WIDE] = {};
  for (int j0 = 0; j0 <= t; j0 += WARP) {
    score_grad s = {};
    if (j0 + lane() <= t) s = grad_of(a, h, qkv, g, t, j0 + lane(), f);
    for (int k = 0; k < WARP; k++) {
      float ds = shuffle(s.ds, k);
      if (j0 + k > t) continue;
      global<const T> key = qkv + ((i64)(j0 + k) * h.row + h.inner);
#pragma unroll
      for (int i = 0; i < WIDE; i++)
        if (i * WARP + lane() < a.dim) dq[i] += ds * widen(key[i * WARP + lane()]);
    }
  }
  store_turned<T>(a, h, 0, t, dq, a.scale);
}
KERNEL(256, 2, attention_queries_bf16, attention_args) { plain_queries<bf16>(a); }
KERNEL(256, 2, attention_queries_f32, attention_args) { plain_queries<float>(a); }

// A warp computes the gradients of one key and value.
template <class T> DEV void plain_keys(const attention_args& a) {
  block_place b = block_at(a, 8);
  int j = b.block * 8 + warp();
  if (j >= a.t) return;
  head_place h = head_at(a, b.head);
  global<const T> qkv = as<const T>(a.qkv) + h.qkv, g = as<const T>(a.d_o) + h.o;
  float f = load_mask(a.mask_at).of(h.head), dk[WIDE] = {}, dv[WIDE] = {};
  for (int t0 = j; t0 < a.t; t0 += WARP) {
    score_grad s = {};
    if (t0 + lane() < a.t) s = grad_of(a, h, qkv, g, t0 + lane(), j, f);
    for (int k = 0; k < WARP; k++) {
      float ds = shuffle(s.ds, k), p = shuffle(s.p, k);
      if (t0 + k >= a.t) continue;
      global<const T> q = qkv + (i64)(t0 + k) * h.row, gt = g + (i64)(t0 + k) * h.inner;
#pragma unroll
      for (int i = 0; i < WIDE; i++) {
        int c = i * WARP + lane();
        if (c >= a.dim) continue;
        dk[i] += ds * widen(q[c]);
        dv[i] += p * masked(f, widen(gt[c]));
      }
    }
  }
  store_turned<T>(a, h, 1, j, dk, a.scale);
  store_turned<T>(a, h, 2, j, dv, 1.f);
}
KERNEL(256, 2, attention_keys_bf16, attention_args) { plain_keys<bf16>(a); }
KERNEL(256, 2, attention_keys_f32, attention_args) { plain_keys<float>(a); }
