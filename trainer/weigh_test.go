package trainer

import (
	"testing"
	"testing/synctest"
	"time"

	"growlab/trainer/event"
)

// TestMemory: the memory of the process is told after the first step of every stage, then every ten seconds, with what was set aside for
// the network of the stage.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		m.hook = func(e event.Event) {
			if _, ok := e.(event.Step); ok {
				time.Sleep(4 * time.Second) // of the bubble: every third step takes more than ten seconds
			}
		}
		held := int64(0)
		tr, err := New(Options{Recipe: recipe(t), Device: newDevice(), Data: text(t), Sink: &m, Memory: func() int64 { held += 1000; return held }})
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if _, err := tr.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		begins := map[int64]bool{1: true}
		for _, g := range of[event.Grew](m.events) {
			begins[g.Step+1] = true
		}
		all := of[event.Memory](m.events)
		next := int64(1)
		for i, e := range all {
			if e.Process != int64(i+1)*1000 || e.Reserved < 0 {
				t.Errorf("event %d is %+v, want %d bytes", i, e, (i+1)*1000)
			}
			if e.Step != next && !begins[e.Step] {
				t.Errorf("event %d came after step %d, want %d or the first of a stage", i, e.Step, next)
			}
			delete(begins, e.Step)
			next = e.Step + 3
		}
		if len(begins) > 0 || len(all) < 8 {
			t.Errorf("%d events, none after steps %v; want one in ten seconds and one in each stage", len(all), begins)
		}
	})
}
