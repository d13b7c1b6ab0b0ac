package cudart

import (
	"fmt"
	"unsafe"
)

// nvmlCalls are the functions of NVML that we use.
//
//nolint:staticcheck // the names are those of libnvidia-ml
type nvmlCalls struct {
	nvmlInit_v2, nvmlShutdown, nvmlErrorString, nvmlSystemGetDriverVersion, nvmlSystemGetCudaDriverVersion_v2 proc
	nvmlDeviceGetCount_v2, nvmlDeviceGetHandleByIndex_v2, nvmlDeviceGetHandleByPciBusId_v2                    proc
	nvmlDeviceGetHandleByUUID, nvmlDeviceGetName, nvmlDeviceGetUUID, nvmlDeviceGetCudaComputeCapability       proc
	nvmlDeviceGetUtilizationRates, nvmlDeviceGetMemoryInfo, nvmlDeviceGetPowerUsage                           proc
	nvmlDeviceGetEnforcedPowerLimit, nvmlDeviceGetTemperature, nvmlDeviceGetClockInfo                         proc
	nvmlDeviceGetCurrentClocksThrottleReasons                                                                 proc `need:"another driver"`
	nvmlDeviceGetCurrentClocksEventReasons                                                                    proc `need:"driver 535"`
}

// NVML is NVIDIA's management library, initialised. It may be used by several goroutines, needs no context, and goes on
// when a context is lost.
type NVML struct {
	lib *Found
	c   nvmlCalls
}

// NVML finds, opens and initialises the library. Close gives it back.
func (f *Finder) NVML() (*NVML, error) {
	lib, err := f.Find(LibNVML, 0)
	if err != nil {
		return nil, err
	}
	n := &NVML{lib: lib}
	if err := bind(&n.c, lib); err != nil {
		return nil, err
	}
	return n, n.do(&n.c.nvmlInit_v2)
}

// Close ends the use of the library.
func (n *NVML) Close() error { return n.do(&n.c.nvmlShutdown) }

// do calls p and turns a result other than 0 into an *Error.
//
//go:uintptrescapes
func (n *NVML) do(p *proc, args ...uintptr) error {
	if p.addr == 0 {
		return p.missing()
	}
	code := int32(p.call(args...))
	if code == 0 {
		return nil
	}
	return &Error{
		Library: n.lib.Path, Call: p.name, Code: int(code),
		Text:  cString(n.c.nvmlErrorString.call(uintptr(code))),
		state: nvmlState(int(code)),
	}
}

const nvmlNotSupported = 3

// nvmlState tells what an nvmlReturn_t means to a caller, or nil. Numbers of nvml.h.
func nvmlState(code int) error {
	switch code {
	case 9: // DRIVER_NOT_LOADED
		return ErrNoDriver
	case 13: // FUNCTION_NOT_FOUND
		return ErrSymbol
	case 15, 16: // GPU_IS_LOST, RESET_REQUIRED
		return ErrDeviceLost
	case 18: // LIB_RM_VERSION_MISMATCH
		return ErrMismatch
	case 20: // MEMORY
		return ErrOutOfMemory
	case 28: // GPU_NOT_FOUND
		return ErrNoDevice
	}
	return nil
}

// DriverVersion is the version of the installed driver as NVIDIA prints it, e.g. 550.163.01.
func (n *NVML) DriverVersion() (string, error) {
	var buf [96]byte
	err := n.do(&n.c.nvmlSystemGetDriverVersion, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return text(buf[:]), err
}

// CUDA is the newest CUDA that the driver supports.
func (n *NVML) CUDA() (Version, error) {
	var v int32
	err := n.do(&n.c.nvmlSystemGetCudaDriverVersion_v2, uintptr(unsafe.Pointer(&v)))
	return cudaVersion(int(v)), err
}

// Count is the number of GPUs of the machine, CUDA_VISIBLE_DEVICES or not.
func (n *NVML) Count() (int, error) {
	var count uint32
	err := n.do(&n.c.nvmlDeviceGetCount_v2, uintptr(unsafe.Pointer(&count)))
	return int(count), err
}

// Card is one GPU of NVML.
type Card struct {
	n *NVML
	h uintptr
}

// Card is GPU number i of the machine, from 0. Numbers are not those of the driver: use ByUUID to go from one to the other.
func (n *NVML) Card(i int) (Card, error) {
	c := Card{n: n}
	err := n.do(&n.c.nvmlDeviceGetHandleByIndex_v2, uintptr(i), uintptr(unsafe.Pointer(&c.h)))
	return c, err
}

// CardOf finds the GPU that the driver describes, by its UUID and, as UUIDs of parts of a GPU differ, by its bus address.
func (n *NVML) CardOf(p Properties) (Card, error) {
	c := Card{n: n}
	uuid, pci := cBytes(p.UUID), cBytes(p.PCI)
	if n.do(&n.c.nvmlDeviceGetHandleByUUID, uintptr(unsafe.Pointer(&uuid[0])), uintptr(unsafe.Pointer(&c.h))) == nil {
		return c, nil
	}
	err := n.do(&n.c.nvmlDeviceGetHandleByPciBusId_v2, uintptr(unsafe.Pointer(&pci[0])), uintptr(unsafe.Pointer(&c.h)))
	if err != nil {
		err = fmt.Errorf("GPU %s at %s: %w", p.UUID, p.PCI, err)
	}
	return c, err
}

// Name is the product, e.g. NVIDIA H100 80GB HBM3.
func (c Card) Name() (string, error) {
	var buf [96]byte
	err := c.n.do(&c.n.c.nvmlDeviceGetName, c.h, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return text(buf[:]), err
}

// UUID is as nvidia-smi prints it.
func (c Card) UUID() (string, error) {
	var buf [96]byte
	err := c.n.do(&c.n.c.nvmlDeviceGetUUID, c.h, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return text(buf[:]), err
}

// Capability is the compute capability.
func (c Card) Capability() (Capability, error) {
	var major, minor int32
	err := c.n.do(&c.n.c.nvmlDeviceGetCudaComputeCapability, c.h, uintptr(unsafe.Pointer(&major)), uintptr(unsafe.Pointer(&minor)))
	return Capability{int(major), int(minor)}, err
}
