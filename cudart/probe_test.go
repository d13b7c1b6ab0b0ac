//go:build linux

package cudart

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"growlab/cudart/fake"
)

// probe looks at a machine, and at nothing of the real one but its dynamic loader.
func probe(t *testing.T, m *fake.Machine) *Report {
	t.Helper()
	return (&Finder{Env: m.Env, Root: t.TempDir()}).Probe()
}

func TestProbeReportsGPUs(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	m.Set("device 1 name NVIDIA H100 80GB HBM3")
	m.Set("device 1 major 9")
	m.Set("device 1 memory 85899345920")
	m.Set("device 1 throttle %d", 1<<2|1<<6)
	r := probe(t, m)
	if !r.Usable() || r.Driver != "550.163.01" || r.CUDA != (Version{12, 4, 0}) || len(r.GPUs) != 2 {
		t.Fatalf("report %+v; want two GPUs of driver 550.163.01, CUDA 12.4", r)
	}
	g := r.GPUs[1]
	if g.Ordinal != 1 || g.Name != "NVIDIA H100 80GB HBM3" || g.Capability.String() != "9.0" || g.Memory != 80<<30 || g.Multiprocessors != 4 ||
		g.PCI != "0000:3C:00.0" || g.UUID != "GPU-01112131-4151-6171-8191-a1b1c1d1e1f1" || g.Problem != "" {
		t.Errorf("second GPU %+v", g)
	}
	if opened, closed := m.Calls("nvmlInit_v2"), m.Calls("nvmlShutdown"); opened != 1 || closed != 1 {
		t.Errorf("NVML was opened %d times and closed %d times, want once each", opened, closed)
	}
	if m.Calls("nvmlDeviceGetHandleByPciBusId_v2") != 0 {
		t.Error("the UUIDs of driver and NVML differ")
	}
	now := g.Now
	if *now.Utilization != 7 || *now.MemoryUtilization != 3 || *now.MemoryTotal != 80<<30 || *now.MemoryFree != 80<<30 || *now.MemoryUsed != 0 ||
		*now.Power != 60.5 || *now.PowerLimit != 300 || *now.Temperature != 41 || *now.Clock != 1410 || *now.MemoryClock != 1215 {
		t.Errorf("measured %+v", now)
	}
	if got := now.Throttle.String(); got != "power cap, hardware thermal slowdown" || !now.Throttle.Slows() {
		t.Errorf("throttle %q, slows %v; want power cap, hardware thermal slowdown", got, now.Throttle.Slows())
	}
	if got := r.GPUs[0].Now.Throttle; got.String() != "none" || got.Slows() {
		t.Errorf("first GPU: throttle %q; want none", got)
	}
	m.MustBeClean()
}

func TestReportIsJSON(t *testing.T) {
	m := libs.Machine(t)
	m.Set("device 0 throttle 1")
	b, err := json.Marshal(probe(t, m))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"driver":"550.163.01","cuda":"12.4"`, `"name":"Fake GPU 0"`, `"capability":{"major":8,"minor":0}`, `"power_watts":60.5`, `"throttle":"idle"`,
		`"library":"cublasLt"`, `"outcome":"loaded"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("JSON lacks %s:\n%s", want, b)
		}
	}
	b, err = json.Marshal((&Finder{Env: m.Env, OS: "darwin"}).Probe())
	if err != nil || strings.Contains(string(b), "null") {
		t.Errorf("JSON of an empty report: %s, %v; want lists, not null", b, err)
	}
}

func TestProblemNamesCauseAndRemedy(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(m *fake.Machine)
		want    []string
	}{
		"no driver":   {func(m *fake.Machine) { m.Remove("libcuda.so.1") }, []string{"no NVIDIA driver: neither the dynamic loader nor any known folder has libcuda.so.1", "install NVIDIA's driver", "--gpus all"}},
		"broken file": {func(m *fake.Machine) { m.Break("libcuda.so.1") }, []string{"no NVIDIA driver: ", "invalid ELF header"}},
		"old driver":  {func(m *fake.Machine) { m.Omit("libcuda.so.1", "cuEventQuery") }, []string{"cuEventQuery is missing", "install driver 450 or newer"}},
		"no GPU":      {func(m *fake.Machine) { m.Set("devices 0") }, []string{"no CUDA device: the driver is installed and sees no GPU", "(cuInit: CUDA_ERROR_NO_DEVICE, 100)", "nvidia-smi"}},
		"hidden":      {func(m *fake.Machine) { m.Fail("cuInit", 1, 100) }, []string{"the machine has 1 GPU: clear CUDA_VISIBLE_DEVICES"}},
		"mismatch":    {func(m *fake.Machine) { m.Fail("cuInit", 1, 803); m.Fail("nvmlInit_v2", 1, 18) }, []string{"NVIDIA driver and library do not match", "restart the machine"}},
		"lost":        {func(m *fake.Machine) { m.Fail("cuDeviceGetCount", 1, 719) }, []string{"GPU lost (cuDeviceGetCount: CUDA_ERROR_LAUNCH_FAILED, 719)", "no longer answers"}},
		"unknown":     {func(m *fake.Machine) { m.Fail("cuInit", 1, 999) }, []string{"nvidia_uvm", "(cuInit: 999)", "nvidia-smi works"}},
	} {
		m := libs.Machine(t)
		test.prepare(m)
		r := probe(t, m)
		if r.Usable() {
			t.Errorf("%s: the machine counts as usable", name)
		}
		for _, want := range test.want {
			if !strings.Contains(r.Problem, want) {
				t.Errorf("%s: problem %q; want %q in it", name, r.Problem, want)
			}
		}
		if strings.ContainsAny(r.Problem, "\n") || strings.Contains(r.Problem, m.Dir+"/libcuda.so.1: cuInit") {
			t.Errorf("%s: problem %q is not one short sentence", name, r.Problem)
		}
		if len(r.Attempts) == 0 || len(r.Libraries) != 5 || r.Libraries[0].Problem == "" && name != "lost" {
			t.Errorf("%s: report %+v lacks attempts, libraries or the driver's problem", name, r)
		}
	}
}

