//go:build linux

package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/cudart"
	"growlab/cudart/fake"
)

// standIns are stand-ins of NVIDIA's libraries.
var standIns = sync.OnceValues(func() (*fake.Libraries, error) { return fake.Build(shared) })

// machine pretends to have GPUs, for this process and those that it starts.
func machine(t *testing.T) *fake.Machine {
	t.Helper()
	libs, err := standIns()
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	t.Setenv(cudart.EnvLibraries, m.Dir)
	return m
}

// driverOf puts a library of the given C text into the place of the driver.
func driverOf(t *testing.T, name, text string) {
	t.Helper()
	m := machine(t)
	libs, err := standIns()
	if err == nil {
		_, err = libs.Module(name, text)
	}
	if err == nil {
		err = os.Rename(filepath.Join(libs.Dir, name+".so"), filepath.Join(m.Dir, "libcuda.so.1"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// myself is this test binary as the program; see TestMain.
func myself(limit time.Duration) session.Prober {
	return session.Prober{Program: []string{os.Args[0]}, Limit: limit}
}

func TestProbeInAProcessOfItsOwn(t *testing.T) {
	m := machine(t)
	t.Setenv("GROWLAB_FAKE_CUDA", "devices 2;device 1 name Large card;device 1 throttle 4;cuda 13000")
	r := myself(0).Probe()
	if !r.Usable() || r.CUDA != (cudart.Version{Major: 13}) || r.Driver != "550.163.01" || len(r.GPUs) != 2 || len(r.Attempts) == 0 {
		t.Fatalf("report %+v; want two GPUs, CUDA 13.0, driver 550.163.01", r)
	}
	if g := r.GPUs[1]; g.Name != "Large card" || *g.Now.Power != 60.5 || *g.Now.MemoryFree != 1<<30 || g.Now.Throttle.String() != "power cap" {
		t.Errorf("second GPU %+v", g)
	}
	if n := m.Calls("cuInit"); n != 0 {
		t.Errorf("this process called the driver %d times, want 0", n)
	}
}

// TestBrokenDriver: whatever the driver does to a process, there is a report with one sentence.
func TestBrokenDriver(t *testing.T) {
	for name, tt := range map[string]struct {
		code  string // of the driver, run as it is opened
		limit time.Duration
		says  []string
	}{
		"crashes": {"volatile unsigned long nowhere = 8; *(volatile int *)nowhere = 1;", 0, []string{"died in NVIDIA's libraries (", "SIGSEGV", "nvidia-smi"}},
		"exits":   {"_exit(3);", 0, []string{"died in NVIDIA's libraries (exit status 3)"}},
		"ends":    {"_exit(0);", 0, []string{"gave no report"}},
		"hangs":   {"for (;;) pause();", 200 * time.Millisecond, []string{"have not answered for 200ms", "nvidia-smi"}},
	} {
		t.Run(name, func(t *testing.T) {
			driverOf(t, name+".c", "#include <unistd.h>\n__attribute__((constructor)) static void opened(void) { "+tt.code+" }\n")
			r := myself(tt.limit).Probe()
			for _, want := range tt.says {
				if !strings.Contains(r.Problem, want) {
					t.Errorf("problem %q, want %q in it", r.Problem, want)
				}
			}
			if strings.Contains(r.Problem, "\n") || r.GPUs == nil || r.Libraries == nil || r.Attempts == nil {
				t.Errorf("report %+v; want one line, and lists", r)
			}
		})
	}
}

// TestProbeProgram: what the other process prints, and what is made of it.
func TestProbeProgram(t *testing.T) {
	for name, tt := range map[string]struct {
		script, says string
		gpus         int
	}{
		"noise before":   {`echo NCCL version 2; echo '{"gpus":[{"name":"A"}]}'`, "", 1},
		"last words":     {`echo "driver: out of luck" >&2; echo more >&2; exit 7`, "exit status 7: driver: out of luck)", 0},
		"not a report":   {`echo hello`, "gave no report: invalid character", 0},
		"output is open": {`sleep 5 & echo '{"gpus":[{"name":"A"}]}'`, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := session.Prober{Program: []string{"/bin/sh", "-c", tt.script}}.Probe()
			if len(r.GPUs) != tt.gpus || !strings.Contains(r.Problem, tt.says) || (r.Problem == "") != (tt.says == "") {
				t.Errorf("%d GPUs, problem %q; want %d, %q", len(r.GPUs), r.Problem, tt.gpus, tt.says)
			}
		})
	}
	r := session.Prober{Program: []string{filepath.Join(t.TempDir(), "none")}}.Probe()
	if !strings.Contains(r.Problem, "does not start: ") || !strings.Contains(r.Problem, "no such file") {
		t.Errorf("without the program: %q", r.Problem)
	}
}

// TestRefusalOfCUDA: what cannot train is refused before anything of it is opened, with the reason.
func TestRefusalOfCUDA(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(m *fake.Machine)
		spec    string
		want    string
	}{
		"none":   {func(m *fake.Machine) { m.Set("devices 0") }, "cuda", "device cuda: "},
		"absent": {func(*fake.Machine) {}, "cuda:0,1", "device cuda:0,1: there is no GPU 1, the driver has Fake GPU 0; use --device cpu"},
		"old": {
			func(m *fake.Machine) { m.Set("device 0 major 7") }, "cuda",
			"device cuda: GPU 0 (Fake GPU 0) has compute capability 7.0, and 8.0 (Ampere) or newer is needed; use --device cpu",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			tt.prepare(m)
			dev, err := session.OpenDevice(tt.spec, 0, "auto")
			if dev != nil || !errors.Is(err, session.ErrDevice) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, %v\nwant %s", dev, err, tt.want)
			}
			m.MustBeClean()
		})
	}
}

