package cudart_test

import (
	"fmt"
	"log"

	"growlab/cudart"
)

// The first GPU adds two vectors with a kernel add(float *y, const float *x, int n) of a module made beforehand.
func Example() {
	var image []byte // a cubin, or PTX
	d, err := cudart.NewFinder().Driver()
	if err != nil {
		log.Fatal(err) // errors.Is tells ErrNoDriver, ErrNoDevice and ErrMismatch apart
	}
	dev, err := d.Device(0)
	if err != nil {
		log.Fatal(err)
	}
	gpu, err := d.Context(dev)
	if err != nil {
		log.Fatal(err)
	}
	err = gpu.Do(func() error { return add(gpu, image, 1<<20) })
	fmt.Println(err, gpu.Close())
}

func add(gpu *cudart.Context, image []byte, n int32) error {
	module, err := gpu.Load(image)
	if err != nil {
		return err
	}
	kernel, err := module.Kernel("add")
	if err != nil {
		return err
	}
	s, err := gpu.Stream(0)
	if err != nil {
		return err
	}
	x, err := gpu.Alloc(8 * int64(n)) // x and y side by side
	if err != nil {
		return err
	}
	args := new(cudart.Args).Ptr(x + cudart.Ptr(4*n)).Ptr(x).Int32(n)
	if err := kernel.Launch(s, cudart.Dim{X: uint32(n+255) / 256}, cudart.Dim{X: 256}, 0, args); err != nil {
		return err
	}
	return s.Sync()
}

// What this machine has, for people.
func ExampleProbe() {
	r := cudart.Probe()
	if !r.Usable() {
		fmt.Println(r.Problem)
	}
	for _, g := range r.GPUs {
		fmt.Printf("%d %s, compute capability %v\n", g.Ordinal, g.Name, g.Capability)
	}
	for _, a := range r.Attempts {
		fmt.Println(a)
	}
}
