//go:build linux

package fake

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ebitengine/purego"
)

// Machine is one pretended machine: a copy of the libraries with state of its own.
type Machine struct {
	Dir string // folder of its libraries

	t       testing.TB
	handle  uintptr
	command func(line string) int32
	calls   func(name string) int64
	report  func(to []byte, size int64)
}

// Machine copies the libraries for one test. It starts with one GPU of capability 8.0 with 1 GiB, CUDA 12.4 and driver 550.163.01.
func (l *Libraries) Machine(t testing.TB) *Machine {
	t.Helper()
	m := &Machine{Dir: t.TempDir(), t: t}
	for _, lib := range libraries {
		m.write(lib.name, m.read(l.Dir, lib.name))
	}
	if _, err := os.Stat(filepath.Join(l.Dir, emulated)); err == nil {
		m.write(emulated, m.read(l.Dir, emulated))
	}
	return m
}

func (m *Machine) read(dir, name string) []byte {
	m.t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

func (m *Machine) write(name string, b []byte) {
	m.t.Helper()
	file := filepath.Join(m.Dir, name)
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // written over, a library that is open would crash
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// Env is an environment in which cudart finds the libraries of this machine and nothing else is set.
func (m *Machine) Env(name string) string {
	if name == "GROWLAB_CUDA_LIBS" {
		return m.Dir
	}
	return ""
}

// Remove takes a library away, by its file name. To be called before it is opened.
func (m *Machine) Remove(library string) {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.Dir, library)); err != nil {
		m.t.Fatal(err)
	}
}

// Rename gives a library another file name, e.g. that of another CUDA major.
func (m *Machine) Rename(library, to string) {
	m.t.Helper()
	if err := os.Rename(filepath.Join(m.Dir, library), filepath.Join(m.Dir, to)); err != nil {
		m.t.Fatal(err)
	}
}

// Break puts bytes into the place of a library that no loader opens.
func (m *Machine) Break(library string) {
	m.t.Helper()
	m.write(library, bytes.Repeat([]byte("no library\n"), 100))
}

// Omit makes a library old: it no longer has the function. To be called before it is opened.
func (m *Machine) Omit(library, function string) {
	m.t.Helper()
	from, to := []byte("\x00"+function+"\x00"), []byte("\x00"+function+"\x00")
	to[1] = '_'
	b := m.read(m.Dir, library)
	if !bytes.Contains(b, from) {
		m.t.Fatalf("%s has no function %s", library, function)
	}
	m.write(library, bytes.ReplaceAll(b, from, to))
}

// open opens the driver, as cudart does, for the functions that control it.
func (m *Machine) open() {
	m.t.Helper()
	if m.handle != 0 {
		return
	}
	h, err := purego.Dlopen(filepath.Join(m.Dir, "libcuda.so.1"), purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		m.t.Fatal(err)
	}
	m.handle = h
	purego.RegisterLibFunc(&m.command, h, "fake_command")
	purego.RegisterLibFunc(&m.calls, h, "fake_calls")
	purego.RegisterLibFunc(&m.report, h, "fake_report")
}

// Set configures the machine: "devices 2", "device 0 memory 1048576", "cuda 12040", "driver 550.54", "seed 7"; see src/core.c.
// The environment variable GROWLAB_FAKE_CUDA takes the same, separated by semicolons.
func (m *Machine) Set(format string, args ...any) {
	m.t.Helper()
	m.open()
	if line := fmt.Sprintf(format, args...); m.command(line) != 0 {
		m.t.Fatalf("the fake driver does not understand %q", line)
	}
}

// Fail lets a call return code: the nth from now, or every one for 0. "run" is the execution of queued work, and the name of
// a kernel is the execution of that kernel: these fail when somebody waits, and the context is lost.
func (m *Machine) Fail(call string, nth, code int) {
	m.t.Helper()
	m.Set("fail %s %d %d", call, nth, code)
}

// Heal forgets all ordered failures.
func (m *Machine) Heal() { m.t.Helper(); m.Set("heal") }

// Calls is how often a function was called.
func (m *Machine) Calls(name string) int {
	m.t.Helper()
	m.open()
	return int(m.calls(name))
}

// State is what a machine tells of what was done to it.
type State struct {
	Live       map[string]int // what was made and not given back, by kind: memory, host, stream, event, module, graph, exec, context, …
	Called     map[string]int // how often each function was called; "run" is queued work, and kernels count when they run
	Violations []string       // what was done wrong and no result code told
}

// State asks for it now.
func (m *Machine) State() State {
	m.t.Helper()
	m.open()
	buf := make([]byte, 32768)
	m.report(buf, int64(len(buf)))
	s := State{Live: map[string]int{}, Called: map[string]int{}}
	for line := range strings.Lines(string(buf[:bytes.IndexByte(buf, 0)])) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "violation" {
			s.Violations = append(s.Violations, rest)
			continue
		}
		name, count, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			m.t.Fatalf("report line %q: %v", line, err)
		}
		if kind == "called" {
			s.Called[name] = n
			continue
		}
		s.Live[name] = n
	}
	return s
}

// MustBeClean fails the test if anything lives or was violated.
func (m *Machine) MustBeClean() {
	m.t.Helper()
	s := m.State()
	if len(s.Live) > 0 || len(s.Violations) > 0 {
		m.t.Errorf("fake GPU: left alive %v, violations %q; want none", s.Live, s.Violations)
	}
}
