//go:build linux

package cli

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"growlab/app/doctor"
	"growlab/app/session"
	"growlab/cudart"
	"growlab/cudart/fake"
)

// standIns are stand-ins of NVIDIA's libraries.
var standIns = sync.OnceValues(func() (*fake.Libraries, error) { return fake.Build(shared) })

// machine pretends to have GPUs.
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

// twoGPUs is a machine with a large one that is too hot, and another.
func twoGPUs(t *testing.T) *fake.Machine {
	t.Helper()
	m := machine(t)
	for _, line := range []string{
		"devices 2", "device 0 name NVIDIA H100 80GB HBM3", "device 0 major 9", "device 0 memory 85899345920", "device 0 throttle 68",
		"device 0 temperature 91", "device 0 power 350400",
	} {
		m.Set("%s", line)
	}
	return m
}

func TestDevicesListGPUs(t *testing.T) {
	home(t)
	m := twoGPUs(t)
	_, got, _ := strings.Cut(ok(t, "devices"), "gpu 0")
	want := `: NVIDIA H100 80GB HBM3, compute capability 9.0
  85.9 GB of memory, 85.9 GB free; 7 % utilised; 350 W of 300 W; 91 °C; throttled: power cap, hardware thermal slowdown
gpu 1: Fake GPU 1, compute capability 8.0
  1.07 GB of memory, 1.07 GB free; 7 % utilised; 60 W of 300 W; 41 °C; throttled: none
cuda: driver 550.163.01, CUDA 12.4
  --device cuda:0,1 trains on all of them
`
	if got != want {
		t.Errorf("devices prints gpu 0%s\nwant gpu 0%s", got, want)
	}
	var d session.Devices
	decode(t, ok(t, "devices", "--json"), &d)
	if d.CPU.Cores < 1 || len(d.CUDA.GPUs) != 2 || *d.CUDA.GPUs[0].Now.Temperature != 91 || d.CUDA.Driver != "550.163.01" {
		t.Errorf("devices --json has %+v", d.CUDA)
	}
	for _, call := range []string{"cuDevicePrimaryCtxRetain", "cuMemAlloc_v2"} {
		if n := m.Calls(call); n != 0 {
			t.Errorf("%s was called %d times, want 0", call, n)
		}
	}
	m.MustBeClean()
}

// TestDevicesLeaveOutWhatIsUnknown: a GPU that is hidden or does not answer has a line, without numbers that nobody gave.
func TestDevicesLeaveOutWhatIsUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(m *fake.Machine)
		want    []string
	}{
		"no NVML": {
			func(m *fake.Machine) { m.Fail("nvmlInit_v2", 0, 999) },
			[]string{"gpu 0: Fake GPU 0, compute capability 8.0\n  1.07 GB of memory\ncuda: driver of unknown version, CUDA 12.4\n"},
		},
		"no power": {
			func(m *fake.Machine) {
				m.Fail("nvmlDeviceGetPowerUsage", 0, 3)
				m.Fail("nvmlDeviceGetTemperature", 0, 15)
			},
			[]string{"  1.07 GB of memory, 1.07 GB free; 7 % utilised; throttled: none\n", "  could not be asked: ", "GPU is lost"},
		},
		"no limit": {
			func(m *fake.Machine) { m.Fail("nvmlDeviceGetEnforcedPowerLimit", 0, 3) },
			[]string{"; 60 W; 41 °C;"},
		},
		"hidden": {
			func(m *fake.Machine) { m.Fail("cuInit", 0, 100) },
			[]string{"gpu, not given to this process: Fake GPU 0, compute capability 8.0\n", "cuda: no CUDA device: ", "clear CUDA_VISIBLE_DEVICES\n"},
		},
		"lost": {
			func(m *fake.Machine) { m.Fail("cuDeviceGet", 0, 719) },
			[]string{"gpu 0: name unknown, compute capability unknown\n  could not be asked: ", "cuda: GPU lost (", "restart the machine"},
		},
		"no GPU": {
			func(m *fake.Machine) { m.Set("devices 0") },
			[]string{"cuda: no CUDA device: ", "  training uses the CPU\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			home(t)
			tt.prepare(machine(t))
			var out strings.Builder
			writeGPUs(&text{w: &out}, session.Prober{}.Probe())
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("got\n%swant in it %q", out.String(), want)
				}
			}
			if strings.Contains(out.String(), "<nil>") || strings.Contains(out.String(), "%!") {
				t.Errorf("got\n%s", out.String())
			}
		})
	}
}

// TestProbeVerb is what package session starts: one line that is the report.
func TestProbeVerb(t *testing.T) {
	home(t)
	twoGPUs(t)
	out := ok(t, "devices", "probe")
	var r cudart.Report
	decode(t, out, &r)
	if len(r.GPUs) != 2 || strings.Count(out, "\n") != 1 {
		t.Errorf("devices probe prints %s", out)
	}
	if help := ok(t, "devices", "--help"); strings.Contains(help, "probe") {
		t.Errorf("the verb shows in\n%s", help)
	}
}

