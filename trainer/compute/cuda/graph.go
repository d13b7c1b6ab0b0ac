package cuda

import (
	"errors"
	"hash/maphash"

	"growlab/cudart"
)

// graphs turn batches of work that come again and again into CUDA graphs. One launch of a graph takes the place of some hundred
// launches of kernels, a few microseconds each, which is most of a step's time for networks of some million parameters.
//
// Two batches are the same if their keys are, in order. What changes from step to step is in device memory: tokens, masks, rates; work
// that writes it runs before the graph. So graphs survive the ramp of masks. Not covered: batches with sums over ranks; gates of new
// layers and multipliers of logits that a ramp moves are arguments of products, so that its steps are issued one by one.
type graphs struct {
	off  bool
	seed maphash.Seed
	all  map[uint64]*graph
}

// graph is a batch that was seen.
type graph struct {
	seen  int
	exec  *cudart.GraphExec
	never bool // it cannot be one
}

const (
	graphAfter = 2   // batches issued one by one: the first times products and fills caches of the library
	graphLeast = 4   // works that are worth a graph
	graphsMost = 128 // batches remembered; a step of training has a few
)

// run issues a batch. On the GPU's thread.
func (g *graphs) run(d *device, all []work) error {
	seen, err := g.find(all)
	if err != nil {
		return err
	}
	if seen == nil {
		return inOrder(all)
	}
	if seen.seen++; seen.seen <= graphAfter || seen.never {
		return inOrder(all)
	}
	for _, w := range all {
		if w.first {
			if err := w.run(); err != nil {
				return err
			}
		}
	}
	if seen.exec == nil {
		if err := seen.record(d, all); err != nil {
			return err
		}
	}
	if seen.never {
		return replayed(all)
	}
	return seen.exec.Launch(d.stream)
}

// find is the batch as it was seen before, nil if it is none for a graph.
func (g *graphs) find(all []work) (*graph, error) {
	if g.off {
		return nil, nil
	}
	var h maphash.Hash
	h.SetSeed(g.seed)
	n := 0
	for _, w := range all {
		switch {
		case w.first:
			continue
		case w.key == nil:
			return nil, nil
		}
		maphash.WriteComparable(&h, w.key)
		n++
	}
	if n < graphLeast {
		return nil, nil
	}
	sum := h.Sum64()
	if seen := g.all[sum]; seen != nil {
		return seen, nil
	}
	err := g.makeRoom()
	seen := &graph{}
	g.all[sum] = seen
	return seen, err
}

// makeRoom forgets batches if there are too many: those that were seen once or twice, or all if all are graphs. A graph that is still
// at work is given back when it is done.
func (g *graphs) makeRoom() error {
	if len(g.all) < graphsMost {
		return nil
	}
	for sum, seen := range g.all {
		if seen.exec == nil {
			delete(g.all, sum)
		}
	}
	if len(g.all) < graphsMost {
		return nil
	}
	return g.clear()
}

// record makes a graph of all that is not first. A library that cannot be recorded makes a batch that never is; what is lost with the GPU
// is an error.
func (s *graph) record(d *device, all []work) error {
	recorded, err := d.stream.Capture(func() error { return replayed(all) })
	if err == nil {
		s.exec, err = recorded.Instantiate()
		err = errors.Join(err, recorded.Close())
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, cudart.ErrDeviceLost) || errors.Is(err, cudart.ErrOutOfMemory) {
		return err
	}
	s.never = true
	if s.exec != nil {
		err, s.exec = s.exec.Close(), nil
		return err
	}
	return nil
}

// inOrder issues a batch one by one.
func inOrder(all []work) error {
	for _, w := range all {
		if err := w.run(); err != nil {
			return err
		}
	}
	return nil
}

// replayed issues what is not first.
func replayed(all []work) error {
	for _, w := range all {
		if w.first {
			continue
		}
		if err := w.run(); err != nil {
			return err
		}
	}
	return nil
}

// clear forgets all: the memory that they work on is given back. On the GPU's thread.
func (g *graphs) clear() error {
	var errs []error
	for _, seen := range g.all {
		if seen.exec != nil {
			errs = append(errs, seen.exec.Close())
		}
	}
	g.all = map[uint64]*graph{}
	return errors.Join(errs...)
}
