package cudart

import (
	"errors"
	"fmt"
)

// States that a caller tells apart with errors.Is.
var (
	// ErrNoDriver means that the driver's library was not found or could not be opened.
	ErrNoDriver = errors.New("no NVIDIA driver")
	// ErrMismatch means that driver and libraries, or driver and kernel module, are of different versions.
	ErrMismatch = errors.New("NVIDIA driver and library do not match")
	// ErrNoDevice means that the driver is there and sees no GPU.
	ErrNoDevice = errors.New("no CUDA device")
	// ErrOutOfMemory means that device memory or pinned host memory is exhausted; what was allocated stays valid.
	ErrOutOfMemory = errors.New("out of memory on the GPU")
	// ErrDeviceLost means that a kernel or the hardware failed so that the context is gone: every further call of
	// this process to this device fails too.
	ErrDeviceLost = errors.New("GPU lost")
	// ErrSymbol means that a library is too old to have a function.
	ErrSymbol = errors.New("function missing in library")
	// ErrNoLibrary means that an optional library was not found or could not be opened.
	ErrNoLibrary = errors.New("library not found")
	// ErrUnsupported means that a library has no way to do what was asked; a kernel of ours has to.
	ErrUnsupported = errors.New("not supported by the library")
)

// Error is a call to one of NVIDIA's libraries that failed.
type Error struct {
	Library string // file that was opened, e.g. /usr/lib/x86_64-linux-gnu/libcuda.so.1
	Call    string // function, e.g. cuMemAlloc_v2
	Code    int    // result, numbered by the library
	Name    string // name of the code, e.g. CUDA_ERROR_OUT_OF_MEMORY; may be empty
	Text    string // the library's own sentence; may be empty
	Detail  string // what was asked for, or a compiler's log; may be empty

	state error
}

// Error gives library, call, text, name and code in one line.
func (e *Error) Error() string {
	text := e.Text
	if text == "" {
		text = "failed"
	}
	code := fmt.Sprintf("code %d", e.Code)
	if e.Name != "" {
		code = fmt.Sprintf("%s, %d", e.Name, e.Code)
	}
	s := fmt.Sprintf("%s: %s: %s (%s)", e.Library, e.Call, text, code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap gives the state that the code stands for, such as ErrOutOfMemory, or nil.
func (e *Error) Unwrap() error { return e.state }

// SymbolError is a function that a library does not have.
type SymbolError struct {
	Library string // file that was opened
	Symbol  string // function that was looked for
	Since   string // first version of the library that has it; empty if all are supposed to
}

// Error names library, function and the version wanted.
func (e *SymbolError) Error() string {
	if e.Since == "" {
		return fmt.Sprintf("%s: %s is missing: this is not NVIDIA's library, or a very old one", e.Library, e.Symbol)
	}
	return fmt.Sprintf("%s: %s is missing: %s or newer is wanted", e.Library, e.Symbol, e.Since)
}

// Unwrap gives ErrSymbol.
func (e *SymbolError) Unwrap() error { return ErrSymbol }

// cudaState tells what a CUresult means to a caller, or nil. Numbers of cuda.h.
func cudaState(code int) error {
	switch code {
	case 2: // OUT_OF_MEMORY
		return ErrOutOfMemory
	case 100: // NO_DEVICE
		return ErrNoDevice
	case 34, 35, 803, 804: // STUB_LIBRARY, INSUFFICIENT_DRIVER, SYSTEM_DRIVER_MISMATCH, COMPAT_NOT_SUPPORTED_ON_DEVICE
		return ErrMismatch
	case 214, 220, 226, // ECC_UNCORRECTABLE, NVLINK_UNCORRECTABLE, CONTAINED
		700, 702, 709, 710, // ILLEGAL_ADDRESS, LAUNCH_TIMEOUT, CONTEXT_IS_DESTROYED, ASSERT
		714, 715, 716, 717, 718, 719, // HARDWARE_STACK_ERROR to LAUNCH_FAILED
		721: // TENSOR_MEMORY_LEAK
		return ErrDeviceLost
	}
	return nil
}
