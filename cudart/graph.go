package cudart

import (
	"errors"
	"fmt"
	"unsafe"
)

// Graph is work that was recorded instead of run.
type Graph struct {
	c *Context
	p uintptr
}

// Capture records what f puts into s, and into streams that f lets wait for events of s and joins again, instead of
// running it. Only calls of this OS thread are affected (thread-local capture mode). Inside f nothing may wait, and
// nothing be allocated or freed.
func (s *Stream) Capture(f func() error) (*Graph, error) {
	const threadLocal = 1
	c := s.c
	if err := c.d.do(&c.d.c.cuStreamBeginCapture_v2, s.p, threadLocal); err != nil {
		return nil, err
	}
	g := &Graph{c: c}
	ferr := f()
	err := c.d.do(&c.d.c.cuStreamEndCapture, s.p, uintptr(unsafe.Pointer(&g.p)))
	if ferr == nil && err == nil {
		return g, nil
	}
	if g.p != 0 {
		err = errors.Join(err, g.Close())
	}
	if ferr != nil {
		return nil, fmt.Errorf("while capturing: %w", ferr) // the end fails too, as a consequence
	}
	return nil, err
}

// Nodes is the number of recorded operations.
func (g *Graph) Nodes() (int, error) {
	var n uint64
	err := g.c.d.do(&g.c.d.c.cuGraphGetNodes, g.p, 0, uintptr(unsafe.Pointer(&n)))
	return int(n), err
}

// Close gives the recording back; what was made of it by Ready stays.
func (g *Graph) Close() error { return g.c.d.do(&g.c.d.c.cuGraphDestroy, g.p) }

// ReadyGraph is a graph prepared for launching.
type ReadyGraph struct {
	c *Context
	p uintptr
}

// Ready prepares g (cuGraphInstantiateWithFlags).
func (g *Graph) Ready() (*ReadyGraph, error) {
	r := &ReadyGraph{c: g.c}
	if err := g.c.d.do(&g.c.d.c.cuGraphInstantiateWithFlags, uintptr(unsafe.Pointer(&r.p)), g.p, 0); err != nil {
		return nil, err
	}
	return r, nil
}

// Upload sends r to the GPU ahead of its first launch.
func (r *ReadyGraph) Upload(s *Stream) error { return r.c.d.do(&r.c.d.c.cuGraphUpload, r.p, s.p) }

// Launch puts one run of the graph into s.
func (r *ReadyGraph) Launch(s *Stream) error { return r.c.d.hot(&r.c.d.c.cuGraphLaunch, r.p, s.p) }

// Close gives it back.
func (r *ReadyGraph) Close() error { return r.c.d.do(&r.c.d.c.cuGraphExecDestroy, r.p) }
