package app

import (
	"testing"

	"growlab/app/session"
)

func TestClosing(t *testing.T) {
	const keep, stop = "Keep training in the background", "Stop and keep checkpoint"
	for _, row := range []struct {
		name, press string
		closed      bool
		sent        []string
	}{
		{"keep", keep, true, nil},
		{"stop", stop, true, []string{"stop flm-1m"}},
		{"cancel", "Cancel", false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, at(100))
			b.shown(100)
			b.requestClose()
			tap(t, b.button(row.press))
			b.sent(row.sent...)
			if row.closed {
				b.until("the end of the window", func() bool { return b.closed })
			}
			if b.closed != row.closed {
				t.Errorf("got closed %v, want %v", b.closed, row.closed)
			}
		})
	}
	t.Run("the second time nobody asks", func(t *testing.T) {
		b := open(t, at(100))
		b.shown(100)
		b.prefs.SetBool(prefKnowsBackground, true)
		b.requestClose()
		if !b.closed {
			t.Error("the window is still open")
		}
	})
	t.Run("without a live run nobody asks", func(t *testing.T) {
		b := open(t, newFake().withRun(session.Done, script("first")))
		b.requestClose()
		if !b.closed {
			t.Error("the window is still open")
		}
	})
}
