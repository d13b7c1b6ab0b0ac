// What follows a matrix product: bias, masks, activation, residual; and the way back. Shared by our own products and by the kernels
// that run behind those of a library.
#pragma once
#include "common.h"

enum { IDENTITY, GELU, SWIGLU };

struct epilogue {
  array out, pre;
  scalar scale, gate;
  global<const float> bias, residual;
  global<const mask_block> pre_mask, mask;
  i64 ldout, ldpre;
  int act, back, add, vec;
  int c, unused;   // columns of out, of one half of them for the gradient of SwiGLU
};

// The numbers of an epilogue, once for each thread.
struct finisher {
  mask before, after;
  float scale, gate;
};
DEV finisher prepare(const epilogue& e) {
  finisher f = {load_mask(e.pre_mask), load_mask(e.mask), load_scalar(e.scale), load_scalar(e.gate)};
  return f;
}

DEV float sigmoid(float x) { return rcp_(1.f + exp2_(-LOG2E * x)); }
// The tanh form as a sigmoid: (1 + tanh(u))/2 = sigmoid(2u).
DEV float gelu(float x) { return x * sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x)); }
DEV float gelu_slope(float x) {
  float s = sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x));
  return s + x * s * (1.f - s) * 1.5957691216057308f * (1.f + 0.134145f * x * x);
}

// The gradient of what went into the activation at (row, col...); z: the gradient of what came out.
DEV void finish_back(const epilogue& e, const finisher& f, i64 row, int col, const quad& z) {
  int left = e.c - col;
  bool whole = e.vec;
  quad x = load_quad(e.pre, row * e.ldpre + col, left, whole), up = {}, d, u;
  if (e.act == SWIGLU) up = load_quad(e.pre, row * e.ldpre + e.c + col, left, whole);
#pragma unroll
  for (int k = 0; k < 4; k++) {
    float g = masked(f.after.of(col + k), f.scale * z.v[k]), b = f.before.of(col + k);
    if (e.act == SWIGLU) {
      float s = sigmoid(x.v[k]);
      d.v[k] = masked(b, g * up.v[k] * s * (1.f + x.v[k] * (1.f - s)));
      u.v[k] = masked(b, g * x.v[k] * s);
    } else {
      d.v[k] = masked(b, g * gelu_slope(x.v[k]));
    }
  }
  store_quad(e.out, row * e.ldout + col, left, whole, d);
  if (e.act == SWIGLU) store_quad(e.out, row * e.ldout + e.c + col, left, whole, u);
}

// Four columns of out. z: the product, for SwiGLU of the gate, with that of `up` beside it.
DEV void finish(const epilogue& e, const finisher& f, i64 row, int col, quad z, quad up) {
  if (e.back) {
    finish_back(e, f, row, col, z);
    return;
  }
  int left = e.c - col;
  bool whole = e.vec;
  quad b = {}, bu = {}, y;
  if (e.bias) {
    b = load_quad(e.bias, col, left, whole);
    if (e.act == SWIGLU) bu = load_quad(e.bias, e.c + col, left, whole);
  }
#pragma unroll
  for (int k = 0; k < 4; k++) {
    float before = f.before.of(col + k);
    z.v[k] = f.scale * z.v[k] + b.v[k];
    up.v[k] = f.scale * up.v[k] + bu.v[k];
    if (e.act != IDENTITY) {
      z.v[k] = masked(before, z.v[k]);
      up.v[k] = masked(before, up.v[k]);
    }
    y.v[k] = e.act == GELU ? gelu(z.v[k]) : e.act == SWIGLU ? z.v[k] * sigmoid(z.v[k]) * up.v[k] : z.v[k];
    y.v[k] = masked(f.after.of(col + k), y.v[k]);
  }
  if (e.pre.at) {
    store_quad(e.pre, row * e.ldpre + col, left, whole, z);
    if (e.act == SWIGLU) store_quad(e.pre, row * e.ldpre + e.c + col, left, whole, up);
  }
  if (e.residual || e.add) {
    quad r = e.residual ? load_quad(e.residual, row * e.ldout + col, left, whole) : load_quad(e.out, row * e.ldout + col, left, whole);
    float gate = e.residual ? f.gate : 1.f;
#pragma unroll
    for (int k = 0; k < 4; k++) y.v[k] = r.v[k] + masked(gate, y.v[k]);
  }
  store_quad(e.out, row * e.ldout + col, left, whole, y);
}
