package event_test

import (
	"testing"

	"growlab/trainer/event"
)

func TestGPUsString(t *testing.T) {
	one := event.GPU{Utilization: new(97), Power: new(512.4)}
	for want, gpus := range map[string][]event.GPU{
		"":                nil,
		"GPU 97 %, 512 W": {one},
		"2 GPUs":          {{}, {}},
		"2 GPUs, 3-97 %, 612 W, up to 71 °C, 1 slowed": {one, {Utilization: new(3), Power: new(100.), Temperature: new(71), Throttle: "power cap", Slowed: true}},
	} {
		if got := (event.GPUs{GPUs: gpus}).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (event.GPUs{GPUs: []event.GPU{{Name: "knows nothing"}}}).String(); got != "" {
		t.Errorf("a GPU that knows nothing gives %q", got)
	}
}

func TestGPUString(t *testing.T) {
	for want, g := range map[string]event.GPU{
		"97 %, 512 W, 64 °C, power cap": {Utilization: new(97), Power: new(512.4), Temperature: new(64), Throttle: "power cap", Slowed: true},
		"3 %":                           {Utilization: new(3), Throttle: "idle"},
		"":                              {Name: "knows nothing"},
	} {
		if got := g.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
