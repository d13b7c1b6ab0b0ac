//go:build linux

package gpucheck

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/assets"
	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
	"growlab/trainer/compute/cuda"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// What the script tells the parts.
const (
	envCheck = "GROWLAB_GPU_CHECK"       // gpu or fake
	envOut   = "GROWLAB_GPU_CHECK_OUT"   // folder of the numbers
	envImage = "GROWLAB_GPU_CHECK_IMAGE" // code of the kernels, for the fake
)

// part skips a test that the script does not run, and says whether sizes are to be small.
func part(t *testing.T) (small bool) {
	t.Helper()
	switch how := os.Getenv(envCheck); how {
	case "gpu":
		return false
	case "fake":
		return true
	case "":
		t.Skip("a part of the check of a GPU: make gpu-check builds it, gpu-check.sh runs it; TestScript does so on a pretended GPU")
	default:
		t.Fatalf("%s is %q; it must be gpu or fake", envCheck, how)
	}
	return false
}

// write keeps the numbers of this part for the script.
func write(t *testing.T, numbers any) {
	t.Helper()
	text, err := json.Marshal(numbers)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
	if dir := os.Getenv(envOut); dir != "" {
		name := filepath.Join(dir, strings.ToLower(strings.TrimPrefix(t.Name(), "TestPart"))+".json")
		if err := errors.Join(os.WriteFile(name+".part", text, 0o644), os.Rename(name+".part", name)); err != nil { // whole or not at all
			t.Fatal(err)
		}
	}
}

// kind is a kind of engine.
type kind struct {
	Precision string `json:"precision"`
	Own       bool   `json:"own_products"` // without cuBLASLt
}

func (k kind) String() string {
	if k.Own {
		return k.Precision + ", own products"
	}
	return k.Precision + ", cuBLASLt"
}

// kinds are all.
var kinds = []kind{{"bf16", false}, {"bf16", true}, {"fp32", false}, {"fp32", true}}

// open is the engine on the first GPU, closed at the end of the test.
func open(t testing.TB, k kind) compute.Device {
	t.Helper()
	dev := mustOpen(t, k)
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// mustOpen is the engine on the first GPU.
func mustOpen(t testing.TB, k kind) compute.Device {
	t.Helper()
	o := cuda.Options{Finder: cudart.NewFinder(), Precision: k.Precision, Own: k.Own, Choices: choices()}
	if file := os.Getenv(envImage); file != "" {
		o.Image, o.Untimed = fake.Image(file), true
	}
	dev, err := cuda.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// choices is the file in which all parts keep which of cuBLASLt's ways were fastest: two runs that time them anew may choose others, and
// then add up in another order.
func choices() string {
	dir := os.Getenv(envOut)
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "choices.json")
}

// processor is the CPU engine.
func processor(t testing.TB, precision string) compute.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// course is a run with two growths: flm-1m in 200 steps, or something small in a few.
func course(t testing.TB, small bool) growth.Recipe {
	t.Helper()
	sets := []string{
		"stage.1.tokens=153600", "stage.1.warmup=15360", "stage.2.tokens=92160", "stage.2.ramp=15360", "stage.3.tokens=61440", "stage.3.ramp=15360",
		"eval.every=76800", "sample.tokens=0", "checkpoint.every=0",
	}
	if small {
		sets = []string{
			"model.context=16", "train.batch=64", "stage.1.tokens=128", "stage.1.warmup=64", "stage.2.tokens=128", "stage.2.ramp=64",
			"stage.3.tokens=128", "stage.3.ramp=64", "stage.1.layers=1", "stage.1.hidden=16", "stage.2.layers=1", "stage.2.hidden=32",
			"stage.3.layers=2", "stage.3.hidden=32",
			"eval.every=128", "eval.tokens=64", "eval.final_tokens=64", "sample.tokens=0", "checkpoint.every=0",
		}
	}
	preset, err := assets.Recipe("flm-1m")
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse("flm-1m", preset, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// history is what a run produces.
type history struct {
	steps []event.Step
	grew  []event.Grew
	eval  event.Eval
	last  trainer.Checkpoint
}

func (h *history) Emit(e event.Event) {
	switch e := e.(type) {
	case event.Step:
		h.steps = append(h.steps, e)
	case event.Grew:
		h.grew = append(h.grew, e)
	case event.Eval:
		h.eval = e
	default:
	}
}

func (h *history) Save(c trainer.Checkpoint) (int64, error) {
	h.last = c
	return 1, nil
}

func (h *history) Problem() error { return nil }

// train carries r out on dev.
func train(t testing.TB, dev compute.Device, r growth.Recipe) *history {
	t.Helper()
	h, err := tryTrain(t, dev, r)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func tryTrain(t testing.TB, dev compute.Device, r growth.Recipe) (*history, error) {
	t.Helper()
	name, text, err := assets.Corpus()
	if err != nil {
		return nil, err
	}
	set, err := data.Embedded(name, text, data.Options{})
	if err != nil {
		return nil, err
	}
	h := &history{}
	run, err := trainer.New(trainer.Options{Recipe: r, Device: dev, Data: set, Sink: h})
	if err != nil {
		return nil, err
	}
	defer run.Close()
	end, err := run.Run(t.Context())
	if err == nil && end.State != "done" {
		err = errors.New("the run ended " + end.State)
	}
	return h, err
}
