package cudart

import (
	"errors"
	"fmt"
	"unsafe"
)

// Matmul is a Product prepared for running. Close gives it back.
type Matmul struct {
	Product Product

	b          *Blas
	desc       uintptr
	layouts    [4]uintptr // A, B, C, D
	algorithm  Algorithm
	bias, aux  Ptr // as last set
	alphaBeta  [2]float32
	calculates bool // an algorithm was chosen
}

// Matmul prepares p.
func (b *Blas) Matmul(p Product) (*Matmul, error) {
	if p.Epilogue == 0 {
		p.Epilogue = NoEpilogue
	}
	m := &Matmul{Product: p, b: b}
	if err := m.describe(); err != nil {
		return nil, errors.Join(fmt.Errorf("product of %d x %d and %d x %d: %w", p.M, p.K, p.K, p.N, err), m.Close())
	}
	return m, nil
}

// attribute numbers of cublasLt.h.
const (
	descTransA, descTransB, descEpilogue, descBias, descAux, descAuxLD, descAuxType, descBiasType = 3, 4, 7, 8, 11, 12, 22, 26
	layoutBatch, layoutStride                                                                     = 5, 6
	preferWorkspace, preferAlignmentA                                                             = 1, 5 // B, C and D follow A
	computeF32, computeTF32                                                                       = 68, 77
)

// placeholder stands for the epilogue's addresses until the first run: the search for algorithms may want some, and reads nothing there.
const placeholder Ptr = 4096

func (m *Matmul) describe() error {
	c, p := &m.b.lib.c, &m.Product
	compute := uintptr(computeF32)
	if p.TF32 {
		compute = computeTF32
	}
	if err := m.b.lib.do(&c.cublasLtMatmulDescCreate, uintptr(unsafe.Pointer(&m.desc)), compute, uintptr(F32)); err != nil {
		return err
	}
	err := errors.Join(m.set(descTransA, trans(p.TransA)), m.set(descTransB, trans(p.TransB)), m.set(descEpilogue, int32(p.Epilogue)))
	if p.Epilogue.usesBias() {
		err = errors.Join(err, m.set(descBiasType, int32(p.BiasType)))
	}
	if p.Epilogue.usesAux() {
		err = errors.Join(err, m.set(descAuxType, int32(p.AuxType)), m.setWide(descAuxLD, uint64(p.AuxLD)))
	}
	err = errors.Join(err, m.attach(placeholder, placeholder))
	for i, l := range []struct {
		Layout
		rows, cols int64
		trans      bool
	}{{p.A, p.M, p.K, p.TransA}, {p.B, p.K, p.N, p.TransB}, {p.C, p.M, p.N, false}, {p.D, p.M, p.N, false}} {
		if l.trans {
			l.rows, l.cols = l.cols, l.rows
		}
		err = errors.Join(err, m.layout(&m.layouts[i], l.Layout, l.rows, l.cols))
	}
	return err
}

func trans(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}

func (m *Matmul) set(attribute uintptr, v int32) error {
	return m.b.lib.do(&m.b.lib.c.cublasLtMatmulDescSetAttribute, m.desc, attribute, uintptr(unsafe.Pointer(&v)), 4)
}

func (m *Matmul) setWide(attribute uintptr, v uint64) error {
	return m.b.lib.do(&m.b.lib.c.cublasLtMatmulDescSetAttribute, m.desc, attribute, uintptr(unsafe.Pointer(&v)), 8)
}

func (m *Matmul) layout(to *uintptr, l Layout, rows, cols int64) error {
	c := &m.b.lib.c
	err := m.b.lib.do(&c.cublasLtMatrixLayoutCreate, uintptr(unsafe.Pointer(to)), uintptr(l.Type), uintptr(rows), uintptr(cols), uintptr(l.LD))
	if err != nil || m.Product.Batch <= 1 {
		return err
	}
	batch, stride := int32(m.Product.Batch), l.Stride
	return errors.Join(
		m.b.lib.do(&c.cublasLtMatrixLayoutSetAttribute, *to, layoutBatch, uintptr(unsafe.Pointer(&batch)), 4),
		m.b.lib.do(&c.cublasLtMatrixLayoutSetAttribute, *to, layoutStride, uintptr(unsafe.Pointer(&stride)), 8))
}

// Close gives the descriptors back.
func (m *Matmul) Close() error {
	c := &m.b.lib.c
	var errs []error
	for _, l := range m.layouts {
		if l != 0 {
			errs = append(errs, m.b.lib.do(&c.cublasLtMatrixLayoutDestroy, l))
		}
	}
	if m.desc != 0 {
		errs = append(errs, m.b.lib.do(&c.cublasLtMatmulDescDestroy, m.desc))
	}
	m.layouts, m.desc = [4]uintptr{}, 0
	return errors.Join(errs...)
}

