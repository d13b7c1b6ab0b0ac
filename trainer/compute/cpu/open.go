package cpu

import (
	"fmt"
	"runtime"
	"sync"

	"growlab/trainer/compute"
)

// Options says how to run.
type Options struct {
	Threads int    // workers; 0 means one for each core that this process may use
	Family  string // "avx512", "avx2" or "plain"; "" means the fastest
}

// device is the engine.
type device struct {
	kernels
	name    string
	threads int
	buffers map[*buffer]struct{}
	weights map[*weight]struct{}
	lanes   []*lane // by Index
	queue   []job   // parameter gradients asked for and not yet computed
	tables  tables

	mu    sync.Mutex
	fault error // first one since Open
}

var _ compute.Device = (*device)(nil)

// Open returns an engine on this processor. It fails if Options ask for what is not there, and says what is.
func Open(o Options) (compute.Device, error) {
	if o.Threads < 0 {
		return nil, fmt.Errorf("cpu: %d threads: want 1 or more, or 0 for one for each of the %d cores", o.Threads, runtime.GOMAXPROCS(0))
	}
	k, err := pick(o.Family)
	if err != nil {
		return nil, err
	}
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	d := &device{kernels: k, threads: threads, buffers: map[*buffer]struct{}{}, weights: map[*weight]struct{}{}}
	d.name = fmt.Sprintf("cpu %s fp32, %d threads", k.name(), threads)
	if threads == 1 {
		d.name = fmt.Sprintf("cpu %s fp32, 1 thread", k.name())
	}
	for i := range threads {
		d.lanes = append(d.lanes, &lane{device: d, index: i})
	}
	return d, nil
}

// Name says which kernels compute, in which precision, on how many threads.
func (d *device) Name() string { return d.name }

// fail keeps the first fault for Sync. Lanes call it too.
func (d *device) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault == nil {
		d.fault = err
	}
}

// Sync finishes what is queued. The only fault there can be is a lack of memory.
func (d *device) Sync() error {
	d.flush()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fault
}

// Close frees all memory, that of buffers and weights not yet freed as well.
func (d *device) Close() error {
	err := d.Sync()
	for b := range d.buffers {
		b.Free()
	}
	for w := range d.weights {
		w.Free()
	}
	for _, l := range d.lanes {
		l.memory.free()
	}
	d.tables.free()
	return err
}
