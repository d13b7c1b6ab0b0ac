//go:build linux

package gpucheck

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"growlab/cudart/fake"
)

// outcome is the JSON of the script.
type outcome struct {
	Check, Kind      string
	Failed, Complete bool
	Parts            []struct {
		Part, State, Said string
		Seconds           float64
		Numbers           json.RawMessage
	}
	printed string
}

// check runs the script, with this program as the carried one, on a pretended machine.
func check(t *testing.T, environment ...string) (o outcome, states map[string]string, err error) {
	t.Helper()
	return checkWith(t, os.Args[0], environment...)
}

func checkWith(t *testing.T, program string, environment ...string) (o outcome, states map[string]string, err error) {
	t.Helper()
	libs, err := fake.BuildWithKernels()
	if err != nil {
		t.Fatal(err)
	}
	machine, dir := libs.Machine(t), t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "../../../../assets/scripts/gpu-check.sh", program, dir)
	cmd.Env = append(os.Environ(), envCheck+"=fake", envImage+"="+filepath.Join(libs.Dir, "growlab-kernels.so"), "GROWLAB_CUDA_LIBS="+machine.Dir,
		"CUDA_HOME=", "CUDA_PATH=", "GOCOVERDIR="+t.TempDir())
	cmd.Env = append(cmd.Env, environment...)
	said, err := cmd.CombinedOutput()
	t.Logf("%s", said)
	defer func() { o.printed = string(said) }()
	text, rerr := os.ReadFile(filepath.Join(dir, "result.json"))
	if rerr != nil {
		t.Fatal(rerr)
	}
	if e := json.Unmarshal(text, &o); e != nil {
		t.Fatalf("%v in %s", e, text)
	}
	states = map[string]string{}
	for _, p := range o.Parts {
		states[p.Part] = p.State
	}
	return o, states, err
}

// TestScript: on a pretended GPU every part that can run there passes, and the JSON has its numbers.
func TestScript(t *testing.T) {
	o, states, err := check(t)
	if err != nil || o.Failed || !o.Complete || o.Kind != "fake" {
		t.Fatalf("the script ended with %v: %+v", err, o)
	}
	for _, name := range []string{"machine", "small", "ceilings", "gradients", "determinism", "curve", "gpt2", "profile", "flm101m"} {
		if states[name] != "passed" {
			t.Errorf("%s is %q, want passed", name, states[name])
		}
	}
	for _, name := range []string{"kernels", "operations", "memcheck", "racecheck", "synccheck", "torch", "flm101mrun"} {
		if s := states[name]; s != "skipped" && s != "passed" {
			t.Errorf("%s is %q, want skipped, or passed where it can run", name, s)
		}
	}
	for _, p := range o.Parts {
		var numbers struct {
			Rate  float64 `json:"tokens_per_s"`
			Loss  float64
			Steps int
			Bound float64
			Rows  []row
			Own   float64 `json:"own_product_tflops"`
			Copy  float64 `json:"copy_gb_per_s"`
			// Products of the library, or why it has none.
			Products []string
		}
		if len(p.Numbers) > 0 {
			if err := json.Unmarshal(p.Numbers, &numbers); err != nil {
				t.Fatal(err)
			}
		}
		switch {
		case p.Part == "gpt2" && (!(numbers.Rate > 0) || math.Abs(numbers.Loss-math.Log(256)) > 0.5):
			t.Errorf("gpt2 measured %s", p.Numbers)
		case p.Part == "gpt2" && (len(numbers.Products) < 10 || !strings.Contains(numbers.Products[0], "transposed")):
			t.Errorf("gpt2 has the products %q", numbers.Products)
		case p.Part == "profile" && len(numbers.Rows) < 10:
			t.Errorf("profile has the rows %+v", numbers.Rows)
		case p.Part == "ceilings" && !(numbers.Own > 0 && numbers.Copy > 0):
			t.Errorf("ceilings measured %s", p.Numbers)
		case p.Part == "curve" && (numbers.Steps != 6 || !(numbers.Bound > 0)):
			t.Errorf("curve measured %s", p.Numbers)
		}
	}
}

