//go:build linux

package fake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"growlab/cudart/kernels/source"
)

// emulated is the shared object that stands for machine code and PTX of our kernels.
const emulated = "growlab-kernels.so"

// BuildWithKernels is Build with our own kernels: a module of machine code or PTX that is loaded into the fake driver runs, under
// the emulator, the source that it was compiled from. It needs g++ and takes some seconds of compiling, once for a state of the
// sources: the folder, Libraries.Dir, lies in the user's cache (else in a temporary one, which stays) and is used again.
func BuildWithKernels() (*Libraries, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	stand, err := standInHash()
	if err != nil {
		return nil, err
	}
	parent := filepath.Join(cache, "growlab-test")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	dir := filepath.Join(parent, "fake-cuda-"+stand)
	if _, err := os.Stat(filepath.Join(dir, emulated)); err == nil {
		return &Libraries{Dir: dir}, nil
	}
	fresh, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return nil, err
	}
	libs, err := Build(fresh)
	if err == nil {
		_, err = libs.Emulate(emulated, source.Files, nil)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(fresh))
	}
	if err := os.Rename(fresh, dir); err != nil { // another process was first
		if _, stat := os.Stat(filepath.Join(dir, emulated)); stat != nil {
			return nil, errors.Join(err, os.RemoveAll(fresh))
		}
		return &Libraries{Dir: dir}, os.RemoveAll(fresh)
	}
	return &Libraries{Dir: dir}, nil
}

// standInHash is that of everything that BuildWithKernels compiles.
func standInHash() (string, error) {
	var all []string
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := sources.ReadFile(path)
		all = append(all, path, string(b))
		return err
	})
	return source.Hash(append(all, os.Getenv("CC"), os.Getenv("CXX"))...), err
}

// Emulate compiles kernels for the emulator into the shared object name, and gives the image of a module that runs them. files has
// .cu files and what they include; each is compiled, or only units if there are any. edit, if it is not nil, may change a text before.
func (l *Libraries) Emulate(name string, files fs.FS, edit func(file, text string) string, units ...string) ([]byte, error) {
	dir, err := os.MkdirTemp(l.Dir, "units-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // leftovers lie in a folder of the cache
	if err := copyEdited(dir, files, edit); err != nil {
		return nil, err
	}
	if len(units) == 0 {
		if units, err = fs.Glob(files, "*.cu"); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "emulator.cc"), []byte("#include \"../src/emulator.cc\"\n"), 0o600); err != nil {
		return nil, err
	}
	units = append([]string{"emulator.cc"}, units...)
	errs, objects := make([]error, len(units)), make([]string, len(units))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i, unit := range units {
		objects[i] = unit + ".o"
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = cxx(dir, "-DGROWLAB_EMULATOR", "-I../src", "-I.", "-c", "-x", "c++", unit, "-o", objects[i])
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	so := filepath.Join(l.Dir, name)
	return Image(so), cxx(dir, append([]string{"-shared", "-o", so}, append(objects, "-lpthread", "-lm")...)...)
}

func copyEdited(dir string, files fs.FS, edit func(file, text string) string) error {
	names, err := fs.Glob(files, "*.*")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		text := string(b)
		if edit != nil {
			text = edit(name, text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// cxx runs the C++ compiler. Variables begin as nonsense, so that one that is read before it is set shows.
func cxx(dir string, args ...string) error {
	compiler := "g++"
	if c := os.Getenv("CXX"); c != "" {
		compiler = c
	}
	command := append(strings.Fields(compiler), "-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-ftrivial-auto-var-init=pattern",
		"-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-Wno-unused-function")
	c := exec.Command(command[0], append(command[1:], args...)...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", strings.Join(command, " "), strings.Join(args, " "), err, out)
	}
	return nil
}
