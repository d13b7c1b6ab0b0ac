package optim

import (
	"cmp"
	"slices"

	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/ranks"
)

// Sharder is a device joined with those of other ranks that can leave each rank just its part of a sum. Its calls are made by all
// ranks in the same order, and may return before they are done: what uses v on the device waits for it.
type Sharder interface {
	compute.Device
	// ReduceScatter makes Part of v, on each rank, the sum over ranks. The rest of v is undefined afterwards.
	ReduceScatter(v compute.Vec) error
	// AllGather gives all of v to every rank, each of which has its Part.
	AllGather(v compute.Vec) error
	// SumTotal makes t, on each rank, the sum over ranks, to the same bits.
	SumTotal(t compute.Total) error
}

// Part is the range of n numbers that a rank of so many keeps: equal parts, whose beginnings are multiples of 4 numbers, so that
// vectors of 16 bytes lie in one part; the last rank has the rest as well.
func Part(n, rank, size int) (off, count int) {
	each := n / size &^ 3
	if rank == size-1 {
		return each * rank, n - each*rank
	}
	return each * rank, each
}

// bucket is a range of the arena whose gradients are summed at once, and the part of it that this rank updates.
type bucket struct {
	off, n      int
	layer       int // -1: of none
	first, part int // the part, from the start of the arena
	moment      int // where the part's moments begin
	reduced     bool
}

// own is the part of v, a whole arena, that this rank updates.
func (b *bucket) own(v compute.Vec) compute.Vec { return v.At(b.first, b.part) }

// all is the range of v.
func (b *bucket) all(v compute.Vec) compute.Vec { return v.At(b.off, b.n) }

// buckets cuts an arena by layers for the ranks of a Sharder, in the order in which a backward pass finishes them: the last layer
// first, what belongs to no layer at the end. A device that is none has the whole as one.
func buckets(l model.Layout, g *ranks.Group, sharded bool) []bucket {
	if !sharded {
		return []bucket{{n: l.Len, layer: -1, part: l.Len}}
	}
	var all []bucket
	for _, t := range l.Tensors {
		if last := len(all) - 1; last >= 0 && all[last].layer == t.Layer {
			all[last].n += t.Len()
			continue
		}
		all = append(all, bucket{off: l.Offset(t), n: t.Len(), layer: t.Layer})
	}
	slices.SortStableFunc(all, func(a, b bucket) int { return cmp.Compare(b.layer, a.layer) })
	moment := 0
	for i := range all {
		b := &all[i]
		b.first, b.part = Part(b.n, g.Rank(), g.Size())
		b.first += b.off
		b.moment = moment
		moment += b.part
	}
	return all
}

// Reduce begins to sum the gradients of a layer over the ranks: those of net are complete. All ranks call it for the same layers
// in the same order, or not at all: Update sums what was not summed.
func (o *AdamW) Reduce(net *model.Model, layer int) {
	for i := range o.buckets {
		if b := &o.buckets[i]; b.layer == layer && layer >= 0 {
			o.reduce(net, b)
		}
	}
}

func (o *AdamW) reduce(net *model.Model, b *bucket) {
	if b.reduced || o.group.Size() == 1 {
		return
	}
	b.reduced = true
	g := b.all(net.Grads())
	if o.sharder != nil {
		o.note(o.sharder.ReduceScatter(g))
		return
	}
	o.note(o.group.Reduce(o.dev, g))
}

// note keeps the first error of the ranks for Err.
func (o *AdamW) note(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Err is what went wrong between the ranks, if anything did; a device's own faults are its Sync's.
func (o *AdamW) Err() error { return o.err }

// gather gives all of v to all ranks, bucket by bucket.
func (o *AdamW) gather(v compute.Vec) {
	if o.sharder == nil {
		return
	}
	for i := range o.buckets {
		o.note(o.sharder.AllGather(o.buckets[i].all(v)))
	}
}

// cut is the spans inside the bucket's part, counted from its beginning.
func (b *bucket) cut(spans []compute.Span) []compute.Span {
	var own []compute.Span
	for _, s := range spans {
		from, to := max(s.Off, b.first), min(s.Off+s.N, b.first+b.part)
		if from < to {
			own = append(own, compute.Span{Off: from - b.first, N: to - from, LR: s.LR, Decay: s.Decay})
		}
	}
	return own
}
