package cpu

import (
	"errors"
	"strings"
	"testing"

	"growlab/trainer/compute"
)

func TestMemory(t *testing.T) {
	d := openTest(t, 1)
	if b, err := d.Alloc(1 << 50); !errors.Is(err, compute.ErrNoMemory) || !strings.Contains(err.Error(), "1125899906842624 floats") {
		t.Errorf("alloc of 4 PiB: got %v and error %v, want a refusal", b, err)
	}
	for _, n := range []int{1, 1000, 1 << 20} { // small, middling, mapped
		b, err := d.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		if a := address(compute.All(b)); a%64 != 0 {
			t.Errorf("alloc of %d: address %#x is not a multiple of 64", n, a)
		}
		if i := differ(download(d, compute.All(b)), make([]float32, n)); i >= 0 {
			t.Errorf("alloc of %d: element %d is not zero", n, i)
		}
		b.Free()
		for name, f := range map[string]func(){
			"freed twice":     b.Free,
			"used after Free": func() { d.Zero(compute.Vec{Buf: b, N: 1}) },
		} {
			if !panics(f) {
				t.Errorf("alloc of %d: %s without a panic", n, name)
			}
		}
	}
	if !panics(func() { d.Zero(compute.Vec{Buf: &buffer{device: d}, N: 1}) }) {
		t.Error("a view outside its buffer was used without a panic")
	}
}

// TestZeroClearsLongMemory: as much as is cut into parts for several workers, and not a number before or behind it.
func TestZeroClearsLongMemory(t *testing.T) {
	const n, margin = 3<<18 + 5, 7
	d := openTest(t, 3)
	ones := make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	v := upload(t, d, ones)
	d.Zero(v.At(margin, n-2*margin))
	d.Download(ones, v)
	for i, x := range ones {
		if inside := i >= margin && i < n-margin; (x == 0) != inside {
			t.Fatalf("element %d of %d is %v after Zero of all but %d at each end", i, n, x, margin)
		}
	}
}
