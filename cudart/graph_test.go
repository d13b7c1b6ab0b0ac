//go:build linux

package cudart

import (
	"errors"
	"strings"
	"testing"
)

func TestGraphRunsWhatWasCaptured(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 40)
		must(t, c.Upload(g.x, g.hostX.Bytes()))
		must(t, c.Upload(g.y, g.hostY.Bytes()))
		fork, err := c.Event(false)
		must(t, err)
		join, err := c.Event(false)
		must(t, err)
		graph, err := g.s.Capture(func() error {
			return errors.Join(g.add(g.s, 1), fork.Record(g.s), g.s2.Wait(fork), g.add(g.s2, 2), join.Record(g.s2), g.s.Wait(join),
				g.s.Download(g.hostY, 0, g.y, 160))
		})
		must(t, err)
		must(t, c.Sync())
		g.wantY(0) // captured, not run
		if n, err := graph.Nodes(); n != 3 || err != nil {
			t.Errorf("graph has %d nodes, %v; want 3", n, err)
		}
		ready, err := graph.Instantiate()
		must(t, err)
		must(t, graph.Close())
		must(t, ready.Upload(g.s))
		for range 3 {
			must(t, ready.Launch(g.s))
		}
		must(t, ready.Close())
		must(t, g.s.Sync())
		g.wantY(9)
		must(t, errors.Join(fork.Close(), join.Close()))
		g.close()
	})
	m.MustBeClean()
}

func TestCaptureRefuses(t *testing.T) {
	m := libs.Machine(t)
	d := driver(t, m)
	for name, test := range map[string]struct {
		body func(g *gpu) error
		want string
	}{
		"an allocation": {func(g *gpu) error { _, err := g.c.Alloc(8); return err }, "while capturing: "},
		"a wait":        {func(g *gpu) error { return g.s.Sync() }, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
		"a swallowed error": {func(g *gpu) error {
			if g.c.Sync() == nil {
				return errors.New("synchronising was allowed")
			}
			return nil
		}, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
		"a fork that is not joined": {func(g *gpu) error {
			e, err := g.c.Event(false)
			must(g.t, err)
			return errors.Join(e.Record(g.s), g.s2.Wait(e), g.add(g.s2, 1), e.Close())
		}, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED"},
		"an event from outside": {func(g *gpu) error {
			e, err := g.c.Event(false)
			must(g.t, err)
			return errors.Join(e.Record(g.s2), g.s.Wait(e))
		}, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"},
		"the caller's own error": {func(*gpu) error { return errors.New("no batch") }, "while capturing: no batch"},
	} {
		inContext(t, d, 0, func(c *Context) {
			g := newGPU(t, c, 8)
			_, err := g.s.Capture(func() error { return test.body(g) })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("capture with %s: %v; want %q", name, err, test.want)
			}
			must(t, g.s.Memset8(g.x, 0, 4)) // the stream works again
			must(t, c.Sync())
			g.close()
		})
	}
	if s := m.State(); s.Live["graph"] != 0 {
		t.Errorf("%d graphs left of failed captures", s.Live["graph"])
	}
}
