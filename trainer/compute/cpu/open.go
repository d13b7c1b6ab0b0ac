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
	Family  string // "amx", "avx512bf16", "avx512", "avx2" or "plain"; "" means the fastest in the precision
	// Precision of the operands: "fp32", "bf16", or "auto" (or ""), which is bf16 where the processor multiplies it faster.
	Precision string
}

// device is the engine.
type device struct {
	kernels
	precision compute.Precision
	threads   int
	buffers   map[*buffer]struct{}
	weights   map[*weight]struct{}
	lanes     []*lane          // by Index
	fresh     map[*weight]bool // packed by AdamW, and not changed since
	queue     []job            // parameter gradients asked for and not yet computed
	tables    tables
	arena     arena
	dry       bool // for Measure

	mu    sync.Mutex
	fault error // first one since Open
}

var (
	_ compute.Threaded = (*device)(nil)
	_ compute.Planned  = (*device)(nil)
)

// Open returns an engine on this processor. It fails if Options ask for what is not there, and says what is.
func Open(o Options) (compute.Device, error) {
	if o.Threads < 0 {
		return nil, fmt.Errorf("cpu: %d threads: want 1 or more, or 0 for one for each of the %d cores", o.Threads, runtime.GOMAXPROCS(0))
	}
	k, precision, err := pick(o)
	if err != nil {
		return nil, err
	}
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	d := &device{kernels: k, precision: precision, threads: threads, buffers: map[*buffer]struct{}{}, weights: map[*weight]struct{}{}, fresh: map[*weight]bool{}}
	for i := range threads {
		d.lanes = append(d.lanes, &lane{device: d, index: i})
	}
	return d, nil
}

// Name says which kernels compute, in which precision, on how many threads.
func (d *device) Name() string {
	if d.threads == 1 {
		return fmt.Sprintf("cpu %s %s, 1 thread", d.kernels.name(), d.precision)
	}
	return fmt.Sprintf("cpu %s %s, %d threads", d.kernels.name(), d.precision, d.threads)
}

// Precision is that of the operands of matrix products.
func (d *device) Precision() compute.Precision { return d.precision }

// Threads is the number of workers, and that given to Open.
func (d *device) Threads() (now, most int) { return d.threads, len(d.lanes) }

// SetThreads changes the number of workers, between 1 and that given to Open.
func (d *device) SetThreads(n int) {
	d.flush()
	d.threads = min(max(n, 1), len(d.lanes))
}

// change prepares for an operation that may write anywhere.
func (d *device) change() {
	d.flush()
	clear(d.fresh)
}

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
	d.release()
	return err
}
