//go:build linux && amd64 && !race

package kernelstest

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

// mutant is one bug as people make them: in file, the text old becomes new. run is what has to notice.
type mutant struct {
	name, file, old, new string
	run                  func(g *gpu)
}

func attentionOf(cases ...attentionCase) func(g *gpu) {
	return func(g *gpu) {
		for _, c := range cases {
			c.run(g)
		}
	}
}

func productOf(cases ...productCase) func(g *gpu) {
	return func(g *gpu) {
		for _, c := range cases {
			c.run(g)
		}
	}
}

var (
	heads   = attentionOf(attentionCase{shaped(1, 150, 2, 16), cudart.BF16, true, false, noMask, noMask})
	heads64 = attentionOf(attentionCase{shaped(1, 150, 1, 64), cudart.BF16, true, false, noMask, noMask})
	forward = productOf(
		productCase{kernels.NT, 70, 72, 200, cudart.BF16, cudart.F32, kernels.Identity, false, "residual", true, noMask},
		productCase{kernels.NT, 136, 136, 136, cudart.BF16, cudart.F32, kernels.Identity, false, "", true, noMask})
	gated    = productOf(productCase{kernels.NT, 70, 144, 40, cudart.BF16, cudart.BF16, kernels.SwiGLU, false, "", true, noMask})
	backward = productOf(productCase{kernels.NN, 70, 72, 200, cudart.BF16, cudart.F32, kernels.Identity, false, "", false, noMask})
	odd      = productOf(productCase{kernels.NT, 33, 35, 37, cudart.BF16, cudart.F32, kernels.Identity, false, "", false, noMask})
	many     = productOf(productCase{kernels.NT, 1100, 140, 8, cudart.BF16, cudart.F32, kernels.Identity, false, "", false, noMask})
)

// Those that `go test` tries itself come first; make mutants tries all.
var mutants = []mutant{
	{"attention without a barrier", "flash.cu", "    copy_wait<0>();\n    block_sync();\n    if (b + 1 < blocks) {\n      u32 next", "    copy_wait<0>();\n    if (b + 1 < blocks) {\n      u32 next", heads64},
	{"causal mask off by one", "flash.cu", "if (key > query) s[m]", "if (key >= query) s[m]", heads},
	{"one stage too many in flight", "product.cu", "copy_wait<STAGES - 2>();", "copy_wait<STAGES - 1>();", forward},
	{"rows behind the matrix", "product.cu", "copy_async(to + offset, p + (left > 0 ? at : 0), left > 0 ? 16 : 0);", "copy_async(to + offset, p + at, 16);", forward},
	{"sums of rows in one buffer", "norm.cu", "r0 += R, buffer ^= 1", "r0 += R", normOf},
	{"barrier in a branch", "classify.cu", "if (target >= 0) r = scan(a, row, mult, s);", "if (thread_x() < 32) r = scan(a, row, mult, s);", classified},
	{"embedding one quad too far", "elementwise.cu", "for (int c = thread_x() * 4; c < a.c; c += threads_x() * 4) {\n    quad x", "for (int c = thread_x() * 4; c < a.c + 4; c += threads_x() * 4) {\n    quad x", embedded},
	{"decay forgotten", "reduce.cu", "p.v[k] - s.decay * p.v[k]", "p.v[k]", updated},

	{"attention waits for no copy", "flash.cu", "    copy_wait<0>();\n    block_sync();\n    if (b + 1 < blocks) {\n      u32 next", "    block_sync();\n    if (b + 1 < blocks) {\n      u32 next", heads},
	{"causal mask lets the next key in", "flash.cu", "if (key > query) s[m]", "if (key > query + 1) s[m]", heads},
	{"edge seen too late", "flash.cu", "bool edge = b * KEYS + KEYS - 1 > q0 + r0;", "bool edge = b * KEYS + KEYS - 1 > q0 + r0 + 64;", heads},
	{"output not rescaled", "flash.cu", "out[m][n][half * 2] *= fade, out[m][n][half * 2 + 1] *= fade;", "out[m][n][half * 2] *= fade;", heads},
	{"sum not rescaled", "flash.cu", "sum[m][half] * fade + part", "sum[m][half] + part", heads},
	{"values not transposed", "flash.cu", "load_matrix_transposed(f, tile + piece<D>(k0", "load_matrix(f, tile + piece<D>(k0", heads},
	{"fragments swapped", "flash.cu", "multiply(out[m][2 * n], p[m], f[0], f[1]);", "multiply(out[m][2 * n], p[m], f[1], f[0]);", heads},
	{"another swizzle to write", "flash.cu", "copy_async(to + piece<D>(r, c)", "copy_async(to + piece<D>(r, c ^ 1)", heads},
	{"values of the other buffer", "flash.cu", "tv = sv + b % 2 * TILE;\n    float s[M]", "tv = sv;\n    float s[M]", heads},
	{"last keys forgotten", "flash.cu", "int blocks = (min_(q0 + QUERIES, a.t) + KEYS - 1) / KEYS;", "int blocks = min_(q0 + QUERIES, a.t) / KEYS > 0 ? min_(q0 + QUERIES, a.t) / KEYS : 1;", heads},
	{"half of a row's sum", "flash.cu", "      total += shuffle_xor(total, 2);\n", "", heads},
	{"statistics of queries in one buffer", "flash.cu", "stats[b % 2 * 2 * Q + thread_x()] = r.v[0];", "stats[thread_x()] = r.v[0];", heads},
	{"gradient not turned back", "flash.cu", "if (part < 2) r = turn_back", "if (part < 1) r = turn_back", heads},
	{"delta of the wrong sign", "flash.cu", "dp[n][e] = p * (masked(factor, dp[n][e]) - delta);", "dp[n][e] = p * (masked(factor, dp[n][e]) + delta);", heads},
	{"gradient of queries without a barrier", "flash.cu", "    copy_wait<0>();\n    block_sync();\n    if (b + 1 < blocks) {\n      load_rows<D, KEYS>", "    copy_wait<0>();\n    if (b + 1 < blocks) {\n      load_rows<D, KEYS>", heads},
	{"product without a barrier", "product.cu", "    copy_wait<STAGES - 2>();\n    block_sync();", "    copy_wait<STAGES - 2>();", forward},
	{"staging without a barrier", "product.cu", "  for (int half = 0; half < 2; half++) {\n    block_sync();", "  for (int half = 0; half < 2; half++) {", forward},
	{"the wrong tile next", "product.cu", "load(step + STAGES - 1);", "load(step + STAGES - 2);", forward},
	{"half of the depth read twice", "product.cu", "load_matrix_transposed(fb[j], sb + outer_at<T>(kk * 16 + (l & 15)", "load_matrix_transposed(fb[j], sb + outer_at<T>(kk * 16 + (l & 7)", backward},
	{"gate and up swapped", "product.cu", "(r >> 3 & 1) * a.e.c + j", "(~r >> 3 & 1) * a.e.c + j", gated},
	{"depth behind the matrix", "product.cu", "row < size ? k1 - k : 0", "row < size ? 8 : 0", odd},
	{"tiles of the last group", "product.cu", "int height = min_(rows - first, 8);", "int height = min_(rows, 8);", many},
	{"rotation of the fragment's rows", "product.cu", "s[(i * 16 + (l >> 2) + (e >> 1) * 8)", "s[(i * 16 + (l >> 2) * 2 + (e >> 1))", forward},
	{"sum of half a warp", "portable.h", "DEV float warp_sum(float v) { for (int m = 16;", "DEV float warp_sum(float v) { for (int m = 8;", normOf},
	{"sum over the block without a barrier", "common.h", "  if (lane() == 0) s[warp()] = v;\n  block_sync();\n  v = lane() < threads_x() / WARP ? (T)", "  if (lane() == 0) s[warp()] = v;\n  v = lane() < threads_x() / WARP ? (T)", classified},
	{"rows of a token without a barrier", "elementwise.cu", "  block_sync();\n  c = block_y() * 128 + thread_x();", "  c = block_y() * 128 + thread_x();", embedded},
	{"a step on no number", "reduce.cu", "  if (scale != scale) return;\n", "", unclipped},
	{"parts of a sum without a barrier", "reduce.cu", "  part[warp() * WARP + lane()] = sum;\n  block_sync();", "  part[warp() * WARP + lane()] = sum;", summed},
	{"a target's logit read too late", "classify.cu", "  block_sync();   // dlogits may be z\n", "", classified},
	{"last row of a chunk", "reduce.cu", "last = min_(first + COLUMN_ROWS, a.rows);\n  quad sum", "last = min_(first + COLUMN_ROWS, a.rows) - 1;\n  quad sum", summed},
}

