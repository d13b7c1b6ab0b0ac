//go:build linux

package cudart

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"growlab/cudart/fake"
)

// Functions whose failure says nothing, or is what ends something in good order. Every other function of a table of calls is made to fail
// by a test, and its error looked at.
var harmless = map[string]string{
	"cuGetErrorName":          "its error leaves a code without a name: TestErrorsWithoutText",
	"cuGetErrorString":        "its error leaves a code without a sentence: TestErrorsWithoutText",
	"cuFuncGetParamInfo":      "its error leaves arguments unchecked: TestArgumentsThatCannotBeChecked",
	"nvmlErrorString":         "it returns text",
	"cublasLtGetVersion":      "it returns a number, no code",
	"cublasLtGetStatusName":   "it returns text",
	"cublasLtGetStatusString": "it returns text",
	"ncclGetErrorString":      "it returns text",
	"ncclGetLastError":        "it returns text",
	"nvrtcGetErrorString":     "it returns text",
}

// complete checks that there is a failure for each function of a table of calls; elsewhere names the tests that have others.
func complete[F any](t *testing.T, table any, here map[string]F, elsewhere map[string]string) {
	t.Helper()
	fields := map[string]bool{}
	for f := range reflect.TypeOf(table).Fields() {
		fields[f.Name] = true
		_, tried := here[f.Name]
		if !tried && elsewhere[f.Name] == "" && harmless[f.Name] == "" {
			t.Errorf("no test lets %s fail", f.Name)
		}
		if tried && elsewhere[f.Name] != "" {
			t.Errorf("%s is said to be tried in %s too", f.Name, elsewhere[f.Name])
		}
	}
	for name := range elsewhere {
		if !fields[name] {
			t.Errorf("%s is none of the calls", name)
		}
	}
	for name := range here {
		if !fields[name] {
			t.Errorf("%s is none of the calls", name)
		}
	}
}

// failed lets each call fail once with a code, and wants it named by what f returns.
func failed(t *testing.T, m *fake.Machine, code int, calls map[string]func() error) {
	t.Helper()
	for call, f := range calls {
		m.Fail(call, 1, code)
		err := f()
		var e *Error
		if !errors.As(err, &e) || e.Call != call || e.Code != code || !strings.HasPrefix(e.Library, m.Dir) {
			t.Errorf("%s ordered to fail with %d: %v", call, code, err)
		}
		m.Heal()
	}
}

// TestEveryCallOfNVMLReportsItsFailure, as TestEveryCallReportsItsFailure does of the driver.
func TestEveryCallOfNVMLReportsItsFailure(t *testing.T) {
	m := libs.Machine(t)
	f := &Finder{Env: m.Env}
	n, err := f.NVML()
	must(t, err)
	card, err := n.Card(0)
	must(t, err)
	sample := func() error { _, err := card.Sample(); return err }
	calls := map[string]func() error{
		"nvmlInit_v2":                            func() error { _, err := f.NVML(); return err },
		"nvmlSystemGetDriverVersion":             func() error { _, err := n.DriverVersion(); return err },
		"nvmlSystemGetCudaDriverVersion_v2":      func() error { _, err := n.CUDA(); return err },
		"nvmlDeviceGetCount_v2":                  func() error { _, err := n.Count(); return err },
		"nvmlDeviceGetHandleByIndex_v2":          func() error { _, err := n.Card(0); return err },
		"nvmlDeviceGetName":                      func() error { _, err := card.Name(); return err },
		"nvmlDeviceGetUUID":                      func() error { _, err := card.UUID(); return err },
		"nvmlDeviceGetCudaComputeCapability":     func() error { _, err := card.Capability(); return err },
		"nvmlDeviceGetUtilizationRates":          sample,
		"nvmlDeviceGetMemoryInfo":                sample,
		"nvmlDeviceGetPowerUsage":                sample,
		"nvmlDeviceGetEnforcedPowerLimit":        sample,
		"nvmlDeviceGetTemperature":               sample,
		"nvmlDeviceGetClockInfo":                 sample,
		"nvmlDeviceGetCurrentClocksEventReasons": sample,
		"nvmlShutdown":                           n.Close,
	}
	failed(t, m, 999, calls)
	must(t, n.Close())
	elsewhere := map[string]string{
		"nvmlDeviceGetHandleByUUID":                 "TestMeasurementsThatFail",
		"nvmlDeviceGetHandleByPciBusId_v2":          "TestMeasurementsThatFail",
		"nvmlDeviceGetCurrentClocksThrottleReasons": "below",
	}
	complete(t, nvmlCalls{}, calls, elsewhere)

	m = libs.Machine(t)
	m.Omit("libnvidia-ml.so.1", "nvmlDeviceGetCurrentClocksEventReasons")
	n, err = (&Finder{Env: m.Env}).NVML()
	must(t, err)
	card, err = n.Card(0)
	must(t, err)
	failed(t, m, 999, map[string]func() error{"nvmlDeviceGetCurrentClocksThrottleReasons": sample})
	must(t, n.Close())
}

