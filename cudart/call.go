package cudart

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// maxArgs is the largest number of arguments of a bound function: cublasLtMatmul.
const maxArgs = 16

// proc is one function of a library. Address 0: the library does not have it.
type proc struct {
	addr uintptr
	file string // library
	name string
	need string // first version with it, e.g. "CUDA 11.4"; empty: all
}

// argPool holds argument blocks: SyscallN lets a literal list of arguments escape, so lists are copied into one of these.
var argPool = sync.Pool{New: func() any { return new([maxArgs]uintptr) }}

// call calls p with integers and pointers, as C passes them, and returns the integer register. A pointer is converted to uintptr in
// the call expression itself; what it points to then lies on the heap and lives until call returns. The list of arguments is
// on the heap too: one allocation.
//
//go:uintptrescapes
func (p *proc) call(args ...uintptr) uintptr { return p.hot(args...) }

// hot is call without an allocation, for arguments of which none is the address of a Go variable that could be on a stack
// or that nothing else keeps alive.
func (p *proc) hot(args ...uintptr) uintptr {
	block := argPool.Get().(*[maxArgs]uintptr)
	n := copy(block[:], args)
	r, _, _ := purego.SyscallN(p.addr, block[:n]...)
	argPool.Put(block)
	return r
}

// missing is the error for a function that the library does not have.
func (p *proc) missing() error {
	return &SymbolError{Library: p.file, Symbol: p.name, Since: p.need}
}

// bind fills a struct whose fields are procs named as the functions of a library. The tag `need:"CUDA 11.4"` marks
// functions that came later: they may be missing, and calling them is then an error. Any other missing one is an error here.
func bind(table any, lib *Found) error {
	v := reflect.ValueOf(table).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		p := (*proc)(v.Field(i).Addr().UnsafePointer())
		*p = proc{addr: lib.symbol(field.Name), file: lib.Path, name: field.Name, need: field.Tag.Get("need")}
		if p.addr == 0 && p.need == "" {
			return p.missing()
		}
	}
	return nil
}

// cString reads text that C owns, up to its NUL; empty for a null pointer.
func cString(p uintptr) string {
	if p == 0 {
		return ""
	}
	start := *(*unsafe.Pointer)(unsafe.Pointer(&p)) // C memory: no object of the garbage collector
	n := 0
	for *(*byte)(unsafe.Add(start, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(start), n))
}

// text cuts a buffer that C filled at its NUL.
func text(buf []byte) string {
	for i, c := range buf {
		if c == 0 {
			return string(buf[:i])
		}
	}
	return string(buf)
}

// cBytes appends the NUL that C wants.
func cBytes(s string) []byte { return append([]byte(s), 0) }
