//go:build linux

package cuda

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// layerOf is what one layer of size 64 -> 128, with a bias, gives on d, and its gradient: the output, the argument of GELU, and dx.
func layerOf(t testing.TB, d *device, act compute.Act) (y, pre, dx []float32) {
	t.Helper()
	const rows, in, out = 48, 64, 128
	r := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int, scale float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(scale * r.NormFloat64())
		}
		return v
	}
	room := func(alloc func(int) (compute.Buffer, error), n int, v []float32) compute.Vec {
		b, err := alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		if v != nil {
			d.Upload(compute.All(b), v)
		}
		return compute.All(b)
	}
	x, w, bias := numbers(rows*in, 1), numbers(out*in, 0.125), numbers(out, 1)
	weight := d.Weight(room(d.Alloc, out*in, w), out, in)
	b := compute.Batch{Seqs: 2, T: rows / 2, Inputs: make([]int32, rows), Targets: make([]int32, rows)}
	matrix := func(v compute.Vec, cols int) compute.Mat { return compute.Matrix(v, cols) }
	vx, vb := room(d.AllocOperand, rows*in, x), room(d.Alloc, out, bias)
	vy, vp := room(d.AllocOperand, rows*out, nil), room(d.AllocOperand, rows*out, nil)
	wide := d.Weight(room(d.Alloc, out*in, w), in, out) // backwards: (64, 128)
	vdy, vdx := room(d.AllocOperand, rows*in, x), room(d.AllocOperand, rows*out, nil)
	e := compute.Epilogue{Bias: vb, Act: act, Gate: 1}
	if act != compute.None {
		e.Pre = matrix(vp, out)
	}
	d.Run(b, func(l compute.Lane) {
		l.Linear(matrix(vy, out), matrix(vx, in), weight, e)
		if act != compute.None {
			l.LinearGrad(matrix(vdx, out), matrix(vdy, in), wide, 1, compute.Epilogue{Act: act, Pre: matrix(vp, out)})
		}
	})
	read := func(v compute.Vec) []float32 {
		to := make([]float32, v.N)
		d.Download(to, v)
		return to
	}
	y, pre, dx = read(vy), read(vp), read(vdx)
	if err := d.Sync(); err != nil {
		t.Fatal(err)
	}
	return y, pre, dx
}