func TestDoctorTellsOfCUDA(t *testing.T) {
	// line is that of a check, and indented ones below it.
	line := func(check, detail string) string { return check + strings.Repeat(" ", 10-len(check)) + detail }
	hint := "\n                hint: "
	for name, tt := range map[string]struct {
		prepare    func(m *fake.Machine)
		args       []string
		want, lack []string
	}{
		"whole": {
			func(*fake.Machine) {}, nil,
			[]string{
				"ok    " + line("gpu", "2 x Fake GPU; driver 550.163.01, CUDA 12.4; --device cuda:0,1 trains on all of them\n"),
				"ok    " + line("driver", "CUDA 12.4, DIR/libcuda.so.1 (GROWLAB_CUDA_LIBS): computes on the GPU; needed\n"),
				"ok    " + line("nvml", "driver 550.163.01, DIR/libnvidia-ml.so.1"), "ok    " + line("cublasLt", "12.4.5, DIR/libcublasLt.so.12"),
				"ok    " + line("nvrtc", "12.4, "), "ok    " + line("nccl", "2.22.3, "),
			},
			[]string{"loaded", "hint:"},
		},
		"verbose": {
			func(*fake.Machine) {},
			[]string{"-v"},
			[]string{
				"driver: DIR/libcuda.so.1 (GROWLAB_CUDA_LIBS): loaded\n",
				"cublasLt: libcublasLt.so.13 (catalog): skipped: for CUDA 13",
				"cublasLt: DIR/libcublasLt.so.12 (GROWLAB_CUDA_LIBS): loaded\n",
			},
			nil,
		},
		"little else": {
			func(m *fake.Machine) { m.Omit("libnccl.so.2", "ncclGetVersion"); m.Fail("nvmlInit_v2", 0, 999) }, nil,
			[]string{
				"ok    " + line("gpu", "2 x Fake GPU; driver of unknown version, CUDA 12.4; "), hint + "no utilisation, power and temperature: ",
				hint + "one of 2 GPUs can be used: NCCL 2.14 or newer is missing; install libnccl2",
				"none  nvml ", "none  nccl ", "ncclGetVersion is missing",
			},
			[]string{"loaded"},
		},
		"no GPU": {
			func(m *fake.Machine) { m.Fail("cuInit", 0, 999) }, nil,
			[]string{
				"none  gpu ", "training uses the CPU: ", "(cuInit: 999); see whether nvidia-smi works\n", "none  driver ",
				"driver: DIR/libcuda.so.1 (GROWLAB_CUDA_LIBS): loaded\n", "nvml: DIR/libnvidia-ml.so.1 (GROWLAB_CUDA_LIBS): loaded\n",
				"ok    " + line("nccl", "2.22.3, "),
			},
			[]string{"cublasLt: DIR"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			home(t)
			m := machine(t)
			for _, config := range []string{"devices 2", "device 0 name Fake GPU", "device 1 name Fake GPU"} {
				m.Set("%s", config)
			}
			tt.prepare(m)
			out := strings.ReplaceAll(ok(t, append([]string{"doctor"}, tt.args...)...), m.Dir, "DIR")
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("doctor prints\n%swant in it %q", out, want)
				}
			}
			for _, lack := range tt.lack {
				if strings.Contains(out, lack) {
					t.Errorf("doctor prints\n%swant no %q in it", out, lack)
				}
			}
			m.MustBeClean()
		})
	}
}

// TestDoctorJSONHasAllAttempts: there they cost nobody's eyes.
func TestDoctorJSONHasAllAttempts(t *testing.T) {
	home(t)
	m := machine(t)
	var all int
	for line := range strings.Lines(ok(t, "doctor", "--json")) {
		var f doctor.Finding
		decode(t, line, &f)
		for _, a := range f.Attempts {
			if string(a.Library) != f.Check {
				t.Errorf("%s has an attempt of %s", f.Check, a.Library)
			}
			if a.Outcome == cudart.Loaded && !strings.HasPrefix(a.Path, m.Dir+string(filepath.Separator)) {
				t.Errorf("%s was loaded from %s, want it from %s", a.Library, a.Path, m.Dir)
			}
			all++
		}
	}
	if want := len(session.Prober{}.Probe().Attempts); all != want || all < 5 {
		t.Errorf("%d attempts, want %d", all, want)
	}
}

// TestTrainOnAbsentGPUIsRefused with what was found, exit code 4, and nothing left.
func TestTrainOnAbsentGPUIsRefused(t *testing.T) {
	dir := home(t)
	twoGPUs(t)
	r := run(t, "train", "--recipe", tiny, "--device", "cuda:0,2")
	want := "growlab: device cuda:0,2: there is no GPU 2, the driver has NVIDIA H100 80GB HBM3, Fake GPU 1; use --device cpu, or see growlab doctor\n"
	if r.code != 4 || r.err != want {
		t.Errorf("exit code %d, %q\nwant 4, %q", r.code, r.err, want)
	}
	if files := filesIn(t, dir); len(files) > 0 {
		t.Errorf("it left %v", files)
	}
}
