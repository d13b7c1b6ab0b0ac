package cuda

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// queued is the most work that waits to be issued. A call of the GPU's thread costs two switches between threads, some microseconds; a
// launch about one.
const queued = 256

// work is something put off.
type work struct {
	run func() error // on the GPU's thread
	// key is equal for work that puts the same into the stream: its arguments, all of them. nil: never the same.
	key any
	// first marks work that may run before all else of its batch: it writes what nothing before it in the batch uses.
	first bool
}

// issue puts off f, which puts work into the stream. It runs on the GPU's thread, after all that was issued before, and after sums over
// ranks that work on touched; after all of these, if touched is empty. On a device that only measures, and after a fault, nothing runs.
func (d *device) issue(key any, f func() error, touched ...region) {
	d.meet(touched...)
	d.push(work{run: f, key: key})
}

func (d *device) push(w work) {
	if d.dry || d.fault != nil {
		return
	}
	d.queue = append(d.queue, w)
	if len(d.queue) >= queued {
		d.flush()
	}
}

// flush issues what is put off, one batch. It does not wait for the GPU.
func (d *device) flush() {
	d.batches++
	if len(d.queue) == 0 {
		return
	}
	all := d.queue
	d.queue = nil
	d.do(func() error { return d.graphs.run(d, all) })
	clear(all)
	if d.queue == nil {
		d.queue = all[:0]
	}
}

// stamp is the last batch that used something that is written now and then. The zero stamp is no batch's.
type stamp int64

// use marks it as used by what is issued next.
func (d *device) use(s *stamp) { *s = d.batches + 1 }

// renew prepares for writing it: by work that runs first, so what uses it as it is has to be in another batch.
func (d *device) renewed(s *stamp) {
	if *s == d.batches+1 {
		d.flush()
	}
	d.use(s)
}

// do runs f on the GPU's thread and keeps its error as the fault.
func (d *device) do(f func() error) {
	if d.dry || d.fault != nil {
		return
	}
	if d.side != nil {
		d.side.since.Store(time.Now().UnixNano())
		defer d.side.since.Store(0)
	}
	d.fail(d.ctx.Do(f))
}

// fail keeps the first fault for Sync, and drops what is put off: it would compute with numbers that were never made.
func (d *device) fail(err error) {
	if err == nil || d.fault != nil {
		return
	}
	if d.side != nil {
		err = cmp.Or(d.side.lost(), err) // our own error is a consequence
	}
	d.fault = fmt.Errorf("cuda: %w", explained(err))
	d.queue = nil
	if d.side != nil { // whose GPUs may wait for sums that will not come
		d.side.group.Fail(d.fault)
	}
}

// wait issues what is put off, and f, and waits until the GPU has done all of it.
func (d *device) wait(f func() error) {
	if d.dry {
		return
	}
	d.meet()
	d.flush()
	d.do(func() error {
		if f != nil {
			if err := f(); err != nil {
				return err
			}
		}
		return d.stream.Sync()
	})
	if d.side != nil && d.side.open {
		d.side.open = false
		d.fail(d.side.ended())
	}
}

// Asynchronous marks the device for package profile: its calls return before their work is done.
func (d *device) Asynchronous() {}

// Sync waits for all work and returns the first fault.
func (d *device) Sync() error {
	d.wait(nil)
	return d.fault
}

// number is x, or not a number after a fault.
func (d *device) number(x float64) float64 {
	if d.fault != nil {
		return math.NaN()
	}
	return x
}
