//go:build linux

package gpucheck

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/cudart/kernels"
)

// ceilings is what the GPU can do at best, for every other number to be held against.
type ceilings struct {
	Copy    float64 `json:"copy_gb_per_s"`             // within the GPU, bytes read and bytes written
	Library float64 `json:"cublaslt_tflops,omitempty"` // of a large product of bf16, random numbers; 0: no cuBLASLt
	Way     int     `json:"cublaslt_way"`
	Own     float64 `json:"own_product_tflops"` // of the same by our own kernel
	Size    int     `json:"product_size"`
}

// rig is a GPU without an engine.
type rig struct {
	ctx    *cudart.Context
	driver *cudart.Driver
	finder *cudart.Finder
	stream *cudart.Stream
	set    *kernels.Set
	taken  []cudart.Ptr
}

// TestPartCeilings measures them.
func TestPartCeilings(t *testing.T) {
	small := part(t)
	n, bytes := 8192, int64(2<<30)
	if small {
		n, bytes = 128, 1<<16
	}
	r := &rig{finder: cudart.NewFinder()}
	var err error
	if r.driver, err = r.finder.Driver(); err != nil {
		t.Fatal(err)
	}
	dev, err := r.driver.Device(0)
	if err != nil {
		t.Fatal(err)
	}
	if r.ctx, err = r.driver.Context(dev); err != nil {
		t.Fatal(err)
	}
	c := ceilings{Size: n}
	err = r.ctx.Do(func() error {
		err := r.open(dev)
		if err == nil {
			err = errors.Join(r.copies(&c, bytes), r.products(&c, n))
		}
		return errors.Join(err, r.close())
	})
	if err := errors.Join(err, r.ctx.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, c)
	if !(c.Copy > 0 && c.Own > 0) {
		t.Errorf("measured %+v, want rates above 0", c)
	}
}

// open takes a stream and the kernels. On the GPU's thread.
func (r *rig) open(dev cudart.Device) (err error) {
	if r.stream, err = r.ctx.Stream(0); err != nil {
		return err
	}
	if file := os.Getenv(envImage); file != "" {
		r.set, err = kernels.LoadImage(r.ctx, fake.Image(file), 4)
		return err
	}
	r.set, err = kernels.Load(r.ctx)
	return err
}

func (r *rig) close() error {
	errs := []error{r.ctx.Sync()}
	for _, p := range r.taken {
		errs = append(errs, r.ctx.Free(p))
	}
	if r.set != nil {
		errs = append(errs, r.set.Close())
	}
	if r.stream != nil {
		errs = append(errs, r.stream.Close())
	}
	return errors.Join(errs...)
}

func (r *rig) alloc(bytes int64) (cudart.Ptr, error) {
	p, err := r.ctx.Alloc(bytes)
	if err == nil {
		r.taken = append(r.taken, p)
	}
	return p, err
}

// median is the middle of seven runs of f, after one that is not counted.
func (r *rig) median(f func() error) (time.Duration, error) {
	from, err := r.ctx.Event(true)
	if err != nil {
		return 0, err
	}
	to, err := r.ctx.Event(true)
	if err != nil {
		return 0, errors.Join(err, from.Close())
	}
	all := make([]time.Duration, 7)
	err = f()
	for i := range all {
		if err == nil {
			err = errors.Join(from.Record(r.stream), f(), to.Record(r.stream), to.Sync())
		}
		if err == nil {
			all[i], err = to.Since(from)
		}
	}
	slices.Sort(all)
	return max(all[len(all)/2], 1), errors.Join(err, from.Close(), to.Close())
}

func (r *rig) copies(c *ceilings, bytes int64) error {
	from, err := r.alloc(bytes)
	if err != nil {
		return err
	}
	to, err := r.alloc(bytes)
	if err != nil {
		return err
	}
	if err := r.ctx.Memset8(from, 0x3f, bytes); err != nil {
		return err
	}
	took, err := r.median(func() error { return r.stream.Copy(to, from, bytes) })
	c.Copy = 2 * float64(bytes) / took.Seconds() / 1e9
	return err
}

// noise fills n*n numbers of bf16: a few MiB of random ones, again and again. Zeros would multiply faster.
func (r *rig) noise(n int) (cudart.Ptr, error) {
	bytes := 2 * int64(n) * int64(n)
	p, err := r.alloc(bytes)
	if err != nil {
		return p, err
	}
	block := make([]byte, min(bytes, 8<<20))
	rng := rand.New(rand.NewPCG(3, 4))
	for i := 0; i < len(block); i += 2 {
		binary.LittleEndian.PutUint16(block[i:], uint16(rng.Uint32()&0x8000|0x3e80+rng.Uint32()&0x1ff)) // 1/4 to 1, of either sign
	}
	for at := int64(0); at < bytes && err == nil; at += int64(len(block)) {
		err = r.ctx.Upload(p+cudart.Ptr(at), block[:min(int64(len(block)), bytes-at)])
	}
	return p, err
}

func (r *rig) products(c *ceilings, n int) error {
	a, err := r.noise(n)
	if err != nil {
		return err
	}
	b, err := r.noise(n)
	if err != nil {
		return err
	}
	d, err := r.alloc(2 * int64(n) * int64(n))
	if err != nil {
		return err
	}
	rate := func(took time.Duration) float64 {
		return 2 * float64(n) * float64(n) * float64(n) / took.Seconds() / 1e12
	}
	took, err := r.median(func() error {
		return r.set.Product(r.stream, kernels.Product{
			Layout: kernels.NT, M: n, N: n, K: n, A: kernels.BF16(a), B: kernels.BF16(b), Out: kernels.BF16(d), Scale: kernels.Const(1),
		})
	})
	if err != nil {
		return err
	}
	c.Own = rate(took)
	lib, err := r.finder.BlasLt(r.driver)
	if err != nil {
		return nil //nolint:nilerr // a machine without it is covered
	}
	blas, err := r.ctx.Blas(lib)
	if err != nil {
		return err
	}
	c.Library, c.Way, err = r.library(blas, n, cudart.Operands{A: a, B: b, C: d, D: d, Alpha: 1}, rate)
	return errors.Join(err, blas.Close())
}

// library times the library's ways and gives the best.
func (r *rig) library(blas *cudart.Blas, n int, x cudart.Operands, rate func(time.Duration) float64) (best float64, way int, err error) {
	l := cudart.Layout{Type: cudart.BF16, LD: int64(n)}
	m, err := blas.Matmul(cudart.Product{M: int64(n), N: int64(n), K: int64(n), TransA: true, A: l, B: l, C: l, D: l, Alignment: 256})
	if err != nil {
		return 0, 0, err
	}
	x.Bytes = 32 << 20
	if x.Scratch, err = r.alloc(int64(x.Bytes)); err != nil {
		return 0, 0, errors.Join(err, m.Close())
	}
	ways, err := m.Algorithms(x.Bytes, 8)
	for i, w := range ways {
		m.Use(w)
		took, runErr := r.median(func() error { return m.Run(r.stream, &x) })
		if runErr != nil {
			err = errors.Join(err, runErr)
		} else if got := rate(took); got > best {
			best, way = got, i
		}
	}
	return best, way, errors.Join(err, m.Close())
}
