package session

import (
	"strings"
	"testing"
)

func TestPriceOfAPreset(t *testing.T) {
	h := &Home{Dir: t.TempDir(), Threads: 1}
	r, err := LoadRecipe(Launch{Recipe: "flm-1m"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.Price(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Stages) != 3 || c.Memory != c.Stages[2].Memory || c.Memory <= c.Stages[0].Memory {
		t.Errorf("got %+v, want three stages of which the last needs most memory", c)
	}
	var sum float64
	for _, s := range c.Stages {
		sum += s.Seconds
	}
	if sum <= 0 || sum != c.Seconds || c.Trouble != "" || c.Device == "" {
		t.Errorf("got %+v, want times that sum up, a device and no trouble", c)
	}
	before := h.speeds.known["auto"]
	r.Stages[2].Hidden, r.Stages[2].Layers, r.Train.MicroBatch = 1<<15, 1<<10, 0
	if c, err = h.Price(r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Trouble, "stage 3 needs") {
		t.Errorf("got trouble %q of a network for a data centre, want that it needs too much", c.Trouble)
	}
	if after := h.speeds.known["auto"]; after.Rate(128) != before.Rate(128) {
		t.Error("the machine was measured twice")
	}
}