func normOf(g *gpu) { normCase{1, 70, 96, false, noMask, cudart.BF16}.grad(g, false) }

func classified(g *gpu) { classifyTrial(g, 1003) }

func embedded(g *gpu) { embedTrial(g, 132) }

func updated(g *gpu) { adamTrial(g, 0.125) }

func unclipped(g *gpu) { adamTrial(g, math.NaN()) }

func summed(g *gpu) { columnsTrial(g, 300, 132, cudart.BF16) }

// TestMutantsAreCaught plants bugs into the kernels one by one; each must be noticed under one of the schedules.
func TestMutantsAreCaught(t *testing.T) {
	some := mutants[:8]
	if os.Getenv("GROWLAB_MUTANTS") == "all" {
		some = mutants
	}
	for i, m := range some {
		t.Run(m.name, func(t *testing.T) {
			found := false
			image, err := libs.Kernels(fmt.Sprintf("mutant-%d-%d.so", os.Getpid(), i), func(file, text string) string {
				if file != m.file || !strings.Contains(text, m.old) {
					return text
				}
				found = true
				return strings.Replace(text, m.old, m.new, 1)
			})
			if !found {
				t.Fatalf("%s no longer has %q", m.file, m.old)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer os.Remove(strings.Split(string(image), "\n")[1]) //nolint:errcheck // it lies in a folder of the cache
			for _, seed := range schedules {
				if caught := m.caught(t, image, seed); caught != "" {
					t.Logf("caught under schedule %d: %s", seed, caught)
					return
				}
			}
			t.Errorf("nothing noticed it")
		})
	}
}

// caught is what was noticed first, or empty.
func (m mutant) caught(t *testing.T, image []byte, seed uint) string {
	r := &recorder{TB: t}
	var wg sync.WaitGroup
	wg.Go(func() {
		emulator().gpu(r, image, func(g *gpu) {
			g.schedule(seed)
			m.run(g)
		})
	})
	wg.Wait()
	return r.said
}

// recorder takes failures as what is hoped for.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) note(s string) {
	if r.said == "" {
		r.said = s
	}
}
func (r *recorder) Errorf(format string, a ...any) { r.note(fmt.Sprintf(format, a...)) }
func (r *recorder) Error(a ...any)                 { r.note(fmt.Sprint(a...)) }
func (r *recorder) Fatalf(format string, a ...any) {
	r.note(fmt.Sprintf(format, a...))
	runtime.Goexit()
}
func (r *recorder) Fatal(a ...any) { r.note(fmt.Sprint(a...)); runtime.Goexit() }
func (r *recorder) Failed() bool   { return r.said != "" }
