//go:build linux

package engine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/trainer/event"
)

// gpus pretends to have n GPUs, whose kernels are emulated.
func gpus(t *testing.T, n int) *fake.Machine {
	t.Helper()
	libs, err := fake.BuildWithKernels()
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	m.Set("devices %d", n)
	for i := range n {
		m.Set("device %d name Pretended", i)
	}
	t.Setenv(cudart.EnvLibraries, m.Dir)
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // what is timed here holds for no real GPU
	return m
}

// onGPU is a short recipe on a device.
func onGPU(device string) session.Launch {
	return session.Launch{Recipe: "testdata/tiny.toml", Device: device, Threads: 2, Set: []string{
		"train.precision=bf16", "eval.every=640", "eval.final_tokens=256", "sample.every=0", "sample.tokens=0", "checkpoint.every=0",
		"stage.1.tokens=640", "stage.1.warmup=128", "stage.2.tokens=512", "stage.2.ramp=256", "stage.3.tokens=384", "stage.3.ramp=256",
	}}
}

// finish trains e to its end.
func finish(t *testing.T, e *engine.Engine, err error) event.Ended {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	end, err := e.Train(t.Context())
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return end
}

// TestSeveralGPUs: a run on two GPUs of this machine is a run like any other, with the losses of the CPU engine but for rounding; stopped
// and resumed, it comes to the same bits.
func TestSeveralGPUs(t *testing.T) {
	m := gpus(t, 2)
	h := home(t)
	e, err := engine.New(h, "two", onGPU("cuda:0,1"), engine.Options{})
	whole := finish(t, e, err)
	e, err = engine.New(h, "cpu", onGPU("cpu"), engine.Options{})
	if want := finish(t, e, err); math.Abs(whole.Loss-want.Loss) > 0.01 || whole.Step != want.Step || whole.State != "done" {
		t.Errorf("two GPUs ended %+v, the CPU %+v", whole, want)
	}
	m.MustBeClean()

	ctx, stop := context.WithCancelCause(t.Context())
	asked := errors.New("asked")
	e, err = engine.New(h, "again", onGPU("cuda:0,1"), engine.Options{Watch: func(ev event.Event) {
		if s, ok := ev.(event.Step); ok && s.Step == 3 {
			stop(asked)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := e.File()
	if end, err := e.Train(ctx); !errors.Is(err, asked) || end.State != "stopped" {
		t.Fatalf("ended %+v, %v, want that it was stopped", end, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, err = engine.Resume(file, session.Launch{}, engine.Options{})
	if end := finish(t, e, err); end.Loss != whole.Loss || end.Step != whole.Step {
		t.Errorf("resumed, it ended with loss %v after %d steps, want %v after %d", end.Loss, end.Step, whole.Loss, whole.Step)
	}
	m.MustBeClean()
}

// TestWithoutNCCL: several GPUs that cannot be joined are one, and that is said.
func TestWithoutNCCL(t *testing.T) {
	m := gpus(t, 2)
	m.Remove("libnccl.so.2")
	var warned []string
	l := onGPU("cuda:1,0")
	e, err := engine.New(home(t), "one", l, engine.Options{Warn: func(s string) { warned = append(warned, s) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if all := strings.Join(warned, "\n"); !strings.Contains(all, "NCCL") || !strings.Contains(all, "training on GPU 1 alone") {
		t.Errorf("warned %q", warned)
	}
	m.MustBeClean()
}

// TestCrewThatFails: when a GPU cannot be opened, or fails, the run ends and says which.
func TestCrewThatFails(t *testing.T) {
	m := gpus(t, 2)
	m.Fail("cuStreamCreateWithPriority", 2, 2)
	h := home(t)
	_, err := engine.New(h, "bad", onGPU("cuda:0,1"), engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "cuStreamCreateWithPriority") {
		t.Errorf("got %v, want what failed", err)
	}
	m.Heal()
	if files, err := os.ReadDir(h.RunFolder()); err == nil && len(files) > 0 {
		t.Errorf("it left %v", files)
	}
	m.MustBeClean()
}
