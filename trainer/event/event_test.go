package event_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"growlab/trainer/event"
)

// all has one event of every kind, no field at its zero value where that matters.
var all = []event.Event{
	event.Start{Run: "r", Stages: []event.StageInfo{{Shape: "3L × 64", Layers: 3}}, Steps: 10},
	event.Step{Step: 1, Loss: 5.5, LR: 1e-3, Mask: 0.5, FLOPs: 1e12},
	event.Eval{Step: 2, Loss: 1.5, BitsPerByte: event.BitsPerByte(1.5), Final: true},
	event.Blocks{Step: 2, Stage: 1, Blocks: []event.BlockNorms{{Layer: -1, Old: event.PartNorms{Params: 9, Weight: 1.5, Grad: 0.25, Update: 1e-3}}}},
	event.Grew{Step: 3, Operator: "msg", NewLayers: []int{3, 4}, MaxLogitDiff: 1e-6, Preserves: true, Plan: []event.StageInfo{{Steps: 3}}, Precision: "bf16"},
	event.Saved{Step: 4, Reason: "cadence", Bytes: 7},
	event.Sampled{Step: 5, Prompt: "And", Text: "\n\"God\" said — so", TopK: 40, TopP: 0.9},
	event.Paused{Step: 6, Reason: "the disk is full"},
	event.Resumed{Step: 7},
	event.Command{Step: 8, Verb: "extend", Detail: "96 tokens", Plan: []event.StageInfo{{Steps: 3}}},
	event.GPUs{Step: 9, Joules: 1e6, GPUs: []event.GPU{
		{Rank: 1, Host: "n2", Name: "NVIDIA H100", Utilization: new(97), Power: new(512.4), Throttle: "power cap", Slowed: true}, {Name: "a card that knows nothing"},
	}},
	event.Memory{Step: 9, Tokens: 18432, Process: 1 << 30, Reserved: 1 << 28},
	event.Ended{State: "done", Loss: 1.45, Joules: 3, Stages: []event.StageCost{{Tokens: 1, Joules: 3}}},
}

func TestRoundTrip(t *testing.T) {
	for _, e := range all {
		line, err := event.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(line), `{"event":"`+e.Kind()+`",`) || strings.Contains(string(line), "\n") {
			t.Errorf("%s: line %s", e.Kind(), line)
		}
		got, err := event.Unmarshal(line)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: got %+v, %v; want %+v", e.Kind(), got, err, e)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, e := range all {
		line, err := event.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"event":"nothing"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := event.Unmarshal(line)
		if err != nil {
			return
		}
		if _, err := event.Marshal(e); err != nil {
			t.Errorf("%s was read but cannot be written: %v", line, err)
		}
	})
}

func ExampleMarshal() {
	line, err := event.Marshal(event.Resumed{Step: 12, Tokens: 18432})
	fmt.Println(string(line), err)
	// Output: {"event":"resumed","step":12,"tokens":18432} <nil>
}

// TestKept: rounding of the precision is let pass, and no more.
func TestKept(t *testing.T) {
	for name, row := range map[string]struct {
		g    event.Grew
		kept bool
	}{
		"exact":                  {event.Grew{MaxLogit: 9}, true},
		"fp32 rounding":          {event.Grew{MaxLogit: 9, MaxLogitDiff: 1e-5, Precision: "fp32"}, true},
		"an old file":            {event.Grew{MaxLogit: 9, MaxLogitDiff: 1e-3}, false},
		"bf16 rounding":          {event.Grew{MaxLogit: 9, MaxLogitDiff: 0.05, Precision: "bf16"}, true},
		"bf16 rounding in fp32":  {event.Grew{MaxLogit: 9, MaxLogitDiff: 0.05, Precision: "fp32"}, false},
		"bf16, another function": {event.Grew{MaxLogit: 9, MaxLogitDiff: 0.6, Precision: "bf16"}, false},
		"small logits":           {event.Grew{MaxLogit: 1e-3, MaxLogitDiff: 1e-6}, true},
	} {
		if got := row.g.Kept(); got != row.kept {
			t.Errorf("%s: kept is %v, want %v", name, got, row.kept)
		}
	}
}
