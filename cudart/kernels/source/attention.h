// What the kernels of attention share.
#pragma once
#include "common.h"

struct attention_args {
  global<u8> qkv, o, d_o, dqkv;
  global<float> lse, delta;
  global<const quad> table;   // (t, dim/2): cos and sin for queries, cos and sin for keys; null: nothing turns
  global<const mask_block> mask_at, inputs_at;   // over heads
  int t, heads, dim, seqs;
  float scale;
  int group;   // lanes of attention_delta for a head
};

// One head of one sequence: element (position, i) of part p (0 queries, 1 keys, 2 values) of qkv is at
// qkv + position * row + p * inner + i, of o at o + position * inner + i, of lse at lse + position * heads.
struct head_place {
  i64 qkv, o, lse;
  int row, inner, head;
};
DEV head_place head_at(const attention_args& a, int index) {
  int seq = index / a.heads, head = index % a.heads, inner = a.heads * a.dim;
  i64 first = (i64)seq * a.t;
  head_place p = {first * 3 * inner + head * a.dim, first * inner + head * a.dim, first * a.heads + head, 3 * inner, inner, head};
  return p;
}

// Blocks of one head follow each other, so that they run together and share its keys and values in the cache. Which of them this is,
// each of `per` positions, and the head.
struct block_place {
  int head, block;
};
DEV block_place block_at(const attention_args& a, int per) {
  int blocks = (a.t + per - 1) / per;
  block_place b = {block_x() / blocks, block_x() % blocks};
  return b;
}
// The same from the last positions on, which have the most keys to go through.
DEV block_place block_from_end(const attention_args& a, int per) {
  int blocks = (a.t + per - 1) / per;
  block_place b = {block_x() / blocks, blocks - 1 - block_x() % blocks};
  return b;
}

// A gradient by a query or key pair at a position, turned back; the transpose of Rotate.
DEV duo turn_back(const attention_args& a, int part, int position, int pair, float x, float y) {
  duo r = {{x, y}};
  if (!a.table) return r;
  quad w = a.table[(i64)position * (a.dim / 2) + pair];
  float c = part == 0 ? w.v[0] : w.v[2], s = part == 0 ? w.v[1] : w.v[3];
  r.v[0] = x * c + y * s;
  r.v[1] = y * c - x * s;
  return r;
}
