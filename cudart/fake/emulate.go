//go:build linux

package fake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

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
	if err := sweep(parent); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return nil, err
	}
	libs, err := Build(fresh)
	if err == nil {
		_, err = libs.Kernels(emulated, nil)
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

// sweep removes what a week of changes to the sources left.
func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	for _, e := range entries {
		info, infoErr := e.Info()
		if infoErr == nil && time.Since(info.ModTime()) > 7*24*time.Hour {
			err = errors.Join(err, os.RemoveAll(filepath.Join(parent, e.Name())))
		}
	}
	return err
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

// objects is the folder of the compiled units of our kernels.
const objects = "objects"

// Kernels compiles our kernels for the emulator into the shared object name, and gives the image of a module that runs them. edit, if
// it is not nil, may change a file's text before: to plant a fault, say. What it leaves as it is, is compiled once only.
func (l *Libraries) Kernels(name string, edit func(file, text string) string) ([]byte, error) {
	texts, changed := source.Headers(), map[string]bool{}
	for _, unit := range source.Units {
		texts[unit] = source.Text(unit)
	}
	if edit != nil {
		all := false
		for file, text := range texts {
			texts[file] = edit(file, text)
			changed[file] = texts[file] != text
			all = all || changed[file] && strings.HasSuffix(file, ".h")
		}
		for _, unit := range source.Units {
			changed[unit] = changed[unit] || all
		}
	}
	return l.emulate(name, texts, source.Units, func(unit string) bool { return changed[unit] })
}

// Emulated compiles a kernel file of one's own, which includes "portable.h", like Kernels.
func (l *Libraries) Emulated(name, text string) ([]byte, error) {
	texts := source.Headers()
	texts["own.cu"] = text
	return l.emulate(name, texts, []string{"own.cu"}, func(string) bool { return true })
}

// emulate links units and the emulator. Objects of units that are not fresh are taken from the folder of objects, or made there.
func (l *Libraries) emulate(name string, texts map[string]string, units []string, fresh func(unit string) bool) ([]byte, error) {
	dir, err := os.MkdirTemp(l.Dir, "units-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // leftovers lie in a folder of the cache
	const scheduler = "emulator.cc"
	errs := []error{os.MkdirAll(filepath.Join(l.Dir, objects), 0o700)}
	for file, text := range texts {
		errs = append(errs, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	errs = append(errs, os.WriteFile(filepath.Join(dir, scheduler), []byte("#include \"../src/emulator.cc\"\n"), 0o600))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	units = append([]string{scheduler}, units...)
	made := make([]string, len(units))
	errs = make([]error, len(units))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, unit := range units {
		kept := filepath.Join(l.Dir, objects, unit+".o")
		made[i] = kept
		level := "-O2"
		if fresh(unit) && unit != scheduler {
			made[i], level = unit+".o", "-O1" // to run a few times only
		} else if _, err := os.Stat(kept); err == nil {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = cxx(dir, level, "-DGROWLAB_EMULATOR", "-I../src", "-I.", "-c", "-x", "c++", unit, "-o", made[i])
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	so := filepath.Join(l.Dir, name)
	return Image(so), cxx(dir, append([]string{"-shared", "-o", so}, append(made, "-lpthread", "-lm")...)...)
}

// cxx runs the C++ compiler. Variables begin as nonsense, so that one that is read before it is set shows.
func cxx(dir string, args ...string) error {
	compiler := "g++"
	if c := os.Getenv("CXX"); c != "" {
		compiler = c
	}
	command := append(strings.Fields(compiler), "-std=c++17", "-fPIC", "-fvisibility=hidden", "-ftrivial-auto-var-init=pattern",
		"-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-Wno-unused-function")
	c := exec.Command(command[0], append(command[1:], args...)...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", strings.Join(command, " "), strings.Join(args, " "), err, out)
	}
	return nil
}
