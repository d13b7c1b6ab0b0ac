package trainer

import (
	"math"
	"testing"

	"growlab/trainer/control"
	"growlab/trainer/event"
)

// ticking is a Meter that has taken one joule more at every look, and something new to tell at every other one.
type ticking struct{ looks, takes int }

func (m *ticking) Joules() float64 {
	m.looks++
	return float64(m.looks)
}

func (m *ticking) Take() []event.GPU {
	if m.takes++; m.takes%2 == 0 {
		return nil
	}
	return []event.GPU{{Name: "a GPU", Utilization: new(m.takes)}}
}

// TestMeter: measurements come between steps, with the energy until then; energy is booked to stages, goes on after a resume, and
// leaves pauses out.
func TestMeter(t *testing.T) {
	var m memory
	requests := make(chan control.Request, 2)
	meter := &ticking{}
	m.hook = func(e event.Event) {
		switch e := e.(type) {
		case event.Step:
			if e.Step == 4 {
				requests <- control.NewRequest(control.Command{Verb: control.Pause}, func(error) {})
			}
		case event.Paused:
			meter.looks += 1000 // taken while the run waits
			requests <- control.NewRequest(control.Command{Verb: control.Resume}, func(error) {})
		}
	}
	tr, err := New(Options{Recipe: recipe(t), Device: newDevice(), Data: text(t), Sink: &m, Requests: requests, Meter: meter})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	end, err := tr.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := of[event.GPUs](m.events)
	if len(all) != 12 || len(all[0].GPUs) != 1 || *all[0].GPUs[0].Utilization != 1 || all[0].Step != 1 {
		t.Fatalf("measurements are %+v, want one at every other of 24 steps", all)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Joules <= all[i-1].Joules {
			t.Errorf("energy went from %v to %v", all[i-1].Joules, all[i].Joules)
		}
	}
	var stages float64
	for _, c := range end.Stages {
		stages += c.Joules
	}
	if math.Abs(end.Joules-stages) > 1e-9 || end.Joules < 24 || end.Joules > 100 {
		t.Errorf("the run took %v J, its stages %v J; want the same, at least one for each of 24 steps, and not those of the pause", end.Joules, stages)
	}
	var rest memory
	half := m.saved[len(m.saved)/2]
	again, err := New(Options{Recipe: recipe(t), Device: newDevice(), Data: text(t), Sink: &rest, Resume: &half, Meter: &ticking{}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	before := again.progress.Joules
	if end, err = again.Run(t.Context()); err != nil || before <= 0 || end.Joules <= before {
		t.Errorf("resumed with %v J the run ended with %v J, %v", before, end.Joules, err)
	}
}
