package cudart

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// openLibrary opens a DLL; of a bare name only in the folders of the program and of the system. global has no meaning
// here: a DLL already loaded is found by name.
func openLibrary(path string, _ bool) (uintptr, error) {
	flags := uintptr(windows.LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
	if filepath.IsAbs(path) {
		flags |= windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
	}
	h, err := windows.LoadLibraryEx(path, 0, flags)
	return uintptr(h), err
}

// symbolOf is the address of a function, or 0.
func symbolOf(handle uintptr, name string) uintptr {
	p, err := windows.GetProcAddress(windows.Handle(handle), name)
	if err != nil {
		return 0
	}
	return p
}

// mappedPath is the name itself: doctor prints what was asked for.
func mappedPath(name string) string { return name }