// TestEveryCallOfCuBLASLtReportsItsFailure, those that TestProductErrors has not.
func TestEveryCallOfCuBLASLtReportsItsFailure(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	lib := blas(t, m, d)
	l := Layout{Type: F32, LD: 8}
	p := Product{M: 8, N: 8, K: 8, A: l, B: l, C: l, D: l, Batch: 2}
	inContext(t, d, 0, func(c *Context) {
		b, err := c.Blas(lib)
		must(t, err)
		s, err := c.Stream(0)
		must(t, err)
		x, err := c.Alloc(1 << 10)
		must(t, err)
		product := func() *Matmul {
			mm, err := b.Matmul(p)
			must(t, err)
			_, err = mm.Algorithms(0, 1)
			must(t, err)
			return mm
		}
		mm := product()
		calls := map[string]func() error{
			"cublasLtMatmul":              func() error { return mm.Run(s, &Operands{A: x, B: x, C: x, D: x, Alpha: 1}) },
			"cublasLtMatmulDescDestroy":   product().Close,
			"cublasLtMatrixLayoutDestroy": product().Close,
			"cublasLtDestroy":             b.Close,
		}
		failed(t, m, 13, calls)
		elsewhere := map[string]string{}
		for _, call := range []string{
			"cublasLtCreate", "cublasLtMatmulDescCreate", "cublasLtMatmulDescSetAttribute", "cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutSetAttribute",
			"cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceSetAttribute", "cublasLtMatmulPreferenceDestroy", "cublasLtMatmulAlgoGetHeuristic",
		} {
			elsewhere[call] = "TestProductErrors"
		}
		complete(t, blasCalls{}, calls, elsewhere)
		must(t, errors.Join(s.Sync(), mm.Close(), b.Close(), c.Free(x), s.Close()))
	})
	if live := m.State().Live; live["blas"] != 2 || len(live) != 1 {
		t.Errorf("left alive %v, want the descriptor and the layout whose destruction failed", live)
	}
}

// TestEveryCallOfTheOthersIsTried: of NCCL and NVRTC.
func TestEveryCallOfTheOthersIsTried(t *testing.T) {
	m := libs.Machine(t)
	f := &Finder{Env: m.Env}
	opened := map[string]func() error{"ncclGetVersion": func() error { _, err := f.NCCL(); return err }}
	failed(t, m, 2, opened)
	elsewhere := map[string]string{}
	for _, call := range []string{
		"ncclGetUniqueId", "ncclCommInitRankConfig", "ncclAllReduce", "ncclReduceScatter", "ncclAllGather", "ncclBroadcast", "ncclCommGetAsyncError",
		"ncclCommDestroy", "ncclCommAbort",
	} {
		elsewhere[call] = "TestNCCLErrors"
	}
	complete(t, ncclCalls{}, opened, elsewhere)

	n, err := f.NVRTC(12)
	must(t, err)
	compile := func() error { _, _, err := n.Compile(Source{Name: "k.cu", Cubin: true}); return err }
	compiled := map[string]func() error{
		"nvrtcVersion":           func() error { _, err := f.NVRTC(12); return err },
		"nvrtcCompileProgram":    compile,
		"nvrtcGetCUBINSize":      compile,
		"nvrtcGetCUBIN":          compile,
		"nvrtcDestroyProgram":    compile,
		"nvrtcCreateProgram":     compile,
		"nvrtcGetProgramLog":     compile,
		"nvrtcGetPTX":            func() error { _, _, err := n.Compile(Source{Name: "k.cu"}); return err },
		"nvrtcGetPTXSize":        func() error { _, _, err := n.Compile(Source{Name: "k.cu"}); return err },
		"nvrtcGetProgramLogSize": compile,
	}
	failed(t, m, 4, compiled)
	complete(t, nvrtcCalls{}, compiled, nil)
}

// TestDriverThatDoesNotTell: a driver that opens and cannot tell its version is an error that names both.
func TestDriverThatDoesNotTell(t *testing.T) {
	m := libs.Machine(t)
	failed(t, m, 999, map[string]func() error{"cuDriverGetVersion": func() error { _, err := (&Finder{Env: m.Env}).Driver(); return err }})
}

// TestContextThatIsNotGivenBack: Close of a context says that its release failed.
func TestContextThatIsNotGivenBack(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	for _, call := range []string{"cuDevicePrimaryCtxRelease_v2", "cuCtxSetCurrent"} {
		c := contextOf(t, d, 0)
		failed(t, m, 201, map[string]func() error{call: c.Close})
	}
}

// TestErrorsWithoutText: where the driver does not explain a code, the error has the code alone.
func TestErrorsWithoutText(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	m.Fail("cuGetErrorName", 0, 1)
	m.Fail("cuGetErrorString", 0, 1)
	m.Fail("cuDeviceGetCount", 1, 719)
	_, err := d.Count()
	if want := m.Dir + "/libcuda.so.1: cuDeviceGetCount: failed (code 719)"; err == nil || err.Error() != want || !errors.Is(err, ErrDeviceLost) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestArgumentsThatCannotBeChecked: a driver that has the question and does not answer it does not keep kernels from being launched.
func TestArgumentsThatCannotBeChecked(t *testing.T) {
	m := libs.Machine(t)
	m.Fail("cuFuncGetParamInfo", 0, 801)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		must(t, g.add(g.s, 1))
		must(t, g.s.Sync())
		g.close()
	})
	m.MustBeClean()
}

// TestHarmlessAreCalls: no name of the list is outdated.
func TestHarmlessAreCalls(t *testing.T) {
	rest := maps.Clone(harmless)
	for _, table := range []any{driverCalls{}, nvmlCalls{}, blasCalls{}, ncclCalls{}, nvrtcCalls{}} {
		for f := range reflect.TypeOf(table).Fields() {
			delete(rest, f.Name)
		}
	}
	if len(rest) > 0 {
		t.Errorf("%v are none of the calls", rest)
	}
}
