package cuda

import (
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/optim"
	"growlab/trainer/ranks"
)

// side is a GPU's membership in a group of ranks, and the stream on which they add up while the GPU goes on computing.
type side struct {
	group  *ranks.Group
	comm   *cudart.Comm
	stream *cudart.Stream
	ready  *cudart.Event // behind what made the numbers to be added
	done   *cudart.Event // behind the last sum
	busy   []region      // what sums may still be working on
	open   bool          // there were sums since the GPU was last waited for

	patience time.Duration // with the other ranks, for one sum
	since    atomic.Int64  // when the GPU's thread began what it is at, in ns; 0: it is idle
	fault    atomic.Pointer[error]
	left     chan struct{} // closed when the GPU leaves
}

const (
	// gathering is how long NCCL may take to join ranks all of which are there.
	gathering = 5 * time.Minute
	// patience is how long a GPU waits for the others when nobody tells that they are gone: longer than any step takes, and than rank 0
	// takes to save: 12 GB of a network of 10^9 parameters with its moments take four minutes at 50 MB/s.
	patience = 30 * time.Minute
	// watching is how often NCCL is asked whether the other ranks are there.
	watching = 100 * time.Millisecond
	// grace is how long an error of NCCL waits for the rank that caused it, whose own words say more.
	grace = 2 * time.Second
)

// region is a range of device memory.
type region struct{ from, to cudart.Ptr }

func (r region) meets(other region) bool { return r.from < other.to && other.from < r.to }

// regionOf is the memory of v, in fp32.
func regionOf(v compute.Vec) region {
	p := ptr(v)
	return region{p, p + cudart.Ptr(4*v.N)}
}

var (
	_ ranks.Reducer = (*device)(nil)
	_ ranks.Joiner  = (*device)(nil)
	_ optim.Sharder = (*device)(nil)
)

// Join enters the group g, of which every rank has a GPU of its own, through NCCL. It is called before anything is done on the device.
func (d *device) Join(g *ranks.Group) error {
	if g.Size() == 1 {
		return nil
	}
	id, nccl, err := d.meeting(g)
	if err != nil {
		return err
	}
	s := &side{group: g, patience: d.patience, left: make(chan struct{})}
	d.side = s
	if err = g.Agree(d.ctx.Do(func() error { return s.prepare(d.ctx) })); err == nil {
		err = d.ctx.Do(func() (err error) {
			s.comm, err = nccl.Join(id, g.Size(), g.Rank(), s.joining)
			return err
		})
		if err != nil {
			err = s.cause(err)
			g.Fail(err) // the others are waiting for this rank
		}
	}
	if err != nil {
		return fmt.Errorf("cuda: join the GPUs: %w", err)
	}
	go s.watch()
	return nil
}

// joining says why a GPU that has waited for the others to join gives up, nil if it does not.
func (s *side) joining(waited time.Duration) error {
	limit := s.patience
	if s.comm == nil {
		limit = min(limit, gathering)
	}
	if err := s.lost(); err != nil {
		return err
	}
	if waited > limit {
		return fmt.Errorf("the GPUs of the other ranks did not answer within %v: see what those ranks print; with NCCL_DEBUG=INFO NCCL says what it waits for", limit)
	}
	return nil
}

