package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/cudart/kernels/source"
)

const embedded = "../code"

func committedTable(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(embedded, tableFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEmbeddedCodeIsOfTheseSources: whoever changes a kernel or an option runs make kernels.
func TestEmbeddedCodeIsOfTheseSources(t *testing.T) {
	if table := committedTable(t); !strings.Contains(table, "hash "+Hash()+"\n") {
		t.Errorf("the embedded code is stale: its table has no line \"hash %s\"; make kernels makes it again\n%.200s", Hash(), table)
	}
	for _, name := range append(slices.Clone(Architectures), ptxArchitecture) {
		if info, err := os.Stat(filepath.Join(embedded, name+".zst")); err != nil || info.Size() < 1000 {
			t.Errorf("embedded code for %s: %v", name, err)
		}
	}
}

// kernelLine is a kernel of the table.
type kernelLine struct {
	registers                []int // by architecture
	spilled, static, dynamic int   // bytes
}

func committedKernels(t *testing.T) map[string]kernelLine {
	t.Helper()
	lines := map[string]kernelLine{}
	for line := range strings.Lines(committedTable(t)) {
		f := strings.Fields(line)
		if len(f) != 1+len(Architectures)+len(columns) || f[0] == "#" || f[0] == "registers" {
			continue
		}
		var n []int
		for _, x := range f[1:] {
			n = append(n, number(x))
		}
		k := len(Architectures)
		lines[f[0]] = kernelLine{n[:k], n[k], n[k+1], n[k+2]}
	}
	return lines
}

// sharedLimits are the bytes of shared memory of a block and of a multiprocessor, of which a block costs 1 KiB more (CUDA C++
// Programming Guide, table of technical specifications).
var sharedLimits = map[string][2]int{"sm_80": {163 << 10, 164 << 10}, "sm_86": {99 << 10, 100 << 10}, "sm_89": {99 << 10, 100 << 10}, "sm_90": {227 << 10, 228 << 10}}

// TestTableHasEveryKernel: each kernel of the sources has registers on each architecture, within what its launch bounds leave, spills
// nothing, and finds the shared memory of its largest launch.
func TestTableHasEveryKernel(t *testing.T) {
	lines, shared := committedKernels(t), kernels.Shared()
	for _, unit := range source.Units {
		for line := range strings.Lines(source.Text(unit)) {
			rest, ok := strings.CutPrefix(line, "KERNEL(")
			if !ok {
				continue
			}
			f := strings.Split(rest, ",")
			threads, blocks, name := number(strings.TrimSpace(f[0])), number(strings.TrimSpace(f[1])), strings.TrimSpace(f[2])
			k, ok := lines[name]
			if !ok {
				t.Errorf("kernel %s is not in the table", name)
				continue
			}
			if k.spilled != 0 || k.static != 0 || k.dynamic != shared[name] {
				t.Errorf("kernel %s: the table has %d bytes spilled, %d of static and %d of dynamic shared memory; want 0, 0 and %d, as the launchers say",
					name, k.spilled, k.static, k.dynamic, shared[name])
			}
			for i, a := range Architectures {
				if n := k.registers[i]; n < 1 || n > 255 || (n+7)/8*8*threads*blocks > 65536 {
					t.Errorf("%s: kernel %s takes %d registers for %d threads of which %d blocks are to fit on 65536", a, name, n, threads, blocks)
				}
				if limits := sharedLimits[a]; k.dynamic > limits[0] || k.dynamic+1024 > limits[1] {
					t.Errorf("%s: kernel %s takes %d bytes of shared memory, of at most %d", a, name, k.dynamic, limits[0])
				}
			}
			delete(lines, name)
		}
	}
	for name := range lines {
		t.Errorf("the table has kernel %s, which the sources have not", name)
	}
}

// TestCompilerSaysTheSame compiles for one architecture where there is NVRTC of the right version, and compares with the table.
func TestCompilerSaysTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling takes half a minute")
	}
	libs, err := filepath.Abs("../../../bin/nvrtc/root/usr/lib/x86_64-linux-gnu")
	if err != nil {
		t.Fatal(err)
	}
	finder := &cudart.Finder{Env: func(name string) string {
		if name == "GROWLAB_CUDA_LIBS" {
			return libs
		}
		return os.Getenv(name)
	}}
	n, err := finder.NVRTC(0)
	if errors.Is(err, cudart.ErrNoLibrary) {
		t.Skip("no NVRTC here; make kernels fetches it")
	}
	if err != nil {
		t.Fatal(err)
	}
	if v := n.Version(); v.Major != Compiler.Major || v.Minor != Compiler.Minor {
		t.Skipf("NVRTC %s here; the table is of %s", v, Compiler)
	}
	const target = "sm_90"
	_, usage, err := One(n, target)
	if err != nil {
		t.Fatal(err)
	}
	want := committedKernels(t)
	for _, u := range usage {
		k := want[u.Kernel]
		if k.registers == nil || k.registers[slices.Index(Architectures, target)] != u.Registers || k.static != u.Shared {
			t.Errorf("%s: kernel %s takes %d registers and %d bytes of static shared memory, the table says %+v", target, u.Kernel, u.Registers, u.Shared, k)
		}
	}
}

// TestParse reads what ptxas says, and refuses spills and warnings.
func TestParse(t *testing.T) {
	const log = `ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'two' for 'sm_80'
ptxas info    : Function properties for two
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 209 registers, 16 bytes smem, 544 bytes cmem[0]
ptxas info    : Compiling entry function 'one' for 'sm_80'
ptxas info    : Function properties for one
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 14 registers, 400 bytes cmem[0]
`
	got, err := parse(log, "sm_80")
	want := []Usage{{Kernel: "one", Architecture: "sm_80", Registers: 14}, {Kernel: "two", Architecture: "sm_80", Registers: 209, Shared: 16}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
	for name, line := range map[string]string{
		"spill":   strings.Replace(log, "0 bytes spill stores", "8 bytes spill stores", 1),
		"stack":   strings.Replace(log, "0 bytes stack", "16 bytes stack", 1),
		"warning": log + "ptxas warning : Value of threads per SM for entry one is out of range. .minnctapersm will be ignored\n",
	} {
		if _, err := parse(line, "sm_80"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got := string(relabel([]byte("//\n.version 8.4\n.target sm_80\n\x00"))); got != "//\n.version 7.0\n.target sm_80\n" {
		t.Errorf("relabelled %q", got)
	}
}
