//go:build linux

package cudart

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// instruction is y += a x, y = x or y = a, of vectors by number, in one of the streams.
type instruction struct {
	kind, stream, y, x int
	a                  float32
}

const vectors, vectorFloats, programStreams = 5, 4, 3

func randomProgram(r *rand.Rand) []instruction {
	p := make([]instruction, 12+r.IntN(12))
	for i := range p {
		p[i] = instruction{kind: r.IntN(3), stream: r.IntN(programStreams), y: r.IntN(vectors), x: r.IntN(vectors), a: float32(r.IntN(5) - 2)}
	}
	return p
}

// conflicts tells whether the order of two instructions matters: one writes what the other reads or writes.
func (i instruction) conflicts(j instruction) bool {
	reads := func(i instruction) []int {
		if i.kind == 2 {
			return []int{i.y}
		}
		return []int{i.y, i.x}
	}
	return slices.Contains(reads(j), i.y) || slices.Contains(reads(i), j.y)
}

// inOrder is what a program does to vectors that all begin with their number plus 1.
func inOrder(p []instruction, times int) (v [vectors]float32) {
	for i := range v {
		v[i] = float32(i + 1)
	}
	for range times {
		for _, i := range p {
			switch i.kind {
			case 0:
				v[i.y] += i.a * v[i.x]
			case 1:
				v[i.y] = v[i.x]
			default:
				v[i.y] = i.a
			}
		}
	}
	return v
}

// processor runs programs on a GPU.
type processor struct {
	g       *gpu
	streams [programStreams]*Stream
	v       [vectors]Ptr
}

func newProcessor(t testing.TB, c *Context) *processor {
	p := &processor{g: newGPU(t, c, vectorFloats)}
	var err error
	for i := range p.streams {
		p.streams[i], err = c.Stream(0)
		must(t, err)
	}
	for i := range p.v {
		p.v[i], err = c.Alloc(4 * vectorFloats)
		must(t, err)
		must(t, c.Memset32(p.v[i], f32bits(float32(i+1)), vectorFloats))
	}
	return p
}

func (p *processor) close() {
	for _, s := range p.streams {
		must(p.g.t, s.Close())
	}
	for _, v := range p.v {
		must(p.g.t, p.g.c.Free(v))
	}
	p.g.close()
}

func (p *processor) issue(i instruction) error {
	s, y, x := p.streams[i.stream], p.v[i.y], p.v[i.x]
	switch i.kind {
	case 0:
		p.g.args.Reset().Ptr(y).Ptr(x).Float32(i.a).Int32(vectorFloats)
		return p.g.axpy.Launch(s, Dim{X: 1}, Dim{X: 32}, 0, &p.g.args)
	case 1:
		return s.Copy(y, x, 4*vectorFloats)
	}
	return s.Memset32(y, f32bits(i.a), vectorFloats)
}

// issueAll queues a program; each instruction waits for the events of those before it that it conflicts with.
func (p *processor) issueAll(program []instruction) (events []*Event, err error) {
	for n, i := range program {
		for m, before := range program[:n] {
			if before.stream != i.stream && before.conflicts(i) {
				err = errors.Join(err, p.streams[i.stream].Wait(events[m]))
			}
		}
		e, eventErr := p.g.c.Event(false)
		must(p.g.t, eventErr)
		events = append(events, e)
		err = errors.Join(err, p.issue(i), e.Record(p.streams[i.stream]))
	}
	return events, err
}

func (p *processor) want(name string, want [vectors]float32) {
	p.g.t.Helper()
	got := make([]byte, 4*vectorFloats)
	for i := range want {
		must(p.g.t, p.g.c.Download(got, p.v[i]))
		for k := range vectorFloats {
			if f := f32of(got[4*k:]); f != want[i] {
				p.g.t.Errorf("%s: vector %d is %v at %d, want %v", name, i, f, k, want[i])
				return
			}
		}
	}
}

// TestRandomProgramsInStreams: whatever the schedule, events that order every conflict give the numbers of the program run in order.
func TestRandomProgramsInStreams(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 40 {
		m := libs.Machine(t)
		m.Set("seed %d", round%5)
		inContext(t, driver(t, m), 0, func(c *Context) {
			p, program := newProcessor(t, c), randomProgram(r)
			events, err := p.issueAll(program)
			must(t, err)
			for _, s := range r.Perm(programStreams) {
				must(t, p.streams[s].Sync())
			}
			p.want("streams", inOrder(program, 1))
			for _, e := range events {
				must(t, e.Close())
			}
			p.close()
		})
		m.MustBeClean()
	}
}

// TestRandomProgramsInGraphs captures the same kind of program from all streams and runs the graph twice.
func TestRandomProgramsInGraphs(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for round := range 20 {
		m := libs.Machine(t)
		m.Set("seed %d", round%5)
		inContext(t, driver(t, m), 0, func(c *Context) {
			p, program := newProcessor(t, c), randomProgram(r)
			var edges [2 * programStreams]*Event // forks to and joins from the other streams
			for i := range edges {
				e, err := c.Event(false)
				must(t, err)
				edges[i] = e
			}
			var events []*Event
			origin := p.streams[0]
			graph, err := origin.Capture(func() error {
				must(t, edges[0].Record(origin))
				for _, s := range p.streams[1:] {
					must(t, s.Wait(edges[0]))
				}
				var err error
				events, err = p.issueAll(program)
				for i, s := range p.streams[1:] {
					err = errors.Join(err, edges[i+1].Record(s), origin.Wait(edges[i+1]))
				}
				return err
			})
			must(t, err)
			exec, err := graph.Instantiate()
			must(t, err)
			must(t, errors.Join(exec.Launch(origin), exec.Launch(origin), origin.Sync()))
			p.want("graph", inOrder(program, 2))
			must(t, errors.Join(exec.Close(), graph.Close()))
			for _, e := range append(events, edges[:]...) {
				must(t, e.Close())
			}
			p.close()
		})
		m.MustBeClean()
	}
}