// Algorithm is one way of the library to compute a product (cublasLtMatmulHeuristicResult_t), for one version of it and one kind of GPU.
type Algorithm struct {
	opaque    [8]uint64
	Workspace uint64 // bytes of scratch memory
	state     int32
	Waves     float32 // how often the GPU is filled with blocks
	_         [4]int32
}

// Algorithms asks for up to n ways, by the library's guess best first, that need at most workspace bytes, and chooses the
// first. None is ErrUnsupported.
func (m *Matmul) Algorithms(workspace uint64, n int) ([]Algorithm, error) {
	c, lib := &m.b.lib.c, m.b.lib
	var preference uintptr
	if err := lib.do(&c.cublasLtMatmulPreferenceCreate, uintptr(unsafe.Pointer(&preference))); err != nil {
		return nil, err
	}
	list := make([]Algorithm, max(n, 1))
	var found int32
	err := lib.do(&c.cublasLtMatmulPreferenceSetAttribute, preference, preferWorkspace, uintptr(unsafe.Pointer(&workspace)), 8)
	aligned := int32(16)
	if m.Product.Alignment > 0 {
		aligned = int32(m.Product.Alignment)
	}
	for i := range uintptr(len(m.layouts)) { // else the library may give ways that need 256 bytes
		err = errors.Join(err, lib.do(&c.cublasLtMatmulPreferenceSetAttribute, preference, preferAlignmentA+i, uintptr(unsafe.Pointer(&aligned)), 4))
	}
	if err == nil {
		err = lib.do(&c.cublasLtMatmulAlgoGetHeuristic, m.b.h, m.desc, m.layouts[0], m.layouts[1], m.layouts[2], m.layouts[3],
			preference, uintptr(len(list)), uintptr(unsafe.Pointer(&list[0])), uintptr(unsafe.Pointer(&found)))
	}
	err = errors.Join(err, lib.do(&c.cublasLtMatmulPreferenceDestroy, preference))
	if err != nil {
		return nil, err
	}
	usable := list[:0]
	for _, a := range list[:found] {
		if a.state == 0 {
			usable = append(usable, a)
		}
	}
	if len(usable) == 0 {
		p := m.Product
		return nil, fmt.Errorf("product of %d x %d and %d x %d, epilogue %d: %w", p.M, p.K, p.K, p.N, p.Epilogue, ErrUnsupported)
	}
	m.Use(usable[0])
	return usable, nil
}

// Use chooses an algorithm.
func (m *Matmul) Use(a Algorithm) { m.algorithm, m.calculates = a, true }

// Operands are the addresses of one run, all aligned to 16 bytes, and to the product's Alignment. C may be D.
type Operands struct {
	A, B, C, D  Ptr
	Alpha, Beta float32
	Bias, Aux   Ptr // as the epilogue wants
	Scratch     Ptr // of ScratchBytes, at least the algorithm's Workspace; 0 if that is 0
	Bytes       uint64
}

// Run puts the product into s.
func (m *Matmul) Run(s *Stream, x *Operands) error {
	if !m.calculates {
		return errors.New("cudart: a product is run before an algorithm was chosen")
	}
	if err := m.attach(x.Bias, x.Aux); err != nil {
		return err
	}
	m.alphaBeta = [2]float32{x.Alpha, x.Beta}
	m.b.running = m // so that alpha, beta and the algorithm are on the heap, where they do not move, and live
	p := &m.b.lib.c.cublasLtMatmul
	code := int32(p.hot(m.b.h, m.desc, uintptr(unsafe.Pointer(&m.alphaBeta[0])), uintptr(x.A), m.layouts[0], uintptr(x.B), m.layouts[1],
		uintptr(unsafe.Pointer(&m.alphaBeta[1])), uintptr(x.C), m.layouts[2], uintptr(x.D), m.layouts[3],
		uintptr(unsafe.Pointer(&m.algorithm)), uintptr(x.Scratch), uintptr(x.Bytes), s.p))
	if code != 0 {
		return m.b.lib.fail(p, int(code))
	}
	return nil
}

// attach sets the epilogue's addresses where they changed.
func (m *Matmul) attach(bias, aux Ptr) error {
	if m.Product.Epilogue.usesBias() && bias != m.bias {
		if err := m.setWide(descBias, uint64(bias)); err != nil {
			return err
		}
		m.bias = bias
	}
	if m.Product.Epilogue.usesAux() && aux != m.aux {
		if err := m.setWide(descAux, uint64(aux)); err != nil {
			return err
		}
		m.aux = aux
	}
	return nil
}
