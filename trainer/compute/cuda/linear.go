package cuda

import (
	"fmt"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Linear writes mask * act(premask * (x wᵀ + bias)), or residual + gate times that.
func (l *lane) Linear(y, x compute.Mat, w compute.Weight, e compute.Epilogue) {
	k := live("Linear", w)
	in, out, units := w.In(), w.Out(), contract.Linear(l, y, x, w, e)
	p := kernels.Product{
		Layout: kernels.NT, M: l.rows(), N: out, K: in, A: l.operandArray(x.Vec), B: k.array(), Out: array(y.Vec), Scale: kernels.Const(1),
		Bias: ptr(e.Bias), Act: activation("Linear", e.Act), Pre: l.operandArray(e.Pre.Vec),
		PreMask: l.mask(e.PreMask, units, ofInputs), Mask: l.mask(e.Mask, units, ofOutputs), Residual: ptr(e.Residual.Vec), Gate: kernels.Const(e.Gate),
	}
	if p.Out.Type == cudart.BF16 && p.Residual != 0 {
		panic("cuda: Linear: y is an operand, and what is added to a residual is not")
	}
	l.product(p)
}

// LinearGrad writes scale * dy w, carried back through what back says.
func (l *lane) LinearGrad(dx, dy compute.Mat, w compute.Weight, scale float64, back compute.Epilogue) {
	k := live("LinearGrad", w)
	contract.LinearGrad(l, dx, dy, w, back)
	in, out := w.In(), w.Out()
	p := kernels.Product{
		Layout: kernels.NN, M: l.rows(), N: in, K: out, A: l.operandArray(dy.Vec), B: k.array(), Out: array(dx.Vec), Scale: kernels.Const(scale),
	}
	if back.Act != compute.None {
		p.Act, p.Back, p.Pre = activation("LinearGrad", back.Act), true, l.operandArray(back.Pre.Vec)
		p.PreMask, p.Mask = l.mask(back.PreMask, in, ofInputs), l.mask(back.Mask, in, ofOutputs)
	}
	l.product(p)
}

// productBytes is the scratch memory for a product that is not fused with what follows it: small enough for the second-level cache
// of large GPUs.
const productBytes = 32 << 20

// product issues p: to cuBLASLt with what follows it, or to cuBLASLt and then to a kernel for that, or all of it to our own kernel.
func (d *device) product(p kernels.Product, touched ...region) {
	g, x, one := library(p)
	g.passing = d.passing
	each := 0 // rows of a piece; 0: not in two
	bytes := d.set.ProductWorkspace(p)
	if d.blas != nil && p.Layout != kernels.TN && (p.Act != kernels.Identity || p.Mask != 0 || p.Residual != 0 || p.Bias != 0) {
		each = min(piece(productBytes, p.N), p.M)
		bytes = max(bytes, 4*int64(each)*int64(p.N))
	}
	var around following
	narrow := one && g.narrow && p.Bias != 0
	if narrow {
		bytes = max(bytes, size(true)*int64(p.N))
	}
	tmp := d.scratch(bytes)
	p.Workspace = tmp
	if narrow { // the library wants the bias in the result's type; it is rounded as weights are
		bias := kernels.F32(p.Bias)
		x.Bias = tmp
		around.before = func() error { return d.set.Cast(d.stream, kernels.BF16(tmp), bias, int64(p.N)) }
	}
	if each > 0 && p.Act != kernels.Identity {
		around.two = func() error {
			done, err := d.inTwo(p, tmp, each, g.passing)
			if err == nil && !done {
				err = cudart.ErrUnsupported
			}
			return err
		}
	}
	d.issue(p, func() error {
		if one {
			if done, err := d.fused(g, x, around); done || err != nil {
				return err
			}
		}
		if each > 0 {
			if done, err := d.inTwo(p, tmp, each, g.passing); done || err != nil {
				return err
			}
		}
		return d.set.Product(d.stream, p)
	}, touched...)
}

// inTwo makes p of plain products of the library, each rows at a time, and kernels for what follows. On the GPU's thread.
func (d *device) inTwo(p kernels.Product, tmp cudart.Ptr, each int, passing bool) (done bool, err error) {
	for first := 0; first < p.M; first += each {
		rows := min(each, p.M-first)
		g := product{m: rows, n: p.N, k: p.K, tb: p.Layout == kernels.NT, half: p.A.Type == cudart.BF16, epilogue: cudart.NoEpilogue, passing: passing}
		x := cudart.Operands{A: rowsFrom(p.A, first, p.K).At, B: p.B.At, C: tmp, D: tmp, Alpha: 1}
		done, err := d.fused(g, x, following{})
		if err == nil && !done && first > 0 { // a last piece that the library cannot do
			err = d.set.Product(d.stream, kernels.Product{
				Layout: p.Layout, M: rows, N: p.N, K: p.K, A: rowsFrom(p.A, first, p.K), B: p.B, Out: kernels.F32(tmp), Scale: kernels.Const(1),
			})
			done = err == nil
		}
		if err != nil || !done {
			return false, err
		}
		if err := d.follow(p, first, rows, tmp); err != nil {
			return false, err
		}
	}
	return true, nil
}

// follow does what p says after the product of rows from first on, which is at z.
func (d *device) follow(p kernels.Product, first, rows int, z cudart.Ptr) error {
	if p.Back {
		wide := p.N
		if p.Act == kernels.SwiGLU {
			wide *= 2
		}
		return d.set.ActivateGrad(d.stream, kernels.ActivateGrad{
			DZ: rowsFrom(p.Out, first, wide), DY: kernels.F32(z), Pre: rowsFrom(p.Pre, first, wide), Scale: p.Scale,
			PreMask: p.PreMask, Mask: p.Mask, Act: p.Act, Rows: rows, C: p.N,
		})
	}
	units := p.N
	if p.Act == kernels.SwiGLU {
		units /= 2
	}
	return d.set.Activate(d.stream, kernels.Activate{
		Out: rowsFrom(p.Out, first, units), Z: kernels.F32(z), Pre: rowsFrom(p.Pre, first, p.N), Scale: p.Scale, Bias: p.Bias, PreMask: p.PreMask,
		Act: p.Act, Mask: p.Mask, Residual: rowsFrom(kernels.F32(p.Residual), first, units).At, Gate: p.Gate, Rows: rows, C: units,
	})
}

// library is p as cuBLASLt would do it, if there is a product of its kind: no masks, GELU alone of the activations, in bf16, and what is
// added beside a bias is not scaled.
func library(p kernels.Product) (g product, x cudart.Operands, ok bool) {
	g = product{
		m: p.M, n: p.N, k: p.K, ta: p.Layout == kernels.TN, tb: p.Layout == kernels.NT,
		half: p.A.Type == cudart.BF16, narrow: p.Out.Type == cudart.BF16, epilogue: cudart.NoEpilogue,
	}
	x = cudart.Operands{A: p.A.At, B: p.B.At, C: p.Out.At, D: p.Out.At, Alpha: p.Scale.Value, Bias: p.Bias}
	switch {
	case p.PreMask != 0 || p.Mask != 0 || p.Act == kernels.SwiGLU || p.Scale.At != 0 || p.Gate.At != 0:
		return g, x, false
	case p.Act == kernels.GELU && !g.half: // whose accuracy NVIDIA does not state: a hardware tanh is off by 2^-11
		return g, x, false
	case p.Act == kernels.GELU && p.Back:
		g.epilogue, x.Aux = cudart.DGELU, p.Pre.At
	case p.Act == kernels.GELU && p.Residual != 0:
		return g, x, false
	case p.Act == kernels.GELU:
		g.epilogue, x.Aux = cudart.GELUAux, p.Pre.At
		if p.Bias != 0 {
			g.epilogue = cudart.GELUAuxBias
		}
	case p.Bias != 0:
		g.epilogue = cudart.AddBias
	}
	if x.Aux != 0 && p.Pre.Type != p.Out.Type {
		return g, x, false
	}
	switch {
	case p.Add:
		g.adds, x.Beta = true, 1
	case p.Residual != 0:
		if p.Bias != 0 && p.Gate.Value != 1 {
			return g, x, false
		}
		g.adds, x.Beta, x.C = true, 1, p.Residual
		x.Alpha *= p.Gate.Value
	}
	return g, x, true
}

func activation(op string, a compute.Act) kernels.Activation {
	switch a {
	case compute.None:
		return kernels.Identity
	case compute.GELU:
		return kernels.GELU
	case compute.SwiGLU:
		return kernels.SwiGLU
	}
	panic(fmt.Sprintf("cuda: %s: activation %d", op, a))
}