// TestScriptGoesOn: a part that fails is told with what it said, and the others run.
func TestScriptGoesOn(t *testing.T) {
	o, states, err := check(t, "GROWLAB_FAKE_CUDA=fail cuLaunchKernel 0 719", "GROWLAB_GPU_CHECK_SECONDS=6000") // a busy machine is no failure
	if err == nil || !o.Failed {
		t.Fatalf("the script ended with %v: %+v", err, o)
	}
	if states["machine"] != "passed" || len(o.Parts) != 16 {
		t.Errorf("states are %v; want all 16 parts, and the machine seen", states)
	}
	failed := 0
	for _, p := range o.Parts {
		if p.State == "failed" {
			failed++
			if !strings.Contains(p.Said, "cuLaunchKernel") {
				t.Errorf("%s failed and said %q", p.Part, p.Said)
			}
		}
	}
	if failed == 0 {
		t.Error("no part failed on a GPU whose kernels fail")
	}
}

// TestScriptWithoutGPU: where no GPU can be used, one sentence says so, and no other part is tried.
func TestScriptWithoutGPU(t *testing.T) {
	o, states, err := check(t, "GROWLAB_FAKE_CUDA=fail cuInit 0 100")
	if err == nil || !o.Failed || !o.Complete || len(o.Parts) != 1 || states["machine"] != "failed" {
		t.Errorf("the script ended with %v: %+v; want that the first part failed, and no other was tried", err, o)
	}
	last := o.printed[strings.LastIndex(strings.TrimSpace(o.printed), "\n")+1:]
	if !strings.HasPrefix(last, "there is no GPU here to check: ") || !strings.Contains(last, "sees no GPU") {
		t.Errorf("the last line is %q, want why", last)
	}
}

// TestScriptOutlivesParts: parts that crash, hang, or leave half a file are told, the others run, and the JSON is whole.
func TestScriptOutlivesParts(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte(`#!/bin/sh
case "$*" in
*TestPartSmall*) kill -9 $$ ;;
*TestPartCurve*) echo it hangs; sleep 60 ;;
*TestPartProfile*) printf '{"half":' >"$GROWLAB_GPU_CHECK_OUT/profile.json.part"; echo 'a "quote" and a tab	here'; exit 2 ;;
*TestPartGradients*) echo '--- SKIP: TestPartGradients (0.00s)' ;;
*) echo '--- PASS: all'; printf '{"n":1}' >"$GROWLAB_GPU_CHECK_OUT/machine.json" ;;
esac
`), 0o700); err != nil {
		t.Fatal(err)
	}
	o, states, err := checkWith(t, program, "GROWLAB_GPU_CHECK_SECONDS=30")
	if err == nil || !o.Failed || !o.Complete || len(o.Parts) != 16 {
		t.Fatalf("the script ended with %v: %+v", err, o)
	}
	for part, want := range map[string]string{
		"machine": "passed", "small": "failed", "curve": "failed", "profile": "failed", "gradients": "skipped", "flm101m": "passed", "determinism": "passed",
	} {
		if states[part] != want {
			t.Errorf("%s is %q, want %q", part, states[part], want)
		}
	}
	for _, p := range o.Parts {
		switch {
		case p.Part == "curve" && !strings.Contains(p.Said, "it hangs it was ended after"):
			t.Errorf("of a part that hangs is said %q", p.Said)
		case p.Part == "profile" && (p.Said != "a quote and a tabhere " || p.Numbers != nil):
			t.Errorf("of a part that fails is said %q, with numbers %s", p.Said, p.Numbers)
		case p.Part == "machine" && string(p.Numbers) != `{"n":1}`:
			t.Errorf("machine has the numbers %s", p.Numbers)
		}
	}
}
