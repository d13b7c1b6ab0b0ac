package kernels

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"growlab/cudart"
)

// Set is all kernels on one GPU.
type Set struct {
	module          *cudart.Module
	kernels         [kernelCount]*cudart.Kernel
	multiprocessors int
	splitting       int
	args            cudart.Args
}

// Load puts the embedded code that fits c's GPU onto it: machine code for its architecture, else PTX, which the driver compiles.
func Load(c *cudart.Context) (*Set, error) {
	p, err := c.Device.Properties()
	if err != nil {
		return nil, err
	}
	images, err := imagesFor(p.Capability)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, image := range images {
		set, err := LoadImage(c, image, p.Multiprocessors)
		if err == nil {
			return set, nil
		}
		failed = append(failed, err)
	}
	return nil, fmt.Errorf("kernels for compute capability %s: %w", p.Capability, errors.Join(failed...))
}

// LoadImage is Load of a given cubin or PTX, for tests of kernels.
func LoadImage(c *cudart.Context, image []byte, multiprocessors int) (*Set, error) {
	module, err := c.Load(image)
	if err != nil {
		return nil, err
	}
	k := &Set{module: module, multiprocessors: multiprocessors}
	for id, name := range kernelNames {
		if k.kernels[id], err = module.Kernel(name); err != nil {
			return nil, errors.Join(err, module.Close())
		}
	}
	for id, bytes := range mostShared {
		const always = 48 << 10 // what every launch may take
		if bytes <= always {
			continue
		}
		if err := k.kernels[id].SetShared(bytes); err != nil {
			return nil, errors.Join(err, module.Close())
		}
	}
	return k, nil
}

// Close takes the kernels off the GPU.
func (k *Set) Close() error { return k.module.Close() }

// mostShared is the dynamic shared memory that a launch of each kernel takes at most, in bytes.
var mostShared = func() (most [kernelCount]int) {
	for l := range kernel(3) {
		most[product128Kernel+l] = productStages * 2 * largeTile * productDepth * 2
		most[product64Kernel+l] = productStages * 2 * smallTile * productDepth * 2
		most[productOddKernel+l] = productStages * 2 * smallTile * productDepth * 2
		most[productF32Kernel+l] = productF32Shared
		most[normGradKernel+l] = normGradShared(normGradThreads)
	}
	for _, f := range flashes {
		most[f.forward], most[f.keys], most[f.query] = f.forwardShared, f.keysShared, f.queryShared
	}
	most[embedGradKernel], most[columnSumsKernel], most[sumPartsKernel] = columnShared, columnShared, partsShared
	most[sumKernel], most[sumFinishKernel], most[classifyKernel] = sumShared, sumShared, classifyShared
	return most
}()

// Shared is the dynamic shared memory that each kernel takes at most, in bytes, by its name; for the table of the compiler.
func Shared() map[string]int {
	all := map[string]int{}
	for id, name := range kernelNames {
		all[name] = mostShared[id]
	}
	return all
}

// launch puts one run of a kernel whose only parameter is the struct *a into s.
func launch[A any](k *Set, s *cudart.Stream, id kernel, grid, block cudart.Dim, shared int, a *A) error {
	if shared > mostShared[id] {
		panic(fmt.Sprintf("kernels: %s: %d bytes of shared memory, more than its %d", kernelNames[id], shared, mostShared[id]))
	}
	k.args.Reset().Bytes(unsafe.Slice((*byte)(unsafe.Pointer(a)), unsafe.Sizeof(*a)))
	return k.kernels[id].Launch(s, grid, block, shared, &k.args)
}

// quads tells whether rows of c numbers of the arrays can be read four at a time: all begin at a multiple of four numbers.
func quads(c int, arrays ...Array) int32 {
	if c%4 != 0 {
		return 0
	}
	for _, a := range arrays {
		if a.At%cudart.Ptr(4*a.Type.Size()) != 0 {
			return 0
		}
	}
	return 1
}

// typed is the offset of an array's type among two kernels, bf16 then float32.
func typed(a Array) kernel {
	if a.Type == cudart.F32 {
		return 1
	}
	return 0
}

func ceil(a, b int) int { return (a + b - 1) / b }

func dim(x int) cudart.Dim { return cudart.Dim{X: u32(x)} }

func dim64(x int64) cudart.Dim { return cudart.Dim{X: u32(int(max(x, 1)))} }

// warps is a block of at least n threads, in whole warps.
func warps(n int) cudart.Dim { return cudart.Dim{X: u32(32 * ceil(n, 32))} }

// threads is the block for a row of c numbers, four for each thread.
func threads(c int) cudart.Dim { return warps(min(ceil(c, 4), 256)) }

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func i32(n int) int32 {
	if n < math.MinInt32 || n > math.MaxInt32 {
		panic(fmt.Sprintf("kernels: size %d does not fit 32 bits", n))
	}
	return int32(n)
}

func u32(n int) uint32 { return uint32(i32(n)) }

func positive(op string, sizes ...int) {
	for _, n := range sizes {
		if n < 1 {
			panic(fmt.Sprintf("kernels: %s: a size of %d, want 1 or more", op, n))
		}
	}
}
