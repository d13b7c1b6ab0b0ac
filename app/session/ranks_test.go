//go:build linux

package session_test

import (
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/cudart"
)

func TestRankDevice(t *testing.T) {
	for name, row := range map[string]struct {
		spec, env, visible string
		gpus               string // of the machine; "" is none
		rank, size         int
		want, fault        string
	}{
		"cpu":                      {spec: "cpu", gpus: "2", rank: 3, size: 4, want: "cpu"},
		"auto without a GPU":       {rank: 1, size: 2, want: "cpu"},
		"auto with GPUs":           {gpus: "2", rank: 1, size: 2, want: "cuda:1"},
		"by number":                {spec: "cuda", gpus: "4", rank: 3, size: 4, want: "cuda:3"},
		"from the environment":     {env: "cuda", gpus: "2", rank: 1, size: 2, want: "cuda:1"},
		"from a list":              {spec: "cuda:4,6", rank: 1, size: 2, want: "cuda:6"},
		"one rank, its own":        {spec: "cuda:5", rank: 0, size: 1, want: "cuda:5"},
		"the launcher chose":       {spec: "cuda", gpus: "1", visible: "7", rank: 3, size: 4, want: "cuda:0"},
		"the launcher gave some":   {spec: "cuda", gpus: "2", visible: "4,5", rank: 1, size: 2, want: "cuda:1"},
		"a list that is short":     {spec: "cuda:4,6", rank: 2, size: 4, fault: "lists 2 GPUs; this machine has 4 ranks"},
		"ranks beyond the GPUs":    {gpus: "2", rank: 2, size: 3, fault: "local rank 2 needs a GPU of its own, and this process may use 2"},
		"nonsense is OpenDevice's": {spec: "cuda:x", rank: 0, size: 2, want: "cuda:x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(cudart.EnvLibraries, t.TempDir())
			if row.gpus != "" {
				machine(t)
				t.Setenv("GROWLAB_FAKE_CUDA", "devices "+row.gpus)
			}
			t.Setenv("GROWLAB_DEVICE", row.env)
			t.Setenv("CUDA_VISIBLE_DEVICES", row.visible)
			got, err := session.RankDevice(row.spec, row.rank, row.size)
			switch {
			case row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)):
				t.Errorf("got %q, %v; want a refusal with %q", got, err, row.fault)
			case row.fault == "" && (err != nil || got != row.want):
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}
