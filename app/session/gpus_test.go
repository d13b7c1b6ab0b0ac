package session_test

import (
	"slices"
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/cudart"
)

// gpus is a machine with two GPUs that can train and one that cannot.
func gpus() *cudart.Report {
	return &cudart.Report{
		Libraries: []cudart.LibraryReport{{Library: cudart.LibNCCL}},
		GPUs: []cudart.GPU{
			{Ordinal: 0, Name: "H100", Capability: cudart.Capability{Major: 9}},
			{Ordinal: 1, Name: "H100", Capability: cudart.Capability{Major: 9}},
			{Ordinal: 2, Name: "TITAN V", Capability: cudart.Capability{Major: 7}},
		},
	}
}

func TestTrainsOn(t *testing.T) {
	mixed := gpus()
	mixed.GPUs[1].Name = "A100"
	apart, none := gpus(), &cudart.Report{Problem: "no driver"}
	apart.Libraries[0].Problem = "libnccl.so.2 was not found"
	for _, row := range []struct {
		device string
		report *cudart.Report
		gpus   []int
		says   string
	}{
		{"", gpus(), []int{0}, "train on GPU 0"},
		{"auto", none, nil, "train on the processor"},
		{"cpu", gpus(), nil, "train on the processor"},
		{"cuda", gpus(), []int{0}, "train on GPU 0"},
		{"cuda:1", gpus(), []int{1}, "train on GPU 1"},
		{"cuda:0,1", gpus(), []int{0, 1}, "train on GPUs 0 and 1 together, each with its part of every batch"},
		{"cuda:0,1", apart, []int{0, 1}, "train on GPU 0 alone: several GPUs are joined by NCCL, and libnccl.so.2 was not found"},
		{"cuda:0,1", mixed, []int{0, 1}, "cannot begin: GPUs that share a batch must be alike, and these are H100, A100"},
		{"cuda:0,2", gpus(), []int{0, 2}, "cannot begin: GPU 2 (TITAN V) has compute capability 7.0"},
		{"cuda:0", none, []int{0}, "cannot begin: no driver"},
	} {
		got, err := session.GPUsOf(row.device, func() *cudart.Report { return row.report })
		if err != nil || !slices.Equal(got, row.gpus) {
			t.Errorf("%q: GPUs %v, %v; want %v", row.device, got, err, row.gpus)
		}
		if says := session.TrainsOn(row.device, row.report); !strings.Contains(says, row.says) {
			t.Errorf("%q: %q, want %q", row.device, says, row.says)
		}
	}
	for _, bad := range []string{"gpu", "cuda:0,0", "cuda:x", "cpu:1", "auto:0", ":0"} {
		if _, err := session.GPUsOf(bad, gpus); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDeviceOf(t *testing.T) {
	for want, list := range map[string][]int{"cpu": nil, "cuda:1": {1}, "cuda:0,2,10": {10, 0, 2}} {
		if got := session.DeviceOf(list); got != want {
			t.Errorf("%v is %q, want %q", list, got, want)
		}
	}
}

// What is queued names the device that was chosen when it was, unless it names one itself.
func TestUse(t *testing.T) {
	h := &session.Home{Dir: t.TempDir()}
	device := func(l session.Launch) string {
		t.Helper()
		q, err := h.Enqueue(l)
		if err != nil {
			t.Fatal(err)
		}
		return q.Device
	}
	if got := device(session.Launch{Recipe: "flm-1m"}); got != "" {
		t.Errorf("with nothing chosen the device is %q", got)
	}
	h.Use("cuda:0,1")
	if got := device(session.Launch{Recipe: "flm-1m"}); got != "cuda:0,1" {
		t.Errorf("the device is %q, want that of Use", got)
	}
	if got := device(session.Launch{Recipe: "flm-1m", Device: "cpu"}); got != "cpu" {
		t.Errorf("the device is %q, want its own", got)
	}
}

// A run that is started trains on the device that was chosen.
func TestStartUses(t *testing.T) {
	h := home(t)
	h.Use("cuda:7,7")
	if _, err := h.Start(t.Context(), session.Launch{Recipe: "flm-1m"}); err == nil || !strings.Contains(err.Error(), "cuda:7,7") {
		t.Errorf("a run on a device that does not exist: %v", err)
	}
}
