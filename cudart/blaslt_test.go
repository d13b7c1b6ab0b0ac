//go:build linux

package cudart

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"growlab/cudart/fake"
)

// blas opens cuBLASLt of a machine.
func blas(t testing.TB, m *fake.Machine, d *Driver) *BlasLt {
	t.Helper()
	b, err := (&Finder{Env: m.Env}).BlasLt(d)
	must(t, err)
	return b
}

// matrix is a column-major matrix in device memory with its numbers beside it.
type matrix struct {
	p          Ptr
	typ        DataType
	rows, cols int
	ld         int
	v          []float64 // rows x cols, as rounded
}

func bf16(f float32) uint16 {
	u := math.Float32bits(f)
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func rounded(t DataType, v float64) float64 {
	if t == F32 {
		return float64(float32(v))
	}
	return float64(math.Float32frombits(uint32(bf16(float32(v))) << 16))
}

func (x *matrix) at(i, j int) *float64 { return &x.v[i+j*x.rows] }

// bytes lays the numbers out; the gap between columns is NaN.
func (x *matrix) bytes() []byte {
	b := make([]byte, x.ld*x.cols*x.typ.Size())
	for i := range b {
		b[i] = 0xff
	}
	for j := range x.cols {
		for i := range x.rows {
			at := unsafe.Pointer(&b[(i+j*x.ld)*x.typ.Size()])
			if x.typ == F32 {
				*(*float32)(at) = float32(*x.at(i, j))
			} else {
				*(*uint16)(at) = bf16(float32(*x.at(i, j)))
			}
		}
	}
	return b
}

func newMatrix(t testing.TB, c *Context, r *rand.Rand, typ DataType, rows, cols int) *matrix {
	t.Helper()
	x := &matrix{typ: typ, rows: rows, cols: cols, ld: (rows + 7) / 8 * 8, v: make([]float64, rows*cols)}
	for i := range x.v {
		x.v[i] = rounded(typ, r.NormFloat64())
	}
	var err error
	x.p, err = c.Alloc(int64(x.ld * cols * typ.Size()))
	must(t, err)
	must(t, c.Upload(x.p, x.bytes()))
	return x
}

// want compares device memory with x.v within one rounding of the type, whose half unit is rel, and slack.
func (x *matrix) want(t testing.TB, c *Context, name string, slack float64) {
	t.Helper()
	got := make([]byte, x.ld*x.cols*x.typ.Size())
	must(t, c.Download(got, x.p))
	rel := 1.0 / (1 << 23)
	if x.typ == BF16 {
		rel = 1.0 / (1 << 8)
	}
	for j := range x.cols {
		for i := range x.rows {
			at, v := unsafe.Pointer(&got[(i+j*x.ld)*x.typ.Size()]), 0.0
			if x.typ == F32 {
				v = float64(*(*float32)(at))
			} else {
				v = float64(math.Float32frombits(uint32(*(*uint16)(at)) << 16))
			}
			if w := *x.at(i, j); math.IsNaN(v) || math.Abs(v-w) > rel*math.Abs(w)+slack+1e-7 {
				t.Fatalf("%s: (%d, %d) is %v, want %v", name, i, j, v, w)
			}
		}
	}
}

func geluAndSlope(x float64) (y, slope float64) {
	const a, b = 0.7978845608028654, 0.044715
	th := math.Tanh(a * (x + b*x*x*x))
	return 0.5 * x * (1 + th), 0.5*(1+th) + 0.5*x*(1-th*th)*a*(1+3*b*x*x)
}

// productCase is one product with everything it reads and writes.
type productCase struct {
	p           Product
	a, b, c, d  *matrix
	bias, aux   *matrix
	alpha, beta float32
	m, n, k     int
	slack       float64 // of one sum in float32: its terms, times half a unit, times the largest sum of their absolute values
}

func opAt(x *matrix, trans bool, i, j int) float64 {
	if trans {
		i, j = j, i
	}
	return *x.at(i, j)
}

// expect computes the case in float64 into its matrices.
func (q *productCase) expect() {
	e := q.p.Epilogue
	sums := make([]float64, max(q.m, q.n))
	for j := range q.n {
		for i := range q.m {
			v, size := 0.0, 0.0
			for l := range q.k {
				term := opAt(q.a, q.p.TransA, i, l) * opAt(q.b, q.p.TransB, l, j)
				v, size = v+term, size+math.Abs(term)
			}
			q.slack = max(q.slack, float64(q.k)*0x1p-24*size)
			v = float64(q.alpha)*v + float64(q.beta)**q.c.at(i, j)
			switch e {
			case AddBias, GELUBias, GELUAuxBias:
				v += *q.bias.at(i, 0)
			case DGELU, DGELUBGrad:
				_, slope := geluAndSlope(*q.aux.at(i, j))
				v *= slope
			}
			if e == GELUAux || e == GELUAuxBias {
				*q.aux.at(i, j) = v
			}
			if e == GELU || e == GELUBias || e == GELUAux || e == GELUAuxBias {
				v, _ = geluAndSlope(v)
			}
			sums[i] += v
			*q.d.at(i, j) = v
		}
	}
	for i := range sums {
		switch {
		case e == BGradA && i < q.m:
			sums[i] = 0
			for l := range q.k {
				sums[i] += opAt(q.a, q.p.TransA, i, l)
			}
		case e == BGradB && i < q.n:
			sums[i] = 0
			for l := range q.k {
				sums[i] += opAt(q.b, q.p.TransB, l, i)
			}
		}
	}
	switch e {
	case DGELUBGrad, BGradA:
		copy(q.bias.v, sums[:q.m])
	case BGradB:
		copy(q.bias.v, sums[:q.n])
	}
}

func newProductCase(t testing.TB, c *Context, r *rand.Rand, e Epilogue, transA, transB bool, in, out DataType) *productCase {
	q := &productCase{m: 5 + r.IntN(20), n: 3 + r.IntN(20), k: 1 + r.IntN(30), alpha: 0.5, beta: float32(r.IntN(2))}
	shape := func(rows, cols int, trans bool) *matrix {
		if trans {
			rows, cols = cols, rows
		}
		return newMatrix(t, c, r, in, rows, cols)
	}
	q.a, q.b = shape(q.m, q.k, transA), shape(q.k, q.n, transB)
	q.d = newMatrix(t, c, r, out, q.m, q.n)
	q.c = &matrix{p: q.d.p, typ: out, rows: q.m, cols: q.n, ld: q.d.ld, v: append([]float64(nil), q.d.v...)} // in place
	q.bias, q.aux = newMatrix(t, c, r, out, max(q.m, q.n), 1), newMatrix(t, c, r, out, q.m, q.n)
	q.p = Product{
		M: int64(q.m), N: int64(q.n), K: int64(q.k), TransA: transA, TransB: transB, Epilogue: e,
		A: Layout{Type: in, LD: int64(q.a.ld)}, B: Layout{Type: in, LD: int64(q.b.ld)},
		C: Layout{Type: out, LD: int64(q.d.ld)}, D: Layout{Type: out, LD: int64(q.d.ld)},
		BiasType: out, AuxType: out, AuxLD: int64(q.aux.ld),
	}
	return q
}

func TestProductsWithEpilogues(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	lib := blas(t, m, d)
	if got := lib.Version(); got != (Version{12, 4, 5}) || !strings.HasPrefix(lib.Path(), m.Dir) {
		t.Errorf("version %v of %s", got, lib.Path())
	}
	r := rand.New(rand.NewPCG(1, 2))
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(lib)
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		scratch, err := c.Alloc(1 << 20)
		must(t, err)
		for _, e := range []Epilogue{0, NoEpilogue, AddBias, GELU, GELUBias, GELUAux, GELUAuxBias, DGELU, DGELUBGrad, BGradA, BGradB} {
			for trans := range 4 {
				for _, types := range [][2]DataType{{F32, F32}, {BF16, BF16}, {BF16, F32}} {
					q := newProductCase(t, c, r, e, trans&1 != 0, trans&2 != 0, types[0], types[1])
					name := fmt.Sprintf("epilogue %d, transposed %t %t, types %v", e, q.p.TransA, q.p.TransB, types)
					mm, err := b.Matmul(q.p)
					must(t, err)
					_, err = mm.Algorithms(1<<20, 1)
					must(t, err)
					must(t, mm.Run(s, &Operands{
						A: q.a.p, B: q.b.p, C: q.c.p, D: q.d.p, Alpha: q.alpha, Beta: q.beta,
						Bias: q.bias.p, Aux: q.aux.p, Scratch: scratch, Bytes: 1 << 20,
					}))
					must(t, s.Sync())
					q.expect()
					q.d.want(t, c, name, q.slack)
					q.aux.want(t, c, name+", aux", q.slack)
					q.bias.want(t, c, name+", bias", float64(max(q.m, q.n))*q.slack)
					must(t, errors.Join(mm.Close(), c.Free(q.a.p), c.Free(q.b.p), c.Free(q.d.p), c.Free(q.bias.p), c.Free(q.aux.p)))
				}
			}
		}
		must(t, errors.Join(c.Free(scratch), b.Close(), s.Close()))
	})
	m.MustBeClean()
}