// TestOneOfTwoGPUsAnswers: the machine is usable as long as one does.
func TestOneOfTwoGPUsAnswers(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	m.Fail("cuDeviceGetUuid", 1, 719)
	r := probe(t, m)
	if !r.Usable() || !strings.Contains(r.GPUs[0].Problem, "device 0: ") || !strings.Contains(r.GPUs[0].Problem, "cuDeviceGetUuid") || r.GPUs[1].Problem != "" {
		t.Errorf("first of two GPUs lost: %+v", r)
	}
	m.Fail("cuDeviceGet", 0, 719)
	if r = probe(t, m); r.Usable() || !strings.HasPrefix(r.Problem, "GPU lost (cuDeviceGet: CUDA_ERROR_LAUNCH_FAILED, 719)") || len(r.GPUs) != 2 {
		t.Errorf("both GPUs lost: %+v", r)
	}
}

// TestHiddenGPUIsListed: NVML sees what CUDA_VISIBLE_DEVICES hides.
func TestHiddenGPUIsListed(t *testing.T) {
	m := libs.Machine(t)
	m.Fail("cuInit", 1, 100)
	r := probe(t, m)
	if len(r.GPUs) != 1 || r.GPUs[0].Ordinal != -1 || r.GPUs[0].Name != "Fake GPU 0" || r.GPUs[0].Memory != 1<<30 || *r.GPUs[0].Now.Temperature != 41 {
		t.Errorf("GPUs %+v; want the hidden one with number -1", r.GPUs)
	}
}

func TestHintsForWhatIsMissing(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	m.Remove("libnvidia-ml.so.1")
	m.Remove("libcublasLt.so.12")
	m.Remove("libnccl.so.2")
	r := probe(t, m)
	all := strings.Join(r.Hints, "\n")
	for _, want := range []string{"pip install nvidia-cublas-cu12", "one of 2 GPUs can be used: NCCL 2.14 or newer is missing", "no utilisation, power and temperature: library not found"} {
		if !strings.Contains(all, want) {
			t.Errorf("hints %q lack %q", all, want)
		}
	}
	if !r.Usable() || r.GPUs[0].Name == "" || r.GPUs[0].Now.Power != nil || r.GPUs[0].Problem != "" {
		t.Errorf("without NVML: %+v; want a usable GPU without measurements", r.GPUs[0])
	}
	if r = probe(t, libs.Machine(t)); len(r.Hints) != 0 {
		t.Errorf("a whole machine draws the hints %q", r.Hints)
	}
}

func TestMeasurementsThatFail(t *testing.T) {
	m := libs.Machine(t)
	m.Fail("nvmlDeviceGetPowerUsage", 0, 3) // not supported: no number and no problem
	m.Fail("nvmlDeviceGetCurrentClocksEventReasons", 0, 3)
	m.Fail("nvmlDeviceGetHandleByUUID", 0, 6) // found by its bus address then
	g := probe(t, m).GPUs[0]
	if g.Now.Power != nil || g.Now.PowerLimit == nil || g.Now.Throttle != nil || g.Now.Temperature == nil || g.Problem != "" {
		t.Errorf("card that does not measure power: %+v", g)
	}
	m.Fail("nvmlDeviceGetTemperature", 0, 15)
	g = probe(t, m).GPUs[0]
	if g.Now.Temperature != nil || g.Now.Clock == nil || !strings.Contains(g.Problem, "nvmlDeviceGetTemperature: GPU is lost (code 15)") {
		t.Errorf("card that falls off the bus: %+v", g)
	}
	m.Fail("nvmlDeviceGetHandleByPciBusId_v2", 0, 6)
	if g = probe(t, m).GPUs[0]; !strings.Contains(g.Problem, "GPU-00102030-") || g.Name == "" {
		t.Errorf("card that NVML does not know: %+v", g)
	}
}

