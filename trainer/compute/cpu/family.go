package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// FamilyInfo tells about one family of vector instructions.
type FamilyInfo struct {
	Name      string // "avx512", "avx2" or "plain", as in Options
	Available bool   // this processor, and this binary, can run it
	Chosen    bool   // what Open takes if not told
	Reason    string // why it is chosen, or why not
}

// family is a set of kernels that may be absent.
type family struct {
	name string
	kernels
}

// families are all that we have kernels for, the widest vectors first.
func families() []family {
	return []family{
		{"avx512", kernels{C.gl_avx512()}},
		{"avx2", kernels{C.gl_avx2()}},
		{"plain", kernels{C.gl_plain()}},
	}
}

// Families lists the families of kernels, and which of them Open chooses on this processor.
func Families() []FamilyInfo { return measured() }

// measured is decided once, so that all devices of a process use the same kernels.
var measured = sync.OnceValue(func() []FamilyInfo {
	all := families()
	rates := make([]float64, len(all))
	// Alternate, and keep the best: other processes disturb all of them, but not always.
	for range 8 {
		for i, f := range all {
			if f.c != nil {
				rates[i] = max(rates[i], rate(f.kernels))
			}
		}
	}
	return choose(all, rates)
})

// choose takes the first family, by width, that no narrower one beats clearly.
func choose(all []family, rates []float64) []FamilyInfo {
	const clearly = 1.05
	best := -1
	for i, f := range all {
		if f.c != nil && (best < 0 || rates[i] > clearly*rates[best]) {
			best = i
		}
	}
	info := make([]FamilyInfo, len(all))
	for i, f := range all {
		info[i] = FamilyInfo{Name: f.name, Available: f.c != nil, Chosen: i == best}
		switch {
		case f.c == nil:
			info[i].Reason = fmt.Sprintf("this %s processor cannot run it", runtime.GOARCH)
		case i == best:
			info[i].Reason = fmt.Sprintf("%.0f GFLOP/s on one core", rates[i])
		default:
			info[i].Reason = fmt.Sprintf("%.0f GFLOP/s on one core, %s has %.0f", rates[i], all[best].name, rates[best])
		}
	}
	return info
}

// rate measures a small matrix product on one core, in GFLOP/s. It takes some 30 µs at 100 GFLOP/s.
func rate(k kernels) float64 {
	const rows, cols, inner = 96, 128, 128
	p := C.gl_alloc(rows*inner + inner*cols*2 + rows*cols)
	if p == nil {
		return 0
	}
	defer C.gl_free(p, rows*inner+inner*cols*2+rows*cols)
	a, w := p, at(p, rows*inner)
	product := &C.gl_matmul{a: a, w: w, rows: rows, k: inner, n: cols, alpha: 1, y: at(w, 2*inner*cols), mask: C.gl_mask{old: cols, m: 1}}
	start := time.Now()
	k.matmul(product)
	return 2 * rows * cols * inner / float64(max(time.Since(start).Nanoseconds(), 1))
}

// pick returns the kernels of the family called name, or of the chosen one if name is empty.
func pick(name string) (kernels, error) {
	var available []string
	if name == "" {
		for _, f := range Families() {
			if f.Chosen {
				name = f.Name
			}
		}
	}
	for _, f := range families() {
		if f.c == nil {
			continue
		}
		if f.name == name {
			return f.kernels, nil
		}
		available = append(available, f.name)
	}
	return kernels{}, fmt.Errorf("cpu: no kernels %q for this processor: it can run %s", name, strings.Join(available, ", "))
}
