package cuda

import (
	"fmt"

	"growlab/trainer/compute"
)

// Measure runs f on a device that issues nothing and whose memory is addresses only.
func (d *device) Measure(f func(compute.Device)) compute.Footprint {
	dry := &device{hardware: d.hardware, precision: d.precision, dry: true, buffers: map[*buffer]struct{}{}}
	dry.arena.p = 1 << 40 // no GPU's memory
	f(dry)
	return compute.Footprint{Tensors: dry.arena.used, Scratch: dry.temporary.bytes}
}

// Reserve takes one allocation for all that comes, scratch memory first.
func (d *device) Reserve(f compute.Footprint) error {
	if len(d.buffers)+len(d.weights) > 0 {
		panic(fmt.Sprintf("cuda: Reserve: %d buffers and %d weights are not freed", len(d.buffers), len(d.weights)))
	}
	d.clear()
	all, err := d.take(f.Total())
	if err != nil {
		return fmt.Errorf("reserve %.1f MiB: %w", float64(f.Total())/(1<<20), err)
	}
	d.arena = arena{block: all}
	if f.Scratch > 0 {
		d.temporary, err = d.take(f.Scratch)
	}
	return err
}

// clear gives back what belongs to no buffer and no weight.
func (d *device) clear() {
	d.batch.forget(d)
	d.tables.forget(d)
	d.give(&d.temporary)
	d.give(&d.arena.block)
	d.arena = arena{}
}

// FreeMemory is the bytes of the GPU that nobody uses, and all that it has.
func (d *device) FreeMemory() (free, total int64) {
	err := d.ctx.Do(func() (err error) {
		free, total, err = d.ctx.MemInfo()
		return err
	})
	if err != nil {
		return 0, 0
	}
	return free + d.arena.bytes, total
}
