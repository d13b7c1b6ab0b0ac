package session

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/compute/cuda"
)

// probeVerbs make this program print the report of package cudart as one line of JSON.
var probeVerbs = []string{"devices", "probe"}

// Prober looks for GPUs in a process of its own. NVIDIA's libraries are code that may crash, hang in the kernel, or leave
// threads and open devices behind in a process that has called them; a terminal, a window or an engine must not suffer for
// having asked. The zero value is ready for use.
type Prober struct {
	// Program is the command line before "devices probe"; empty: this program. A program that is not growlab looks for itself.
	Program []string
	// Limit is how long the process may take; 0: 20 s. A driver that first has to wake several GPUs takes some seconds.
	Limit time.Duration
}

const probeLimit = 20 * time.Second

// Probe reports what this machine can do with CUDA. That the process fails is a Problem of the report.
func (p Prober) Probe() *cudart.Report {
	program := p.Program
	if len(program) == 0 {
		file, err := ownProgram()
		if err != nil {
			return problem(fmt.Errorf("this program does not find its own file, to look for GPUs in another process: %w", err))
		}
		if file == "" {
			return cudart.Probe()
		}
		program = []string{file}
	}
	r, err := ask(slices.Concat(program, probeVerbs), cmp.Or(p.Limit, probeLimit))
	if err != nil {
		return problem(err)
	}
	return r
}

// ask runs a command that prints a report.
func ask(command []string, limit time.Duration) (*cudart.Report, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 500 * time.Millisecond // for a child of its own that keeps its output open
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("GPUs are looked for in another process, which does not start: %w", err)
	}
	err := await(cmd, limit)
	if errors.Is(err, errSlow) { // out and errs may still be written to
		return nil, fmt.Errorf("NVIDIA's libraries have not answered for %v; see whether nvidia-smi works", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("the process that looked for GPUs died in NVIDIA's libraries (%s); see whether nvidia-smi works", ending(err, errs.Bytes()))
	}
	r := &cudart.Report{}
	if err := json.Unmarshal(lastLineOf(out.Bytes()), r); err != nil {
		return nil, fmt.Errorf("the process that looked for GPUs gave no report: %w", err)
	}
	return r, nil
}

// ownProgram is the file of this program, and "" if it is not growlab: a test binary, told a verb, would run all its tests.
func ownProgram() (string, error) {
	if info, ok := debug.ReadBuildInfo(); !ok || info.Path != "growlab" {
		return "", nil
	}
	return os.Executable()
}

// errSlow means that a process was given up.
var errSlow = errors.New("it takes too long")

// await waits for cmd, and kills it after limit. A process that is stuck in the kernel ends by no signal; it is left alone.
func await(cmd *exec.Cmd, limit time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if errors.Is(err, exec.ErrWaitDelay) { // it ended well
			return nil
		}
		return err
	case <-time.After(limit):
		_ = cmd.Process.Kill() // it may have ended just now
		return errSlow
	}
}

// ending is how a process ended, with the first line that it printed about that.
func ending(err error, printed []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(printed), []byte("\n"))
	if len(line) == 0 {
		return err.Error()
	}
	return fmt.Sprintf("%v: %s", err, line)
}

// lastLineOf is the report in what a process printed: a library may have written lines of its own before.
func lastLineOf(out []byte) []byte {
	out = bytes.TrimSpace(out)
	return out[bytes.LastIndexByte(out, '\n')+1:]
}

// problem is a report of nothing else.
func problem(err error) *cudart.Report {
	return &cudart.Report{Problem: err.Error(), GPUs: []cudart.GPU{}, Libraries: []cudart.LibraryReport{}, Attempts: []cudart.Attempt{}}
}

// GPUNames lists GPUs in a sentence, neighbours of one name together: "2 x NVIDIA H100 80GB HBM3, NVIDIA T4".
func GPUNames(gpus []cudart.GPU) string {
	var names []string
	for i := 0; i < len(gpus); {
		name, n := gpus[i].Name, 0
		for ; i < len(gpus) && gpus[i].Name == name; i++ {
			n++
		}
		name = cmp.Or(name, "name unknown")
		if n > 1 {
			name = fmt.Sprintf("%d x %s", n, name)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// trains says why GPU number n of a report cannot train, "" if it can.
func trains(r *cudart.Report, n int) string {
	if !r.Usable() {
		return r.Problem
	}
	i := slices.IndexFunc(r.GPUs, func(g cudart.GPU) bool { return g.Ordinal == n })
	if i < 0 {
		return fmt.Sprintf("there is no GPU %d, the driver has %s", n, GPUNames(r.GPUs))
	}
	if c := r.GPUs[i].Capability; c.Major < 8 {
		return fmt.Sprintf("GPU %d (%s) has compute capability %s, and 8.0 (Ampere) or newer is needed", n, r.GPUs[i].Name, c)
	}
	return ""
}

// libraryProblem is why a library cannot be used, "" if it can.
func libraryProblem(r *cudart.Report, lib cudart.Library) string {
	for _, l := range r.Libraries {
		if l.Library == lib {
			return l.Problem
		}
	}
	return fmt.Sprintf("%s was not looked for", lib)
}

// GPUUse says what the GPUs of a report are good for.
func GPUUse(r *cudart.Report) string {
	var able []string
	why := r.Problem
	for _, g := range r.GPUs {
		if problem := trains(r, g.Ordinal); problem != "" {
			why = problem
		} else {
			able = append(able, fmt.Sprint(g.Ordinal))
		}
	}
	switch {
	case len(able) == 0:
		return "training uses the CPU: " + why
	case len(able) == 1:
		return "--device cuda:" + able[0] + " trains on it"
	}
	several := "--device cuda:" + strings.Join(able, ",")
	if problem := libraryProblem(r, cudart.LibNCCL); problem != "" {
		return several + " would train on all of them, but they cannot be joined, so that one is used: " + problem
	}
	return several + " trains on all of them"
}

// openGPU opens the CUDA engine on GPU number n.
func openGPU(n int, precision string) (compute.Device, error) {
	cache, err := os.UserCacheDir()
	file := ""
	if err == nil {
		file = filepath.Join(cache, "growlab", "cuda-products.json")
	}
	dev, err := cuda.Open(cuda.Options{Ordinal: n, Precision: precision, Choices: file})
	if err != nil {
		return nil, deviceError{fmt.Sprintf("device cuda:%d: %v; use --device cpu", n, err)}
	}
	return dev, nil
}
