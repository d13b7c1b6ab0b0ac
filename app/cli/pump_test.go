package cli

import (
	"testing"
	"testing/synctest"
	"time"

	"growlab/trainer/event"
)

// TestPumpDoesNotWait: training goes on while the terminal is stopped, and all events come in order once it goes on.
func TestPumpDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan struct{})
		var got []int64
		p := newPump(func(e event.Event) {
			<-stopped
			got = append(got, e.(event.Step).Step)
		})
		for i := range int64(1000) {
			p.put(event.Step{Step: i})
			time.Sleep(time.Millisecond)
		}
		close(stopped)
		p.end()
		p.end() // once more is harmless
		if len(got) != 1000 {
			t.Fatalf("%d of 1000 events came", len(got))
		}
		for i, s := range got {
			if s != int64(i) {
				t.Fatalf("event %d is step %d", i, s)
			}
		}
	})
}
