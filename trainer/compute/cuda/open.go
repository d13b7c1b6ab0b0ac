package cuda

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// Options say which GPU, and how to use it.
type Options struct {
	// Finder looks for NVIDIA's libraries; nil is one that looks where they usually are.
	Finder *cudart.Finder
	// Ordinal is the number of the GPU, as the driver counts.
	Ordinal int
	// Precision of the operands: "bf16", "fp32", or "auto" (or ""), which is bf16.
	Precision string
	// Own leaves cuBLASLt aside, also where it is there.
	Own bool
	// Choices is the file that keeps which of cuBLASLt's ways was fastest; empty: nowhere.
	Choices string
	// Untimed takes cuBLASLt's own first guess for each product.
	Untimed bool
	// Stepwise issues all work one by one, and makes no graphs of it.
	Stepwise bool
	// Image is code of the kernels in place of what is embedded, for tests.
	Image []byte
}

// hardware is a GPU with all that stays on it.
type hardware struct {
	ctx    *cudart.Context
	props  cudart.Properties
	stream *cudart.Stream
	set    *kernels.Set
	blas   *cudart.Blas // nil: products are our own

	blasVersion cudart.Version
	blasMissing error // why blas is nil
	workspace   block
	plans       map[product]plan
	choices     *choices
	untimed     bool

	host   *cudart.Host // staging
	feeder feeder
	finder *cudart.Finder
	side   *side // nil: alone

	patience time.Duration // of side
}

// device is the engine.
type device struct {
	*hardware
	precision compute.Precision
	buffers   map[*buffer]struct{}
	weights   []*weight // in the order of the calls
	queue     []work
	batches   stamp // issued so far
	graphs    graphs
	fault     error // first one since Open
	arena     arena
	temporary block // scratch memory
	batch     batchMemory
	tables    tables
	dry       bool // for Measure
	passing   bool // the batch has no targets
}

var (
	_ compute.Planned = (*device)(nil)
	_ compute.Serial  = (*device)(nil)
)

// workspaceBytes is what NVIDIA recommends for cuBLASLt: 32 MiB on Hopper and newer, 4 MiB before.
func workspaceBytes(c cudart.Capability) int64 {
	if c.Major >= 9 {
		return 32 << 20
	}
	return 4 << 20
}

// Open returns an engine on one GPU. Its errors are those of package cudart.
func Open(o Options) (compute.Device, error) { return open(o) }

func open(o Options) (*device, error) {
	d := &device{
		hardware: &hardware{plans: map[product]plan{}, untimed: o.Untimed, patience: patience}, precision: compute.BF16, buffers: map[*buffer]struct{}{},
		graphs: graphs{off: o.Stepwise, seed: maphash.MakeSeed(), all: map[uint64]*graph{}},
	}
	switch o.Precision {
	case "", "auto", compute.BF16.String():
	case compute.FP32.String():
		d.precision = compute.FP32
	default:
		return nil, fmt.Errorf("cuda: precision is %q; it must be auto, bf16 or fp32", o.Precision)
	}
	finder := o.Finder
	if finder == nil {
		finder = &cudart.Finder{}
	}
	d.finder = finder
	driver, err := finder.Driver()
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	dev, err := driver.Device(o.Ordinal)
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	if d.ctx, err = driver.Context(dev); err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	err = d.ctx.Do(func() error { return d.prepareHardware(o, finder, driver) })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cuda: device %d: %w", o.Ordinal, explained(err)), d.ctx.Do(func() error { return d.hardware.close(true) }), d.ctx.Close())
	}
	return d, nil
}

// prepareHardware puts on the GPU what stays there. On its thread.
func (h *hardware) prepareHardware(o Options, f *cudart.Finder, driver *cudart.Driver) (err error) {
	if h.props, err = h.ctx.Device.Properties(); err != nil {
		return err
	}
	if h.stream, err = h.ctx.Stream(0); err != nil {
		return err
	}
	if o.Image != nil {
		h.set, err = kernels.LoadImage(h.ctx, o.Image, h.props.Multiprocessors)
	} else {
		h.set, err = kernels.Load(h.ctx)
	}
	if err != nil {
		return err
	}
	lib, err := f.BlasLt(driver)
	if o.Own || err != nil {
		h.blasMissing = cmp.Or(err, errors.New("it was not asked for"))
		return nil
	}
	if h.blas, err = h.ctx.Blas(lib); err != nil {
		return err
	}
	h.blasVersion = lib.Version()
	h.choices = openChoices(o.Choices, fmt.Sprintf("%s, cuBLASLt %v", h.props.Name, h.blasVersion))
	h.workspace = block{bytes: workspaceBytes(h.props.Capability), owned: true}
	h.workspace.p, err = h.ctx.Alloc(h.workspace.bytes)
	return err
}

// close gives back what prepareHardware took; broken, if the GPU or another one has failed. On the GPU's thread.
func (h *hardware) close(broken bool) error {
	var errs []error
	if h.side != nil {
		errs = append(errs, h.side.close(broken))
	}
	for _, p := range h.plans {
		if p.matmul != nil {
			errs = append(errs, p.matmul.Close())
		}
	}
	if h.blas != nil {
		errs = append(errs, h.blas.Close())
	}
	errs = append(errs, h.ctx.Free(h.workspace.p), h.feeder.close())
	if h.host != nil {
		errs = append(errs, h.host.Free())
	}
	if h.set != nil {
		errs = append(errs, h.set.Close())
	}
	if h.stream != nil {
		errs = append(errs, h.stream.Close())
	}
	return errors.Join(errs...)
}

// Name says which kind of GPU computes, in which precision, with whose products, on all of which numbers depend; and which GPU it is.
func (d *device) Name() string {
	products := "own products"
	if d.blas != nil {
		products = fmt.Sprintf("cuBLASLt %v", d.blasVersion)
	}
	return fmt.Sprintf("cuda %s %s %s, GPU %d", d.props.Name, d.precision, products, d.ctx.Device.Ordinal)
}

// Precision is that of the operands of matrix products.
func (d *device) Precision() compute.Precision { return d.precision }

// Close frees everything. Its error is the first fault, or what could not be given back if there was none.
func (d *device) Close() error {
	err := d.Sync()
	for b := range d.buffers {
		b.Free()
	}
	for len(d.weights) > 0 {
		d.weights[0].Free()
	}
	d.clear()
	end := errors.Join(d.ctx.Do(func() error { return d.hardware.close(d.fault != nil) }), d.ctx.Close())
	if err == nil {
		err = d.fault
	}
	if err != nil {
		return err // what was lost with the GPU cannot be given back either
	}
	return end
}