func TestBatchedProduct(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(blas(t, m, d))
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		x, err := c.AllocHost(3 * 16 * 4)
		must(t, err)
		for i := range View[float32](x) {
			View[float32](x)[i] = float32(i % 16)
		}
		p, err := c.Alloc(3 * 16 * 4)
		must(t, err)
		y, err := c.Alloc(3 * 16 * 4)
		must(t, err)
		l := Layout{Type: F32, LD: 4, Stride: 16}
		mm, err := b.Matmul(Product{M: 4, N: 4, K: 4, A: l, B: l, C: l, D: l, Batch: 3, TF32: true})
		must(t, err)
		list, err := mm.Algorithms(0, 8)
		if err != nil || len(list) != 1 || list[0].Workspace != 0 {
			t.Errorf("without scratch memory: %d algorithms, %v; want the one that needs none", len(list), err)
		}
		must(t, s.Upload(p, x, 0, x.Len()))
		must(t, mm.Run(s, &Operands{A: p, B: p, C: y, D: y, Alpha: 1}))
		must(t, s.Download(x, 0, y, x.Len()))
		must(t, s.Sync())
		for batch := range 3 {
			for i, want := range []float32{56, 62, 68, 74} { // first column of X X, X by columns
				if got := View[float32](x)[16*batch+i]; got != want {
					t.Errorf("batch %d, row %d: %v, want %v", batch, i, got, want)
				}
			}
		}
		must(t, errors.Join(mm.Close(), c.Free(p), c.Free(y), x.Free(), b.Close(), s.Close()))
	})
	m.MustBeClean()
}

