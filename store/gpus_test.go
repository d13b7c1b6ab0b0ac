package store_test

import (
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

// TestGPUsAreJournalled: measurements of GPUs and the energy at the end are in the file, and a trim removes those it computes again.
func TestGPUsAreJournalled(t *testing.T) {
	run := newRun(t)
	first := event.GPUs{Step: 1, Tokens: 128, Joules: 100, GPUs: []event.GPU{{Name: "H100", Power: new(612.5), Throttle: "power cap", Slowed: true}}}
	later := first
	later.Step, later.Joules = 2, 200
	run.Emit(step(1))
	run.Emit(first)
	run.Emit(step(2))
	run.Emit(later)
	run.Emit(event.Ended{State: "stopped", Step: 2, Joules: 220, Stages: []event.StageCost{{Joules: 220}}})
	must(t, run.Flush())
	kept := func() (all []event.Event) {
		for _, j := range get[[]store.Journalled](t)(reader(t, run.Path()).Events(0)) {
			all = append(all, j.Event)
		}
		return all
	}
	all := kept()
	equal(t, "events", len(all), 3)
	equal(t, "the second measurement", all[1], later)
	equal(t, "energy", all[2].(event.Ended).Joules, 220.)
	must(t, run.TrimAfter(1))
	equal(t, "what is left", kept()[0], first)
	must(t, run.Close())
}
