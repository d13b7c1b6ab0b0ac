package event_test

import (
	"encoding/json"
	"math"
	"testing"

	"growlab/trainer/event"
)

func TestNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	line, err := event.Marshal(event.Ended{
		State: "failed", Step: 7, Loss: nan, BitsPerByte: inf, FLOPs: 3e12, Stages: []event.StageCost{{Tokens: 5, Seconds: 2}},
	})
	if err != nil || !json.Valid(line) {
		t.Fatalf("got %s, %v", line, err)
	}
	read, err := event.Unmarshal(line)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := read.(event.Ended)
	if !ok || !math.IsNaN(e.Loss) || !math.IsNaN(e.BitsPerByte) {
		t.Errorf("got %+v, want loss and bits per byte NaN", read)
	}
	if e.State != "failed" || e.Step != 7 || e.FLOPs != 3e12 || e.TwinFLOPs != 0 || len(e.Stages) != 1 || e.Stages[0].Tokens != 5 {
		t.Errorf("got %+v, want the rest unchanged", e)
	}
	again, err := event.Marshal(read)
	if err != nil || string(again) != string(line) {
		t.Errorf("written again: got %s, %v, want %s", again, err, line)
	}
}

// A null list is not a null number.
func TestNullList(t *testing.T) {
	line, err := event.Marshal(event.Grew{LossBefore: 2})
	if err != nil {
		t.Fatal(err)
	}
	read, err := event.Unmarshal(line)
	if g, ok := read.(event.Grew); err != nil || !ok || g.LossBefore != 2 || g.LossAfter != 0 {
		t.Errorf("got %+v, %v, want losses 2 and 0", read, err)
	}
}
