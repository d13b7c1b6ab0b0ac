// Compile makes the code that cudart/kernels embeds: machine code for each architecture, PTX for newer ones, and a table of
// what each kernel takes of a multiprocessor. It needs NVRTC 12.4 and no GPU; make kernels fetches that and runs it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/cudart/kernels/source"
)

// Architectures are those that machine code is made for.
var Architectures = []string{"sm_80", "sm_86", "sm_89", "sm_90"}

// Compiler is the only version whose code is embedded; register counts change with the compiler.
var Compiler = cudart.Version{Major: 12, Minor: 4}

const (
	ptxArchitecture = "compute_80"
	ptxVersion      = ".version 7.0" // what every driver since CUDA 11.0 reads; NVRTC 12.4 writes 8.4, but uses nothing of it
)

// options are the compiler's; %s is the architecture.
var options = []string{
	"--gpu-architecture=%s", "--std=c++17", "--device-as-default-execution-space", "--ptxas-options=-v",
	"--ptxas-options=--warn-on-spills",
}

// Hash is that of sources, options and compiler: code with another hash is stale.
func Hash() string {
	return source.Hash(append(slices.Clone(options), Compiler.String(), ptxVersion)...)
}

// Usage is what a kernel takes of a multiprocessor, apart from dynamic shared memory.
type Usage struct {
	Kernel, Architecture            string
	Registers, Stack, Stores, Loads int // per thread: registers; bytes of stack, of spilled registers stored and loaded
	Shared                          int // static bytes of a block
}

// Result is all code, by the name of its file, and the table.
type Result struct {
	Files map[string][]byte
	Table string
}

// All compiles for every architecture, two at a time. A kernel that spills registers is an error, and so is any warning.
func All(n *cudart.NVRTC) (Result, error) {
	if v := n.Version(); v.Major != Compiler.Major || v.Minor != Compiler.Minor {
		return Result{}, fmt.Errorf("NVRTC %s; the embedded code is made by %s", v, Compiler)
	}
	type made struct {
		code  []byte
		usage []Usage
		err   error
	}
	targets := append(slices.Clone(Architectures), ptxArchitecture)
	results := make([]made, len(targets))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i, target := range targets {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r := &results[i]
			r.code, r.usage, r.err = One(n, target)
		})
	}
	wg.Wait()
	all := Result{Files: map[string][]byte{}}
	var usage []Usage
	for i, r := range results {
		if r.err != nil {
			return all, fmt.Errorf("%s: %w", targets[i], r.err)
		}
		packed, err := pack(r.code)
		if err != nil {
			return all, err
		}
		all.Files[targets[i]+".zst"] = packed
		usage = append(usage, r.usage...)
	}
	all.Table = table(usage)
	return all, nil
}

// One compiles for one architecture: machine code for sm_…, PTX for compute_….
func One(n *cudart.NVRTC, target string) ([]byte, []Usage, error) {
	headers := source.Headers()
	for _, unit := range source.Units {
		headers[unit] = source.Text(unit)
	}
	cubin := strings.HasPrefix(target, "sm_")
	flags := []string{}
	for _, o := range options {
		if cubin || !strings.HasPrefix(o, "--ptxas") {
			flags = append(flags, strings.ReplaceAll(o, "%s", target))
		}
	}
	code, log, err := n.Compile(cudart.Source{Name: "kernels.cu", Text: source.Whole(), Headers: headers, Options: flags, Cubin: cubin})
	if err != nil {
		return nil, nil, err
	}
	if !cubin {
		return relabel(code), nil, nil
	}
	usage, err := parse(log, target)
	return code, usage, err
}

var versionLine = regexp.MustCompile(`(?m)^\.version [0-9.]+$`)

// relabel lets older drivers read PTX.
func relabel(ptx []byte) []byte {
	return bytes.TrimRight(versionLine.ReplaceAll(ptx, []byte(ptxVersion)), "\x00")
}

var (
	entryLine = regexp.MustCompile(`Compiling entry function '(\w+)'`)
	spillLine = regexp.MustCompile(`(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads`)
	usedLine  = regexp.MustCompile(`Used (\d+) registers`)
	smemLine  = regexp.MustCompile(`(\d+) bytes smem`)
)

// parse reads what ptxas said.
func parse(log, target string) ([]Usage, error) {
	var all []Usage
	for line := range strings.Lines(log) {
		switch {
		case entryLine.MatchString(line):
			all = append(all, Usage{Kernel: entryLine.FindStringSubmatch(line)[1], Architecture: target})
		case len(all) == 0:
		case spillLine.MatchString(line):
			m := spillLine.FindStringSubmatch(line)
			u := &all[len(all)-1]
			u.Stack, u.Stores, u.Loads = number(m[1]), number(m[2]), number(m[3])
		case usedLine.MatchString(line):
			u := &all[len(all)-1]
			u.Registers = number(usedLine.FindStringSubmatch(line)[1])
			if m := smemLine.FindStringSubmatch(line); m != nil {
				u.Shared = number(m[1])
			}
		}
		if strings.Contains(line, "warning") && !strings.Contains(line, "Registers are spilled") {
			return nil, fmt.Errorf("the compiler warns: %s", strings.TrimSpace(line))
		}
	}
	var spills []error
	for _, u := range all {
		if u.Stores+u.Loads+u.Stack > 0 {
			spills = append(spills, fmt.Errorf("kernel %s spills registers: %d bytes of stack, %d stored, %d loaded", u.Kernel, u.Stack, u.Stores, u.Loads))
		}
	}
	slices.SortFunc(all, func(a, b Usage) int { return strings.Compare(a.Kernel, b.Kernel) })
	return all, errors.Join(spills...)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err) // a match of \d+
	}
	return n
}

// table is one line for each kernel: registers of a thread on each architecture, bytes that it spills on the worst (stack, stores and
// loads; there would be no table if that were not 0), and bytes of shared memory of a block, static and dynamic.
func table(all []Usage) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# made by `make kernels` with NVRTC %d.%d\n", Compiler.Major, Compiler.Minor)
	fmt.Fprintf(&b, "hash %s\n", Hash())
	fmt.Fprintf(&b, "%-24s", "registers")
	for _, a := range Architectures {
		fmt.Fprintf(&b, "%7s", a)
	}
	fmt.Fprintf(&b, "%8s%8s%8s", columns[0], columns[1], columns[2])
	by, spilled, static := map[string]map[string]int{}, map[string]int{}, map[string]int{}
	var names []string
	for _, u := range all {
		if by[u.Kernel] == nil {
			by[u.Kernel] = map[string]int{}
			names = append(names, u.Kernel)
		}
		by[u.Kernel][u.Architecture] = u.Registers
		spilled[u.Kernel] = max(spilled[u.Kernel], u.Stack+u.Stores+u.Loads)
		static[u.Kernel] = max(static[u.Kernel], u.Shared)
	}
	dynamic := kernels.Shared()
	for _, name := range names {
		fmt.Fprintf(&b, "\n%-24s", name)
		for _, a := range Architectures {
			fmt.Fprintf(&b, "%7d", by[name][a])
		}
		fmt.Fprintf(&b, "%8d%8d%8d", spilled[name], static[name], dynamic[name])
	}
	b.WriteString("\n")
	return b.String()
}

// columns of the table behind the architectures', in bytes.
var columns = [3]string{"spilled", "static", "dynamic"}

func pack(code []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	defer w.Close() //nolint:errcheck // EncodeAll writes to memory
	return w.EncodeAll(code, nil), nil
}
