package cuda

import (
	"errors"
	"math/rand/v2"
	"time"

	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// Square products of these sizes are timed, each twice the one before, until one takes long enough to keep the whole GPU busy.
const (
	peakFirst  = 256
	peakLast   = 8192
	peakEnough = time.Millisecond
)

// Peak is the FLOP/s of the fastest large product of the engine's own, in its precision, on random numbers: zeros would let the GPU
// clock higher. It is 0 after a fault, or where there is no memory for any.
func (d *device) Peak() (flops float64) {
	for n := peakFirst; n <= peakLast; n *= 2 {
		took, err := d.square(n)
		if err != nil {
			if !errors.Is(err, compute.ErrNoMemory) {
				d.fail(err)
			}
			break
		}
		flops = max(flops, 2*float64(n)*float64(n)*float64(n)/took.Seconds())
		if took >= peakEnough {
			break
		}
	}
	return flops
}

// square times a product of n x n matrices.
func (d *device) square(n int) (took time.Duration, err error) {
	random := make([]float32, 1<<16)
	for i := range random {
		random[i] = float32(rand.NormFloat64())
	}
	var all [3]compute.Buffer
	for i := range all {
		if all[i], err = d.AllocOperand(n * n); err != nil {
			return 0, err
		}
		defer all[i].Free()
		for first := 0; first < n*n; first += len(random) {
			d.Upload(compute.All(all[i]).At(first, min(len(random), n*n-first)), random[:min(len(random), n*n-first)])
		}
	}
	p := kernels.Product{
		Layout: kernels.NT, M: n, N: n, K: n, A: array(compute.All(all[0])), B: array(compute.All(all[1])), Out: array(compute.All(all[2])),
		Scale: kernels.Const(1),
	}
	p.Workspace = d.scratch(d.set.ProductWorkspace(p))
	if err := d.Sync(); err != nil {
		return 0, err
	}
	g, x, _ := library(p)
	run := func() error {
		if done, err := d.fused(g, x, following{}); done || err != nil {
			return err
		}
		return d.set.Product(d.stream, p)
	}
	err = d.ctx.Do(func() (err error) {
		if err = run(); err != nil { // chooses the library's way
			return err
		}
		took, err = d.time(run)
		return err
	})
	return took, explained(err)
}
