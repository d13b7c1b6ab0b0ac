//go:build linux

package kernelstest

import (
	"fmt"
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

func act(a kernels.Activation, x, up float64) float64 {
	s := 1 / (1 + math.Exp(-x))
	switch a {
	case kernels.GELU:
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	case kernels.SwiGLU:
		return x * s * up
	default:
		return x
	}
}

// actGrad is the gradient by x, and by up.
func actGrad(a kernels.Activation, x, up float64) (dx, dup float64) {
	if a == kernels.GELU {
		u := math.Sqrt(2 / math.Pi)
		t := math.Tanh(u * (x + 0.044715*x*x*x))
		return (1+t)/2 + x/2*(1-t*t)*u*(1+3*0.044715*x*x), 0
	}
	s := 1 / (1 + math.Exp(-x))
	return up * s * (1 + x*(1-s)), x * s
}

// tail is what follows a product, on the host's side.
type tail struct {
	act           kernels.Activation
	back          bool
	bias          []float64
	pre           []float64 // read if back
	preMask, mask twoValued
	residual      []float64
	scale, gate   float64
	add           []float64
}

// finish is the result for rows of n sums, and the pre-activations.
func (e tail) finish(sums []float64, rows, n int) (out, pre []float64) {
	c := n
	if e.act == kernels.SwiGLU && !e.back {
		c = n / 2
	}
	width := c
	if e.back && e.act == kernels.SwiGLU {
		width = 2 * c
	}
	out, pre = make([]float64, rows*width), make([]float64, rows*n)
	for r := range rows {
		for j := range c {
			z := e.scale * sums[r*n+j]
			if e.back {
				g, up := z*e.mask.of(j), 0.0
				if e.act == kernels.SwiGLU {
					up = e.pre[r*width+c+j]
				}
				dx, dup := actGrad(e.act, e.pre[r*width+j], up)
				out[r*width+j] = g * dx * e.preMask.of(j)
				if e.act == kernels.SwiGLU {
					out[r*width+c+j] = g * dup * e.preMask.of(j)
				}
				continue
			}
			var up float64
			if e.bias != nil {
				z += e.bias[j]
			}
			if e.act != kernels.Identity {
				z *= e.preMask.of(j)
			}
			if e.act == kernels.SwiGLU {
				up = e.scale * sums[r*n+c+j]
				if e.bias != nil {
					up += e.bias[c+j]
				}
				up *= e.preMask.of(j)
				pre[r*n+c+j] = up
			}
			pre[r*n+j] = z
			y := e.mask.of(j) * act(e.act, z, up)
			switch {
			case e.residual != nil:
				y = e.residual[r*c+j] + e.gate*y
			case e.add != nil:
				y += e.add[r*c+j]
			}
			out[r*c+j] = y
		}
	}
	return out, pre
}

// matmul is a product by layout, in float64.
func matmul(l kernels.Layout, a, b []float64, m, n, k int) []float64 {
	at := func(i, p int) float64 { return a[i*k+p] }
	bt := func(p, j int) float64 { return b[p*n+j] }
	if l == kernels.TN {
		at = func(i, p int) float64 { return a[p*m+i] }
	}
	if l == kernels.NT {
		bt = func(p, j int) float64 { return b[j*k+p] }
	}
	c := make([]float64, m*n)
	for i := range m {
		for p := range k {
			x := at(i, p)
			for j := range n {
				c[i*n+j] += x * bt(p, j)
			}
		}
	}
	return c
}

// productCase is one product and what follows it.
type productCase struct {
	layout        kernels.Layout
	m, n, k       int
	operands, out cudart.DataType
	act           kernels.Activation
	back          bool
	kind          string // "", "residual", "add"
	bias          bool
	mask          twoValued
}

func (p productCase) String() string {
	return fmt.Sprintf("layout %d, %d x %d x %d, type %d to %d, act %d back %v %s, mask %v", p.layout, p.m, p.n, p.k, p.operands, p.out, p.act, p.back, p.kind, p.mask)
}

var productCases = []productCase{
	{kernels.NT, 1, 1, 1, cudart.BF16, cudart.F32, kernels.Identity, false, "", true, noMask},
	{kernels.NT, 33, 35, 37, cudart.BF16, cudart.BF16, kernels.GELU, false, "", true, twoValued{old: 20, m: 0.3}},
	{kernels.NT, 130, 136, 72, cudart.BF16, cudart.F32, kernels.Identity, false, "residual", true, noMask},
	{kernels.NT, 70, 144, 40, cudart.BF16, cudart.BF16, kernels.SwiGLU, false, "", true, twoValued{old: 50, m: 0}},
	{kernels.NT, 200, 264, 200, cudart.BF16, cudart.BF16, kernels.SwiGLU, false, "", false, noMask},
	{kernels.NT, 129, 257, 64, cudart.BF16, cudart.F32, kernels.Identity, false, "", false, noMask},
	{kernels.NN, 33, 35, 37, cudart.BF16, cudart.F32, kernels.Identity, false, "", false, noMask},
	{kernels.NN, 70, 72, 96, cudart.BF16, cudart.BF16, kernels.GELU, true, "", false, twoValued{old: 20, m: 0.3}},
	{kernels.NN, 140, 136, 104, cudart.BF16, cudart.BF16, kernels.SwiGLU, true, "", false, twoValued{old: 100, m: 0.5}},
	{kernels.TN, 37, 35, 33, cudart.BF16, cudart.F32, kernels.Identity, false, "add", false, noMask},
	{kernels.TN, 72, 136, 1000, cudart.BF16, cudart.F32, kernels.Identity, false, "add", false, noMask},
	{kernels.TN, 136, 264, 80, cudart.BF16, cudart.F32, kernels.Identity, false, "add", false, noMask},
	{kernels.NT, 65, 70, 33, cudart.F32, cudart.F32, kernels.SwiGLU, false, "", true, twoValued{old: 3, m: 0.3}},
	{kernels.NT, 17, 66, 20, cudart.F32, cudart.F32, kernels.Identity, false, "residual", true, noMask},
	{kernels.NN, 33, 70, 37, cudart.F32, cudart.F32, kernels.GELU, true, "", false, twoValued{old: 20, m: 0.3}},
	{kernels.TN, 66, 35, 300, cudart.F32, cudart.F32, kernels.Identity, false, "add", false, noMask},
}

func (p productCase) run(g *gpu) {
	a, b := random(1, p.m*p.k, 1), random(2, p.n*p.k, 0.5)
	q := kernels.Product{Layout: p.layout, M: p.m, N: p.n, K: p.k, A: g.put(a, p.operands), B: g.put(b, p.operands), Act: p.act, Back: p.back}
	e := tail{act: p.act, back: p.back, mask: p.mask, preMask: p.mask, scale: 0.5, gate: 0.75}
	q.Scale = kernels.Const(e.scale)
	c, width := p.n, p.n // columns of Out, and of masks
	switch {
	case p.act == kernels.SwiGLU && p.back:
		c = 2 * p.n
	case p.act == kernels.SwiGLU:
		c, width = p.n/2, p.n/2
	}
	q.Mask, q.PreMask = g.mask(p.mask, width), g.mask(p.mask, width)
	if p.bias {
		e.bias = random(3, p.n, 1)
		q.Bias = g.f32(e.bias)
	}
	switch p.kind {
	case "residual":
		e.residual = random(4, p.m*c, 1)
		q.Residual, q.Gate = g.f32(e.residual), kernels.Scalar{At: g.f32([]float64{e.gate}), Value: 1}
		q.Out = g.room(p.m*c, p.out)
	case "add":
		e.add = random(5, p.m*c, 1)
		q.Out, q.Add = g.put(e.add, p.out), true
	default:
		q.Out = g.room(p.m*c, p.out)
	}
	pres := p.m * p.n
	switch {
	case p.back:
		pres = p.m * c
		e.pre = random(6, pres, 1)
		q.Pre = g.put(e.pre, p.operands)
	case p.act != kernels.Identity:
		q.Pre = g.room(pres, p.operands)
	}
	if bytes := g.k.ProductWorkspace(q); bytes > 0 {
		q.Workspace = g.alloc(int(bytes))
	}
	g.must(g.k.Product(g.s, q))
	want, pre := e.finish(matmul(p.layout, a, b, p.m, p.n, p.k), p.m, p.n)
	near(g.t, p.String(), g.get(q.Out, p.m*c), want, tolerance(p.out)+1e-5)
	if q.Pre.At != 0 && !p.back {
		near(g.t, p.String()+": pre", g.get(q.Pre, pres), pre, tolerance(p.operands)+1e-5)
	}
}

func (on host) testProduct(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, p := range productCases {
			g.schedule(schedules[i%len(schedules)])
			p.run(g)
		}
	})
}