// TestAutoTakesTheCPU: where no GPU can train, auto does not fail.
func TestAutoTakesTheCPU(t *testing.T) {
	m := machine(t)
	m.Set("device 0 major 7")
	dev, err := session.OpenDevice("auto", 1, "fp32")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(dev.Name(), "cpu") {
		t.Errorf("auto opened %s", dev.Name())
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestGPUUse(t *testing.T) {
	m := machine(t)
	m.Set("devices 3")
	m.Set("device 1 major 7")
	if got, want := session.GPUUse(cudart.Probe()), "--device cuda:0,2 trains on all of them"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.Set("devices 1")
	if got, want := session.GPUUse(cudart.Probe()), "--device cuda:0 trains on it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.Set("devices 0")
	if got := session.GPUUse(cudart.Probe()); !strings.HasPrefix(got, "training uses the CPU: ") {
		t.Errorf("without a GPU: %q", got)
	}
}

func TestGPUNames(t *testing.T) {
	var gpus []cudart.GPU
	for _, name := range []string{"A", "A", "", "B", "A"} {
		gpus = append(gpus, cudart.GPU{Name: name})
	}
	if got, want := session.GPUNames(gpus), "2 x A, name unknown, B, A"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := session.GPUNames(nil); got != "" {
		t.Errorf("of none: %q, want nothing", got)
	}
}

// TestDevicesHaveTheReport: the list of devices is the report of this very machine.
func TestDevicesHaveTheReport(t *testing.T) {
	m := machine(t)
	m.Set("devices 3")
	d := session.ListDevices()
	if want := cudart.Probe(); len(want.GPUs) != 3 || !reflect.DeepEqual(d.CUDA, want) {
		t.Errorf("got %+v\nwant %+v with 3 GPUs", d.CUDA, want)
	}
	if n := m.Calls("cuDevicePrimaryCtxRetain"); n != 0 {
		t.Errorf("%d contexts were made, want none", n)
	}
	m.MustBeClean()
}
