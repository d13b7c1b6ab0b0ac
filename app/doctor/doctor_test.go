package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/cudart"
)

// found are the findings of a machine by their checks.
func found(t *testing.T, d session.Devices, dir string) map[string]Finding {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	all := map[string]Finding{}
	for _, f := range On(d, &session.Home{Dir: dir}, false) {
		all[f.Check] = f
	}
	return all
}

func TestAMachineThatCanTrain(t *testing.T) {
	dir := t.TempDir()
	d := session.Devices{
		CPU: session.CPU{
			Families:   []session.Family{{Name: "avx2", Available: true, Chosen: true, Reason: "fastest"}},
			Precisions: []session.PrecisionChoice{{Name: "fp32", Available: true, Chosen: true, Reason: "alone"}},
		},
		CUDA: &cudart.Report{Problem: "no NVIDIA driver"},
	}
	all := found(t, d, dir)
	for check, f := range all {
		if f.Unfit() {
			t.Errorf("%s: unfit: %s", check, f.Detail)
		}
	}
	if f := all["cpu"]; f.Detail != "kernels avx2 (chosen): fastest" {
		t.Errorf("cpu: %q", f.Detail)
	}
	if f := all["window"]; f.OK || f.Fix == "" {
		t.Errorf("window without a display: %+v", f)
	}
	if f := all["gpu"]; f.OK || !strings.Contains(f.Detail, "no NVIDIA driver") {
		t.Errorf("gpu: %+v", f)
	}
	left, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil || len(left) != 0 {
		t.Errorf("the check of the folder left %v, %v", left, err)
	}
}

func TestAMachineThatCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := session.Devices{CPU: session.CPU{Error: "no kernels", Forced: "abacus"}, CUDA: &cudart.Report{Problem: "none"}}
	all := found(t, d, file) // a file is no folder for runs
	for check, fix := range map[string]string{"cpu": "unset GROWLAB_CPU", "folder": "GROWLAB_HOME"} {
		if f := all[check]; !f.Unfit() || !strings.Contains(f.Fix, fix) {
			t.Errorf("%s: %+v, want that it cannot train, and %q", check, f, fix)
		}
	}
}