// testStridedProduct multiplies parts of larger matrices, and leaves what lies between the rows of the result alone.
func (on host) testStridedProduct(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for _, p := range []struct {
			layout                     kernels.Layout
			m, n, k, lda, ldb, ldout   int
			rowsA, rowsB, colsA, colsB int
		}{
			{kernels.NT, 9, 16, 24, 40, 32, 20, 9, 16, 24, 24},
			{kernels.NN, 9, 16, 24, 32, 24, 17, 9, 24, 24, 16},
			{kernels.TN, 16, 8, 40, 24, 16, 12, 40, 40, 16, 8},
		} {
			for _, kind := range []cudart.DataType{cudart.BF16, cudart.F32} {
				a, b := random(1, p.rowsA*p.lda, 1), random(2, p.rowsB*p.ldb, 1)
				q := kernels.Product{
					Layout: p.layout, M: p.m, N: p.n, K: p.k, A: g.put(a, kind), B: g.put(b, kind), LDA: p.lda, LDB: p.ldb, Scale: kernels.Const(1),
					Out: g.room(p.m*p.ldout, cudart.F32), LDOut: p.ldout,
				}
				g.must(g.k.Product(g.s, q))
				sums := matmul(p.layout, cut(a, p.lda, p.colsA), cut(b, p.ldb, p.colsB), p.m, p.n, p.k)
				got := g.get(q.Out, p.m*p.ldout)
				near(t, fmt.Sprintf("layout %d, type %d", p.layout, kind), cut(got, p.ldout, p.n), sums, 1e-5)
				for i, x := range got {
					if i%p.ldout >= p.n && !math.IsNaN(x) {
						t.Fatalf("layout %d: number %d, between two rows, was written: %v", p.layout, i, x)
					}
				}
			}
		}
	})
}

