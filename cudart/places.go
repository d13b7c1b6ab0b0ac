package cudart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// EnvLibraries names folders (separated as in PATH) that are looked through before all others, for the driver too.
const EnvLibraries = "GROWLAB_CUDA_LIBS"

// place is a folder to look into, and why.
type place struct{ dir, via string }

// places collects folders in the order in which they are tried.
type places struct {
	f    *Finder
	lib  Library
	list []place
}

// places lists the folders that exist and may hold lib, best first.
// Those of the driver are the system's alone: a toolkit's lib/stubs/libcuda.so opens and then fails at every call.
func (f *Finder) places(lib Library) []place {
	p := &places{f: f, lib: lib}
	for _, dir := range filepath.SplitList(f.env(EnvLibraries)) {
		p.add(EnvLibraries, dir)
	}
	if lib.ofDriver() {
		p.driver()
		return p.list
	}
	if f.Exe != "" {
		p.add("beside the program", filepath.Join(f.Exe, "cuda"), f.Exe)
	}
	for _, v := range []string{"CUDA_PATH", "CUDA_HOME"} {
		if root := f.env(v); root != "" {
			p.toolkit(v, root)
		}
	}
	p.python()
	p.toolkits()
	p.system()
	return p.list
}

func (p *places) windows() bool { return p.f.goos() == "windows" }

// add takes the folders that exist, each once.
func (p *places) add(via string, dirs ...string) {
	for _, dir := range dirs {
		st, err := os.Stat(dir)
		if err != nil || !st.IsDir() || slices.ContainsFunc(p.list, func(q place) bool { return q.dir == dir }) {
			continue
		}
		p.list = append(p.list, place{dir, via})
	}
}

// root is an absolute folder of the system, inside the finder's tree.
func (p *places) root(dir string) string { return p.f.Root + dir }

func (p *places) driver() {
	if p.windows() {
		p.add("NVIDIA folder", filepath.Join(p.f.env("ProgramW6432"), "NVIDIA Corporation", "NVSMI"))
		return // nvcuda.dll is in System32, where the loader looks
	}
	lib := p.root("/usr/lib/" + multiarch())
	p.add("system", lib, filepath.Join(lib, "nvidia/current"), p.root("/usr/lib64"), p.root("/usr/lib64/nvidia"), p.root("/usr/lib/nvidia"))
	p.add("WSL", p.root("/usr/lib/wsl/lib"))
	p.add("NixOS", p.root("/run/opengl-driver/lib"))
	p.add("container", p.root("/usr/local/nvidia/lib64"), p.root("/usr/local/nvidia/lib"))
}

// toolkit adds the library folders of one CUDA toolkit.
func (p *places) toolkit(via, root string) {
	if p.windows() {
		p.add(via, filepath.Join(root, "bin", "x64"), filepath.Join(root, "bin"))
		return
	}
	p.add(via, filepath.Join(root, "lib64"), filepath.Join(root, "targets", target(), "lib"), filepath.Join(root, "lib"))
}

func (p *places) toolkits() {
	if p.windows() {
		for _, root := range newestFirst(filepath.Join(p.f.env("ProgramFiles"), "NVIDIA GPU Computing Toolkit", "CUDA", "v*")) {
			p.toolkit("toolkit", root)
		}
		return
	}
	p.toolkit("toolkit", p.root("/usr/local/cuda"))
	for _, root := range newestFirst(p.root("/usr/local/cuda-*")) {
		p.toolkit("toolkit", root)
	}
	p.toolkit("toolkit", p.root("/opt/cuda")) // Arch Linux
}

func (p *places) system() {
	if p.windows() {
		return
	}
	p.add("system", p.root("/usr/lib/"+multiarch()), p.root("/usr/lib64"), p.root("/usr/lib"), p.root("/usr/local/lib"))
	p.add("NixOS", p.root("/run/opengl-driver/lib"))
}

// python adds the wheels that pip installed and the folders of conda: the active environments first.
func (p *places) python() {
	home := p.f.env("HOME")
	p.environment("VIRTUAL_ENV", p.f.env("VIRTUAL_ENV"))
	p.conda("CONDA_PREFIX", p.f.env("CONDA_PREFIX"))
	if p.windows() {
		for _, site := range newestFirst(filepath.Join(p.f.env("APPDATA"), "Python", "Python3*", "site-packages")) {
			p.wheels("pip --user", site)
		}
		return
	}
	if home != "" {
		p.environment("pip --user", filepath.Join(home, ".local"))
	}
	p.environment("system python", p.root("/usr/local"))
	p.environment("system python", p.root("/usr"))
	for _, pattern := range []string{"/opt/venv", "/opt/*/.venv", "/opt/*/venv"} {
		for _, env := range newestFirst(p.root(pattern)) {
			p.environment("virtual environment", env)
		}
	}
	p.conda("conda", p.root("/opt/conda"))
	if home != "" {
		for _, name := range []string{"miniforge3", "miniconda3", "anaconda3"} {
			p.conda("conda", filepath.Join(home, name))
		}
	}
}

// environment adds the wheels below one Python prefix.
func (p *places) environment(via, prefix string) {
	if prefix == "" {
		return
	}
	patterns := []string{"lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages"}
	if p.windows() {
		patterns = []string{"Lib/site-packages"}
	}
	for _, pattern := range patterns {
		for _, site := range newestFirst(filepath.Join(prefix, filepath.FromSlash(pattern))) {
			p.wheels(via, site)
		}
	}
}

// wheels adds the folders of NVIDIA's wheels below one site-packages.
func (p *places) wheels(via, site string) {
	for _, name := range p.lib.wheels() {
		dir := filepath.Join(site, "nvidia", name)
		if p.windows() {
			p.add(via, filepath.Join(dir, "bin", "x86_64"), filepath.Join(dir, "bin"))
		} else {
			p.add(via, filepath.Join(dir, "lib"))
		}
	}
}

// conda adds one conda prefix: its own library folder, and wheels installed into it.
func (p *places) conda(via, prefix string) {
	if prefix == "" {
		return
	}
	if p.windows() {
		p.add(via, filepath.Join(prefix, "Library", "bin"))
	} else {
		p.add(via, filepath.Join(prefix, "lib"), filepath.Join(prefix, "targets", target(), "lib"))
	}
	p.environment(via, prefix)
}

// newestFirst lists what matches a pattern, larger version numbers first: cuda-13.0, cuda-12.10, cuda-12.9.
func newestFirst(pattern string) []string {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil // a folder name with a bracket in it
	}
	slices.SortFunc(found, func(a, b string) int { return -compareNumbers(a, b) })
	return found
}

// compareNumbers orders strings with runs of digits compared as numbers, of any length.
func compareNumbers(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(m) != len(n) {
				return len(m) - len(n)
			}
			if c := strings.Compare(m, n); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits counts the decimal digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