// TestBiasesInTheLibrary: results of bf16 with biases of fp32, which the library does not have, still are one product of the library,
// whose bias is rounded first. What it gives is that of our own kernel, within the rounding of a bias and of a result; so it is where
// the library refuses to search, to run, or to have the product at all.
func TestBiasesInTheLibrary(t *testing.T) {
	for _, act := range []compute.Act{compute.None, compute.GELU} {
		want := make([][]float32, 3)
		own := on(t, machine(t), Options{Own: true})
		want[0], want[1], want[2] = layerOf(t, own, act)
		if err := own.Close(); err != nil {
			t.Error(err)
		}
		for name, fault := range map[string]struct {
			call     string
			code     int
			products int  // at least these of the library
			timed    bool // its ways
		}{
			"fused": {products: 1}, "timed": {products: 1, timed: true}, "no search": {call: "cublasLtMatmulAlgoGetHeuristic", code: 7},
			"none found": {call: "heuristic", code: 1}, "no run": {call: "cublasLtMatmul", code: 15}, "no way runs": {call: "cublasLtMatmul", code: 15, timed: true},
		} {
			m := machine(t)
			d := on(t, m, Options{Untimed: !fault.timed})
			if fault.call != "" {
				m.Fail(fault.call, 0, fault.code)
			}
			got := make([][]float32, 3)
			got[0], got[1], got[2] = layerOf(t, d, act)
			for i, what := range []string{"y", "pre", "dx"} {
				for j, w := range want[i] {
					if g := got[i][j]; math.Abs(float64(g-w)) > 0x1p-7*math.Abs(float64(w))+0x1p-6 {
						t.Fatalf("%s, activation %d: %s %d is %v, our own kernel gives %v", name, act, what, j, g, w)
					}
				}
			}
			planned := d.Products()
			of := len(planned) - len(slices.DeleteFunc(slices.Clone(planned), func(p string) bool { return strings.Contains(p, ": way ") }))
			if of < fault.products || fault.products == 0 && of != 0 {
				t.Errorf("%s, activation %d: the library has %d products of %q", name, act, of, planned)
			}
			if fused := fmt.Sprintf("bf16 true true, adds false, epilogue %d", map[compute.Act]int{compute.None: 4, compute.GELU: 164}[act]); !strings.Contains(strings.Join(planned, "\n"), fused) {
				t.Errorf("%s, activation %d: planned %q, want one with %q", name, act, planned, fused)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			m.MustBeClean()
		}
	}
}

// TestExactGELU: in fp32 the library multiplies, and the activation is our own.
func TestExactGELU(t *testing.T) {
	d := on(t, machine(t), Options{Precision: "fp32", Untimed: true})
	layerOf(t, d, compute.GELU)
	planned := strings.Join(d.Products(), "\n")
	if !strings.Contains(planned, "bf16 false false, adds false, epilogue 1, ") || strings.Contains(planned, "epilogue 16") || strings.Contains(planned, "epilogue 192") {
		t.Errorf("planned %s, want plain products", planned)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestFusedWhereItWins: the library's GELU is timed against a plain product and a kernel of ours; which is faster is kept, and the next
// run goes that way without a timing, to the same numbers within the rounding of a bias and of a result.
func TestFusedWhereItWins(t *testing.T) {
	file := filepath.Join(t.TempDir(), "choices.json")
	var want [3][]float32
	for _, answer := range []int{-1, 0, 1} {
		if answer >= 0 {
			var kept map[string]map[string]int
			text, err := os.ReadFile(file)
			if err = errors.Join(err, json.Unmarshal(text, &kept)); err != nil {
				t.Fatal(err)
			}
			asked := 0
			for _, all := range kept {
				for name, was := range all {
					if strings.Contains(name, "epilogue -") {
						all[name] = answer
						if asked++; was != 0 && was != 1 {
							t.Errorf("%s: the answer is %d, want 0 or 1", name, was)
						}
					}
				}
			}
			if asked != 2 {
				t.Errorf("%s has %d answers, want one for GELU and one for its gradient", text, asked)
			}
			if text, err = json.Marshal(kept); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m := machine(t)
		d := on(t, m, Options{Choices: file})
		var got [3][]float32
		got[0], got[1], got[2] = layerOf(t, d, compute.GELU)
		if answer < 0 {
			want = got
		}
		for i := range got {
			for j, w := range want[i] {
				if g := got[i][j]; math.Abs(float64(g-w)) > 0x1p-7*math.Abs(float64(w))+0x1p-6 {
					t.Fatalf("answer %d: number %d of %d is %v, want %v", answer, j, i, g, w)
				}
			}
		}
		apart := strings.Count(strings.Join(d.Products(), "\n"), "in two")
		if timed := m.Calls("cuEventElapsedTime"); answer >= 0 && (apart != 2*answer || timed != 0) {
			t.Errorf("answer %d: %d of two products in two, %d timings; want %d and none: %q", answer, apart, timed, 2*answer, d.Products())
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		m.MustBeClean()
	}
}

// TestWideVocabulary: logits of a vocabulary that is wide are rounded to bf16, where their gradient is wanted, and nowhere else. One
// that is off by 2^-9 of itself moves a loss by at most twice that of the largest, and a probability by that part.
func TestWideVocabulary(t *testing.T) {
	const rows, in, vocab, scale = 24, 32, wideVocab + 8, 0.5
	r := rand.New(rand.NewPCG(5, 6))
	y, w, targets := make([]float32, rows*in), make([]float32, vocab*in), make([]int32, rows)
	for i := range y {
		y[i] = computetest.RoundBF16(float32(r.NormFloat64()))
	}
	for i := range w {
		w[i] = computetest.RoundBF16(float32(r.NormFloat64() / 3))
	}
	for i := range targets {
		targets[i] = int32(r.IntN(vocab))
	}
	targets[3] = -1
	for _, own := range []bool{false, true} {
		d := on(t, machine(t), Options{Own: own, Untimed: true})
		room := func(alloc func(int) (compute.Buffer, error), n int, v []float32) compute.Vec {
			b, err := alloc(n)
			if err != nil {
				t.Fatal(err)
			}
			if v != nil {
				d.Upload(compute.All(b), v)
			}
			return compute.All(b)
		}
		weight := d.Weight(room(d.Alloc, vocab*in, w), vocab, in)
		vy, vd, vl := room(d.AllocOperand, rows*in, y), room(d.AllocOperand, rows*vocab, nil), room(d.Alloc, rows, nil)
		read := func(v compute.Vec) []float32 {
			to := make([]float32, v.N)
			d.Download(to, v)
			return to
		}
		b := compute.Batch{Seqs: 2, T: rows / 2, Inputs: make([]int32, rows), Targets: targets}
		d.Run(b, func(l compute.Lane) {
			l.Classify(vl, compute.Matrix(vd, vocab), compute.Matrix(vy, in), weight, 1, scale)
		})
		loss, grad := read(vl), read(vd)
		d.Run(b, func(l compute.Lane) { l.Classify(vl, compute.Mat{}, compute.Matrix(vy, in), weight, 1, 0) })
		alone := read(vl)
		for row, target := range targets {
			z, top, all := make([]float64, vocab), 0.0, 0.0
			for j := range z {
				for i := range in {
					z[j] += float64(y[row*in+i]) * float64(w[j*in+i])
				}
				top = max(top, math.Abs(z[j]))
			}
			for _, x := range z {
				all += math.Exp(x)
			}
			want, off := 0.0, 0x1p-8*top
			if target >= 0 {
				want = math.Log(all) - z[target]
			} else {
				all = math.Inf(1) // no gradient
			}
			if g := float64(loss[row]); math.Abs(g-want) > off+1e-5 {
				t.Fatalf("own products %v: loss of row %d is %v, want %v within %v", own, row, g, want, off)
			}
			if g := float64(alone[row]); math.Abs(g-want) > 1e-5*top+1e-5 {
				t.Fatalf("own products %v: loss of row %d without a gradient is %v, want %v", own, row, g, want)
			}
			for j, x := range z {
				p := scale * math.Exp(x) / all
				want := p
				if j == int(target) {
					want -= scale
				}
				if g := float64(grad[row*vocab+j]); math.Abs(g-want) > p*math.Expm1(off)+0x1p-8*math.Abs(want)+1e-7 {
					t.Fatalf("own products %v: dlogits (%d, %d) is %v, want %v", own, row, j, g, want)
				}
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRanksChooseAlike: of several ranks that time the same product, the first decides, and no rank drops what another has kept.
func TestRanksChooseAlike(t *testing.T) {
	file := filepath.Join(t.TempDir(), "choices.json")
	const ranks, products = 4, 20
	a, b := openChoices(file, "GPU 0"), openChoices(file, "GPU 0")
	if got := a.keep(product{m: 1}, 3); got != 3 {
		t.Errorf("the first chose 3 and got %d", got)
	}
	if got := b.keep(product{m: 1}, 5); got != 3 {
		t.Errorf("the second got %d, want 3, which the first has chosen", got)
	}
	var done sync.WaitGroup
	for rank := range ranks {
		done.Go(func() {
			c := openChoices(file, fmt.Sprintf("GPU %d", rank))
			for i := range products {
				c.keep(product{n: 1 + i}, rank)
			}
		})
	}
	done.Wait()
	for rank := range ranks {
		c := openChoices(file, fmt.Sprintf("GPU %d", rank))
		for i := range products {
			if got, known := c.of(product{n: 1 + i}); !known || got != rank {
				t.Errorf("GPU %d, product %d: kept %d, %v, want %d", rank, i, got, known, rank)
			}
		}
	}
}
