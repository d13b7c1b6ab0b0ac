package cli

import (
	"strings"
	"testing"
)

// TestPlanOfAGPUsMemory: whose memory it is, and what happens if it does not do.
func TestPlanOfAGPUsMemory(t *testing.T) {
	for _, tt := range []struct {
		memory int64
		want   string
	}{
		{50e9, "the memory is the GPU's: 80.0 GB of 86.0 GB are free, so that every stage fits\n"},
		{90e9, "the memory is the GPU's: 80.0 GB of 86.0 GB are free, so that stages which need more take fewer sequences at a time\n"},
	} {
		var out strings.Builder
		p := planned{Memory: tt.memory, DeviceMemory: &deviceMemory{Free: 80e9, Total: 86e9}, Stages: []plannedStage{{}}}
		if err := p.write(&text{w: &out}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), tt.want) {
			t.Errorf("got %q\nwant in it %q", out.String(), tt.want)
		}
	}
	var out strings.Builder
	if err := (planned{Stages: []plannedStage{{}}}).write(&text{w: &out}); err != nil || strings.Contains(out.String(), "GPU") {
		t.Errorf("of a CPU: %v, %q", err, out.String())
	}
}