// lost is why there will be no more sums, nil if there may be.
func (s *side) lost() error {
	if err := s.group.LostError(); err != nil {
		return err
	}
	if err := s.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// ended says of sums that have ended whether they were given up, which ends them without an error: here, or by another rank, of which
// this one need not have heard yet.
func (s *side) ended() error {
	err := s.trouble()
	return cmp.Or(s.lost(), err)
}

// watch gives up sums that will not come, until the GPU leaves: those of a rank that is gone, of one that NCCL no longer hears, and
// of one that nobody hears of.
func (s *side) watch() {
	tick := time.NewTicker(watching)
	defer tick.Stop()
	for {
		select {
		case <-s.left:
			return
		case <-s.group.Lost():
		case <-tick.C:
			err := s.trouble()
			if err == nil {
				continue
			}
			s.fault.Store(&err)
		}
		_ = s.comm.Abort() // the reason is kept already
		return
	}
}

// trouble is what NCCL, or the time, says about the other ranks.
func (s *side) trouble() error {
	if err := s.comm.AsyncError(); err != nil {
		return s.cause(err)
	}
	if since := s.since.Load(); since != 0 && time.Since(time.Unix(0, since)) > s.patience {
		return fmt.Errorf("the GPUs of the other ranks did not answer within %v: one of them hangs, or the network does", s.patience)
	}
	return nil
}

// cause is what the rank says that an error of NCCL comes from, or the error if none says anything in time.
func (s *side) cause(err error) error {
	select {
	case <-s.group.Lost():
		return s.group.LostError()
	case <-time.After(grace):
		return err
	}
}

// prepare makes the stream and the events. On the GPU's thread.
func (s *side) prepare(c *cudart.Context) (err error) {
	if s.stream, err = c.Stream(-1); err != nil {
		return err
	}
	if s.ready, err = c.Event(false); err != nil {
		return err
	}
	s.done, err = c.Event(false)
	return err
}

// meeting opens NCCL on all ranks, and gives them the name that rank 0 made for the group.
func (d *device) meeting(g *ranks.Group) (id cudart.UniqueID, nccl *cudart.NCCL, err error) {
	if nccl, err = d.finder.NCCL(); err != nil {
		err = fmt.Errorf("cuda: several GPUs are joined by NCCL: %w", err)
	} else if g.Leads() {
		id, err = nccl.NewID()
	}
	if err = g.Agree(err); err != nil {
		return id, nil, err
	}
	b, err := g.Broadcast(id.Bytes[:])
	if err == nil && len(b) != len(id.Bytes) {
		err = fmt.Errorf("cuda: rank 0 sent %d bytes as NCCL's id, want %d", len(b), len(id.Bytes))
	}
	copy(id.Bytes[:], b)
	return id, nccl, err
}

// close leaves the group: at once if a sum will not come. On the GPU's thread.
func (s *side) close(broken bool) error {
	close(s.left)
	var errs []error
	switch {
	case s.comm == nil:
	case broken || s.lost() != nil:
		_ = s.comm.Abort() // what is wrong is known
	default:
		errs = append(errs, s.comm.Close())
	}
	for _, e := range []*cudart.Event{s.ready, s.done} {
		if e != nil {
			errs = append(errs, e.Close())
		}
	}
	if s.stream != nil {
		errs = append(errs, s.stream.Close())
	}
	return errors.Join(errs...)
}

// meet lets what is issued from here on wait for the sums under way, if they work on some of touched; on anything, if there is none.
func (d *device) meet(touched ...region) {
	if d.side == nil || len(d.side.busy) == 0 {
		return
	}
	wait := len(touched) == 0
	for _, r := range touched {
		for _, b := range d.side.busy {
			wait = wait || r.meets(b)
		}
	}
	if !wait {
		return
	}
	d.side.busy = d.side.busy[:0]
	d.push(work{run: func() error { return d.stream.Wait(d.side.done) }})
}

// together issues f, a sum over the ranks that works on r, beside what the GPU computes.
func (d *device) together(r region, f func(s *side) error) {
	s := d.side
	d.push(work{run: func() error {
		return errors.Join(s.ready.Record(d.stream), s.stream.Wait(s.ready), f(s), s.done.Record(s.stream))
	}})
	s.busy, s.open = append(s.busy, r), true
}

// sum is together for the numbers v, at p.
func (d *device) sum(v compute.Vec, f func(s *side, p cudart.Ptr) error) error {
	if d.dry || d.side == nil || v.N == 0 {
		return nil
	}
	p := ptr(v)
	d.together(regionOf(v), func(s *side) error { return f(s, p) })
	return nil
}

// Reduce makes v the sum over ranks.
func (d *device) Reduce(v compute.Vec) error {
	return d.sum(v, func(s *side, p cudart.Ptr) error {
		return s.comm.AllReduce(s.stream, p, p, int64(v.N), cudart.F32, cudart.Sum)
	})
}

// equal is the size of the parts of n numbers that all ranks but the last have.
func (s *side) equal(n int) int {
	_, each := optim.Part(n, 0, s.group.Size())
	return each
}

// rest is what the last rank has besides, and where it lies.
func (s *side) rest(p cudart.Ptr, n int) (at cudart.Ptr, count int64) {
	all := s.equal(n) * s.group.Size()
	return p + cudart.Ptr(4*all), int64(n - all)
}

// ReduceScatter makes the part of v that optim.Part gives this rank the sum over ranks.
func (d *device) ReduceScatter(v compute.Vec) error {
	return d.sum(v, func(s *side, p cudart.Ptr) error {
		if each := s.equal(v.N); each > 0 {
			own := p + cudart.Ptr(4*each*s.group.Rank())
			if err := s.comm.ReduceScatter(s.stream, p, own, int64(each), cudart.F32, cudart.Sum); err != nil {
				return err
			}
		}
		if at, n := s.rest(p, v.N); n > 0 {
			return s.comm.AllReduce(s.stream, at, at, n, cudart.F32, cudart.Sum)
		}
		return nil
	})
}

// AllGather gives all of v to all ranks, each of which has its part.
func (d *device) AllGather(v compute.Vec) error {
	return d.sum(v, func(s *side, p cudart.Ptr) error {
		if each := s.equal(v.N); each > 0 {
			own := p + cudart.Ptr(4*each*s.group.Rank())
			if err := s.comm.AllGather(s.stream, own, p, int64(each), cudart.F32); err != nil {
				return err
			}
		}
		if at, n := s.rest(p, v.N); n > 0 {
			return s.comm.Broadcast(s.stream, at, at, n, cudart.F32, s.group.Size()-1)
		}
		return nil
	})
}
