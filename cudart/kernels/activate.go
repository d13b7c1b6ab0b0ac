package kernels

import (
	"growlab/cudart"
)

// Activate is what follows a product of a library that could not fuse it. With z = Scale Z + Bias:
//
//	Pre = PreMask z; y = Mask act(Pre before it is rounded); Out = y, or Residual + Gate y if Residual is set
//
// C is the width of Out; with SwiGLU Z, Bias and Pre have 2C columns, gate then up. Masks are over C.
type Activate struct {
	Out, Z, Pre Array // Pre may be absent, and Z may be Pre, or Out where they are of one width and type
	Scale       Scalar
	Bias        cudart.Ptr // float32 or 0
	PreMask     Mask
	Act         Activation
	Mask        Mask
	Residual    cudart.Ptr // float32 (rows, C) or 0; may be Out
	Gate        Scalar
	Rows, C     int
}

// Activate launches one kernel.
func (k *Set) Activate(s *cudart.Stream, v Activate) error {
	positive("Activate", v.Rows, v.C)
	e := epilogueArgs{
		out: v.Out, pre: v.Pre, scale: v.Scale, gate: v.Gate, bias: v.Bias, residual: v.Residual, preMask: v.PreMask, mask: v.Mask,
		ldout: int64(v.C), ldpre: int64(units(v.Act, v.C)), act: int32(v.Act), c: i32(v.C),
		vec: quads(v.C, v.Out, v.Z, v.Pre, F32(v.Bias), F32(v.Residual)),
	}
	return k.activate(s, e, v.Z, units(v.Act, v.C), v.Rows)
}

// units is the width of what activation act takes to leave c columns.
func units(act Activation, c int) int {
	if act == SwiGLU {
		return 2 * c
	}
	return c
}

func (k *Set) activate(s *cudart.Stream, e epilogueArgs, z Array, ldz, rows int) error {
	a := struct {
		e   epilogueArgs
		z   Array
		ldz int64
	}{e, z, int64(ldz)}
	return launch(k, s, activateKernel, dim(rows), threads(int(e.c)), 0, &a)
}

// ActivateGrad carries the gradient Scale DY of y back through Activate: DZ = PreMask act'(Pre) Mask Scale DY. C is the width of DY;
// with SwiGLU DZ and Pre have 2C columns.
type ActivateGrad struct {
	DZ, DY, Pre   Array // DZ may be Pre, and DY where they are of one width and type
	Scale         Scalar
	PreMask, Mask Mask
	Act           Activation
	Rows, C       int
}

// ActivateGrad launches one kernel.
func (k *Set) ActivateGrad(s *cudart.Stream, v ActivateGrad) error {
	positive("ActivateGrad", v.Rows, v.C)
	width := units(v.Act, v.C)
	e := epilogueArgs{
		out: v.DZ, pre: v.Pre, scale: v.Scale, preMask: v.PreMask, mask: v.Mask, ldout: int64(width), ldpre: int64(width), act: int32(v.Act),
		back: 1, c: i32(v.C), vec: quads(v.C, v.DZ, v.DY, v.Pre),
	}
	return k.activate(s, e, v.DY, v.C, v.Rows)
}

// Combine writes Y = A X + B Z elementwise in float32, and a copy of Y to Operand.
type Combine struct {
	Y, X, Z Array // Y may be X or Z
	Operand Array // or absent
	A, B    Scalar
	N       int64
}

// Combine launches one kernel.
func (k *Set) Combine(s *cudart.Stream, c Combine) error {
	a := struct {
		y, x, z, operand Array
		a, b             Scalar
		n                int64
		vec, _           int32
	}{c.Y, c.X, c.Z, c.Operand, c.A, c.B, c.N, quads(0, c.Y, c.X, c.Z, c.Operand), 0}
	return launch(k, s, combineKernel, dim64((c.N+1023)/1024), cudart.Dim{X: 256}, 0, &a)
}

// Cast copies n numbers from src to dst, which may be of another type.
func (k *Set) Cast(s *cudart.Stream, dst, src Array, n int64) error {
	a := struct {
		dst, src Array
		n        int64
		vec, _   int32
	}{dst, src, n, quads(0, dst, src), 0}
	return launch(k, s, castKernel, dim64((n+1023)/1024), cudart.Dim{X: 256}, 0, &a)
}