func TestAlgorithmsByScratchMemory(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(blas(t, m, d))
		must(t, err)
		l := Layout{Type: BF16, LD: 8}
		mm, err := b.Matmul(Product{M: 8, N: 8, K: 8, A: l, B: l, C: l, D: l})
		must(t, err)
		if err := mm.Run(nil, &Operands{}); err == nil || !strings.Contains(err.Error(), "before an algorithm was chosen") {
			t.Errorf("run without an algorithm: %v", err)
		}
		list, err := mm.Algorithms(1<<20, 8)
		if err != nil || len(list) != 2 || list[0].Workspace != 1<<20 || list[0].Waves != 0.5 || list[1].Workspace != 0 {
			t.Errorf("algorithms %+v, %v; want one with 1 MiB and one without scratch memory", list, err)
		}
		m.Fail("heuristic", 1, 1)
		if _, err := mm.Algorithms(0, 8); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "product of 8 x 8 and 8 x 8") {
			t.Errorf("no algorithm: %v, want ErrUnsupported", err)
		}
		must(t, errors.Join(mm.Close(), b.Close()))
	})
	m.MustBeClean()
}

// TestTypesTheLibraryHas: a bias of another type than the result is refused, and so is an address less aligned than was promised.
func TestTypesTheLibraryHas(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(blas(t, m, d))
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		x, err := c.Alloc(1 << 12)
		must(t, err)
		l := Layout{Type: BF16, LD: 8}
		p := Product{M: 8, N: 8, K: 8, A: l, B: l, C: l, D: l, Epilogue: AddBias, BiasType: F32}
		wide, err := b.Matmul(p)
		must(t, err)
		if _, err := wide.Algorithms(0, 1); !errors.Is(err, ErrUnsupported) {
			t.Errorf("a bias of float32 and a result of bf16: %v, want ErrUnsupported", err)
		}
		p.BiasType = BF16
		for aligned, refused := range map[int]bool{0: false, 16: false, 32: true, 256: true} {
			p.Alignment = aligned
			mm, err := b.Matmul(p)
			must(t, err)
			_, err = mm.Algorithms(0, 1)
			must(t, err)
			err = mm.Run(s, &Operands{A: x, B: x + 16, C: x, D: x, Alpha: 1, Bias: x})
			if errors.Is(err, ErrUnsupported) != refused || !refused && err != nil {
				t.Errorf("aligned to 16 bytes where %d were promised: %v", aligned, err)
			}
			must(t, mm.Close())
		}
		must(t, errors.Join(s.Sync(), wide.Close(), c.Free(x), b.Close(), s.Close()))
	})
	m.MustBeClean()
}

