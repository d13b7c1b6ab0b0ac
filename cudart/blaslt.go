package cudart

import (
	"unsafe"
)

// blasCalls are the functions of cuBLASLt that we use.
type blasCalls struct {
	cublasLtGetVersion, cublasLtCreate, cublasLtDestroy, cublasLtMatmul                                   proc
	cublasLtMatmulDescCreate, cublasLtMatmulDescDestroy, cublasLtMatmulDescSetAttribute                   proc
	cublasLtMatrixLayoutCreate, cublasLtMatrixLayoutDestroy, cublasLtMatrixLayoutSetAttribute             proc
	cublasLtMatmulPreferenceCreate, cublasLtMatmulPreferenceDestroy, cublasLtMatmulPreferenceSetAttribute proc
	cublasLtMatmulAlgoGetHeuristic                                                                        proc
	cublasLtGetStatusName, cublasLtGetStatusString                                                        proc `need:"CUDA 11.4"`
}

// BlasLt is the library cuBLASLt: products of matrices at full speed.
type BlasLt struct {
	lib     *Found
	c       blasCalls
	version Version
}

// BlasLt finds and opens the newest cuBLASLt that the driver can run.
func (f *Finder) BlasLt(d *Driver) (*BlasLt, error) {
	lib, err := f.Find(LibBlasLt, d.cuda.Major)
	if err != nil {
		return nil, err
	}
	b := &BlasLt{lib: lib}
	if err := bind(&b.c, lib); err != nil {
		return nil, err
	}
	b.version = blasLtVersion(int(b.c.cublasLtGetVersion.call()))
	return b, nil
}

// Version is the library's, e.g. 12.4.5.
func (b *BlasLt) Version() Version { return b.version }

// Path is the library's file.
func (b *BlasLt) Path() string { return b.lib.Path }

// do calls p and turns a result other than 0 into an *Error.
//
//go:uintptrescapes
func (b *BlasLt) do(p *proc, args ...uintptr) error {
	if code := int32(p.call(args...)); code != 0 {
		return b.fail(p, int(code))
	}
	return nil
}

func (b *BlasLt) fail(p *proc, code int) *Error {
	e := &Error{Library: b.lib.Path, Call: p.name, Code: code}
	if b.c.cublasLtGetStatusName.addr != 0 && b.c.cublasLtGetStatusString.addr != 0 {
		e.Name, e.Text = cString(b.c.cublasLtGetStatusName.call(uintptr(code))), cString(b.c.cublasLtGetStatusString.call(uintptr(code)))
	}
	switch code { // cublasStatus_t
	case 3: // ALLOC_FAILED
		e.state = ErrOutOfMemory
	case 7, 8, 15: // INVALID_VALUE (of combinations, too), ARCH_MISMATCH, NOT_SUPPORTED
		e.state = ErrUnsupported
	}
	return e
}

// Blas is cuBLASLt on one GPU. To be used inside Do of its context.
type Blas struct {
	lib *BlasLt
	c   *Context
	h   uintptr

	running *Matmul // the last one
}

// Blas prepares the library for the GPU.
func (c *Context) Blas(lib *BlasLt) (*Blas, error) {
	b := &Blas{lib: lib, c: c}
	if err := lib.do(&lib.c.cublasLtCreate, uintptr(unsafe.Pointer(&b.h))); err != nil {
		return nil, err
	}
	return b, nil
}

// Close gives it back.
func (b *Blas) Close() error { return b.lib.do(&b.lib.c.cublasLtDestroy, b.h) }
