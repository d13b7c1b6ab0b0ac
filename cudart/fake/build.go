//go:build linux

package fake

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

//go:embed src
var sources embed.FS

// library is one stand-in and the files it is made of.
type library struct {
	name    string
	sources []string
}

var libraries = []library{
	{"libcuda.so.1", []string{"core.c", "device.c", "memory.c", "stream.c", "module.c"}},
	{"libnvidia-ml.so.1", []string{"nvml.c"}},
	{"libcublasLt.so.12", []string{"cublaslt.c"}},
	{"libnccl.so.2", []string{"nccl.c"}},
	{"libnvrtc.so.12", []string{"nvrtc.c"}},
}

// Libraries are compiled stand-ins in a folder, to be copied for each test.
type Libraries struct{ Dir string }

// Build compiles all stand-ins into dir with gcc, or what CC names. It takes about two seconds of processor time.
func Build(dir string) (*Libraries, error) {
	if err := os.CopyFS(dir, sources); err != nil {
		return nil, err
	}
	errs := make([]error, len(libraries))
	var wg sync.WaitGroup
	for i, lib := range libraries {
		wg.Go(func() {
			args := []string{"-std=gnu11", "-D_GNU_SOURCE", "-o", lib.name}
			for _, s := range lib.sources {
				args = append(args, filepath.Join("src", s))
			}
			errs[i] = compile(dir, args...)
		})
	}
	wg.Wait()
	return &Libraries{Dir: dir}, errors.Join(errs...)
}

// Module compiles emulated kernels, the text of a C file that includes "fake.h" (C++ if name ends with .cc), and gives the
// image that cudart's Context.Load takes.
func (l *Libraries) Module(name, source string) ([]byte, error) {
	if err := os.WriteFile(filepath.Join(l.Dir, name), []byte(source), 0o600); err != nil {
		return nil, err
	}
	so := filepath.Join(l.Dir, name+".so")
	if err := compile(l.Dir, "-Isrc", "-o", so, name); err != nil {
		return nil, err
	}
	return Image(so), nil
}

// Image is the image of a module whose kernels are in the shared object at path.
func Image(path string) []byte { return []byte("growlab fake module\n" + path + "\n") }

// compile makes a shared object.
func compile(dir string, args ...string) error {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	command := append(strings.Fields(cc), "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror")
	command = append(append(command, args...), "-ldl", "-lpthread", "-lm")
	c := exec.Command(command[0], command[1:]...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, out)
	}
	return nil
}