func TestProductErrors(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	lib := blas(t, m, d)
	l := Layout{Type: F32, LD: 8}
	p := Product{M: 8, N: 8, K: 8, A: l, B: l, C: l, D: l, Batch: 2}
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(lib)
		must(t, err)
		for _, call := range []string{
			"cublasLtMatmulDescCreate", "cublasLtMatmulDescSetAttribute", "cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutSetAttribute",
		} {
			for nth := 1; nth <= 2; nth++ {
				if call == "cublasLtMatmulDescCreate" && nth == 2 {
					continue // there is one descriptor
				}
				m.Fail(call, nth, 3)
				_, err := b.Matmul(p)
				if !errors.Is(err, ErrOutOfMemory) || !strings.Contains(err.Error(), call+": the resource allocation failed (CUBLAS_STATUS_ALLOC_FAILED, 3)") {
					t.Errorf("%s fails: %v", call, err)
				}
				m.Heal()
			}
		}
		mm, err := b.Matmul(p)
		must(t, err)
		for _, call := range []string{"cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceSetAttribute", "cublasLtMatmulAlgoGetHeuristic", "cublasLtMatmulPreferenceDestroy"} {
			m.Fail(call, 1, 7)
			if _, err := mm.Algorithms(0, 1); err == nil || !strings.Contains(err.Error(), call+": ") {
				t.Errorf("%s fails: %v", call, err)
			}
			m.Heal()
		}
		_, err = mm.Algorithms(0, 1)
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		if err := mm.Run(s, &Operands{A: 8, B: 16, C: 16, D: 16, Alpha: 1}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("address aligned to 8 bytes: %v, want ErrUnsupported", err)
		}
		p.A.LD = 7
		narrow, err := b.Matmul(p)
		must(t, err)
		if _, err := narrow.Algorithms(0, 1); err == nil || !strings.Contains(err.Error(), "CUBLAS_STATUS_INVALID_VALUE") {
			t.Errorf("leading dimension below the rows: %v", err)
		}
		p.A.Type = F16
		if _, err := b.Matmul(p); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "product of 8 x 8 and 8 x 8: ") {
			t.Errorf("type that the library does not take: %v", err)
		}
		must(t, errors.Join(mm.Close(), narrow.Close(), s.Close(), b.Close()))
		m.Fail("cublasLtCreate", 1, 1)
		if _, err := c.Blas(lib); err == nil || !strings.Contains(err.Error(), "CUBLAS_STATUS_NOT_INITIALIZED") {
			t.Errorf("handle: %v", err)
		}
	})
	if s := m.State(); s.Live["blas"] != 1 || len(s.Live) != 1 { // the preference whose destruction failed
		t.Errorf("left alive %v, want one preference", s.Live)
	}
}

func TestProductAllocatesNothing(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(blas(t, m, d))
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		x, err := c.Alloc(8 * 8 * 4)
		must(t, err)
		l := Layout{Type: F32, LD: 8}
		mm, err := b.Matmul(Product{M: 8, N: 8, K: 8, A: l, B: l, C: l, D: l, Epilogue: AddBias, BiasType: F32})
		must(t, err)
		_, err = mm.Algorithms(0, 1)
		must(t, err)
		o := &Operands{A: x, B: x, C: x, D: x, Alpha: 1, Bias: x}
		n := testing.AllocsPerRun(50, func() {
			if err = mm.Run(s, o); err != nil {
				panic(err)
			}
		})
		if n >= 1 {
			t.Errorf("a product allocates %v times, want 0", n)
		}
		must(t, errors.Join(s.Sync(), mm.Close(), c.Free(x), b.Close(), s.Close()))
	})
	m.MustBeClean()
}