// cut is the first columns of rows that are ld apart.
func cut(v []float64, ld, columns int) (part []float64) {
	for ; len(v) >= ld; v = v[ld:] {
		part = append(part, v[:columns]...)
	}
	return part
}

func (on host) testActivate(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, p := range productCases {
			if p.kind == "add" || p.back && p.act == kernels.Identity {
				continue
			}
			z := random(1, p.m*p.n, 1)
			e := tail{act: p.act, back: p.back, mask: p.mask, preMask: p.mask, scale: 0.5, gate: 0.75}
			at := g.put(z, cudart.F32)
			if p.back {
				e.pre = random(6, 2*p.m*p.n, 1)
				if p.act == kernels.GELU {
					e.pre = e.pre[:p.m*p.n]
				}
				v := kernels.ActivateGrad{
					DZ: g.room(len(e.pre), p.out), DY: at, Pre: g.put(e.pre, p.operands), Scale: kernels.Const(0.5), PreMask: g.mask(p.mask, p.n),
					Mask: g.mask(p.mask, p.n), Act: p.act, Rows: p.m, C: p.n,
				}
				g.must(g.k.ActivateGrad(g.s, v))
				want, _ := e.finish(z, p.m, p.n)
				near(t, p.String(), g.get(v.DZ, len(want)), want, tolerance(p.out)+1e-5)
				continue
			}
			c := p.n
			if p.act == kernels.SwiGLU {
				c /= 2
			}
			v := kernels.Activate{Out: g.room(p.m*c, p.out), Z: at, Scale: kernels.Const(0.5), Act: p.act, PreMask: g.mask(p.mask, c), Mask: g.mask(p.mask, c), Gate: kernels.Const(0.75), Rows: p.m, C: c}
			if i%2 == 0 {
				e.bias = random(3, p.n, 1)
				v.Bias = g.f32(e.bias)
			}
			if p.kind == "residual" {
				e.residual = random(4, p.m*c, 1)
				v.Residual = g.f32(e.residual)
			}
			if p.act != kernels.Identity {
				v.Pre = g.room(p.m*p.n, p.operands)
			}
			g.must(g.k.Activate(g.s, v))
			want, pre := e.finish(z, p.m, p.n)
			near(t, p.String(), g.get(v.Out, len(want)), want, tolerance(p.out)+1e-5)
			if v.Pre.At != 0 {
				near(t, p.String()+": pre", g.get(v.Pre, len(pre)), pre, tolerance(p.operands)+1e-5)
			}
		}
	})
}
