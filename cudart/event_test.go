//go:build linux

package cudart

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestEventOrdersStreams runs a product in one stream and reads it in another, with and without the event between, under
// several schedules: without it the result has to be wrong under at least one.
func TestEventOrdersStreams(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		wrong := 0
		for seed := range 6 {
			m := libs.Machine(t)
			m.Set("seed %d", seed)
			inContext(t, driver(t, m), 0, func(c *Context) {
				g := newGPU(t, c, 64)
				e, err := c.Event(false)
				must(t, err)
				must(t, c.Upload(g.x, g.hostX.Bytes()))
				must(t, c.Upload(g.y, g.hostY.Bytes()))
				must(t, g.add(g.s, 3))
				must(t, e.Record(g.s))
				if ordered {
					must(t, g.s2.Wait(e))
				}
				must(t, g.s2.Download(g.hostY, 0, g.y, 256))
				must(t, g.s2.Sync())
				if View[float32](g.hostY)[10] != 31 {
					wrong++
				}
				must(t, g.s.Sync())
				must(t, e.Close())
				g.close()
			})
			m.MustBeClean()
		}
		if ordered && wrong != 0 {
			t.Errorf("with an event: %d of 6 schedules wrong, want 0", wrong)
		}
		if !ordered && wrong == 0 {
			t.Error("without an event: no schedule shows the missing wait")
		}
	}
}

func TestEventsTellTimeAndState(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		from, err := c.Event(true)
		must(t, err)
		to, err := c.Event(true)
		must(t, err)
		untimed, err := c.Event(false)
		must(t, err)
		must(t, from.Record(g.s))
		must(t, g.s.Memset8(g.x, 0, 32))
		must(t, to.Record(g.s))
		done, err := to.Done()
		if done || err != nil {
			t.Errorf("event behind queued work: done %v, %v; want not done", done, err)
		}
		done, err = g.s.Done()
		if done || err != nil {
			t.Errorf("stream with queued work: done %v, %v; want not done", done, err)
		}
		must(t, to.Sync())
		d, err := to.Since(from)
		if err != nil || d < 0 || d > time.Minute {
			t.Errorf("time between events %v, %v", d, err)
		}
		if _, err := untimed.Since(from); err == nil || !strings.Contains(err.Error(), "made with timing") {
			t.Errorf("time of an event without timing: %v", err)
		}
		if done, err := g.s.Done(); !done || err != nil {
			t.Errorf("stream after synchronising: done %v, %v", done, err)
		}
		must(t, errors.Join(from.Close(), to.Close(), untimed.Close()))
		g.close()
	})
	m.MustBeClean()
}
