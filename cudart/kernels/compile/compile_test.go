package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"growlab/cudart"
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

// TestTableHasEveryKernel: each kernel of the sources has registers on each architecture, within what its launch bounds leave.
func TestTableHasEveryKernel(t *testing.T) {
	lines := map[string][]string{}
	for line := range strings.Lines(committedTable(t)) {
		if f := strings.Fields(line); len(f) == 1+len(Architectures) {
			lines[f[0]] = f[1:]
		}
	}
	for _, unit := range source.Units {
		for line := range strings.Lines(source.Text(unit)) {
			rest, ok := strings.CutPrefix(line, "KERNEL(")
			if !ok {
				continue
			}
			f := strings.Split(rest, ",")
			threads, blocks, name := number(strings.TrimSpace(f[0])), number(strings.TrimSpace(f[1])), strings.TrimSpace(f[2])
			if len(lines[name]) == 0 {
				t.Errorf("kernel %s is not in the table", name)
			}
			for _, r := range lines[name] {
				if n := number(r); n < 1 || n > 255 || n*threads*blocks > 65536 {
					t.Errorf("kernel %s takes %d registers for %d threads of which %d blocks are to fit on 65536", name, n, threads, blocks)
				}
			}
			delete(lines, name)
		}
	}
	for name := range lines {
		if name != "registers" {
			t.Errorf("the table has kernel %s, which the sources have not", name)
		}
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
	want := map[string]string{}
	for line := range strings.Lines(committedTable(t)) {
		if f := strings.Fields(line); len(f) == 1+len(Architectures) {
			want[f[0]] = f[1+slices.Index(Architectures, target)]
		}
	}
	for _, u := range usage {
		if want[u.Kernel] == "" || number(want[u.Kernel]) != u.Registers || u.Shared != 0 {
			t.Errorf("%s: kernel %s takes %d registers and %d bytes of static shared memory, the table says %s and 0", target, u.Kernel, u.Registers, u.Shared, want[u.Kernel])
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
