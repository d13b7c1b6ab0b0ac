package cudart

import (
	"errors"
	"time"
	"unsafe"
)

// Stream is a queue of work of one GPU; its entries run in order. Streams run beside each other and beside synchronous
// copies unless an Event orders them.
type Stream struct {
	c *Context
	p uintptr
}

// Stream makes a stream. It does not wait for the legacy default stream (CU_STREAM_NON_BLOCKING). Of two streams,
// blocks of the one with the lower priority number go first; 0 is usual, -1 urgent.
func (c *Context) Stream(priority int) (*Stream, error) {
	const nonBlocking = 1
	s := &Stream{c: c}
	err := c.d.do(&c.d.c.cuStreamCreateWithPriority, uintptr(unsafe.Pointer(&s.p)), nonBlocking, uintptr(priority))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close gives the stream back; its work is still carried out.
func (s *Stream) Close() error { return s.c.d.do(&s.c.d.c.cuStreamDestroy_v2, s.p) }

// Sync waits until all work in s is done. An error may stem from any earlier asynchronous call.
func (s *Stream) Sync() error { return s.c.d.hot(&s.c.d.c.cuStreamSynchronize, s.p) }

// Done tells whether all work in s is done.
func (s *Stream) Done() (bool, error) { return s.c.d.ready(&s.c.d.c.cuStreamQuery, s.p) }

// Upload copies n bytes of pinned memory, from offset, to dst. The memory must not change until the copy is done.
func (s *Stream) Upload(dst Ptr, src *Host, offset, n int) error {
	from, err := src.at(offset, n)
	if err != nil || n == 0 {
		return err
	}
	return s.c.d.hot(&s.c.d.c.cuMemcpyHtoDAsync_v2, uintptr(dst), from, uintptr(n), s.p)
}

// Download copies n bytes of device memory to pinned memory, from offset. They may be read after the copy is done.
func (s *Stream) Download(dst *Host, offset int, src Ptr, n int) error {
	to, err := dst.at(offset, n)
	if err != nil || n == 0 {
		return err
	}
	return s.c.d.hot(&s.c.d.c.cuMemcpyDtoHAsync_v2, to, uintptr(src), uintptr(n), s.p)
}

// Copy copies within the GPU.
func (s *Stream) Copy(dst, src Ptr, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	return s.c.d.hot(&s.c.d.c.cuMemcpyDtoDAsync_v2, uintptr(dst), uintptr(src), uintptr(bytes), s.p)
}

// CopyPeer copies from the memory of another GPU, directly where the two can, through the host where not.
func (s *Stream) CopyPeer(dst Ptr, src Ptr, from *Context, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	return s.c.d.hot(&s.c.d.c.cuMemcpyPeerAsync, uintptr(dst), s.c.handle, uintptr(src), from.handle, uintptr(bytes), s.p)
}

// Fill8 sets n bytes.
func (s *Stream) Fill8(dst Ptr, value uint8, n int64) error {
	if n == 0 {
		return nil
	}
	return s.c.d.hot(&s.c.d.c.cuMemsetD8Async, uintptr(dst), uintptr(value), uintptr(n), s.p)
}

// Fill32 sets n words of 32 bits; dst is aligned to 4 bytes.
func (s *Stream) Fill32(dst Ptr, value uint32, n int64) error {
	if n == 0 {
		return nil
	}
	return s.c.d.hot(&s.c.d.c.cuMemsetD32Async, uintptr(dst), uintptr(value), uintptr(n), s.p)
}

// Wait lets later work of s wait for e as it was last recorded; e may be of another GPU.
func (s *Stream) Wait(e *Event) error {
	return s.c.d.hot(&s.c.d.c.cuStreamWaitEvent, s.p, e.p, 0)
}

// Event marks a place in a stream.
type Event struct {
	c *Context
	p uintptr
}

// Event makes an event; with timing, it can measure and costs more.
func (c *Context) Event(timing bool) (*Event, error) {
	const disableTiming = 2
	flags := uintptr(disableTiming)
	if timing {
		flags = 0
	}
	e := &Event{c: c}
	if err := c.d.do(&c.d.c.cuEventCreate, uintptr(unsafe.Pointer(&e.p)), flags); err != nil {
		return nil, err
	}
	return e, nil
}

// Close gives the event back.
func (e *Event) Close() error { return e.c.d.do(&e.c.d.c.cuEventDestroy_v2, e.p) }

// Record moves e behind the work that s has now.
func (e *Event) Record(s *Stream) error { return e.c.d.hot(&e.c.d.c.cuEventRecord, e.p, s.p) }

// Sync waits until the GPU has reached e.
func (e *Event) Sync() error { return e.c.d.hot(&e.c.d.c.cuEventSynchronize, e.p) }

// Done tells whether the GPU has reached e.
func (e *Event) Done() (bool, error) { return e.c.d.ready(&e.c.d.c.cuEventQuery, e.p) }

// Since is the GPU's time from start to e; both are recorded with timing and reached.
func (e *Event) Since(start *Event) (time.Duration, error) {
	var ms float32
	if err := e.c.d.do(&e.c.d.c.cuEventElapsedTime, uintptr(unsafe.Pointer(&ms)), start.p, e.p); err != nil {
		var failed *Error
		if errors.As(err, &failed) && failed.Code == 400 {
			failed.Detail = "both events have to be made with timing and recorded"
		}
		return 0, err
	}
	return time.Duration(float64(ms) * float64(time.Millisecond)), nil
}
