package cudart

import (
	"errors"
	"fmt"
	"unsafe"
)

// Context is the primary context of one GPU together with the OS thread on which it is current. Methods of a Context,
// and of everything made from it, are to be called inside Do; elsewhere CUDA answers CUDA_ERROR_INVALID_CONTEXT.
type Context struct {
	Device Device

	d      *Driver
	handle uintptr
	thread *Thread

	launched *Args // of the last launch
}

// Context makes GPU dev ready for work. Close gives it back. The primary context is the one that NVIDIA's libraries use too.
func (d *Driver) Context(dev Device) (*Context, error) {
	c := &Context{Device: dev, d: d, thread: NewThread()}
	err := c.Do(func() error {
		mode, err := dev.Attribute(computeMode)
		if err == nil && mode == computeModeProhibited {
			return errors.New("its compute mode is \"prohibited\": nvidia-smi -c DEFAULT allows work on it")
		}
		if err := d.do(&d.c.cuDevicePrimaryCtxRetain, uintptr(unsafe.Pointer(&c.handle)), uintptr(dev.handle)); err != nil {
			return err
		}
		if err := d.do(&d.c.cuCtxSetCurrent, c.handle); err != nil {
			return errors.Join(err, d.do(&d.c.cuDevicePrimaryCtxRelease_v2, uintptr(dev.handle)))
		}
		return nil
	})
	if err != nil {
		c.thread.Close()
		return nil, fmt.Errorf("device %d: %w", dev.Ordinal, err)
	}
	return c, nil
}

// Do runs f on the context's thread. f must not call Do of the same context.
func (c *Context) Do(f func() error) error { return c.thread.Do(f) }

// Sync waits for all streams of the context. An error may stem from any earlier asynchronous call.
func (c *Context) Sync() error { return c.d.do(&c.d.c.cuCtxSynchronize) }

// Close releases the context and ends its thread. Not to be called inside Do. What was allocated and not freed is
// given back by the driver when nobody else holds the primary context.
func (c *Context) Close() error {
	err := c.Do(func() error {
		unset := c.d.do(&c.d.c.cuCtxSetCurrent, 0)
		return errors.Join(unset, c.d.do(&c.d.c.cuDevicePrimaryCtxRelease_v2, uintptr(c.Device.handle)))
	})
	c.thread.Close()
	return err
}

// EnablePeer lets kernels and copies of c reach the memory of other directly. Doing it twice is no error.
func (c *Context) EnablePeer(other *Context) error {
	const alreadyEnabled = 704
	err := c.d.do(&c.d.c.cuCtxEnablePeerAccess, other.handle, 0)
	var e *Error
	if errors.As(err, &e) && e.Code == alreadyEnabled {
		return nil
	}
	return err
}
