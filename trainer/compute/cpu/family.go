package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"growlab/trainer/compute"
)

// FamilyInfo tells about one family of vector instructions.
type FamilyInfo struct {
	Name      string // "amx", "avx512bf16", "avx512", "avx2" or "plain", as in Options
	Available bool   // this processor, and this binary, can run it
	Chosen    bool   // what Open takes if not told
	Reason    string // why it is chosen, or why not
	// Rates of one core on a small matrix product, by compute.Precision, in GFLOP/s; 0 if it is not available.
	Rates [2]float64
}

// family is a set of kernels that may be absent.
type family struct {
	name string
	c    *C.gl_kernels
}

// families are all that we have kernels for, the widest first.
func families() []family {
	return []family{
		{"amx", C.gl_amx()},
		{"avx512bf16", C.gl_avx512bf16()},
		{"avx512", C.gl_avx512()},
		{"avx2", C.gl_avx2()},
		{"plain", C.gl_plain()},
	}
}

// Families lists the families of kernels, and which of them Open chooses on this processor in the precision that it chooses.
func Families() []FamilyInfo {
	best := preferred().precision
	chosen := measured()[preferred().family]
	info := make([]FamilyInfo, len(measured()))
	for i, f := range measured() {
		info[i] = f.FamilyInfo
		info[i].Chosen = f.Name == chosen.Name
		switch {
		case !f.Available:
			info[i].Reason = fmt.Sprintf("this %s processor cannot run it", runtime.GOARCH)
		case info[i].Chosen:
			info[i].Reason = fmt.Sprintf("%.0f GFLOP/s in %s on one core", f.Rates[best], best)
		default:
			info[i].Reason = fmt.Sprintf("%.0f GFLOP/s in %s on one core, %s has %.0f", f.Rates[best], best, chosen.Name, chosen.Rates[best])
		}
	}
	return info
}

// Preferred is the precision that "auto" stands for on this processor, and why; with the kernels of that family alone, unless it
// is "".
func Preferred(family string) (compute.Precision, string) {
	p := preferredOf(family)
	return p.precision, p.reason
}

// preferredOf is preferred with one family alone, if it is there.
func preferredOf(family string) choice {
	for _, f := range measured() {
		if f.Available && f.Name == family {
			return prefer([]timed{f})
		}
	}
	return preferred()
}

// timed is a family with its rates.
type timed struct {
	FamilyInfo
	family
}

// measured is decided once, so that all devices of a process use the same kernels.
var measured = sync.OnceValue(func() []timed {
	var all []timed
	for _, f := range families() {
		all = append(all, timed{FamilyInfo{Name: f.name, Available: f.c != nil}, f})
	}
	// Alternate, and keep the best: other processes disturb all of them, but not always.
	for range 8 {
		for i := range all {
			for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
				if all[i].c != nil {
					all[i].Rates[p] = max(all[i].Rates[p], rate(kernels{c: all[i].c}.in(p), p))
				}
			}
		}
	}
	return all
})

// fastest is the first family, by width, that no narrower one beats clearly in precision p.
func fastest(all []timed, p compute.Precision) int {
	const clearly = 1.05
	best := -1
	for i, f := range all {
		if f.Available && (best < 0 || f.Rates[p] > clearly*all[best].Rates[p]) {
			best = i
		}
	}
	return best
}

// choice is what Open takes if not told.
type choice struct {
	precision compute.Precision
	family    int // of measured
	reason    string
}

var preferred = sync.OnceValue(func() choice { return prefer(measured()) })

// prefer takes bf16 where its products are worth the rounding.
func prefer(all []timed) choice {
	const worth = 1.3
	full, half := fastest(all, compute.FP32), fastest(all, compute.BF16)
	a, b := all[full].Rates[compute.FP32], all[half].Rates[compute.BF16]
	if b > worth*a {
		return choice{compute.BF16, half, fmt.Sprintf("bf16 products run %.1f times as fast as fp32 (%.0f and %.0f GFLOP/s on one core)", b/a, b, a)}
	}
	return choice{compute.FP32, full, fmt.Sprintf("bf16 products are not clearly faster than fp32 (%.0f and %.0f GFLOP/s on one core)", b, a)}
}

// rate measures a small matrix product on one core, in GFLOP/s. It takes some 30 µs at 100 GFLOP/s.
func rate(k kernels, p compute.Precision) float64 {
	const rows, cols, inner = 96, 128, 128
	const size = rows*inner + inner*cols*2 + rows*cols
	memory, err := allocate(size + int(C.gl_matmul_scratch(inner, cols)))
	if err != nil {
		return 0
	}
	defer memory.free()
	a, w := memory.p, at(memory.p, rows*inner)
	product := &C.gl_matmul{
		a: unsafe.Pointer(a), w: unsafe.Pointer(w), rows: rows, k: inner, n: cols, alpha: 1, tmp: at(memory.p, size),
		y: unsafe.Pointer(at(w, 2*inner*cols)), wide: flag(p == compute.FP32), mask: C.gl_mask{old: cols, m: 1},
	}
	start := time.Now()
	k.matmul(product)
	return 2 * rows * cols * inner / float64(max(time.Since(start).Nanoseconds(), 1))
}

// pick returns the kernels that o asks for.
func pick(o Options) (kernels, compute.Precision, error) {
	precision, err := choosePrecision(o.Precision, o.Family)
	if err != nil {
		return kernels{}, 0, err
	}
	if o.Family == "" {
		return kernels{c: measured()[fastest(measured(), precision)].c}.in(precision), precision, nil
	}
	var available []string
	for _, f := range families() {
		if f.c == nil {
			continue
		}
		if f.name == o.Family {
			return kernels{c: f.c}.in(precision), precision, nil
		}
		available = append(available, f.name)
	}
	return kernels{}, 0, fmt.Errorf("cpu: no kernels %q for this processor: it can run %s", o.Family, strings.Join(available, ", "))
}

// choosePrecision is what Options.Precision asks for. Every family has bf16 products, though they may be slow.
func choosePrecision(name, family string) (compute.Precision, error) {
	switch name {
	case "", "auto":
		return preferredOf(family).precision, nil
	case "fp32":
		return compute.FP32, nil
	case "bf16":
		return compute.BF16, nil
	}
	return 0, fmt.Errorf("cpu: precision %q: want auto, fp32 or bf16", name)
}
