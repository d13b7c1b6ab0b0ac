package cudart

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// nvrtcCalls are the functions of NVRTC that we use.
type nvrtcCalls struct {
	nvrtcVersion, nvrtcGetErrorString, nvrtcCreateProgram, nvrtcDestroyProgram, nvrtcCompileProgram proc
	nvrtcGetPTXSize, nvrtcGetPTX, nvrtcGetProgramLogSize, nvrtcGetProgramLog                        proc
	nvrtcGetCUBINSize, nvrtcGetCUBIN                                                                proc `need:"CUDA 11.1"`
}

// NVRTC is the run-time compiler. It needs no GPU and no driver.
type NVRTC struct {
	lib     *Found
	c       nvrtcCalls
	version Version
}

// NVRTC finds and opens the newest compiler for a CUDA of at most driverMajor; 0: any.
func (f *Finder) NVRTC(driverMajor int) (*NVRTC, error) {
	lib, err := f.Find(LibNVRTC, driverMajor)
	if err != nil {
		return nil, err
	}
	n := &NVRTC{lib: lib}
	if err := bind(&n.c, lib); err != nil {
		return nil, err
	}
	var major, minor int32
	err = n.do(&n.c.nvrtcVersion, uintptr(unsafe.Pointer(&major)), uintptr(unsafe.Pointer(&minor)))
	n.version = Version{int(major), int(minor), 0}
	return n, err
}

// Version is the compiler's, e.g. 12.4.
func (n *NVRTC) Version() Version { return n.version }

// Path is the library's file.
func (n *NVRTC) Path() string { return n.lib.Path }

//go:uintptrescapes
func (n *NVRTC) do(p *proc, args ...uintptr) error {
	if p.addr == 0 {
		return p.missing()
	}
	if code := int32(p.call(args...)); code != 0 {
		return &Error{Library: n.lib.Path, Call: p.name, Code: int(code), Text: cString(n.c.nvrtcGetErrorString.call(uintptr(code)))}
	}
	return nil
}

// Source is the text of a program.
type Source struct {
	Name    string            // as it stands in messages
	Text    string            // CUDA C++
	Headers map[string]string // texts of files that it includes, by name
	Options []string          // e.g. --gpu-architecture=sm_90, --std=c++17
	Cubin   bool              // machine code instead of PTX; the architecture is then an sm_, not a compute_
}

// Compile makes PTX or a cubin. log is what the compiler said, also where it succeeded; of a failure it is part of the error.
func (n *NVRTC) Compile(s Source) (code []byte, log string, err error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	names := slices.Sorted(maps.Keys(s.Headers))
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = s.Headers[name]
	}
	var prog uintptr
	text, name := cBytes(s.Text), cBytes(s.Name)
	err = n.do(&n.c.nvrtcCreateProgram, uintptr(unsafe.Pointer(&prog)), uintptr(unsafe.Pointer(&text[0])), uintptr(unsafe.Pointer(&name[0])),
		uintptr(len(names)), cStrings(&pin, texts), cStrings(&pin, names))
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, n.do(&n.c.nvrtcDestroyProgram, uintptr(unsafe.Pointer(&prog)))) }()
	compileErr := n.do(&n.c.nvrtcCompileProgram, prog, uintptr(len(s.Options)), cStrings(&pin, s.Options))
	said, err := n.bytes(&n.c.nvrtcGetProgramLogSize, &n.c.nvrtcGetProgramLog, prog)
	log = strings.TrimRight(string(said), "\x00\n")
	var e *Error
	if errors.As(compileErr, &e) {
		e.Detail = log
	}
	if err = errors.Join(compileErr, err); err != nil {
		return nil, log, err
	}
	if s.Cubin {
		code, err = n.bytes(&n.c.nvrtcGetCUBINSize, &n.c.nvrtcGetCUBIN, prog)
	} else {
		code, err = n.bytes(&n.c.nvrtcGetPTXSize, &n.c.nvrtcGetPTX, prog)
	}
	return code, log, err
}

// bytes asks for a size and then for that many bytes.
func (n *NVRTC) bytes(size, get *proc, prog uintptr) ([]byte, error) {
	var count uint64
	if err := n.do(size, prog, uintptr(unsafe.Pointer(&count))); err != nil || count == 0 {
		return nil, err
	}
	b := make([]byte, count)
	return b, n.do(get, prog, uintptr(unsafe.Pointer(&b[0])))
}

// cStrings is an array of C strings, in place until pin is undone; 0 for none.
func cStrings(pin *runtime.Pinner, list []string) uintptr {
	if len(list) == 0 {
		return 0
	}
	array := make([]*byte, len(list))
	for i, s := range list {
		array[i] = &cBytes(s)[0]
		pin.Pin(array[i])
	}
	pin.Pin(&array[0])
	return uintptr(unsafe.Pointer(&array[0]))
}
