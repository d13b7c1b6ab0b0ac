package cudart

import (
	"errors"
	"fmt"
	"unsafe"
)

// Ptr is an address in device memory. 0 is none.
type Ptr uint64

// MemInfo gives free and total device memory in bytes, as the driver sees it now.
func (c *Context) MemInfo() (free, total int64, err error) {
	var f, t uint64
	err = c.d.do(&c.d.c.cuMemGetInfo_v2, uintptr(unsafe.Pointer(&f)), uintptr(unsafe.Pointer(&t)))
	return int64(f), int64(t), err
}

// Alloc takes device memory, aligned to 256 bytes at least. Its content is undefined. ErrOutOfMemory tells what was
// asked and what is free.
func (c *Context) Alloc(bytes int64) (Ptr, error) {
	if bytes <= 0 {
		return 0, fmt.Errorf("device memory of %d bytes asked for; at least 1 is wanted", bytes)
	}
	var p Ptr
	err := c.d.do(&c.d.c.cuMemAlloc_v2, uintptr(unsafe.Pointer(&p)), uintptr(bytes))
	return p, c.explainMemory(err, bytes)
}

func (c *Context) explainMemory(err error, bytes int64) error {
	var e *Error
	if !errors.Is(err, ErrOutOfMemory) || !errors.As(err, &e) {
		return err
	}
	e.Detail = bytesText(bytes) + " asked for"
	if free, total, err := c.MemInfo(); err == nil {
		e.Detail += fmt.Sprintf(", %s of %s free", bytesText(free), bytesText(total))
	}
	return e
}

// Free gives device memory back; it waits for work that uses it. 0 is allowed.
func (c *Context) Free(p Ptr) error {
	if p == 0 {
		return nil
	}
	return c.d.do(&c.d.c.cuMemFree_v2, uintptr(p))
}

// settled waits for the default stream, where the calls that CUDA names synchronous leave what they may not have done when they return:
// copies from pageable memory on their last leg, copies within the GPU, memsets. Our own streams do not wait for it.
func (c *Context) settled(err error) error {
	if err != nil {
		return err
	}
	const defaultStream = 0
	return c.d.do(&c.d.c.cuStreamSynchronize, defaultStream)
}

// Upload copies src to dst and waits. It is not ordered with the streams of a context: synchronise first.
func (c *Context) Upload(dst Ptr, src []byte) error {
	if len(src) == 0 {
		return nil
	}
	return c.settled(c.d.do(&c.d.c.cuMemcpyHtoD_v2, uintptr(dst), uintptr(unsafe.Pointer(&src[0])), uintptr(len(src))))
}

// Download copies device memory to dst and waits. It is not ordered with the streams of a context: synchronise first.
func (c *Context) Download(dst []byte, src Ptr) error {
	if len(dst) == 0 {
		return nil
	}
	return c.d.do(&c.d.c.cuMemcpyDtoH_v2, uintptr(unsafe.Pointer(&dst[0])), uintptr(src), uintptr(len(dst)))
}

// Copy copies within the memory of GPUs and waits. It is not ordered with the streams of a context: synchronise first.
func (c *Context) Copy(dst, src Ptr, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	return c.settled(c.d.do(&c.d.c.cuMemcpyDtoD_v2, uintptr(dst), uintptr(src), uintptr(bytes)))
}

// Memset8 sets n bytes and waits. It is not ordered with the streams of a context: synchronise first.
func (c *Context) Memset8(dst Ptr, value uint8, n int64) error {
	if n == 0 {
		return nil
	}
	return c.settled(c.d.do(&c.d.c.cuMemsetD8_v2, uintptr(dst), uintptr(value), uintptr(n)))
}

// Memset32 sets n words of 32 bits and waits; dst is aligned to 4 bytes. It is not ordered with the streams of a context: synchronise first.
func (c *Context) Memset32(dst Ptr, value uint32, n int64) error {
	if n == 0 {
		return nil
	}
	return c.settled(c.d.do(&c.d.c.cuMemsetD32_v2, uintptr(dst), uintptr(value), uintptr(n)))
}

// Host is pinned host memory: the only kind that asynchronous copies take, since the garbage collector does not own it.
type Host struct {
	c *Context
	p uintptr
	n int
}

// AllocHost takes pinned host memory that all GPUs may copy from and to. Its content is undefined.
func (c *Context) AllocHost(bytes int) (*Host, error) {
	const portable = 1
	if bytes <= 0 {
		return nil, fmt.Errorf("pinned memory of %d bytes asked for; at least 1 is wanted", bytes)
	}
	h := &Host{c: c, n: bytes}
	if err := c.d.do(&c.d.c.cuMemHostAlloc, uintptr(unsafe.Pointer(&h.p)), uintptr(bytes), portable); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Detail = bytesText(int64(bytes)) + " of pinned host memory asked for"
		}
		return nil, err
	}
	return h, nil
}

// Len is the size in bytes.
func (h *Host) Len() int { return h.n }

// Bytes is the memory. It must not be used after Free.
func (h *Host) Bytes() []byte {
	if h.p == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&h.p))), h.n)
}

// Number is an element of device memory that Go has a type for; bf16 travels as uint16.
type Number interface {
	uint8 | uint16 | uint32 | uint64 | int32 | int64 | float32 | float64
}

// View is the memory as numbers; bytes at the end that make no whole number are left out. It must not be used after Free.
func View[T Number](h *Host) []T {
	var t T
	b := h.Bytes()
	if len(b) < int(unsafe.Sizeof(t)) {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(t)))
}

// Free gives the memory back. Twice is allowed.
func (h *Host) Free() error {
	if h.p == 0 {
		return nil
	}
	err := h.c.d.do(&h.c.d.c.cuMemFreeHost, h.p)
	if err == nil {
		h.p = 0
	}
	return err
}

// at is the address of n bytes from offset, checked.
func (h *Host) at(offset, n int) (uintptr, error) {
	if h.p == 0 {
		return 0, errors.New("pinned memory was freed")
	}
	if offset < 0 || n < 0 || offset > h.n-n {
		return 0, fmt.Errorf("bytes %d to %d of pinned memory that has %d", offset, offset+n, h.n)
	}
	return h.p + uintptr(offset), nil
}
