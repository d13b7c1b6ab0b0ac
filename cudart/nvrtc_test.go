//go:build linux

package cudart

import (
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	m := libs.Machine(t)
	n, err := (&Finder{Env: m.Env}).NVRTC(12)
	must(t, err)
	if n.Version() != (Version{12, 4, 0}) || !strings.HasPrefix(n.Path(), m.Dir) {
		t.Errorf("version %v of %s", n.Version(), n.Path())
	}
	for _, cubin := range []bool{false, true} {
		code, log, err := n.Compile(Source{
			Name: "k.cu", Text: "__global__ void k() {}", Headers: map[string]string{"b.h": "int b;", "a.h": "int a;"},
			Options: []string{"--gpu-architecture=sm_90", "--std=c++17"}, Cubin: cubin,
		})
		want := "program k.cu\nheader a.h: int a;\nheader b.h: int b;\noption --gpu-architecture=sm_90\noption --std=c++17\nsource __global__ void k() {}\n\x00"
		if err != nil || string(code) != want || log != "ptxas info: 42 registers" {
			t.Errorf("code %q, log %q, %v\nwant %q", code, log, err, want)
		}
	}
	for name, s := range map[string]struct {
		Source
		want string
	}{
		"source": {Source{Name: "k.cu", Text: "#error no"}, "nvrtcCompileProgram: NVRTC_ERROR_COMPILATION (code 6): k.cu(1): error: #error no"},
		"option": {Source{Name: "k.cu", Options: []string{"fast"}}, "NVRTC_ERROR_INVALID_OPTION (code 5): unrecognized option fast"},
	} {
		if code, log, err := n.Compile(s.Source); err == nil || !strings.Contains(err.Error(), s.want) || code != nil || log == "" {
			t.Errorf("bad %s: code %q, log %q, %v; want %q", name, code, log, err, s.want)
		}
	}
	for _, call := range []string{"nvrtcCreateProgram", "nvrtcDestroyProgram", "nvrtcGetPTXSize", "nvrtcGetPTX", "nvrtcGetProgramLogSize", "nvrtcGetProgramLog"} {
		m.Fail(call, 1, 4)
		if _, _, err := n.Compile(Source{Name: "k.cu"}); err == nil || !strings.Contains(err.Error(), call+": NVRTC_ERROR_INVALID_PROGRAM") {
			t.Errorf("%s ordered to fail: %v", call, err)
		}
		m.Heal()
	}
	if live := m.State().Live; live["program"] != 1 || len(live) != 1 { // of the destruction that failed
		t.Errorf("left alive %v, want one program", live)
	}
	old := libs.Machine(t)
	old.Omit("libnvrtc.so.12", "nvrtcGetCUBINSize")
	n, err = (&Finder{Env: old.Env}).NVRTC(0)
	must(t, err)
	if _, _, err := n.Compile(Source{Name: "k.cu", Cubin: true}); err == nil || !strings.Contains(err.Error(), "CUDA 11.1 or newer is wanted") {
		t.Errorf("machine code from an old compiler: %v", err)
	}
}
