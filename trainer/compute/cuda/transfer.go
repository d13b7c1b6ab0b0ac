package cuda

import (
	"math"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// staging is the pinned memory through which numbers go, in bytes. At 25 GB/s it is full in 300 µs, in which the host has filled
// little else: larger would not be faster.
const staging = 8 << 20

// pinned returns the staging memory. On the GPU's thread.
func (d *device) pinned() (*cudart.Host, error) {
	if d.host != nil {
		return d.host, nil
	}
	h, err := d.ctx.AllocHost(staging)
	if err == nil {
		d.host = h
	}
	return h, err
}

// Upload copies src to dst, rounded to the nearest, ties to even, if dst is in bf16.
func (d *device) Upload(dst compute.Vec, src []float32) {
	contract.Upload(dst, src)
	d.carry(dst, func(h *cudart.Host, p cudart.Ptr, first, n int, half bool) error {
		if half {
			to := cudart.View[uint16](h)
			for i, x := range src[first : first+n] {
				to[i] = round(x)
			}
			return d.stream.Upload(p, h, 0, 2*n)
		}
		copy(cudart.View[float32](h), src[first:first+n])
		return d.stream.Upload(p, h, 0, 4*n)
	})
}

// Download copies src to dst.
func (d *device) Download(dst []float32, src compute.Vec) {
	contract.Download(dst, src)
	if d.dry || d.fault != nil {
		clear(dst)
		return
	}
	d.carry(src, func(h *cudart.Host, p cudart.Ptr, first, n int, half bool) error {
		if err := d.stream.Download(h, 0, p, n*int(size(half))); err != nil {
			return err
		}
		if err := d.stream.Sync(); err != nil {
			return err
		}
		if !half {
			copy(dst[first:first+n], cudart.View[float32](h))
			return nil
		}
		for i, x := range cudart.View[uint16](h)[:n] {
			dst[first+i] = math.Float32frombits(uint32(x) << 16)
		}
		return nil
	})
}

// carry calls f for pieces of v that fit into the staging memory, and waits for each.
func (d *device) carry(v compute.Vec, f func(h *cudart.Host, p cudart.Ptr, first, n int, half bool) error) {
	start, half := either(v)
	if v.N == 0 || d.dry {
		return
	}
	each := staging / int(size(half))
	d.wait(func() error {
		h, err := d.pinned()
		for first := 0; first < v.N && err == nil; first += each {
			if err = f(h, start+cudart.Ptr(int64(first)*size(half)), first, min(each, v.N-first), half); err == nil {
				err = d.stream.Sync()
			}
		}
		return err
	})
}

// round is the bf16 number nearest to x.
func round(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 1<<6 // stays a NaN
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
