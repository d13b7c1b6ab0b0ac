//go:build linux && !race

package cuda

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/growth"
	"growlab/trainer"
)

// The sweep is nothing for the race detector: it is about calls, of which TestFaults and TestRanksThatFail have some.

// swept is a training short enough to be repeated for each call that can fail: it opens, plans, joins, grows, replays graphs, and closes.
func swept(t *testing.T) growth.Recipe {
	return recipe(t, "model.context=8", "train.batch=32", "train.micro_batch=2", "stage.1.hidden=16", "stage.2.hidden=32", "stage.2.ffn=64", "stage.2.layers=1",
		"stage.1.tokens=128", "stage.1.warmup=32", "stage.2.tokens=64", "stage.2.ramp=32", "eval.every=0", "eval.tokens=32", "eval.final_tokens=32")
}

// outcome is a training that ended in one way or the other.
type outcome struct {
	errs []error // of all ranks
	last trainer.Checkpoint
}

// sweep carries r out on so many GPUs of m.
func sweep(t *testing.T, m *fake.Machine, gpus int, r growth.Recipe) (o outcome) {
	t.Helper()
	sinks, errs := together(t, m, gpus, Options{Untimed: true}, r)
	for _, err := range errs {
		if err != nil {
			o.errs = append(o.errs, err)
		}
	}
	if s := sinks[0]; s != nil && len(s.saved) > 0 {
		o.last = s.saved[len(s.saved)-1]
	}
	return o
}

// codeOf is a code by which a call of a library, or queued work, fails.
func codeOf(call string) int {
	switch {
	case strings.HasPrefix(call, "cublas"):
		return 13 // EXECUTION_FAILED
	case strings.HasPrefix(call, "nccl"):
		return 2 // ncclSystemError
	case strings.HasPrefix(call, "cu"):
		return 999 // UNKNOWN
	}
	return 719 // LAUNCH_FAILED
}

// TestEveryFailureEndsWell: whatever call a training makes, from opening the libraries to giving the GPU back, when it fails the first or some
// later time, the training either ends with an error that names it, or did without and has the same weights; nobody waits, and nothing stays.
func TestEveryFailureEndsWell(t *testing.T) {
	for gpus := 1; gpus <= 2; gpus++ {
		r := swept(t)
		m := machine(t)
		healthy := sweep(t, m, gpus, r)
		if err := errors.Join(healthy.errs...); err != nil || len(healthy.last.Params.Data) == 0 {
			t.Fatal(err)
		}
		calls := m.State().Called
		if calls["cuLaunchKernel"] == 0 || calls["cublasLtMatmul"] == 0 || (calls["cuGraphLaunch"] == 0) != (gpus > 1) { // sums over ranks are in no graph
			t.Fatalf("%d GPUs: called were %v", gpus, calls)
		}
		for _, call := range slices.Sorted(maps.Keys(calls)) {
			if gpus > 1 && !strings.HasPrefix(call, "nccl") && !strings.HasPrefix(call, "cuEvent") && !strings.HasPrefix(call, "cuStream") {
				continue // as with one
			}
			if call != "run" && !strings.HasPrefix(call, "cu") && !strings.HasPrefix(call, "nccl") || call == "ncclAsync" {
				continue // no call: kernels fail as queued work does, and the rest are orders to the stand-ins
			}
			nths := []int{1, (calls[call] + 1) / 2}
			for _, nth := range slices.Compact(nths) {
				t.Run(fmt.Sprintf("%d GPUs/%s %d", gpus, call, nth), func(t *testing.T) {
					m := machine(t)
					m.Fail(call, nth, codeOf(call))
					judge(t, m, call, sweep(t, m, gpus, r), healthy)
				})
			}
		}
	}
}

// judge says what is wrong with how a training ended in which a call failed.
func judge(t *testing.T, m *fake.Machine, call string, got, healthy outcome) {
	t.Helper()
	err := errors.Join(got.errs...)
	lost := !strings.HasPrefix(call, "cu") && !strings.HasPrefix(call, "nccl")
	switch {
	case err == nil:
		if !reflect.DeepEqual(got.last.Params, healthy.last.Params) || !reflect.DeepEqual(got.last.M, healthy.last.M) {
			t.Error("it ended without an error and with other weights")
		}
	case lost && !errors.Is(err, cudart.ErrDeviceLost):
		t.Errorf("got %v, want that the GPU is lost", err)
	case !lost && !strings.Contains(err.Error(), call):
		t.Errorf("got %v, want in it %s", err, call)
	}
	m.Heal()
	gives := slices.ContainsFunc([]string{"Free", "Destroy", "Unload", "Release"}, func(s string) bool { return strings.Contains(call, s) })
	if s := m.State(); !lost && !gives && (len(s.Live) > 0 || len(s.Violations) > 0) {
		t.Errorf("left alive %v, violations %q", s.Live, s.Violations)
	}
}
