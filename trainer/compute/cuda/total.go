package cuda

import (
	"encoding/binary"
	"fmt"
	"math"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// total is a sum in device memory: a float64, the float32 by which it clips, and a float64 for each rank.
type total struct {
	*buffer
	clips   bool    // the factor is that of the sum as it is, and of limit
	limit   float64 // largest norm
	members int
}

// Where things lie in a total, in bytes.
const (
	totalFactor = 8
	totalParts  = 16
)

// totalOf is t as ours.
func totalOf(op string, t compute.Total) *total {
	k, ok := t.(*total)
	if !ok {
		panic(fmt.Sprintf("cuda: %s: a %T, which is not a total of this engine", op, t))
	}
	if k.device == nil {
		panic("cuda: " + op + ": total used after Free")
	}
	return k
}

func (t *total) region() region { return region{t.p, t.p + cudart.Ptr(t.bytes)} }

// Total returns a sum that is 0.
func (d *device) Total() (compute.Total, error) {
	members := 1
	if d.side != nil {
		members = d.side.group.Size()
	}
	b, err := d.alloc((totalParts+8*members)/4, false)
	if err != nil {
		return nil, err
	}
	return &total{buffer: b.(*buffer), members: members}, nil
}

// Sum adds the sum of v to t. It issues what is put off: a loss is the last thing that is asked of a batch, and the GPU may begin while
// the host makes the next.
func (d *device) Sum(t compute.Total, v compute.Vec) {
	d.reduce("Sum", t, v, (*kernels.Set).Sum)
	d.flush()
}

// SumSquares adds the sum of the squares of v to t.
func (d *device) SumSquares(t compute.Total, v compute.Vec) {
	d.reduce("SumSquares", t, v, (*kernels.Set).SumSquares)
}

func (d *device) reduce(op string, t compute.Total, v compute.Vec, f func(k *kernels.Set, s *cudart.Stream, to, v cudart.Ptr, n int64, scratch cudart.Ptr) error) {
	k, from, tmp := totalOf(op, t), ptr(v), d.scratch(kernels.SumScratch)
	k.clips = false
	d.issue(struct {
		op       string
		to, from cudart.Ptr
		n        int
		tmp      cudart.Ptr
	}{op, k.p, from, v.N, tmp}, func() error { return f(d.set, d.stream, k.p, from, int64(v.N), tmp) }, k.region(), regionOf(v))
}

// Take waits for the sum, and makes it 0.
func (d *device) Take(t compute.Total) (sum float64) {
	k := totalOf("Take", t)
	k.clips = false
	d.wait(func() error {
		h, err := d.pinned()
		if err != nil {
			return err
		}
		if err := d.stream.Download(h, 0, k.p, 8); err != nil {
			return err
		}
		if err := d.stream.Memset8(k.p, 0, 8); err != nil {
			return err
		}
		if err := d.stream.Sync(); err != nil {
			return err
		}
		sum = math.Float64frombits(binary.LittleEndian.Uint64(h.Bytes()))
		return nil
	})
	return d.number(sum)
}

// SumTotal makes t the sum over ranks. Every rank gathers the sums of all, and adds them up in their order: no rounding depends on how
// the library reduces.
func (d *device) SumTotal(t compute.Total) error {
	k := totalOf("SumTotal", t)
	if d.dry || d.side == nil {
		return nil
	}
	k.clips = false
	d.together(k.region(), func(s *side) error {
		return s.comm.AllGather(s.stream, k.p, k.p+totalParts, 1, cudart.F64)
	})
	d.issue(nil, func() error {
		if err := d.stream.Memset8(k.p, 0, 8); err != nil {
			return err
		}
		return d.set.SumParts(d.stream, k.p, k.p+totalParts, k.members)
	}, k.region())
	return nil
}

// clip is the address of the factor on the gradients of a step; 0 for 1.
func (d *device) clip(a compute.Adam) cudart.Ptr {
	if a.Squares == nil {
		return 0
	}
	k := totalOf("AdamW", a.Squares)
	if k.clips && k.limit == a.Clip {
		return k.p + totalFactor
	}
	k.clips, k.limit = true, a.Clip
	d.issue(struct {
		op    string
		p     cudart.Ptr
		limit float64
	}{"Clip", k.p, a.Clip}, func() error { return d.set.ClipScale(d.stream, k.p+totalFactor, k.p, a.Clip) }, k.region())
	return k.p + totalFactor
}