func TestOldNVMLNamesThrottleReasonsDifferently(t *testing.T) {
	m := libs.Machine(t)
	m.Omit("libnvidia-ml.so.1", "nvmlDeviceGetCurrentClocksEventReasons")
	m.Set("device 0 throttle %d", 1<<5|1<<40)
	if got := probe(t, m).GPUs[0].Now.Throttle.String(); got != "thermal slowdown, reason 40" {
		t.Errorf("throttle %q; want thermal slowdown, reason 40", got)
	}
}

// TestProbeInAnotherProcess is how a whole program is tested: two variables give it a machine.
func TestProbeInAnotherProcess(t *testing.T) {
	m := libs.Machine(t)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVariable+"=1", EnvLibraries+"="+m.Dir, "GROWLAB_FAKE_CUDA=devices 2;device 1 name Large card;cuda 13000")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(r.GPUs) != 2 || r.GPUs[1].Name != "Large card" || r.CUDA != (Version{13, 0, 0}) {
		t.Errorf("the other process sees %+v", r)
	}
}

func TestNVMLAlone(t *testing.T) {
	m := libs.Machine(t)
	m.Set("cuda 11080")
	n, err := (&Finder{Env: m.Env}).NVML()
	must(t, err)
	if v, err := n.CUDA(); v != (Version{11, 8, 0}) || err != nil {
		t.Errorf("CUDA %v, %v; want 11.8", v, err)
	}
	if count, err := n.Count(); count != 1 || err != nil {
		t.Errorf("%d cards, %v; want 1", count, err)
	}
	for call, f := range map[string]func() error{
		"nvmlSystemGetDriverVersion":         func() error { _, err := n.DriverVersion(); return err },
		"nvmlSystemGetCudaDriverVersion_v2":  func() error { _, err := n.CUDA(); return err },
		"nvmlDeviceGetCount_v2":              func() error { _, err := n.Count(); return err },
		"nvmlDeviceGetHandleByIndex_v2":      func() error { _, err := n.Card(0); return err },
		"nvmlDeviceGetName":                  func() error { return new(GPU).fromCard(n, 0) },
		"nvmlDeviceGetUUID":                  func() error { return new(GPU).fromCard(n, 0) },
		"nvmlDeviceGetCudaComputeCapability": func() error { return new(GPU).fromCard(n, 0) },
		"nvmlDeviceGetMemoryInfo":            func() error { return new(GPU).fromCard(n, 0) },
		"nvmlDeviceGetClockInfo":             func() error { return new(GPU).fromCard(n, 0) },
		"nvmlShutdown":                       n.Close,
	} {
		m.Fail(call, 1, 999)
		if err := f(); err == nil || !strings.Contains(err.Error(), call+": Unknown Error (code 999)") {
			t.Errorf("%s ordered to fail: %v", call, err)
		}
		m.Heal()
	}
	must(t, n.Close())
	if _, err := n.Card(0); err == nil || !strings.Contains(err.Error(), "Uninitialized") {
		t.Errorf("card after Close: %v", err)
	}
}

// TestVersionsThatCannotBeAsked: a library that opens and does not answer is reported with its file.
func TestVersionsThatCannotBeAsked(t *testing.T) {
	m := libs.Machine(t)
	m.Omit("libcublasLt.so.12", "cublasLtGetVersion")
	m.Omit("libnccl.so.2", "ncclGetVersion")
	for _, l := range probe(t, m).Libraries {
		if l.Library != LibBlasLt && l.Library != LibNCCL {
			continue
		}
		if l.Version != "" || !strings.HasPrefix(l.Path, m.Dir) || !strings.Contains(l.Problem, "GetVersion is missing") {
			t.Errorf("%s: %+v", l.Library, l)
		}
	}
}

func TestThrottleIsText(t *testing.T) {
	for _, want := range []Throttle{0, 1, 1<<2 | 1<<6, 1<<9 - 1, 1<<3 | 1<<40 | 1<<63} {
		var got Throttle
		text, err := want.MarshalText()
		if err == nil {
			err = got.UnmarshalText(text)
		}
		if err != nil || got != want {
			t.Errorf("%#x was written as %q and read as %#x, %v", uint64(want), text, uint64(got), err)
		}
	}
	for _, bad := range []string{"", "cold", "reason 64", "idle,power cap"} {
		if err := new(Throttle).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was taken as a reason", bad)
		}
	}
}

func TestNVMLStates(t *testing.T) {
	for code, want := range map[int]error{9: ErrNoDriver, 15: ErrDeviceLost, 18: ErrMismatch, 13: ErrSymbol, 28: ErrNoDevice, 20: ErrOutOfMemory} {
		if got := nvmlState(code); got != want { //nolint:errorlint // sentinels themselves
			t.Errorf("code %d is %v, want %v", code, got, want)
		}
	}
}
