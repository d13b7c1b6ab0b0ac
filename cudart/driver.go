package cudart

import (
	"errors"
	"fmt"
	"unsafe"
)

// driverCalls are the functions of libcuda that we use. A field is named as its symbol, suffix included: the driver
// keeps old symbols for ever. need says which CUDA brought it where that is later than 11.0.
//
//nolint:staticcheck // the names are those of libcuda
type driverCalls struct {
	cuInit, cuDriverGetVersion, cuGetErrorName, cuGetErrorString                                         proc
	cuDeviceGetCount, cuDeviceGet, cuDeviceGetName, cuDeviceTotalMem_v2, cuDeviceGetAttribute            proc
	cuDeviceGetPCIBusId, cuDeviceGetUuid, cuDeviceCanAccessPeer, cuCtxEnablePeerAccess                   proc
	cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRelease_v2, cuCtxSetCurrent, cuCtxSynchronize            proc
	cuMemAlloc_v2, cuMemFree_v2, cuMemGetInfo_v2, cuMemHostAlloc, cuMemFreeHost                          proc
	cuMemcpyHtoD_v2, cuMemcpyDtoH_v2, cuMemcpyHtoDAsync_v2, cuMemcpyDtoHAsync_v2, cuMemcpyDtoDAsync_v2   proc
	cuMemcpyDtoD_v2, cuMemcpyPeerAsync, cuMemsetD8_v2, cuMemsetD32_v2, cuMemsetD8Async, cuMemsetD32Async proc
	cuStreamCreateWithPriority, cuStreamDestroy_v2, cuStreamSynchronize, cuStreamQuery                   proc
	cuStreamWaitEvent, cuStreamBeginCapture_v2, cuStreamEndCapture                                       proc
	cuEventCreate, cuEventDestroy_v2, cuEventRecord, cuEventSynchronize, cuEventQuery                    proc
	cuEventElapsedTime                                                                                   proc
	cuModuleLoadDataEx, cuModuleUnload, cuModuleGetFunction, cuModuleGetGlobal_v2                        proc
	cuFuncGetAttribute, cuFuncSetAttribute, cuLaunchKernel, cuOccupancyMaxActiveBlocksPerMultiprocessor  proc
	cuGraphInstantiateWithFlags                                                                          proc `need:"CUDA 11.4"`
	cuGraphLaunch, cuGraphUpload, cuGraphExecDestroy, cuGraphDestroy, cuGraphGetNodes                    proc
	cuFuncGetParamInfo                                                                                   proc `need:"CUDA 12.4"`
}

// Driver is an initialised libcuda. It may be used by several goroutines.
type Driver struct {
	lib  *Found
	c    driverCalls
	cuda Version
}

// Driver finds, opens and initialises libcuda. The errors tell apart ErrNoDriver, ErrMismatch, ErrNoDevice and
// ErrSymbol. When the error is not ErrNoDriver or ErrSymbol, the driver is returned with it, so that its version can be told.
func (f *Finder) Driver() (*Driver, error) {
	lib, err := f.Find(LibDriver, 0)
	if err != nil {
		return nil, err
	}
	d := &Driver{lib: lib}
	if err := bind(&d.c, lib); err != nil {
		return nil, err
	}
	var version int32
	if err := d.do(&d.c.cuDriverGetVersion, uintptr(unsafe.Pointer(&version))); err != nil {
		return d, err
	}
	d.cuda = cudaVersion(int(version))
	if err := d.do(&d.c.cuInit, 0); err != nil {
		return d, explainInit(err)
	}
	return d, nil
}

// explainInit adds to the codes of cuInit what usually is behind them.
func explainInit(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case 100:
		e.Detail = "the driver is installed and sees no GPU: none is built in, CUDA_VISIBLE_DEVICES hides it, or this container was started without it"
	case 34:
		e.Detail = "this is a stub of a CUDA toolkit, not the driver: take its folder out of LD_LIBRARY_PATH"
	case 803:
		e.Detail = "the driver was updated and its kernel module was not: restart the machine"
	case 802:
		e.Detail = "the machine's fabric manager is not running"
	case 999, 304:
		e.Detail = "the kernel module nvidia_uvm is not loaded, or /dev/nvidia* are missing in this container"
	}
	return e
}

// CUDA is the newest CUDA that the driver supports.
func (d *Driver) CUDA() Version { return d.cuda }

// Path is the file of the driver's library.
func (d *Driver) Path() string { return d.lib.Path }

// do calls p and turns a result other than 0 into an *Error.
//
//go:uintptrescapes
func (d *Driver) do(p *proc, args ...uintptr) error {
	if p.addr == 0 {
		return p.missing()
	}
	if code := int32(p.call(args...)); code != 0 {
		return d.fail(p, int(code))
	}
	return nil
}

// hot is do for the calls of every step; see proc.hot.
func (d *Driver) hot(p *proc, args ...uintptr) error {
	if p.addr == 0 {
		return p.missing()
	}
	if code := int32(p.hot(args...)); code != 0 {
		return d.fail(p, int(code))
	}
	return nil
}

// ready calls p, a query that answers 0 for finished and 600 for still under way.
func (d *Driver) ready(p *proc, args ...uintptr) (bool, error) {
	const notReady = 600
	switch code := int32(p.hot(args...)); code {
	case 0:
		return true, nil
	case notReady:
		return false, nil
	default:
		return false, d.fail(p, int(code))
	}
}

// fail asks the driver for name and sentence of a code.
func (d *Driver) fail(p *proc, code int) *Error {
	return &Error{
		Library: d.lib.Path, Call: p.name, Code: code,
		Name: d.errorText(&d.c.cuGetErrorName, code), Text: d.errorText(&d.c.cuGetErrorString, code),
		state: cudaState(code),
	}
}

func (d *Driver) errorText(p *proc, code int) string {
	var s uintptr
	if p.call(uintptr(code), uintptr(unsafe.Pointer(&s))) != 0 {
		return ""
	}
	return cString(s)
}

// Count is the number of GPUs that this process may use.
func (d *Driver) Count() (int, error) {
	var n int32
	if err := d.do(&d.c.cuDeviceGetCount, uintptr(unsafe.Pointer(&n))); err != nil {
		return 0, err
	}
	return int(n), nil
}

// CanPeer tells whether GPU a can read the memory of GPU b directly.
func (d *Driver) CanPeer(a, b Device) (bool, error) {
	var can int32
	err := d.do(&d.c.cuDeviceCanAccessPeer, uintptr(unsafe.Pointer(&can)), uintptr(a.handle), uintptr(b.handle))
	return can != 0, err
}

// bytesText is a size as people read it.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}
