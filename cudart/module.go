package cudart

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Module is compiled code on one GPU.
type Module struct {
	c *Context
	p uintptr
}

// Load puts a cubin, a fat binary or PTX onto the GPU. PTX is compiled by the driver, whose log is part of the error.
func (c *Context) Load(image []byte) (*Module, error) {
	const errorLog, errorLogBytes = 5, 6 // CUjit_option
	if len(image) == 0 {
		return nil, errors.New("cudart: module image is empty")
	}
	image = append(image[:len(image):len(image)], 0) // PTX ends with a NUL
	log := make([]byte, 8192)
	options := []int32{errorLog, errorLogBytes}
	values := []unsafe.Pointer{unsafe.Pointer(&log[0]), nil}
	*(*uintptr)(unsafe.Pointer(&values[1])) = uintptr(len(log))
	m := &Module{c: c}
	err := c.d.do(&c.d.c.cuModuleLoadDataEx, uintptr(unsafe.Pointer(&m.p)), uintptr(unsafe.Pointer(&image[0])),
		uintptr(len(options)), uintptr(unsafe.Pointer(&options[0])), uintptr(unsafe.Pointer(&values[0])))
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Detail = strings.TrimSpace(text(log))
		}
		return nil, err
	}
	return m, nil
}

// Close takes the code off the GPU; its kernels must not be launched after that.
func (m *Module) Close() error { return m.c.d.do(&m.c.d.c.cuModuleUnload, m.p) }

// Global is address and size of a __device__ or __constant__ variable.
func (m *Module) Global(name string) (p Ptr, bytes int64, err error) {
	var n uint64
	cname := cBytes(name)
	err = m.c.d.do(&m.c.d.c.cuModuleGetGlobal_v2, uintptr(unsafe.Pointer(&p)), uintptr(unsafe.Pointer(&n)), m.p, uintptr(unsafe.Pointer(&cname[0])))
	if err != nil {
		err = fmt.Errorf("variable %q: %w", name, err)
	}
	return p, int64(n), err
}

// Kernel is a __global__ function of a module.
type Kernel struct {
	Name string

	c     *Context
	p     uintptr
	sizes []int // bytes of each parameter; nil if the driver is too old to tell
}

// Kernel finds a function by its (C) name.
func (m *Module) Kernel(name string) (*Kernel, error) {
	k := &Kernel{Name: name, c: m.c}
	cname := cBytes(name)
	err := m.c.d.do(&m.c.d.c.cuModuleGetFunction, uintptr(unsafe.Pointer(&k.p)), m.p, uintptr(unsafe.Pointer(&cname[0])))
	if err != nil {
		return nil, fmt.Errorf("kernel %q: %w", name, err)
	}
	if m.c.d.c.cuFuncGetParamInfo.addr != 0 {
		k.sizes = k.parameters()
	}
	return k, nil
}

// parameters asks for the size of each parameter, until the driver says that there are no more. nil: it does not tell.
func (k *Kernel) parameters() []int {
	const noMore = 1 // CUDA_ERROR_INVALID_VALUE
	sizes := []int{}
	for len(sizes) < maxParams {
		var offset, size uint64
		err := k.c.d.do(&k.c.d.c.cuFuncGetParamInfo, k.p, uintptr(len(sizes)), uintptr(unsafe.Pointer(&offset)), uintptr(unsafe.Pointer(&size)))
		if e := new(Error); errors.As(err, &e) && e.Code == noMore {
			break
		}
		if err != nil {
			return nil
		}
		sizes = append(sizes, int(size))
	}
	return sizes
}

// Attributes is what a kernel takes of a multiprocessor.
type Attributes struct {
	MaxThreads int `json:"max_threads"` // largest block
	Registers  int `json:"registers"`   // per thread
	Shared     int `json:"shared"`      // static bytes per block
	Local      int `json:"local"`       // bytes per thread; more than 0 usually means spilled registers
	Const      int `json:"const"`       // bytes
	PTX        int `json:"ptx"`         // 80: compiled from PTX for compute_80
	Binary     int `json:"binary"`      // 90: machine code for sm_90
}

// Attributes asks the driver.
func (k *Kernel) Attributes() (Attributes, error) {
	var u Attributes
	for attribute, to := range []*int{&u.MaxThreads, &u.Shared, &u.Const, &u.Local, &u.Registers, &u.PTX, &u.Binary} {
		var v int32
		if err := k.c.d.do(&k.c.d.c.cuFuncGetAttribute, uintptr(unsafe.Pointer(&v)), uintptr(attribute), k.p); err != nil {
			return u, fmt.Errorf("kernel %q: %w", k.Name, err)
		}
		*to = int(v)
	}
	return u, nil
}

// SetShared allows launches with up to bytes of dynamic shared memory; more than 48 KiB are refused without it.
func (k *Kernel) SetShared(bytes int) error {
	const maxDynamicShared = 8
	err := k.c.d.do(&k.c.d.c.cuFuncSetAttribute, k.p, maxDynamicShared, uintptr(bytes))
	if err != nil {
		return fmt.Errorf("kernel %q: %d bytes of shared memory: %w", k.Name, bytes, err)
	}
	return nil
}

// Occupancy is how many blocks fit on one multiprocessor at once.
func (k *Kernel) Occupancy(threads, shared int) (int, error) {
	var n int32
	err := k.c.d.do(&k.c.d.c.cuOccupancyMaxActiveBlocksPerMultiprocessor, uintptr(unsafe.Pointer(&n)), k.p, uintptr(threads), uintptr(shared))
	return int(n), err
}
