//go:build linux

package cudart

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tree makes folders below a new root and returns the root.
func tree(t *testing.T, dirs ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, d := range dirs {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// environment is an Env of a few variables.
func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// dirs lists places without the root.
func dirs(root string, list []place) []string {
	var out []string
	for _, p := range list {
		out = append(out, strings.TrimPrefix(p.dir, root))
	}
	return out
}

func TestPlacesInOrder(t *testing.T) {
	want := []string{ // best first; created in another order
		"/mine", "/app/cuda", "/app", "/cudapath/lib64", "/cudahome/targets/" + target() + "/lib",
		"/venv/lib/python3.12/site-packages/nvidia/cu13/lib", "/venv/lib/python3.12/site-packages/nvidia/cublas/lib",
		"/conda/lib", "/conda/lib/python3.11/site-packages/nvidia/cublas/lib",
		"/home/.local/lib/python3.9/site-packages/nvidia/cublas/lib",
		"/usr/local/lib/python3.11/dist-packages/nvidia/cublas/lib",
		"/opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib",
		"/opt/conda/lib", "/home/miniconda3/lib",
		"/usr/local/cuda/lib64", "/usr/local/cuda-13.0/lib64", "/usr/local/cuda-12.10/lib64", "/usr/local/cuda-12.9/lib64", "/opt/cuda/lib64",
		"/usr/lib/" + multiarch(), "/usr/lib64", "/usr/lib", "/usr/local/lib", "/run/opengl-driver/lib",
	}
	shuffled := append([]string(nil), want...)
	slices.Sort(shuffled)
	root := tree(t, shuffled...)
	f := &Finder{Root: root, Exe: root + "/app", OS: "linux", Env: environment(map[string]string{
		EnvLibraries: root + "/mine:" + root + "/missing", "CUDA_PATH": root + "/cudapath", "CUDA_HOME": root + "/cudahome",
		"VIRTUAL_ENV": root + "/venv", "CONDA_PREFIX": root + "/conda", "HOME": root + "/home",
	})}
	if got := dirs(root, f.places(LibBlasLt)); !slices.Equal(got, want) {
		t.Errorf("places of cuBLASLt:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDriverIsNotTakenFromToolkits: they carry stubs, which open and then fail at every call.
func TestDriverIsNotTakenFromToolkits(t *testing.T) {
	root := tree(t, "usr/local/cuda/lib64/stubs", "opt/conda/lib", "usr/lib/wsl/lib", "usr/lib64", "app")
	f := &Finder{Root: root, Exe: root + "/app", OS: "linux", Env: environment(map[string]string{"CUDA_PATH": root + "/usr/local/cuda"})}
	for _, lib := range []Library{LibDriver, LibNVML} {
		if got, want := dirs(root, f.places(lib)), []string{"/usr/lib64", "/usr/lib/wsl/lib"}; !slices.Equal(got, want) {
			t.Errorf("places of %s: %q, want %q", lib, got, want)
		}
	}
}

func TestPlacesOnWindows(t *testing.T) {
	const toolkits = "pf/NVIDIA GPU Computing Toolkit/CUDA/"
	root := tree(t, toolkits+"v12.4/bin", toolkits+"v13.0/bin/x64", "venv/Lib/site-packages/nvidia/cublas/bin", "conda/Library/bin",
		"appdata/Python/Python312/site-packages/nvidia/cu13/bin/x86_64", "pf/NVIDIA Corporation/NVSMI")
	f := &Finder{OS: "windows", Env: environment(map[string]string{
		"ProgramFiles": root + "/pf", "ProgramW6432": root + "/pf", "VIRTUAL_ENV": root + "/venv", "CONDA_PREFIX": root + "/conda", "APPDATA": root + "/appdata",
	})}
	want := []string{
		"/venv/Lib/site-packages/nvidia/cublas/bin", "/conda/Library/bin", "/appdata/Python/Python312/site-packages/nvidia/cu13/bin/x86_64",
		"/appdata/Python/Python312/site-packages/nvidia/cu13/bin", "/" + toolkits + "v13.0/bin/x64", "/" + toolkits + "v13.0/bin", "/" + toolkits + "v12.4/bin",
	}
	if got := dirs(root, f.places(LibBlasLt)); !slices.Equal(got, want) {
		t.Errorf("places of cuBLASLt:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := dirs(root, f.places(LibNVML)); !slices.Equal(got, []string{"/pf/NVIDIA Corporation/NVSMI"}) {
		t.Errorf("places of NVML: %q", got)
	}
	if _, err := f.Find(LibNCCL, 12); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "NVIDIA does not make nccl for windows") {
		t.Errorf("NCCL on Windows: %v", err)
	}
}

// TestNeverNewerThanTheDriver: a library of CUDA 13 is left alone where the driver is for 12, and taken where it is for 13.
func TestNeverNewerThanTheDriver(t *testing.T) {
	m := libs.Machine(t)
	m.Rename("libcublasLt.so.12", "libcublasLt.so.13")
	f := &Finder{Env: m.Env, Root: t.TempDir()}
	_, err := f.Find(LibBlasLt, 12)
	if !errors.Is(err, ErrNoLibrary) || errors.Is(err, ErrNoDriver) {
		t.Errorf("driver for CUDA 12: %v, want ErrNoLibrary", err)
	}
	if got, want := f.Attempts()[0].String(), "cublasLt: libcublasLt.so.13 (catalog): skipped: for CUDA 13 (driver 580 or newer); this driver is for CUDA 12"; got != want {
		t.Errorf("attempt %q, want %q", got, want)
	}
	for _, major := range []int{13, 14, 0} {
		if lib, err := f.Find(LibBlasLt, major); err != nil || lib.Major != 13 || lib.Path != m.Dir+"/libcublasLt.so.13" || lib.Via != EnvLibraries {
			t.Errorf("driver for CUDA %d: %+v, %v; want the library of CUDA 13", major, lib, err)
		}
	}
	only13 := &Finder{Env: environment(nil), Root: t.TempDir()}
	if _, err := only13.Find(LibBlasLt, 10); err == nil || !strings.Contains(err.Error(), "libcublasLt.so.13: for CUDA 11 (driver 450 or newer)") {
		t.Errorf("driver older than all: %v", err)
	}
}

// TestNewestThatOpensWins goes on to an older library when the newer one does not open, and keeps why.
func TestNewestThatOpensWins(t *testing.T) {
	m := libs.Machine(t)
	m.Break("libcublasLt.so.13")
	f := &Finder{Env: m.Env, Root: t.TempDir()}
	lib, err := f.Find(LibBlasLt, 13)
	if err != nil || lib.Major != 12 {
		t.Fatalf("found %+v, %v; want the library of CUDA 12", lib, err)
	}
	got := f.Attempts()
	if len(got) != 2 || got[0].Outcome != Failed || !strings.Contains(got[0].Error, "invalid ELF header") || got[1].Outcome != Loaded || got[1].Path != lib.Path {
		t.Errorf("attempts %v; want one that failed with the loader's words and one loaded", got)
	}
}

// TestLoaderBeforeGuesses: what the user named comes first, then the dynamic loader, then folders that we guess, for the
// driver; the loader is last for the others.
func TestLoaderBeforeGuesses(t *testing.T) {
	chosen := tree(t, "mine")
	f := &Finder{Env: environment(map[string]string{EnvLibraries: chosen + "/mine", "CUDA_PATH": "/nowhere"}), OS: "linux"}
	for _, lib := range []Library{LibDriver, LibNCCL} {
		if _, err := f.Find(lib, 0); err == nil {
			continue // this machine has one
		}
		var via []string
		for _, a := range f.Attempts() {
			if a.Library == lib {
				via = append(via, a.Via)
			}
		}
		want := map[Library]int{LibDriver: 1, LibNCCL: len(via) - 1}[lib]
		if via[0] != EnvLibraries || via[want] != "dynamic loader" {
			t.Errorf("%s: attempts in the order %q", lib, via)
		}
	}
}

func TestFinderServesSeveralGoroutines(t *testing.T) {
	m := libs.Machine(t)
	f := &Finder{Env: m.Env}
	var wg sync.WaitGroup
	for range 4 {
		for _, lib := range Libraries() {
			wg.Go(func() {
				if _, err := f.Find(lib, 12); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	loaded := 0
	for _, a := range f.Attempts() {
		if a.Outcome == Loaded {
			loaded++
		}
	}
	if loaded != 20 {
		t.Errorf("%d libraries loaded, want 20", loaded)
	}
}

// TestBuiltinsAreOpenedFirst: NVRTC asks the loader for its second library by bare name, in folders where it does not look.
func TestBuiltinsAreOpenedFirst(t *testing.T) {
	m := libs.Machine(t)
	m.Rename("libnccl.so.2", "libnvrtc-builtins.so.12.4") // any library will do
	if _, err := (&Finder{Env: m.Env}).NVRTC(12); err != nil {
		t.Fatal(err)
	}
	if got, want := mappedPath("libnvrtc-builtins.so.12.4"), m.Dir+"/libnvrtc-builtins.so.12.4"; got != want {
		t.Errorf("builtins mapped from %s, want %s", got, want)
	}
}

func TestMappedPath(t *testing.T) {
	if got := mappedPath("libc.so.6"); !filepath.IsAbs(got) {
		t.Errorf("the C library is %q, want its file", got)
	}
	if got := mappedPath("libnothing.so.9"); got != "libnothing.so.9" {
		t.Errorf("a library that is not open is %q", got)
	}
}

// TestThisMachine holds the report of the real machine, whatever it has, to its own rules.
func TestThisMachine(t *testing.T) {
	r := Probe()
	ours, whole := 0, 0 // GPUs that the driver gives to this process, and those of them that answer in full
	for _, g := range r.GPUs {
		if g.Ordinal >= 0 {
			ours++
			if g.Problem == "" {
				whole++
			}
		}
	}
	if r.Usable() && ours == 0 || !r.Usable() && whole > 0 {
		t.Errorf("%d GPUs, %d of them answer, and the problem is %q", ours, whole, r.Problem)
	}
	if len(r.Libraries) != len(Libraries()) || len(r.Attempts) < len(Libraries()) {
		t.Errorf("report of %d libraries and %d attempts", len(r.Libraries), len(r.Attempts))
	}
	for _, l := range r.Libraries {
		if l.Path == "" && l.Problem == "" {
			t.Errorf("%s: neither found nor missing", l.Library)
		}
	}
	if os.Getenv("REQUIRE_CUDA") != "" && !r.Usable() {
		t.Errorf("REQUIRE_CUDA is set: %s", r.Problem)
	}
}
