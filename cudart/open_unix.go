//go:build !windows

package cudart

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// openLibrary opens a shared object; a bare name is looked for by the dynamic loader. global makes its symbols and its
// soname known to libraries opened later.
func openLibrary(path string, global bool) (uintptr, error) {
	mode := purego.RTLD_NOW | purego.RTLD_LOCAL
	if global {
		mode = purego.RTLD_NOW | purego.RTLD_GLOBAL
	}
	runtime.LockOSThread() // dlerror answers for the calling thread only
	defer runtime.UnlockOSThread()
	return purego.Dlopen(path, mode)
}

// symbolOf is the address of a function, or 0.
func symbolOf(handle uintptr, name string) uintptr {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := purego.Dlsym(handle, name)
	if err != nil {
		return 0
	}
	return p
}

// mappedPath is the file that the loader took for a bare name, or the name itself where the system does not tell.
func mappedPath(name string) string {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return name
	}
	defer f.Close() //nolint:errcheck // read only
	for s := bufio.NewScanner(f); s.Scan(); {
		if i := strings.IndexByte(s.Text(), '/'); i >= 0 {
			file := s.Text()[i:]
			if base := filepath.Base(file); base == name || resolvesTo(filepath.Join(filepath.Dir(file), name), file) {
				return file
			}
		}
	}
	return name
}

// resolvesTo tells whether link leads to file: libcuda.so.1 is usually a link to libcuda.so.550.163.01.
func resolvesTo(link, file string) bool {
	to, err := filepath.EvalSymlinks(link)
	return err == nil && to == file
}
