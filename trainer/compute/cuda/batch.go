package cuda

import (
	"errors"
	"slices"
	"unsafe"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// batchMemory is what the GPU keeps of a batch, int32 each, and of a step of AdamW.
type batchMemory struct {
	inputs, targets, groups fed
	adam                    fed
}

func (m *batchMemory) forget(d *device) {
	for _, b := range []*fed{&m.inputs, &m.targets, &m.groups, &m.adam} {
		d.give(&b.block)
	}
}

// fed is memory that is written anew for each batch of work that uses it.
type fed struct {
	block
	used stamp
}

// Lanes gives one lane, of all sequences.
func (d *device) Lanes(seqs int) (count, per int) { return 1, max(seqs, 1) }

// Run calls f once, for the whole batch of sequences. It begins a batch of work, so that one graph does for all those of a step.
func (d *device) Run(b compute.Batch, f func(compute.Lane)) {
	contract.Run(b)
	d.flush()
	if b.Seqs == 0 {
		return
	}
	d.feed(&d.batch.inputs, bytesOf(b.Inputs))
	if b.Targets != nil {
		d.feed(&d.batch.targets, bytesOf(b.Targets))
	}
	d.passing = b.Targets == nil
	defer func() { d.passing = false }()
	f(&lane{device: d, batch: b})
}

// bytesOf is a copy of ids as they lie in memory.
func bytesOf[T int32 | float32](x []T) []byte {
	return slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x)))
}

// feed copies data, which must not change any more, to the GPU. to grows as needed.
func (d *device) feed(to *fed, data []byte, touched ...region) {
	if to.bytes < int64(len(data)) {
		d.give(&to.block)
		var err error
		if to.block, err = d.take(int64(len(data))); err != nil {
			d.fail(err)
		}
	}
	p := to.p
	d.meet(touched...)
	d.renewed(&to.used)
	d.push(work{run: func() error { return d.feeder.upload(d.ctx, d.stream, p, data) }, first: true})
}

// feeder is pinned memory for small things on their way to the GPU. One slot is filled while others are still being copied from.
type feeder struct {
	slots [8]feedSlot
	next  int
}

type feedSlot struct {
	host  *cudart.Host
	event *cudart.Event // recorded behind the last copy
	busy  bool
}

// upload puts a copy of data to p into s. On the GPU's thread.
func (f *feeder) upload(c *cudart.Context, s *cudart.Stream, p cudart.Ptr, data []byte) error {
	slot := &f.slots[f.next]
	f.next = (f.next + 1) % len(f.slots)
	if err := slot.prepare(c, len(data)); err != nil {
		return err
	}
	copy(slot.host.Bytes(), data)
	slot.busy = true
	return errors.Join(s.Upload(p, slot.host, 0, len(data)), slot.event.Record(s))
}

// prepare waits until the slot's last copy is done, and makes room for bytes.
func (f *feedSlot) prepare(c *cudart.Context, bytes int) (err error) {
	if f.busy {
		if err := f.event.Sync(); err != nil {
			return err
		}
		f.busy = false
	}
	if f.event == nil {
		if f.event, err = c.Event(false); err != nil {
			return err
		}
	}
	if f.host != nil && f.host.Len() >= bytes {
		return nil
	}
	if f.host != nil {
		if err := f.host.Free(); err != nil {
			return err
		}
		f.host = nil
	}
	f.host, err = c.AllocHost(max(bytes, 1))
	return err
}

// close gives everything back. On the GPU's thread.
func (f *feeder) close() error {
	var errs []error
	for i := range f.slots {
		s := &f.slots[i]
		if s.host != nil {
			errs = append(errs, s.host.Free())
		}
		if s.event != nil {
			errs = append(errs, s.event.Close())
		}
		*s = feedSlot{}
	}
	return errors.Join(errs...)
}
